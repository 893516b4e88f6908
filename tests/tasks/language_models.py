"""Small language models for the tests."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqkit.parameters import unique_parameters
from seqkit_tasks.language_modelling.config import LanguageModellingConfig
from seqkit_tasks.language_modelling.lines import Line
from seqkit_tasks.language_modelling.model import LanguageModel
from seqkit_tasks.language_modelling.task import LanguageModellingTask

TEXT = (
    "the baker sells bread and the baker sells cake",
    "",
    "a pear and a pair of shoes",
    "the sea",
    "the baker sees the sea and sells a pear",
    "a cake",
)

SMALL = {"units": 5, "layers": 2, "min_count": 1, "batch_size": 3, "window": 4, "dropout": 0.0}


def tiny_model(
    text: Sequence[str] = TEXT, *, seed: int = 0, **options: Any
) -> tuple[LanguageModellingTask, LanguageModel, list[Line]]:
    """A task, a freshly drawn model in float64 and the lines it was fitted on."""
    task = LanguageModellingTask(LanguageModellingConfig(**(SMALL | options)))
    lines = task.examples(text)
    model = task.build(task.fit(lines), rng=np.random.default_rng(seed))
    rng = np.random.default_rng(seed + 1)
    for _, parameter in unique_parameters(model.parameters()):
        parameter.value = parameter.value.astype(np.float64)
        # Biases start at zero, where a mistake in them might not show.
        parameter.value += rng.normal(scale=0.3, size=parameter.value.shape)
    return task, model, lines
