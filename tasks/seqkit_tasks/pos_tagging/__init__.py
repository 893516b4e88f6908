"""Part-of-speech tagging: one tag for each word, from its context and its spelling."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from seqkit.datasets import DatasetSpec, sample_files
from seqkit.hookspecs import hookimpl
from seqkit.tasks import Task, TaskSpec
from seqkit_tasks.pos_tagging.config import PosTaggingConfig

__all__ = ["PosTaggingConfig", "seqkit_datasets", "seqkit_tasks"]

SAMPLE = "pos-en"


def _create(config: PosTaggingConfig) -> Task[PosTaggingConfig, Any, Any]:
    from seqkit_tasks.pos_tagging.task import PosTaggingTask

    return PosTaggingTask(config)


@hookimpl
def seqkit_tasks() -> Iterator[TaskSpec[PosTaggingConfig]]:
    """Offer the task ``pos-tagging``."""
    yield TaskSpec(
        name="pos-tagging",
        summary="Give each word of a sentence its part of speech, or any other tag",
        config=PosTaggingConfig,
        create=_create,
        aliases=("pos",),
        sample=SAMPLE,
    )


@hookimpl
def seqkit_datasets() -> Iterator[DatasetSpec]:
    """Offer the sample."""
    yield DatasetSpec(
        name=SAMPLE,
        task="pos-tagging",
        summary="200/30/30 English sentences in CoNLL-U, written and tagged for seqkit",
        files=partial(sample_files, SAMPLE),
        sample=True,
    )
