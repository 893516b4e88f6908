"""What the plugin offers. seqkit imports this at every start, so nothing heavy is here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqkit.datasets import DataFiles, DatasetSpec, made_files
from seqkit.hookspecs import hookimpl
from seqkit.tasks import Task, TaskSpec

from seqkit_frames.config import FramesConfig

__all__ = ["SPEC", "FramesConfig", "seqkit_datasets", "seqkit_tasks"]


def _create(config: FramesConfig) -> Task[FramesConfig, Any, Any]:
    from seqkit_frames.task import FramesTask

    return FramesTask(config)


SPEC = TaskSpec(
    name="frames",
    summary="Turn numeric frames, such as audio, into a label or a text",
    config=FramesConfig,
    create=_create,
    sample="tones-melody",
    # FILE is audio, frames or a table; which of them depends on what the model has learnt from.
    next_steps=("predict {run} --input FILE", "evaluate {run} --data FILE"),
)


@hookimpl
def seqkit_tasks() -> Iterator[TaskSpec[Any]]:
    """Offer the task."""
    yield SPEC


@hookimpl
def seqkit_datasets() -> Iterator[DatasetSpec]:
    """Offer the samples; the tones are made when one is asked for."""
    samples = {
        "tones-melody": ("600/100/100 melodies of 2 to 5 tones, and their notes", _melodies),
        "tones-glide": ("600/100/100 tones that rise, fall, or both", _glides),
        "names": ("283 given names of girls and boys in English and Korean", _names),
    }
    for name, (summary, files) in samples.items():
        yield DatasetSpec(name=name, task=SPEC.name, summary=summary, files=files, sample=True)


def _melodies() -> DataFiles:
    from seqkit_frames.tones import melody, write_tones

    return made_files("tones-melody", lambda folder: write_tones(folder, melody, "text"))


def _glides() -> DataFiles:
    from seqkit_frames.tones import glide, write_tones

    return made_files("tones-glide", lambda folder: write_tones(folder, glide, "label"))


def _names() -> DataFiles:
    return DataFiles(single=Path(__file__).parent / "samples" / "names.tsv", name="names")
