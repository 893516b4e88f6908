"""A training run frozen between two steps, as a value and as a file.

The file is a safetensors container like the model file (``docs/model-format.md``), of the format
``seqkit-checkpoint``: it resumes a run, and ``seqkit.load`` refuses it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqkit.arrays import Array
from seqkit.container import ModelFormatError, read_container, write_container
from seqkit.errors import Problem
from seqkit.layers.base import State
from seqkit.training.progress import EpochProgress
from seqkit.training.reports import EpochReport

__all__ = ["Checkpoint", "Progress", "load_checkpoint", "save_checkpoint"]

FORMAT = "seqkit-checkpoint"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Progress:
    """What a checkpoint says beside its arrays.

    Attributes:
        seed: of the run.
        options: the training options that the arrays depend on.
        current: the epoch under way.
        history: reports of the finished epochs.
        steps_per_epoch: of the first epoch, which the schedule was made for; 0 before it.
        carried: how many arrays of recurrent state go to the next batch; None where none go.
    """

    seed: int
    options: dict[str, Any]
    current: EpochProgress
    history: tuple[EpochReport, ...] = ()
    steps_per_epoch: int = 0
    carried: int | None = None


@dataclass(frozen=True)
class Checkpoint:
    """A run between two steps; nothing in it changes while training goes on.

    Attributes:
        arrays: by part and name: ``weights/embedding.table``. The parts are ``weights``, ``best``,
            ``carried`` (by index), ``optimizer``, ``schedule``, ``average`` and
            ``trigger``.
        progress: everything else.
    """

    arrays: Mapping[str, Array]
    progress: Progress

    def part(self, prefix: str) -> dict[str, Array]:
        """Return the arrays under a prefix, by the rest of their names."""
        start = prefix + "/"
        return {
            name.removeprefix(start): array
            for name, array in self.arrays.items()
            if name.startswith(start)
        }

    def carried(self) -> State | None:
        """Return the recurrent state for the next batch, as a plain tuple of copies."""
        count, arrays = self.progress.carried, self.part("carried")
        return None if count is None else tuple(arrays[str(i)].copy() for i in range(count))


@dataclass(frozen=True)
class _Content:
    """The JSON of a checkpoint file."""

    facts: dict[str, Any]
    progress: Progress


def save_checkpoint(
    path: str | os.PathLike[str], checkpoint: Checkpoint, facts: Mapping[str, Any]
) -> None:
    """Write a checkpoint, atomically.

    Args:
        path: the file, usually ``RUN/checkpoint.safetensors``.
        checkpoint: from :meth:`Trainer.checkpoint`.
        facts: whatever else is needed to build the run again: task, options, data; as JSON.

    Raises:
        UserError: the file cannot be written.
        ValueError: the facts are not JSON.
    """
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "facts": facts,
        "progress": _progress_json(checkpoint.progress),
    }
    write_container(path, document, checkpoint.arrays)


def load_checkpoint(path: str | os.PathLike[str]) -> tuple[Checkpoint, dict[str, Any]]:
    """Read a checkpoint and the facts that were saved with it.

    Raises:
        ModelFormatError: there is no such file, or it cannot be used; every refusal says why.
    """
    where = os.fspath(path)
    document, arrays = read_container(path)
    _check_format(document, where)
    content = _content(document, where)
    return Checkpoint(arrays, content.progress), content.facts


def _content(document: Mapping[str, Any], where: str) -> "_Content":
    import msgspec

    try:
        # Not strict, because scores that are not finite are written as text.
        return msgspec.convert(document, _Content, strict=False)
    except msgspec.ValidationError as error:
        raise ModelFormatError(
            Problem(f"the checkpoint is malformed: {error}; start the run again", where)
        ) from None


def _check_format(document: Mapping[str, Any], where: str) -> None:
    found, version = document.get("format"), document.get("format_version")
    if found != FORMAT:
        raise ModelFormatError(
            Problem(f"its format is {found!r}, wanted {FORMAT!r}: nothing to resume from", where)
        )
    if type(version) is not int or not 1 <= version <= FORMAT_VERSION:
        raise ModelFormatError(
            Problem(
                f"its checkpoint version is {version!r}, wanted {FORMAT_VERSION}; "
                "resume with the seqkit that wrote it",
                where,
            )
        )


def _progress_json(progress: Progress) -> dict[str, Any]:
    """Return plain values; JSON has no NaN and no infinity, so these become text."""
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(progress)
    for report in plain["history"]:
        for key, value in report.items():
            if isinstance(value, float) and not abs(value) < float("inf"):
                report[key] = repr(value)
    return plain
