"""What the plugin offers. seqkit imports this at every start, so nothing heavy is here."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from seqkit.datasets import DatasetSpec, find_files
from seqkit.hookspecs import CommandSpec, hookimpl
from seqkit.tasks import Task, TaskSpec

from seqkit_seq2seq.config import Seq2SeqConfig, WritingConfig

__all__ = [
    "SPEC",
    "Seq2SeqConfig",
    "WritingConfig",
    "seqkit_commands",
    "seqkit_datasets",
    "seqkit_tasks",
]

SAMPLE = "spoken-dates-ko"


def _create(config: Seq2SeqConfig) -> Task[Seq2SeqConfig, Any, Any]:
    from seqkit_seq2seq.task import Seq2SeqTask

    return Seq2SeqTask(config)


SPEC = TaskSpec(
    name="seq2seq",
    aliases=("translate", "transduce"),
    summary="Learn to write one text for another: translate, transcribe, normalise, shorten",
    config=Seq2SeqConfig,
    create=_create,
    sample=SAMPLE,
    next_steps=("predict {run} {text}", "attention {run} {text}"),
)


@hookimpl
def seqkit_tasks() -> Iterator[TaskSpec[Any]]:
    """Offer the task."""
    yield SPEC


@hookimpl
def seqkit_datasets() -> Iterator[DatasetSpec]:
    """Offer the sample, which ``seqkit run seq2seq`` uses when no data is given."""
    yield DatasetSpec(
        name=SAMPLE,
        task=SPEC.name,
        summary="2,400/300/300 Korean dates and times as they are said, with their ISO form",
        files=lambda: find_files(Path(__file__).parent / "sample"),
        sample=True,
    )


@hookimpl
def seqkit_commands() -> Iterator[CommandSpec]:
    """Offer ``seqkit attention``."""
    summary = "Show where a sequence-to-sequence model looked as it wrote"
    yield CommandSpec(name="attention", summary=summary, create=_create_attention)


def _create_attention() -> Callable[..., None]:
    from seqkit_seq2seq.commands import create_attention

    return create_attention()
