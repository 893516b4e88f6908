"""The training loop, as a generator: printing, saving and stopping are up to whoever consumes it.

::

    trainer = Trainer(model, config, seed=0, validate=lambda: ("accuracy", accuracy(), True))
    for report in trainer.run(examples):
        print(report)
    print(trainer.best_epoch, trainer.stopped)        # the model holds the best weights
"""

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seqkit import optim
from seqkit.arrays import Array
from seqkit.layers.base import State
from seqkit.options import with_options
from seqkit.randomness import check_seed, random_stream
from seqkit.training.checkpoints import Checkpoint, Progress
from seqkit.training.config import TrainingConfig
from seqkit.training.progress import EpochProgress, better
from seqkit.training.reports import EpochReport, StepReport
from seqkit.training.resuming import check_fits, restored_updates, trajectory_options
from seqkit.training.step import NonFiniteError, Step
from seqkit.training.trainable import Trainable
from seqkit.training.updates import Update, Updates
from seqkit.training.weights import by_name, copy_weights, fill_weights

__all__ = ["Trainer"]

ALL_DONE = "all epochs done"
INTERRUPTED = "interrupted"
NOT_FINITE = "not finite"


def _never() -> bool:
    return False


class Trainer:
    """Trains a model: epochs of steps, each epoch ending with a score on the validation split.

    A run is determined by the model's weights, the examples, the options and the seed. Stopped
    after any step and restored from its :meth:`checkpoint`, it ends on the same bytes as if it had
    never stopped.

    Args:
        model: what is trained.
        config: how.
        seed: of the order of the data and of dropout, at least 0.
        validate: returns the validation metric's name, its value, and whether higher is better; it
            is called with the weights that would be kept, averaged ones where averaging is on.

    Attributes:
        stopped: why the last run ended: "all epochs done", "no better score for 5 epochs",
            "interrupted", or "not finite" after a :class:`NonFiniteError`; empty before.

    Raises:
        UserError: options out of their limits; a seed that is no whole number, or below 0.
        ValueError: two of the model's parameters have one name.
    """

    def __init__(
        self,
        model: Trainable,
        config: TrainingConfig,
        *,
        seed: int,
        validate: Callable[[], tuple[str, float, bool]],
    ) -> None:
        self.stopped = ""
        self._model = model
        self._config = with_options(config, {})
        self._seed = check_seed(seed)
        self._validate = validate
        self._parameters = by_name(model.parameters())
        self._trainable = {name: p for name, p in self._parameters.items() if p.trainable}
        self._updates = Updates(self._parameters, self._config)
        self._steps_per_epoch = 0
        self._current = EpochProgress()
        self._carried: State | None = None
        self._history: list[EpochReport] = []
        # Copies of the best weights; None while the model holds them itself, until its next step.
        self._best: Mapping[str, Array] | None = {}
        # The weights of the last step, while the model holds the best ones instead.
        self._latest: dict[str, Array] | None = None

    @property
    def history(self) -> tuple[EpochReport, ...]:
        """The reports of the finished epochs."""
        return tuple(self._history)

    @property
    def best_epoch(self) -> int:
        """The epoch whose weights are kept; 0 before the first one is finished."""
        return max((report.epoch for report in self._history if report.best), default=0)

    # --- the loop --------------------------------------------------------------------------------

    def run(
        self, examples: Any, *, stop: Callable[[], bool] = _never
    ) -> Iterator[StepReport | EpochReport]:
        """Train, from the beginning or from where the trainer stands.

        Args:
            examples: what the model makes batches of.
            stop: asked after each step and each epoch; once true, training ends there, to be
                resumed by a checkpoint or by another ``run``.

        Yields:
            A report for each step and for each epoch. However it ends, the model then holds the
            weights of the best epoch, or those of the last step where no epoch was finished.

        Raises:
            NonFiniteError: a loss or gradient is not finite.
            UserError: the examples are not those of the run that is being resumed.
            ValueError: a parameter was frozen or made trainable since the trainer was made.
        """
        self.stopped = INTERRUPTED  # unless the last line of the block returns
        try:
            self._take_up()
            self._model.prepare(examples)
            self.stopped = yield from self._epochs(examples, stop)
        except NonFiniteError:
            self.stopped = NOT_FINITE
            raise
        finally:
            self._settle()

    def _epochs(
        self, examples: Any, stop: Callable[[], bool]
    ) -> Generator[StepReport | EpochReport, None, str]:
        """Train epoch after epoch, and return why it ended."""
        while not (reason := self._reason_to_end()):
            for report in self._steps(examples):
                yield report
                if stop():
                    return INTERRUPTED
            yield self._finish_epoch()
            if not self._reason_to_end() and stop():
                return INTERRUPTED
        return reason

    def _reason_to_end(self) -> str:
        finished, patience = len(self._history), self._config.patience
        if finished >= self._config.epochs:
            return ALL_DONE
        if patience is not None and self.best_epoch and finished - self.best_epoch >= patience:
            return f"no better score for {patience} epoch{'s' if patience > 1 else ''}"
        return ""

    def _steps(self, examples: Any) -> Iterator[StepReport]:
        """Take the steps of the current epoch that are not done yet."""
        current = self._current
        started = time.perf_counter()
        if self._best is None:
            self._best = copy_weights(self._trainable)
        self._model.begin_epoch(current.epoch)
        self._refuse_thawed()
        order = random_stream(self._seed, "order", current.epoch)
        batches = self._model.batches(examples, rng=order)
        current.begin(len(batches))
        if current.epoch == 1:
            self._steps_per_epoch = max(1, len(batches))
        self._updates.begin(self._steps_per_epoch)
        current.seconds += time.perf_counter() - started
        while current.step < current.steps:
            started = time.perf_counter()
            with np.errstate(all="ignore"):  # see NonFiniteError
                report = self._step(batches)
            current.seconds += time.perf_counter() - started
            yield report

    def _refuse_thawed(self) -> None:
        """The best weights and the average are of the parameters that were trainable at first."""
        now = {name for name, p in self._parameters.items() if p.trainable}
        if changed := sorted(now ^ self._trainable.keys()):
            raise ValueError(
                "which parameters are trainable must not change while a trainer runs, "
                f"found changed: {', '.join(changed)}; train again with a new trainer"
            )

    def _step(self, batches: Sequence[Any]) -> StepReport:
        current = self._current
        number = current.step + 1
        result = self._model.loss(
            batches[current.step],
            self._carried,
            train=True,
            rng=random_stream(self._seed, "dropout", current.epoch, number),
        )
        update = self._learn(result, number)
        report = StepReport(
            epoch=current.epoch,
            step=number,
            steps=current.steps,
            loss=float(result.total) / max(result.count, 1),
            gradient_norm=update.norm,
            clipped=update.clipped,
            tokens=result.tokens,
            learning_rate=update.learning_rate,
        )
        self._carried = result.state
        current.add(report, float(result.total), result.count)
        return report

    def _learn(self, result: Step, number: int) -> Update:
        """Change the weights by one step; a batch without items changes nothing."""
        epoch = self._current.epoch
        if not math.isfinite(result.total):
            raise NonFiniteError(epoch, number, float(result.total))
        if not result.count:
            return Update(0.0, False, self._updates.learning_rate(epoch))
        result.backward(1.0 / result.count)
        try:
            return self._updates.take(epoch)
        except optim.NonFiniteGradientError as error:
            raise NonFiniteError(epoch, number, error.norm, error.parameter) from error

    def _finish_epoch(self) -> EpochReport:
        started = time.perf_counter()
        metric, score, higher_is_better = self._score()
        previous = self._history[self.best_epoch - 1].score if self.best_epoch else None
        report = self._current.report(
            metric,
            score,
            best=better(score, previous, higher_is_better=higher_is_better),
            validation_seconds=time.perf_counter() - started,
        )
        if report.best:
            self._best = self._updates.averages()
        self._updates.finish_epoch(score, higher_is_better=higher_is_better)
        self._history.append(report)
        self._current, self._carried = EpochProgress(report.epoch + 1), None
        return report

    def _score(self) -> tuple[str, float, bool]:
        with self._updates.averaged(), np.errstate(over="ignore", invalid="ignore"):
            metric, score, higher_is_better = self._validate()
        return metric, float(score), higher_is_better

    def _take_up(self) -> None:
        """Go back to the weights of the last step, after an earlier run left the best ones."""
        for parameter in self._parameters.values():
            parameter.zero_grad()
        if self._latest is not None:
            fill_weights(self._trainable, self._latest)
            self._latest = None

    def _settle(self) -> None:
        """Give the model the best weights, and remember those to train on from."""
        if self._best:  # else there are none, or the model has them
            self._latest = copy_weights(self._trainable)
            fill_weights(self._trainable, self._best)

    # --- checkpoints -----------------------------------------------------------------------------

    def checkpoint(self, *, copy: bool = True) -> Checkpoint:
        """Freeze the run; possible whenever :meth:`run` has yielded a report, and after its end.

        Args:
            copy: whether the weights are copied. Without, the checkpoint is true only until
                training goes on: enough to save it at once, in less memory.
        """
        current = {name: parameter.value for name, parameter in self._parameters.items()}
        weights = {**current, **(self._latest or {})}
        best = (
            {name: current[name] for name in self._trainable} if self._best is None else self._best
        )
        parts = {
            "weights": _copies(weights) if copy else weights,
            "best": _copies(best) if copy else best,
            "carried": _copies({str(i): array for i, array in enumerate(self._carried or ())}),
            **self._updates.state(),
        }
        return Checkpoint(
            {f"{part}/{name}": array for part in parts for name, array in parts[part].items()},
            Progress(
                seed=self._seed,
                options=trajectory_options(self._config),
                current=self._current.copy(),
                history=self.history,
                steps_per_epoch=self._steps_per_epoch,
                carried=None if self._carried is None else len(self._carried),
            ),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Take up a run where its checkpoint left it.

        Args:
            checkpoint: of a trainer of the same model, options and seed. The patience may differ,
                and the number of epochs unless the schedule is a cosine.

        Raises:
            UserError: it does not fit; every difference is named, and nothing is changed.
        """
        check_fits(checkpoint, self._parameters, self._config, self._seed)
        self._updates = restored_updates(checkpoint, self._parameters, self._config)
        progress = checkpoint.progress
        fill_weights(self._parameters, checkpoint.part("weights"))
        self._best = _copies(checkpoint.part("best"))
        self._latest = None
        self._history = list(progress.history)
        self._current = progress.current.copy()
        self._steps_per_epoch = progress.steps_per_epoch
        self._carried = checkpoint.carried()
        self.stopped = ""


def _copies(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array.copy() for name, array in arrays.items()}
