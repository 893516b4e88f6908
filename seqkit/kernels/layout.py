"""What the fast kernels share: the steps of a batch, and the tokens as the products want them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, DTypeLike, IntArray

__all__ = ["Step", "Tokens", "by_gate", "chunks", "halved", "last_rows", "steps_of", "stop_of"]


class Step(NamedTuple):
    """One time step: rows ``start`` to ``start + alive`` of the tokens."""

    start: int
    alive: int


def steps_of(sizes: IntArray) -> list[Step]:
    """List the steps of a packed batch."""
    starts = np.cumsum(sizes) - sizes
    return [Step(*step) for step in zip(starts.tolist(), sizes.tolist(), strict=True)]


def stop_of(steps: Sequence[Step]) -> int:
    """Return the row after the last one of the last step."""
    return steps[-1].start + steps[-1].alive


def chunks(steps: list[Step], rows: int) -> Iterator[list[Step]]:
    """Group steps that follow each other, until a group has at least ``rows`` rows."""
    group: list[Step] = []
    for step in steps:
        group.append(step)
        if stop_of(group) - group[0].start >= rows:
            yield group
            group = []
    if group:
        yield group


def halved(weights: Array, columns: int) -> Array:
    """Return a copy whose first columns, those of sigmoid gates, are halved.

    sigmoid(x) = tanh(x / 2) / 2 + 1 / 2, and tanh is the function for which NumPy has vector code.
    """
    copy = weights.copy()
    copy[..., :columns] *= 0.5
    return copy


def by_gate(rows: Array, gates: int) -> Array:
    """View (n, gates * H) as (gates, n, H)."""
    return rows.reshape(len(rows), gates, -1).transpose(1, 0, 2)


def last_rows(outputs: Array, steps: list[Step]) -> Array:
    """Collect each sequence's last output: (A, H)."""
    last = np.empty((steps[0].alive, outputs.shape[1]), outputs.dtype)
    ended = 0
    for start, alive in reversed(steps):
        last[ended:alive] = outputs[start + ended : start + alive]
        ended = alive
    return last


class Tokens:
    """The tokens with a column of ones and the hidden states before them: rows (x, 1, h).

    The ones carry the bias through the input projection, and its gradient back. Side by side, x, 1
    and h give the gradients of all weights of a layer in one product.

    Attributes:
        features: D.
        data: (M, D + 1 + H), or None where nothing is kept for the backward pass.
        with_ones: (M, D + 1), the part that the input projection reads.
        ones_and_hidden: (M, 1 + H).
        hidden: (M, H), the states before each token.
    """

    PROJECTED = 512
    """Rows of a projection at a time: enough for a fast product, few enough to stay in cache."""

    def __init__(self, x: Array, hidden: Array, dtype: DTypeLike, *, keep: bool) -> None:
        tokens, self.features = x.shape
        self._x = x
        self.data: Array | None = None
        if keep:
            width = self.features + 1 + hidden.shape[1]
            # States after the last step are written too; they need room behind the last token.
            self._room = np.empty((tokens + len(hidden), width), dtype)
            self.data = self._room[:tokens]
            self.with_ones = self.data[:, : self.features + 1]
            self.ones_and_hidden = self.data[:, self.features :]
            self.hidden = self.data[:, self.features + 1 :]
            self.with_ones[:, :-1] = x
            self.with_ones[:, -1] = 1
            self.hidden[: len(hidden)] = hidden

    def project(self, steps: list[Step], weights: Array) -> Iterator[tuple[list[Step], int, Array]]:
        """Yield (steps, their first row, the projection of their rows) for groups of steps.

        Args:
            steps: of the whole batch.
            weights: (D + 1, G), the bias in the last row. The projection (rows, G) is overwritten
                when the next group is asked for.
        """
        room: Array | None = None
        for group in chunks(steps, self.PROJECTED):
            first, stop = group[0].start, stop_of(group)
            if room is None or len(room) < stop - first:
                room = np.empty((stop - first, weights.shape[1]), weights.dtype)
            projected = room[: stop - first]
            np.matmul(self._rows_with_ones(first, stop), weights, out=projected)
            yield group, first, projected

    def _rows_with_ones(self, first: int, stop: int) -> Array:
        if self.data is not None:
            return self.with_ones[first:stop]
        rows = np.empty((stop - first, self.features + 1), self._x.dtype)
        rows[:, :-1] = self._x[first:stop]
        rows[:, -1] = 1
        return rows

    def store(self, step: Step, hidden: Array) -> None:
        """Keep the states after a step, beside the tokens of the next."""
        if self.data is not None:
            first = step.start + step.alive
            self._room[first : first + step.alive, self.features + 1 :] = hidden
