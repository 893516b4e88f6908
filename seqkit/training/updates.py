"""From gradients to weights: clipping, learning rate, optimiser and average, as the options say."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from seqkit.arrays import Array
from seqkit.optim import (
    AveragingTrigger,
    Clipping,
    Optimizer,
    Schedule,
    WeightAverage,
    clip_by_norm,
    clip_by_value,
    create_optimizer,
    create_schedule,
    gradient_norm,
)
from seqkit.parameters import Parameter
from seqkit.training.config import TrainingConfig

__all__ = ["Update", "Updates"]

_OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "momentum": ("sgd", {"momentum": 0.9}),
    "nesterov": ("sgd", {"momentum": 0.9, "nesterov": True}),
}
"""Options that are a class of :mod:`seqkit.optim` with arguments; the others are called like it."""


class Update(NamedTuple):
    """What a step did.

    Attributes:
        norm: of the gradient, before clipping.
        clipped: whether it was clipped.
        learning_rate: of the step.
    """

    norm: float
    clipped: bool
    learning_rate: float


class Updates:
    """Everything between the gradients and the weights of one training run.

    Args:
        parameters: all of the model's, by name; frozen ones are left alone.
        config: the training options.
    """

    def __init__(self, parameters: Mapping[str, Parameter], config: TrainingConfig) -> None:
        self._parameters = parameters
        self._trainable = {name: p for name, p in parameters.items() if p.trainable}
        self._config = config
        self._optimizer = _optimizer(parameters, config)
        self._average = _average(self._trainable, config)
        patience = config.averaging_patience
        self._trigger = None if patience is None else AveragingTrigger(patience)
        self._schedule: Schedule | None = None

    def begin(self, steps_per_epoch: int) -> None:
        """Make the schedule, which may depend on the length of the run; once, before any step."""
        if self._schedule is None:
            self._schedule = _schedule(self._config, steps_per_epoch)

    def take(self, epoch: int) -> Update:
        """Change the weights by the gradients, and forget these.

        Args:
            epoch: from 1.

        Raises:
            NonFiniteGradientError: a gradient is not finite; the weights are as they were.
        """
        try:
            norm, clipped = self._clip()
            rate = self.learning_rate(epoch)
            self._optimizer.learning_rate = rate
            self._optimizer.step()
        finally:
            self._optimizer.zero_grad()
        if self._average is not None and (self._trigger is None or self._trigger.triggered):
            self._average.update()
        return Update(norm, clipped, rate)

    def learning_rate(self, epoch: int) -> float:
        """Return the learning rate of the next update, in an epoch counted from 1."""
        assert self._schedule is not None, "begin() comes first"
        return self._schedule.rate(self._optimizer.steps, epoch - 1)

    def _clip(self) -> Clipping:
        """Clip by norm, then by value; either may be off, and the norm is needed in any case."""
        named, config = self._parameters.items(), self._config
        norm, clipped = gradient_norm(named), False
        if config.clip_norm:
            clipped |= clip_by_norm(named, config.clip_norm, norm=norm).clipped
        if config.clip_value:
            clipped |= clip_by_value(named, config.clip_value, norm=norm).clipped
        return Clipping(norm, clipped)

    def finish_epoch(self, score: float, *, higher_is_better: bool) -> None:
        """Tell the schedule, and what waits to begin averaging, how validation went."""
        for observer in (self._schedule, self._trigger):
            if observer is not None:
                observer.observe(score if higher_is_better else -score)

    # --- what is scored and kept -----------------------------------------------------------------

    def averaged(self) -> AbstractContextManager[None]:
        """Let the parameters hold their averages for a while, where averaging is on."""
        return nullcontext() if self._average is None else self._average.applied()

    def averages(self) -> dict[str, Array] | None:
        """Copy the averaged weights, which are then those that are scored; None without any."""
        return (None if self._average is None else self._average.averages()) or None

    # --- checkpoints -----------------------------------------------------------------------------

    def state(self) -> dict[str, dict[str, Array]]:
        """Return copies of everything that the next steps depend on, by part and name."""
        parts: dict[str, Optimizer | Schedule | WeightAverage | AveragingTrigger | None] = {
            "optimizer": self._optimizer,
            "schedule": self._schedule,
            "average": self._average,
            "trigger": self._trigger,
        }
        return {name: part.state() for name, part in parts.items() if part is not None}

    def load_state(self, state: Mapping[str, Mapping[str, Array]], steps_per_epoch: int) -> None:
        """Return to a saved state.

        Args:
            state: from :meth:`state`.
            steps_per_epoch: what :meth:`begin` was called with; 0 where it was not yet.

        Raises:
            ValueError: it belongs to other parameters or options.
        """
        self._optimizer.load_state(state.get("optimizer", {}))
        if steps_per_epoch:
            self.begin(steps_per_epoch)
            assert self._schedule is not None
            self._schedule.load_state(state.get("schedule", {}))
        if self._average is not None:
            self._average.load_state(state.get("average", {}))
        if self._trigger is not None:
            self._trigger.load_state(state.get("trigger", {}))


def _optimizer(parameters: Mapping[str, Parameter], config: TrainingConfig) -> Optimizer:
    name, options = _OPTIMIZERS.get(config.optimizer, (config.optimizer, {}))
    if config.weight_decay is not None:
        options = {**options, "weight_decay": config.weight_decay}
    return create_optimizer(name, parameters.items(), learning_rate=config.learning_rate, **options)


def _average(trainable: Mapping[str, Parameter], config: TrainingConfig) -> WeightAverage | None:
    if config.averaging is not None:
        return WeightAverage(trainable.items(), kind="ema", decay=config.averaging)
    return None if config.averaging_patience is None else WeightAverage(trainable.items())


def _schedule(config: TrainingConfig, steps_per_epoch: int) -> Schedule:
    options: dict[str, dict[str, Any]] = {
        "constant": {},
        "step": {"factor": config.schedule_factor, "every": config.schedule_epochs},
        "plateau": {"factor": config.schedule_factor, "patience": config.schedule_epochs},
        "cosine": {"updates": max(1, config.epochs * steps_per_epoch)},
    }
    return create_schedule(
        config.schedule, config.learning_rate, warmup=config.warmup, **options[config.schedule]
    )
