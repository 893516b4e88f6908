"""Writes ``log.jsonl``: one line for each finished epoch, and a last one for the run."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from seqkit.hookspecs import hookimpl

if TYPE_CHECKING:
    from seqkit.reports import RunReport
    from seqkit.training.reports import EpochReport

__all__ = ["seqkit_epoch_finished", "seqkit_run_finished"]


@hookimpl
def seqkit_epoch_finished(report: "EpochReport", output: Path | None) -> None:
    """Append the epoch to the log; the first one begins a new log."""
    event = {"event": "epoch", **asdict(report)}
    _write(output, event, mode="w" if report.epoch == 1 else "a")


@hookimpl
def seqkit_run_finished(report: "RunReport", output: Path | None) -> None:
    """Append the headline to the log."""
    headline = report.evaluation.headline.to_json()
    _write(output, {"event": "run", "split": report.split, "headline": headline}, mode="a")


def _write(output: Path | None, event: dict[str, Any], *, mode: Literal["a", "w"]) -> None:
    if output is None:
        return
    # Every command loads the built-in plugins, and few of them run anything.
    from seqkit.reports import plain_values

    line = json.dumps(plain_values(event), ensure_ascii=False, allow_nan=False)
    with (output / "log.jsonl").open(mode, encoding="utf-8") as stream:
        stream.write(line + "\n")
