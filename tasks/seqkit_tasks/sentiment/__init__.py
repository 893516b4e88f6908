"""Sentiment classification: one label for a text, any number of labels."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from seqkit.datasets import DatasetSpec, sample_files
from seqkit.hookspecs import hookimpl
from seqkit.tasks import Task, TaskSpec
from seqkit_tasks.sentiment.config import SentimentConfig

__all__ = ["SentimentConfig", "seqkit_datasets", "seqkit_tasks"]


def _create(config: SentimentConfig) -> Task[SentimentConfig, Any, Any]:
    from seqkit_tasks.sentiment.task import SentimentTask

    return SentimentTask(config)


@hookimpl
def seqkit_tasks() -> Iterator[TaskSpec[SentimentConfig]]:
    """Offer the task ``sentiment``."""
    yield TaskSpec(
        name="sentiment",
        summary="Give a text one of any number of labels: positive or negative, stars, topics",
        config=SentimentConfig,
        create=_create,
        sample="sentiment-en",
    )


@hookimpl
def seqkit_datasets() -> Iterator[DatasetSpec]:
    """Offer the samples."""
    for name, language, size in (("en", "English", "480/60/60"), ("ko", "Korean", "240/40/40")):
        yield DatasetSpec(
            name=f"sentiment-{name}",
            task="sentiment",
            summary=f"{size} short reviews in {language}, written for seqkit",
            files=partial(sample_files, f"sentiment-{name}"),
            sample=True,
        )
