"""Averages of the weights over the steps, which often score better than the last weights."""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from seqkit.arrays import Array
from seqkit.optim.base import matching_copy, require
from seqkit.optim.pieces import Scratch, pieces
from seqkit.parameters import Parameter, unique_parameters

__all__ = ["AVERAGES", "AveragingTrigger", "WeightAverage"]

AVERAGES = ("polyak", "ema")
"""The kinds of average that :class:`WeightAverage` knows."""


class WeightAverage:
    """A running average of parameters' values.

    ``polyak`` weights all updates alike (Polyak and Juditsky 1992; with SGD this is ASGD).
    ``ema`` fades: ``average = decay average + (1 - decay) value``, corrected for its start, so that
    after the first update it equals the value. Averages are kept in the parameters' dtype; an
    update passes once over all weights.

    Args:
        parameters: (name, parameter); tied ones are taken once, frozen ones not at all.
        kind: of :data:`AVERAGES`.
        decay: of ``ema``, in [0, 1).

    Example:
        >>> average = WeightAverage([("w", Parameter(np.zeros(2)))])
        >>> average.update()
        >>> with average.applied():
        ...     pass  # evaluate here

    Raises:
        ValueError: an unknown kind, or a decay out of range.
    """

    def __init__(
        self,
        parameters: Iterable[tuple[str, Parameter]],
        *,
        kind: str = "polyak",
        decay: float = 0.999,
    ) -> None:
        if kind not in AVERAGES:
            raise ValueError(f"kind must be one of {', '.join(AVERAGES)}, found {kind!r}")
        require(decay=(decay, "[0, 1)"))
        self.kind = kind
        self.decay = decay
        self.parameters = dict(unique_parameters(parameters))
        self.updates = 0
        self._averages: dict[str, Array] = {}
        self._scratch = Scratch()

    def update(self) -> None:
        """Take the present values into the average; call it after each optimiser step."""
        self.updates += 1
        share = self._share()
        for name, parameter in self.parameters.items():
            if not parameter.trainable:
                continue
            if name not in self._averages:
                self._averages[name] = parameter.value.copy()
                continue
            for average, value in pieces(self._averages[name], parameter.value):
                change = np.subtract(value, average, out=self._scratch.like(value))
                change *= share
                average += change

    def _share(self) -> float:
        """Return the weight of the newest value in the average."""
        if self.kind == "polyak":
            return 1.0 / self.updates
        return (1.0 - self.decay) / (1.0 - self.decay**self.updates)

    def averages(self) -> dict[str, Array]:
        """Return copies of the averages by parameter name; empty before the first update."""
        return {name: average.copy() for name, average in self._averages.items()}

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Put the averages into the parameters for the length of a block, then the values back.

        Before the first update the block sees the values as they are.
        """
        saved = {name: self.parameters[name].value.copy() for name in self._averages}
        try:
            self._put(self._averages)
            yield
        finally:
            self._put(saved)

    def _put(self, values: Mapping[str, Array]) -> None:
        for name, value in values.items():
            self.parameters[name].value[...] = value

    def state(self) -> dict[str, Array]:
        """Return copies of the averages and the number of updates."""
        return {"updates": np.array(self.updates, np.int64), **self.averages()}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Return to a saved state.

        Raises:
            ValueError: it does not belong to these parameters; nothing has been changed then.
        """
        averaged = [name for name, p in self.parameters.items() if p.trainable]
        if "updates" not in state:
            raise ValueError("the state has no number of updates")
        names = averaged if int(state["updates"]) else []
        if differing := sorted((state.keys() - {"updates"}) ^ {*names}):
            raise ValueError(
                "the state is of other parameters than are averaged here, differing in "
                f"{', '.join(differing)}"
            )
        self._averages = {
            name: matching_copy(state[name], self.parameters[name], name) for name in names
        }
        self.updates = int(state["updates"])


class AveragingTrigger:
    """Says when to begin averaging: once the score has stopped rising (NT-ASGD).

    That is when a score is below the best of those that are at least ``patience`` older; from then
    on the average is taken for good. Merity, Keskar and Socher 2018, algorithm 1, whose n is
    ``patience - 1``.

    Args:
        patience: 1 begins at the first score that is worse than an earlier one.

    Raises:
        ValueError: a patience below 1.
    """

    def __init__(self, patience: int) -> None:
        require(patience=(patience, "[1, inf)"))
        self.patience = patience
        self.triggered = False
        self._scores: list[float] = []

    def observe(self, score: float) -> bool:
        """Take a validation score, higher is better; return whether averaging begins now.

        NaN is below every score.
        """
        older = self._scores[: max(0, len(self._scores) + 1 - self.patience)]
        begins = not self.triggered and bool(older) and not score >= max(older)
        self.triggered |= begins
        self._scores.append(-math.inf if math.isnan(score) else score)
        return begins

    def state(self) -> dict[str, Array]:
        """Return the scores, and whether averaging has begun."""
        return {
            "scores": np.array(self._scores, np.float64),
            "triggered": np.array(self.triggered, np.int64),
        }

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Return to a saved state.

        Raises:
            ValueError: it is not the state of a trigger.
        """
        if set(state) != {"scores", "triggered"}:
            raise ValueError(f"expected scores and triggered, found {', '.join(state) or 'none'}")
        self._scores = np.asarray(state["scores"], np.float64).tolist()
        self.triggered = bool(state["triggered"])
