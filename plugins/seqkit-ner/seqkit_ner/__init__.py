"""What the plugin offers. seqkit imports this at every start, so nothing heavy is here."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from seqkit.datasets import DataFiles, DatasetSpec
from seqkit.hookspecs import CommandSpec, hookimpl
from seqkit.tasks import Task, TaskSpec

from seqkit_ner.config import NerConfig

__all__ = ["SPEC", "NerConfig", "seqkit_commands", "seqkit_datasets", "seqkit_tasks"]

SAMPLE = "ner-en-ko"


def _create(config: NerConfig) -> Task[NerConfig, Any, Any]:
    from seqkit_ner.task import NerTask

    return NerTask(config)


def _create_convert_tags() -> Callable[..., None]:
    from seqkit_ner.commands import create_convert_tags

    return create_convert_tags()


SPEC = TaskSpec(
    name="ner",
    summary="Find the names in a text: persons, places, organisations, or any other types",
    config=NerConfig,
    create=_create,
    sample=SAMPLE,
)


@hookimpl
def seqkit_tasks() -> Iterator[TaskSpec[Any]]:
    """Offer the task."""
    yield SPEC


@hookimpl
def seqkit_commands() -> Iterator[CommandSpec]:
    """Offer ``seqkit convert-tags``."""
    yield CommandSpec(
        name="convert-tags",
        summary="Write the entities of a file in another tag scheme",
        create=_create_convert_tags,
    )


@hookimpl
def seqkit_datasets() -> Iterator[DatasetSpec]:
    """Offer the sample, which ``seqkit run ner`` uses when no data is given."""
    yield DatasetSpec(
        name=SAMPLE,
        task=SPEC.name,
        summary="150/30/30 English and Korean sentences, written and tagged for seqkit-ner",
        files=_sample,
        sample=True,
    )


def _sample() -> DataFiles:
    folder = Path(__file__).parent / "sample"
    paths = {split: folder / f"{split}.tsv" for split in ("train", "dev", "test")}
    return DataFiles(**paths, name=SAMPLE)
