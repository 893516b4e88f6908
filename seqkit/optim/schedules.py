"""Learning rates over time, each with an optional linear warm-up.

A schedule is a function of the number of updates and epochs done. Only :class:`PlateauSchedule`
remembers anything: the best validation score and how often the rate was halved.
"""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from seqkit.arrays import Array
from seqkit.optim.base import require

__all__ = ["ConstantSchedule", "CosineSchedule", "PlateauSchedule", "Schedule", "StepSchedule"]


class Schedule(Protocol):
    """What a training loop needs of a schedule."""

    def rate(self, update: int, epoch: int = 0) -> float:
        """Return the learning rate for the update after ``update`` others, in epoch 0, 1, ..."""
        ...

    def observe(self, score: float) -> bool:
        """Take the validation score after an epoch, higher is better; True if the rate changed."""
        ...

    def state(self) -> dict[str, Array]:
        """Return what the schedule remembers, as named arrays; none for most."""
        ...

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Return to a saved state."""
        ...


class ConstantSchedule:
    """The same rate throughout, after a linear warm-up.

    Args:
        learning_rate: the rate.
        warmup: updates over which the rate rises from ``1 / warmup`` of itself; 0 for none.
    """

    def __init__(self, learning_rate: float, *, warmup: int = 0) -> None:
        require(learning_rate=(learning_rate, "[0, inf)"), warmup=(warmup, "[0, inf)"))
        self.learning_rate = learning_rate
        self.warmup = warmup

    def rate(self, update: int, epoch: int = 0) -> float:
        """Return the learning rate for the update after ``update`` others, in epoch 0, 1, ..."""
        risen = min(1.0, (update + 1) / self.warmup) if self.warmup else 1.0
        return self.learning_rate * risen * self._factor(update, epoch)

    def _factor(self, update: int, epoch: int) -> float:
        return 1.0

    def observe(self, score: float) -> bool:
        """Take no notice of the validation score."""
        return False

    def state(self) -> dict[str, Array]:
        """Return nothing: the rate depends on the arguments alone."""
        return {}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Accept the state of a schedule that remembers nothing.

        Raises:
            ValueError: there is something in it.
        """
        if state:
            raise ValueError(f"{type(self).__name__} remembers nothing, found {', '.join(state)}")


class StepSchedule(ConstantSchedule):
    """Multiply by ``factor`` every few epochs, once the first ``start`` epochs are over.

    Zaremba et al. (2014) train their medium language model with ``start=6, every=1, factor=1/1.2``.

    Args:
        learning_rate: the rate at first.
        every: epochs from one drop to the next.
        factor: in (0, 1].
        start: epochs at the full rate; by default ``every``. The first drop comes right after them.
        warmup: updates.
    """

    def __init__(
        self,
        learning_rate: float,
        *,
        every: int = 1,
        factor: float = 0.5,
        start: int | None = None,
        warmup: int = 0,
    ) -> None:
        super().__init__(learning_rate, warmup=warmup)
        self.start = every if start is None else start
        require(
            every=(every, "[1, inf)"), factor=(factor, "(0, 1]"), start=(self.start, "[0, inf)")
        )
        self.every = every
        self.factor = factor

    def _factor(self, update: int, epoch: int) -> float:
        drops = 0 if epoch < self.start else (epoch - self.start) // self.every + 1
        return self.factor**drops


class CosineSchedule(ConstantSchedule):
    """Fall along half a cosine from the full rate to ``final`` of it (Loshchilov and Hutter 2017).

    Args:
        learning_rate: the rate after warm-up.
        updates: in the whole training; later ones stay at the end.
        final: share of the rate at the end, in [0, 1].
        warmup: updates; the cosine begins after them.
    """

    def __init__(
        self, learning_rate: float, *, updates: int, final: float = 0.0, warmup: int = 0
    ) -> None:
        super().__init__(learning_rate, warmup=warmup)
        require(updates=(updates, "[1, inf)"), final=(final, "[0, 1]"))
        self.updates = updates
        self.final = final

    def _factor(self, update: int, epoch: int) -> float:
        length = max(1, self.updates - self.warmup)
        done = min(1.0, max(0, update - self.warmup) / length)
        return self.final + (1.0 - self.final) * 0.5 * (1.0 + math.cos(math.pi * done))


class PlateauSchedule(ConstantSchedule):
    """Multiply by ``factor`` when the validation score has not risen for ``patience`` epochs.

    Args:
        learning_rate: the rate at first.
        factor: 0.5 by default, in (0, 1).
        patience: epochs in a row without a better score that are needed for a drop; at least 1.
        tolerance: by how much a score must exceed the best to be better.
        minimum: the rate never falls below this share of the first.
        warmup: updates.
    """

    def __init__(
        self,
        learning_rate: float,
        *,
        factor: float = 0.5,
        patience: int = 1,
        tolerance: float = 0.0,
        minimum: float = 0.0,
        warmup: int = 0,
    ) -> None:
        super().__init__(learning_rate, warmup=warmup)
        require(
            factor=(factor, "(0, 1)"),
            patience=(patience, "[1, inf)"),
            tolerance=(tolerance, "[0, inf)"),
            minimum=(minimum, "[0, 1]"),
        )
        self.factor = factor
        self.patience = patience
        self.tolerance = tolerance
        self.minimum = minimum
        self.best = -math.inf
        self.waited = 0
        self.drops = 0

    def _factor(self, update: int, epoch: int) -> float:
        return max(self.minimum, self.factor**self.drops)

    def observe(self, score: float) -> bool:
        """Take the validation score after an epoch, higher is better; True if the rate changed.

        NaN counts as no better.
        """
        if score > self.best + self.tolerance:
            self.best, self.waited = score, 0
            return False
        self.waited += 1
        if self.waited < self.patience:
            return False
        before = self._factor(0, 0)
        self.waited = 0
        self.drops += 1
        return self._factor(0, 0) < before

    def state(self) -> dict[str, Array]:
        """Return the best score, and the counts of epochs waited and of drops."""
        return {
            "best": np.array(self.best, np.float64),
            "waited": np.array(self.waited, np.int64),
            "drops": np.array(self.drops, np.int64),
        }

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Return to a saved state.

        Raises:
            ValueError: it is not the state of a plateau schedule.
        """
        if set(state) != {"best", "waited", "drops"}:
            raise ValueError(f"expected best, waited and drops, found {', '.join(state) or 'none'}")
        self.best = float(state["best"])
        self.waited = int(state["waited"])
        self.drops = int(state["drops"])
