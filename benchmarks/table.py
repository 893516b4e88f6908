"""Results in the terminal."""

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.cells import HEADINGS, SHORT, in_short, row
from benchmarks.records import Report
from benchmarks.suites import SUITES

__all__ = ["print_report"]


def print_report(report: Report, console: Console) -> None:
    """Print one table of all results, and one that sums it up."""
    table = Table(box=SIMPLE, title="PyTorch's time or memory over seqkit's: above 1, seqkit leads")
    for heading in HEADINGS:
        left = heading in ("case", "its way")
        table.add_column(heading, justify="left" if left else "right", overflow="fold")
    for suite in SUITES:
        results = report.of(suite.name)
        if results:
            table.add_section()
            table.add_row(f"[bold]{suite.name}[/bold]")
        for result in results:
            table.add_row(*map(escape, row(result, suite, report)))
    console.print(table)
    console.print(_summary(report))


def _summary(report: Report) -> Table:
    table = Table(box=SIMPLE)
    for heading in SHORT:
        left = heading in ("work", "of the case")
        table.add_column(heading, justify="left" if left else "right")
    for suite in SUITES:
        cells = list(in_short(report, suite))
        if cells:
            table.add_row(*cells)
    return table
