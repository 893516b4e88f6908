"""The trials of a search, and the folder that keeps them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from seqkit.errors import Problem, UserError
from seqkit.files import reading, write_atomically
from seqkit.metrics.measures import Style, format_score

if TYPE_CHECKING:
    import optuna

__all__ = ["BEST_NAME", "JOURNAL_NAME", "Outcome", "Trial", "mend_journal", "open_study"]

JOURNAL_NAME = "trials.log"
BEST_NAME = "best.toml"

Outcome: TypeAlias = Literal["done", "stopped early", "interrupted", "failed"]


@dataclass(frozen=True)
class Trial:
    """One trial.

    Attributes:
        number: from 0.
        values: of the options that are searched.
        outcome: "done"; "stopped early", where others did better by the same epoch; "interrupted";
            or "failed".
        metric: what ``score`` is, such as "accuracy".
        score: of the best epoch on validation; None before the first epoch was finished.
        style: how the score is shown, as a percentage or as it is.
        epoch: the best one.
        seconds: it took.
        reason: why it failed.
    """

    number: int
    values: Mapping[str, Any]
    outcome: Outcome
    metric: str = ""
    score: float | None = None
    style: Style = "number"
    epoch: int = 0
    seconds: float = 0.0
    reason: str = ""

    @property
    def finished(self) -> bool:
        """Whether it came to a verdict: neither failed nor interrupted."""
        return self.outcome in ("done", "stopped early")

    @property
    def shown_score(self) -> str:
        """The score as reports show it; "-" where there is none."""
        return "-" if self.score is None else format_score(self.score, self.style)


def open_study(
    folder: Path, name: str, facts: Mapping[str, Any], *, seed: int, unjudged: int
) -> "optuna.Study":
    """Open the study that a folder keeps, or begin one.

    Args:
        folder: for the journal of the trials.
        name: of the study.
        facts: what must be equal for trials to be comparable, as JSON values.
        seed: of the search.
        unjudged: epochs after which no trial is stopped yet.

    Raises:
        UserError: the folder keeps a study of another name or other facts.
    """
    import optuna
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # Absolute, because the journal's lock is a link to it: a relative one would lead nowhere, and
    # one that a killed process left behind would be waited for without end.
    journal = (folder / JOURNAL_NAME).resolve()
    _remove_lock_to_nowhere(journal)
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(journal)))
    if others := {*optuna.get_all_study_names(storage)} - {name}:
        found = f"holds a search for {', '.join(sorted(others))}, wanted one for {name}"
        raise UserError(f"{folder}: {found}; choose another folder")
    study = optuna.create_study(
        study_name=name,
        storage=storage,
        load_if_exists=True,
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_warmup_steps=unjudged + 1),
    )
    # Each sitting draws from a stream of its own, or it would repeat the first one's trials.
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.get_trials(deepcopy=False)))
    known = study.user_attrs.get("facts", facts)
    if changed := [fact for fact in facts if known.get(fact) != facts[fact]]:
        raise UserError(
            f"{folder}: holds a search with other {', '.join(changed)}; "
            "go on with the same ones, or choose another folder"
        )
    study.set_user_attr("facts", dict(facts))
    return study


def _remove_lock_to_nowhere(journal: Path) -> None:
    """Remove the lock of a killed search of older versions; optuna would never think it stale."""
    lock = journal.with_name(f"{journal.name}.lock")
    if lock.is_symlink() and not lock.exists():
        lock.unlink(missing_ok=True)


def mend_journal(folder: Path) -> tuple[str, ...]:
    """Drop the last line of a folder's journal where a killed search has left it unfinished.

    Each line is looked at: optuna would tell of a damaged one only after the next is written.

    Returns:
        What to tell people of it; nothing where the journal is whole, or there is none.

    Raises:
        UserError: another line is no entry of a journal.
    """
    journal = folder / JOURNAL_NAME
    if not journal.exists():
        return ()
    with reading(journal):
        *lines, rest = journal.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        if not _is_entry(line):
            damaged = f"{JOURNAL_NAME} is damaged there; choose another folder"
            raise UserError(Problem(damaged, f"{journal}:{number}"))
    if not rest:
        return ()
    write_atomically(journal, b"".join(line + b"\n" for line in lines))
    found = f"{len(rest)} bytes of an unfinished line, as a killed search leaves them"
    return (f"{journal}:{len(lines) + 1}: {found}; dropped them",)


def _is_entry(line: bytes) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return isinstance(entry, dict) and "op_code" in entry
