"""Single items on the terminal: text with unknown words marked, gold answer and prediction."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from seqkit.cli.notices import visible
from seqkit.inspection import Item, marked_parts
from seqkit.tasks import Mistake
from seqkit.text import show_jamo

__all__ = ["item_row", "mistake_lines", "print_legend", "print_worst"]

MOST_MISTAKES = 5
"""Of one item that are shown; JSON has all."""


def print_worst(console: Console, worst: Sequence[Item]) -> None:
    """Print the items that a model got worst."""
    console.print(Text("\nWorst items" if worst else "\nNo item is wrong", style="bold"))
    for item in worst:
        console.print(item_row(item))
        for line in mistake_lines(item):
            console.print(f"      {line}", soft_wrap=True)
    print_legend(console, worst)


def print_legend(
    console: Console, items: Sequence[Item], who: str = "the model does not know"
) -> None:
    """Say what the brackets mean, where there are any."""
    if any(_is_marked(item) for item in items):
        console.print(f"  [ ] marks what {who}")


def _is_marked(item: Item) -> bool:
    return any(unknown for _, unknown in marked_parts(item.text, item.unknown))


def item_row(item: Item) -> Table:
    """Lay out the number and the text, what is unknown in brackets: a pipe has no colours."""
    text = Text()
    # Escapes are longer than what they show: made after the layout, they would cut the line.
    for part, unknown in marked_parts(item.text, item.unknown):
        shown = visible(part)
        text.append(f"[{shown}]" if unknown else shown, style="yellow" if unknown else "")
    row = Table.grid(padding=(0, 1))
    row.add_column(justify="right", min_width=5, style="bold")
    row.add_column(overflow="fold")
    row.add_row(str(item.number), text)
    return row


def mistake_lines(item: Item) -> Iterator[str]:
    """Yield what is wrong, a line each."""
    yield from map(_mistake_line, item.mistakes[:MOST_MISTAKES])
    more = len(item.mistakes) - MOST_MISTAKES
    if more > 0:
        yield f"and {more} more"


def _mistake_line(mistake: Mistake) -> str:
    place = f"{show_jamo(mistake.place)}: " if mistake.place else ""
    if mistake.gold is None and mistake.predicted is None:
        return f"{place}probability {_probability(mistake.gold_probability)}"
    gold = f"gold {_shown(mistake.gold)}"
    if mistake.gold_probability is not None:
        gold += f" ({_probability(mistake.gold_probability)})"
    predicted = f"predicted {_shown(mistake.predicted)}"
    if mistake.confidence is not None:
        predicted += f" ({_probability(mistake.confidence)})"
    return f"{place}{gold}, {predicted}"


def _shown(answer: Any) -> str:
    if isinstance(answer, str):
        return answer or "(empty)"
    return "(none)" if answer is None else str(answer)


def _probability(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
