"""Two models side by side on the terminal."""

import math
from collections.abc import Callable
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from seqkit.cli.items_view import item_row, mistake_lines, print_legend
from seqkit.cli.tables import new_table, print_table
from seqkit.comparison import ComparedMeasure, ModelComparison, PartedItem
from seqkit.errors import counted
from seqkit.inspection import Item
from seqkit.metrics.measures import Interval, Style, format_score

__all__ = ["print_comparison"]


def print_comparison(
    console: Console, found: ModelComparison, names: tuple[str, str], title: str
) -> None:
    """Print the scores of both, what cannot be ranked, and the items on which they part."""
    console.print(f"{title}, {counted(found.items, 'items')}", soft_wrap=True)
    for letter, name in zip("AB", names, strict=True):
        console.print(f"  {letter}  {name}", soft_wrap=True)
    columns = ("A", "B", "A - B", "p", "A better")
    table = new_table(
        "Scores [95 % interval]; in how many paired resamples A is better", "", *columns
    )
    for measure in found.measures:
        table.add_row(measure.a.name, *_cells(measure))
    print_table(console, table)
    for refusal in found.refused:
        line = f"{', '.join(refusal.measures)}: cannot be ranked: {refusal.reason}"
        console.print(line, soft_wrap=True)
    for notice in found.notices:
        console.print(f"note: {notice}", soft_wrap=True)
    alike = found.items - found.a_better - found.b_better
    by = found.measures[0].a.name
    console.print(
        f"by {by}, A is better on {counted(found.a_better, 'items')}, B on {found.b_better:,}, "
        f"alike on {alike:,}"
    )
    _print_partings(console, found)


def _cells(measure: ComparedMeasure) -> tuple[str, ...]:
    comparison, style = measure.comparison, measure.a.style
    wins = "-" if math.isnan(comparison.wins) else f"{100 * comparison.wins:.1f} %"
    p_value = "-" if math.isnan(comparison.p_value) else f"{comparison.p_value:.3f}"
    scores = (_stacked(m.value, m.interval, m.style) for m in (measure.a, measure.b))
    difference = _stacked(comparison.difference, comparison.interval, style, _signed)
    return *scores, difference, p_value, wins


def _stacked(
    value: float,
    interval: Interval | None,
    style: Style,
    shown: Callable[[float, Style], str] = format_score,
) -> str:
    """Write a value, and its interval below it: three of them side by side are wide."""
    if interval is None:
        return shown(value, style)
    low, high = shown(interval.low, style), shown(interval.high, style)
    return f"{shown(value, style)}\n[{low}, {high}]"


def _signed(value: float, style: Style) -> str:
    shown = format_score(value, style)
    return f"+{shown}" if value > 0 else shown


def _print_partings(console: Console, found: ModelComparison) -> None:
    if not found.parted:
        return
    console.print(Text("\nWhere they part most", style="bold"))
    for parting in found.parted:
        console.print(item_row(_with_shared_unknown(parting)))
        for letter, item in zip("AB", (parting.a, parting.b), strict=True):
            lines = list(mistake_lines(item)) or ["right"]
            for number, line in enumerate(lines):
                console.print(f"      {' ' if number else letter}  {line}", soft_wrap=True)
    items = [_with_shared_unknown(parting) for parting in found.parted]
    print_legend(console, items, "neither model knows")


def _with_shared_unknown(parting: PartedItem) -> Item:
    """Mark what neither model knows."""
    unknown = tuple(token for token in parting.a.unknown if token in parting.b.unknown)
    return replace(parting.a, unknown=unknown)
