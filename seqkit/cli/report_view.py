"""A finished run, or an evaluation, as text for a person."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from seqkit.cli.notices import CONTROLS
from seqkit.cli.tables import new_table, print_table, table_width
from seqkit.errors import counted
from seqkit.metrics.evaluation import Evaluation
from seqkit.metrics.measures import Metric, format_score
from seqkit.metrics.measures import Table as ScoreTable
from seqkit.reports import BaselineReport, RunReport
from seqkit.run_folder import path_word

__all__ = ["print_evaluation", "print_report", "print_where_saved"]

CONTROL = re.compile(rf"[\t\n]|{CONTROLS.pattern}")
"""What a shell would not get as it was meant, were it copied from a terminal."""


def print_report(console: Console, report: RunReport) -> None:
    """Print scores, baselines, tables and how it was trained."""
    console.print(f"{report.task}: {report.evaluation.headline} on {report.split}")
    print_evaluation(console, report.evaluation, report.baselines)
    best = f"best epoch {report.best_epoch} of {len(report.epochs)}"
    console.print(f"{best if report.best_epoch else 'not trained'} ({report.stopped})")
    console.print(_costs(report))
    for notice in _notices(report):
        console.print(f"note: {notice}")


def _costs(report: RunReport) -> str:
    parts = [f"{report.seconds:.1f} s", counted(report.threads, "threads"), f"seed {report.seed}"]
    if report.peak_megabytes:
        parts.insert(1, f"at most {report.peak_megabytes:,.0f} MB of memory")
    if report.training_seconds > report.seconds:  # of a resumed run
        parts.insert(1, f"{report.training_seconds:.1f} s of training in all")
    if report.kernels != "NumPy":
        parts.append(f"kernels: {report.kernels}")
    return ", ".join(parts)


def _notices(report: RunReport) -> list[str]:
    notices = list(dict.fromkeys(report.notices))
    if report.data.sample:
        notices.append("a built-in sample: for trying out, not for measuring")
    headline = report.evaluation.headline
    better = [b.name for b in report.baselines if _beats(b.evaluation, headline)]
    return [*notices, *(f"a baseline scores better than this model: {name}" for name in better)]


def _beats(evaluation: Evaluation, headline: Metric) -> bool:
    other = _metric(evaluation, headline.name)
    if other is None:
        return False
    gain = other.value - headline.value
    return gain > 0 if headline.higher_is_better else gain < 0


def print_evaluation(
    console: Console, evaluation: Evaluation, baselines: Sequence[BaselineReport] = ()
) -> None:
    """Print the metrics beside the baselines', what was scored, and the tables."""
    print_table(console, _metrics_table(evaluation, baselines, console.width))
    if evaluation.counts:
        counts = ", ".join(counted(count, name) for name, count in evaluation.counts.items())
        console.print(f"scored: {counts}")
    for table in evaluation.tables:
        if table.rows:  # where all is right, there are no confusions
            print_table(console, _score_table(table))
        for note in table.notes:
            console.print(f"  {note}")


def _metrics_table(
    evaluation: Evaluation, baselines: Sequence[BaselineReport], width: int
) -> Table:
    """Show each interval beside its value, or below it where that is too wide."""
    found = [evaluation, *(baseline.evaluation for baseline in baselines)]
    levels = [metric.interval.level for metric in evaluation.metrics if metric.interval]
    title = f"Scores [{100 * levels[0]:.0f} % interval]" if levels else "Scores"
    names = ("", "this model", *(baseline.name for baseline in baselines))
    for between in (" ", "\n"):
        table = new_table(title, *names)
        for metric in evaluation.metrics:
            cells = (_value(_metric(each, metric.name), between) for each in found)
            table.add_row(metric.name, *cells)
        if table_width(table) <= width:
            break
    return table


def _metric(evaluation: Evaluation, name: str) -> Metric | None:
    return next((metric for metric in evaluation.metrics if metric.name == name), None)


def _value(metric: Metric | None, between: str) -> str:
    if metric is None:
        return "-"
    shown = format_score(metric.value, metric.style)
    if metric.interval is None:
        return shown
    low = format_score(metric.interval.low, metric.style)
    return f"{shown}{between}[{low}, {format_score(metric.interval.high, metric.style)}]"


def _score_table(found: ScoreTable) -> Table:
    table = new_table(found.title, *found.columns)
    for row in found.formatted():
        table.add_row(*row)
    return table


def print_where_saved(
    console: Console, steps: Sequence[str], output: Path, names: Sequence[str], text: str
) -> None:
    """Say what was written, and what can be done with it; not wrapped, so that it can be copied."""
    folder, example = shlex.quote(path_word(output)), _quoted(text)
    lines = [
        f"saved in {output}: {', '.join(names)}",
        "next:",
        *(f"  seqkit {step.format(run=folder, text=example)}" for step in steps),
    ]
    for line in lines:
        console.print(line, soft_wrap=True)


def _quoted(text: str) -> str:
    """Quote a text for the shell; what a terminal would obey, or show as spaces, is written out."""
    if not CONTROL.search(text):
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{CONTROL.sub(_escape, escaped)}'"


def _escape(found: re.Match[str]) -> str:
    # \u0085 and not \x85, which the shell would take for a byte.
    return {"\t": r"\t", "\n": r"\n"}.get(found[0], f"\\u{ord(found[0]):04x}")
