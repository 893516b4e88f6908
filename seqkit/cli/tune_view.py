"""What ``seqkit tune`` shows: a line for each trial, and all of them as a table or as JSON."""

import dataclasses
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqkit.cli.notices import say
from seqkit.tuning.search import MOST_FAILURES
from seqkit.tuning.trials import BEST_NAME

if TYPE_CHECKING:
    from rich.table import Table

    from seqkit.tuning import Search, Trial

__all__ = ["print_search", "say_ending", "trial_line"]


def trial_line(trial: "Trial") -> str:
    """Say how a trial went, in one line."""
    values = ", ".join(f"{name} {_shown(value)}" for name, value in trial.values.items())
    how = _result(trial) if trial.score is not None else ""
    said = ", ".join(part for part in (how, _outcome(trial), f"{trial.seconds:.0f} s") if part)
    return f"trial {trial.number}: {said} | {values}"


def _result(trial: "Trial") -> str:
    return f"{trial.metric} {trial.shown_score} at epoch {trial.epoch}"


def _outcome(trial: "Trial") -> str:
    if trial.outcome == "done":
        return ""
    return f"{trial.outcome}: {trial.reason}" if trial.reason else trial.outcome


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def print_search(search: "Search", folder: Path, *, json: bool) -> None:
    """Print the trials, and where the best recipe is: for people, or as JSON."""
    from seqkit.cli.console import console_for
    from seqkit.cli.streams import print_json
    from seqkit.cli.tables import print_table

    best = search.best
    if json:
        found = {
            "best": None if best is None else best.number,
            "recipe": None if best is None else str(folder / BEST_NAME),
            "trials": [dataclasses.asdict(trial) for trial in search.trials],
        }
        print_json(found)
        return
    console = console_for(sys.stdout)
    if search.trials:
        print_table(console, _table(search, best))
    if best is not None:
        console.print(f"validation {_result(best)}, trial {best.number}")
        console.print(search.command, soft_wrap=True)


def say_ending(search: "Search", command: Sequence[str]) -> int:
    """Say on stderr why a search ended early and how to go on; returns the exit status."""
    reasons = {
        "stop": "interrupted",
        "time": "the time limit is over",
        "failures": f"ended after {MOST_FAILURES} trials in a row that failed",
    }
    if search.ending == "trials":
        return 0
    kept = "" if search.best is not None else "; no trial has finished, so there is no best one"
    say(f"{reasons[search.ending]}{kept}", f"to go on: {shlex.join(command)}")
    if search.ending == "stop":
        return 130
    return 2 if search.best is None else 0


def _table(search: "Search", best: "Trial | None") -> "Table":
    from seqkit.cli.tables import new_table

    names = [dimension.name for dimension in search.space]
    outcomes = ["outcome"] if any(map(_outcome, search.trials)) else []
    columns = ("trial", "score", "epoch", "seconds", *names, *outcomes)
    table = new_table("Trials", *columns, numbers_from=0)
    if outcomes:
        table.columns[-1].justify = "left"  # reasons of failed trials are words
    for trial in search.trials:
        # The mark stands in the first column, which each part of a wide table repeats.
        number = f"best {trial.number}" if trial == best else str(trial.number)
        values = [_shown(trial.values[name]) for name in names]
        table.add_row(
            number,
            trial.shown_score,
            str(trial.epoch),
            f"{trial.seconds:.0f}",
            *values,
            *([_outcome(trial)] if outcomes else []),
        )
    return table
