"""The hooks that a plugin may implement.

A plugin is a module (or an object) with functions named as here and marked ``@hookimpl``,
advertised under the entry-point group ``seqkit``::

    [project.entry-points.seqkit]
    haiku = "seqkit_haiku"

Hooks that offer something are generators of frozen dataclasses, or return lists of them. A hook
may ask for fewer arguments than its specification has.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pluggy

from seqkit.datasets import DatasetSpec
from seqkit.tasks import TaskSpec
from seqkit.training.reports import EpochReport

if TYPE_CHECKING:
    from seqkit.layers.base import RecurrentLayer
    from seqkit.reports import RunReport

__all__ = [
    "CommandSpec",
    "EncoderSpec",
    "hookimpl",
    "hookspec",
    "seqkit_commands",
    "seqkit_datasets",
    "seqkit_encoders",
    "seqkit_epoch_finished",
    "seqkit_run_finished",
    "seqkit_tasks",
]

hookspec = pluggy.HookspecMarker("seqkit")
hookimpl = pluggy.HookimplMarker("seqkit")


@dataclass(frozen=True, kw_only=True)
class EncoderSpec:
    """A recurrent encoder that every task can use by name: ``--encoder NAME``.

    Attributes:
        name: lower-case words with hyphens.
        summary: one line.
        build: ``build(config, features, rng=..., dtype=...)`` returns the layer; ``config`` has the
            encoder options (units, layers, bidirectional, ...), each of which it honours or refuses
            with a ``UserError``.
    """

    name: str
    summary: str
    build: "Callable[..., RecurrentLayer[Any]]"


@dataclass(frozen=True, kw_only=True)
class CommandSpec:
    """A command beside ``seqkit run``: ``seqkit NAME``.

    Attributes:
        name: lower-case words with hyphens.
        summary: one line for ``seqkit --help``.
        create: returns the function that typer turns into the command; typer is imported there,
            not when the plugin is imported. ``seqkit.errors.UserError`` becomes exit status 2.
    """

    name: str
    summary: str
    create: Callable[[], Callable[..., None]]


@hookspec
def seqkit_tasks() -> Iterable[TaskSpec[Any]]:  # type: ignore[empty-body]
    """Offer tasks for ``seqkit run``.

    Example:
        >>> @hookimpl
        ... def seqkit_tasks():
        ...     yield TaskSpec(name="haiku", summary="Write one", config=Haiku, create=HaikuTask)
    """


@hookspec
def seqkit_encoders() -> Iterable[EncoderSpec]:  # type: ignore[empty-body]
    """Offer encoders for ``--encoder``.

    Example:
        >>> @hookimpl
        ... def seqkit_encoders():
        ...     yield EncoderSpec(name="wide-lstm", summary="LSTM, twice as wide", build=build)
    """


@hookspec
def seqkit_datasets() -> Iterable[DatasetSpec]:  # type: ignore[empty-body]
    """Offer named data for ``--data``.

    Example:
        >>> @hookimpl
        ... def seqkit_datasets():
        ...     yield DatasetSpec(name="haiku-sample", task="haiku", summary="40 haiku", files=find)
    """


@hookspec
def seqkit_commands() -> Iterable[CommandSpec]:  # type: ignore[empty-body]
    """Offer commands beside the core's own.

    Example:
        >>> @hookimpl
        ... def seqkit_commands():
        ...     yield CommandSpec(name="recite", summary="Read it aloud", create=lambda: recite)
    """


@hookspec
def seqkit_epoch_finished(report: EpochReport, output: "Any") -> None:
    """Hear of each finished epoch.

    Args:
        report: losses, score, times.
        output: the run directory (``pathlib.Path``), or None where the run writes nothing.

    Example:
        >>> @hookimpl
        ... def seqkit_epoch_finished(report):
        ...     print(report.epoch, report.train_loss)
    """


@hookspec
def seqkit_run_finished(report: "RunReport", output: "Any") -> None:
    """Hear of a finished run, after everything was saved.

    Args:
        report: all that ``report.json`` holds.
        output: the run directory (``pathlib.Path``), or None where the run writes nothing.

    Example:
        >>> @hookimpl
        ... def seqkit_run_finished(report):
        ...     print(report.evaluation.headline)
    """
