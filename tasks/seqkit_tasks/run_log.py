"""Writes ``log.jsonl``: one line for each finished epoch, and a last one for the run."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqkit.hookspecs import hookimpl

if TYPE_CHECKING:
    from seqkit.reports import RunReport
    from seqkit.training.reports import EpochReport

__all__ = ["seqkit_epoch_finished", "seqkit_run_finished"]


NAME = "log.jsonl"


@hookimpl
def seqkit_epoch_finished(report: "EpochReport", output: Path | None) -> None:
    """Append the epoch to the log; the first one begins a new log."""
    if output is None:
        return
    with (output / NAME).open("w" if report.epoch == 1 else "a", encoding="utf-8") as stream:
        stream.write(_line(_epoch_event(report)))


@hookimpl
def seqkit_run_finished(report: "RunReport", output: Path | None) -> None:
    """Write the log anew, whole: a sitting that was killed may have left out a line, or half of it.

    A finished run that is resumed is scored again, and still has one line.
    """
    if output is None:
        return
    from seqkit.files import write_atomically

    headline = report.evaluation.headline.to_json()
    run = {"event": "run", "split": report.split, "headline": headline}
    lines = [_line(event) for event in (*map(_epoch_event, report.epochs), run)]
    write_atomically(output / NAME, "".join(lines).encode())


def _epoch_event(report: "EpochReport") -> dict[str, Any]:
    return {"event": "epoch", **asdict(report)}


def _line(event: dict[str, Any]) -> str:
    # Every command loads the built-in plugins, and few of them run anything.
    from seqkit.reports import plain_values

    return json.dumps(plain_values(event), ensure_ascii=False, allow_nan=False) + "\n"
