"""Data, model and epochs as tables and lines."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seqkit.cli.tables import new_table, print_table
from seqkit.metrics.measures import format_score

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from seqkit.metrics.measures import Style
    from seqkit.reports import DataSummary, ModelSummary, SplitSummary
    from seqkit.training.reports import EpochReport

__all__ = ["data_table", "epoch_line", "model_lines", "print_data", "source_lines"]

MOST_COUNTS = 24
"""Rows of counts that are shown; a tagset may have many more, and report.json has them all."""

LEAST_SHARE = 0.005
"""Of clipped steps, that is shown: below, it would read 0 %."""

DISPENSABLE = ("speed", "clipped", "time", "rate")
"""What a line about an epoch leaves out where it is too long, in this order; log.jsonl has all."""


def data_table(summary: "DataSummary") -> "Table":
    """Show the counts of every split, one column a split: there are few splits and many counts."""
    splits = summary.splits
    table = new_table(f"Data: {summary.name}", "", *(split.name for split in splits))
    names = list(dict.fromkeys(name for split in splits for name in split.counts))
    for name in names[:MOST_COUNTS]:
        table.add_row(name, *(_count(split, name) for split in splits))
    if len(names) > MOST_COUNTS:
        table.add_row(f"... and {len(names) - MOST_COUNTS} more", *("" for _ in splits))
    seen = ("-" if split.name == "train" else f"{split.seen_in_train:,}" for split in splits)
    table.add_row("also in train", *seen)
    return table


def print_data(summary: "DataSummary", console: "Console") -> None:
    """Print the counts, where each split came from, and what stands out."""
    print_table(console, data_table(summary))
    lines = [*source_lines(summary), *(f"  {notice}" for notice in summary.notices)]
    if summary.sample:
        lines.append("  a built-in sample: for trying out, not for measuring")
    for line in lines:
        console.print(line, soft_wrap=True)


def source_lines(summary: "DataSummary") -> Iterator[str]:
    """Yield where each split came from; a line each, because paths are long."""
    width = max((len(split.name) for split in summary.splits), default=0)
    for split in summary.splits:
        yield f"  {split.name:<{width}}  {split.source}"


def _count(split: "SplitSummary", name: str) -> str:
    """A count; one of unknown things also as a share of all such things."""
    if name not in split.counts:
        return "-"
    count = split.counts[name]
    whole = split.counts.get(name.removeprefix("unknown "), 0)
    is_share = name.startswith("unknown ") and whole > 0
    return f"{count:,} ({100 * count / whole:.1f} %)" if is_share else f"{count:,}"


def model_lines(summary: "ModelSummary") -> Iterator[str]:
    """Yield what the network is made of."""
    yield "Model"
    for part, words in summary.parts.items():
        yield f"  {part}: {words}"
    yield f"  {summary.parameters:,} parameters, about {summary.megabytes:,.1f} MB to train"


def epoch_line(report: "EpochReport", epochs: int, *, style: "Style", width: int) -> str:
    """Return one line about a finished epoch; the last word marks the best one so far.

    Args:
        report: of the epoch.
        epochs: how many there are to be at most.
        style: of the score: as reports show it.
        width: of the terminal; what matters least is left out where it does not fit.
    """
    number = f"{report.epoch:>{len(str(epochs))}}"
    parts = {
        "epoch": f"epoch {number}/{epochs}",
        "loss": f"loss {report.train_loss:.4f}",
        "score": f"{report.metric} {format_score(report.score, style)}",
        "rate": f"lr {report.learning_rate:.2g}",
        "clipped": f"clipped {100 * report.clipped_share:.0f} %",
        "speed": f"{report.tokens_per_second:,.0f} tok/s",
        "time": f"{report.seconds + report.validation_seconds:.1f} s",
        # Room is kept for it in every line, so that the best one leaves out no more than others.
        "best": "best" if report.best else "    ",
    }
    if report.clipped_share < LEAST_SHARE:
        del parts["clipped"]
    for name in DISPENSABLE:
        if len("  ".join(parts.values())) > width:
            parts.pop(name, None)
    return "  ".join(parts.values()).rstrip()
