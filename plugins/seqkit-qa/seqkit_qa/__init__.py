"""What the plugin offers. seqkit imports this at every start, so nothing heavy is here."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from seqkit.datasets import DatasetSpec, find_files
from seqkit.hookspecs import hookimpl
from seqkit.tasks import Task, TaskSpec

from seqkit_qa.config import QAConfig

__all__ = ["SPEC", "QAConfig", "seqkit_datasets", "seqkit_tasks"]

FOLDER = Path(__file__).parent / "samples"

SAMPLES = {
    "qa-stories": "stories with questions in English and Korean; answers of a closed set",
    "qa-spans": "passages with questions in English and Korean; answers are spans of the text",
}


def _create(config: QAConfig) -> Task[QAConfig, Any, Any]:
    from seqkit_qa.task import QATask

    return QATask(config)


SPEC = TaskSpec(
    name="qa",
    summary="Answer a question about a text: one of a closed set, or a span of the text",
    config=QAConfig,
    create=_create,
    sample="qa-stories",
)


@hookimpl
def seqkit_tasks() -> Iterator[TaskSpec[Any]]:
    """Offer the task."""
    yield SPEC


@hookimpl
def seqkit_datasets() -> Iterator[DatasetSpec]:
    """Offer the samples; ``seqkit run qa`` uses the first when no data is given."""
    for name, summary in SAMPLES.items():
        files = partial(find_files, FOLDER / name)
        yield DatasetSpec(name=name, task=SPEC.name, summary=summary, files=files, sample=True)
