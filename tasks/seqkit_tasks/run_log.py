"""Writes ``log.jsonl``: one line for each finished epoch, and a last one for the run."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seqkit.hookspecs import hookimpl
from seqkit.reports import RunReport
from seqkit.training.reports import EpochReport

__all__ = ["seqkit_epoch_finished", "seqkit_run_finished"]


@hookimpl
def seqkit_epoch_finished(report: EpochReport, output: Path | None) -> None:
    """Append the epoch to the log."""
    _append(output, {"event": "epoch", **asdict(report)})


@hookimpl
def seqkit_run_finished(report: RunReport, output: Path | None) -> None:
    """Append the headline to the log."""
    headline = report.evaluation.headline.to_json()
    _append(output, {"event": "run", "split": report.split, "headline": headline})


def _append(output: Path | None, event: dict[str, Any]) -> None:
    if output is None:
        return
    with (output / "log.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(event, ensure_ascii=False) + "\n")
