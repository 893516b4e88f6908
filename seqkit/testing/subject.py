"""The task that is checked, with a few examples and small models to look at.

Everything here is made from the contract alone: what a stranger's task must have, and no more.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from seqkit.arrays import Array
from seqkit.datasets import DataFiles
from seqkit.errors import UserError
from seqkit.hookspecs import hookimpl
from seqkit.kernels.threads import use_threads
from seqkit.options import options_of, with_options
from seqkit.parameters import Parameter
from seqkit.plugin_loading import PluginSource, builtin_sources
from seqkit.plugins import PluginHost, default_host
from seqkit.randomness import random_stream
from seqkit.sources import find_data
from seqkit.splits import read_splits
from seqkit.tasks import Model, Resources, Task, TaskSpec
from seqkit.training.reports import EpochReport
from seqkit.training.step import Step
from seqkit.training.trainer import Trainer
from seqkit.training.weights import by_name, copy_weights, fill_weights

__all__ = ["TaskData", "TaskSubject"]

TaskData: TypeAlias = DataFiles | str | Path | Sequence[Any] | None
"""Files, a path, a dataset's name, gold examples, or None for the task's own sample."""

TRAIN_EXAMPLES = 20
OTHER_EXAMPLES = 8
SMALL = 8
"""Width that the sizes of encoders are cut down to, so that a check takes milliseconds."""

SEED = 7


class TaskSubject:
    """A task under examination.

    Args:
        spec: as a plugin offers it; it need not be installed.
        data: where the examples come from; a few of them are enough.
        options: of the task, over the small sizes that the checks take by default.

    Attributes:
        spec: as above.

    Raises:
        UserError: no data, and the task has no sample. It is said once, and not by each of the
            checks that look at data.
    """

    def __init__(
        self,
        spec: TaskSpec[Any],
        data: TaskData = None,
        *,
        options: dict[str, Any] | None = None,
    ) -> None:
        if data is None and spec.sample is None:
            wanted = "wanted gold examples: --data at the shell, examples= in Python"
            raise UserError(f"the task {spec.name!r} has no sample, {wanted}")
        self.spec = spec
        self._data = data
        self._options = options or {}

    # --- what it is looked at with ---------------------------------------------------------------

    @cached_property
    def host(self) -> PluginHost:
        """A host that offers the task: the default one, or one with the task put first."""
        host = default_host()
        if any(spec.create is self.spec.create for spec in host.tasks()):
            return host
        own = PluginSource.of(f"checked-{self.spec.name}", _Offering(self.spec))
        return PluginHost([own, *builtin_sources()])

    @cached_property
    def config(self) -> Any:
        """The options: small, quick, and what the caller asked for."""
        wanted = {**_small_sizes(self.spec), "epochs": 2, "patience": None, "batch_size": 4}
        default = self.spec.config()
        try:
            return with_options(default, {**wanted, **self._options})
        except UserError:  # some tasks tie one size to another
            return with_options(default, {"epochs": 2, **self._options})

    def task(self) -> Task[Any, Any, Any]:
        """Make the task anew, so that nothing is left of earlier checks."""
        made: Task[Any, Any, Any] = self.spec.create(self.config)
        return made

    @cached_property
    def files(self) -> DataFiles | None:
        """The files of the data; None where the caller gave examples."""
        given = self._data
        if given is None or isinstance(given, str | Path | DataFiles):
            return find_data(given, self.spec, default_host()).files
        return None

    @cached_property
    def _splits(self) -> tuple[list[Any], list[Any]]:
        if self.files is None:
            given: Sequence[Any] = self._data  # type: ignore[assignment]
            return list(given), list(given)
        splits = read_splits(self.task(), self.files, rng=random_stream(SEED, "split"))
        return splits.train, splits.scored

    @cached_property
    def train(self) -> list[Any]:
        """Twenty gold examples of the training split."""
        return self._some(self._splits[0], TRAIN_EXAMPLES)

    @cached_property
    def others(self) -> list[Any]:
        """A few gold examples of another split."""
        return self._some(self._splits[1], OTHER_EXAMPLES)

    def _some(self, examples: list[Any], count: int) -> list[Any]:
        """From all over a file, which may be sorted by label; in a row where order matters."""
        step = max(1, len(examples) // count) if self.independent else 1
        return examples[::step][:count]

    @property
    def independent(self) -> bool:
        """Whether an example means the same in any company."""
        return self.task().splits_shuffled

    @cached_property
    def resources(self) -> Resources:
        """What the task fits on the twenty examples."""
        return self.task().fit(self.train)

    # --- models ----------------------------------------------------------------------------------

    def fresh_model(self, seed: int = SEED) -> Model[Any, Any]:
        """Build a model with the weights that a seed gives."""
        with use_threads(1):
            return self.task().build(self.resources, rng=random_stream(seed, "weights"))

    @cached_property
    def _start(self) -> dict[str, Array]:
        return weights_of(self.fresh_model())

    def model(self, resources: Resources | None = None) -> Model[Any, Any]:
        """Build a model with the same weights at each call, whatever the task draws them from."""
        resources = self.resources if resources is None else resources
        made = self.task().build(resources, rng=random_stream(SEED, "weights"))
        fill_weights(by_name(made.parameters()), self._start)
        return made

    def generic_model(self) -> tuple[Model[Any, Any], dict[str, Parameter]]:
        """Return a float64 model away from all special points such as zero biases."""
        model = self.model()
        rng = random_stream(SEED, "generic")
        parameters = by_name(model.parameters())
        for parameter in parameters.values():
            value = parameter.value.astype(np.float64)
            parameter.value = value + 0.1 * rng.normal(size=value.shape)
        return model, {name: p for name, p in parameters.items() if p.trainable}

    @cached_property
    def trained(self) -> Model[Any, Any]:
        """A model after two epochs."""
        model = self.model()
        self.train_model(model)
        return model

    def train_model(
        self,
        model: Model[Any, Any],
        *,
        config: Any = None,
        threads: int = 1,
        stop: Callable[[], bool] = lambda: False,
        restore: Callable[[Trainer], None] = lambda trainer: None,
        enough: float = -np.inf,
    ) -> Trainer:
        """Train on the twenty examples: to the end, until ``stop()``, or down to a loss."""
        trainer = Trainer(
            model,
            config or self.config,
            seed=SEED,
            validate=lambda: ("loss", total_loss(model, self.train), False),
        )
        restore(trainer)
        with use_threads(threads):
            for report in trainer.run(self.train, stop=stop):
                if isinstance(report, EpochReport) and report.score <= enough:
                    break
        return trainer

    # --- gold answers ----------------------------------------------------------------------------

    def targets(self, examples: Sequence[Any]) -> list[Any] | None:
        """The gold answers of examples; None where the task does not say."""
        task = self.task()
        gold = [task.gold(example) for example in examples]
        if any(prediction is None for prediction in gold):
            return None
        return [task.answer(prediction) for prediction in gold]

    def inputs(self, examples: Sequence[Any]) -> list[Any]:
        """What the task takes to make these examples."""
        task = self.task()
        return [task.input(example) for example in examples]


class _Offering:
    """A plugin with one task."""

    def __init__(self, spec: TaskSpec[Any]) -> None:
        self._spec = spec

    @hookimpl
    def seqkit_tasks(self) -> list[TaskSpec[Any]]:
        """Offer the task."""
        return [self._spec]


def _small_sizes(spec: TaskSpec[Any]) -> dict[str, int]:
    """Cut down what makes an encoder wide; a small one has all that can be wrong."""
    return {
        item.name: SMALL
        for item in options_of(spec.config)
        if item.group == "encoder"
        and type(item.default) is int
        and item.default > SMALL
        and (item.minimum is None or item.minimum <= SMALL)
    }


def weights_of(model: Model[Any, Any]) -> dict[str, Array]:
    """Copy the weights, by name."""
    return copy_weights(by_name(model.parameters()))


def steps_over(model: Model[Any, Any], examples: Sequence[Any]) -> list[Step]:
    """Return the losses of one pass in fixed order, the state carried along."""
    steps: list[Step] = []
    batches = model.batches(examples, rng=None)
    for index in range(len(batches)):
        steps.append(model.loss(batches[index], steps[-1].state if steps else None))
    return steps


def total_loss(model: Model[Any, Any], examples: Sequence[Any]) -> float:
    """Return the mean loss of examples, without dropout."""
    steps = steps_over(model, examples)
    return float(sum(step.total for step in steps) / max(1, sum(step.count for step in steps)))
