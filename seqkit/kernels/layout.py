"""What the fast kernels share: the steps of a batch, and the tokens as the products want them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, DTypeLike, IntArray, aligned_empty
from seqkit.kernels.compiled_product import matmul

__all__ = ["Step", "Tokens", "by_gate", "chunks", "last_rows", "new_slab", "steps_of", "stop_of"]


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


def by_gate(rows: Array, gates: int) -> Array:
    """View (n, gates * H) as (gates, n, H)."""
    return rows.reshape(len(rows), gates, -1).transpose(1, 0, 2)


def new_slab(kinds: int, tokens: int, units: int, dtype: DTypeLike, batch: int) -> Array:
    """Return room for several kinds of numbers for each token and unit: (kinds, tokens, units).

    The kinds lie behind each other, so that any range of tokens is contiguous in each. For a single
    sequence they lie side by side instead, and all of a token's numbers are contiguous.
    """
    if batch == 1:
        return aligned_empty((tokens, kinds, units), dtype).transpose(1, 0, 2)
    return aligned_empty((kinds, tokens, units), dtype)


def last_rows(outputs: Array, steps: list[Step]) -> Array:
    """Collect each sequence's last output: (A, H)."""
    if steps[0].alive == 1:
        return outputs[-1:].copy()
    last = np.empty((steps[0].alive, outputs.shape[1]), outputs.dtype)
    ended = 0
    for start, alive in reversed(steps):
        last[ended:alive] = outputs[start + ended : start + alive]
        ended = alive
    return last


class Tokens:
    """The tokens with a column of ones and the hidden states before them: rows (x, 1, h).

    Side by side, one product serves both weight matrices: forward that of a step, or of x and 1
    alone for many steps beforehand; backward that of all weights' gradients. The ones carry the
    bias through the products, and its gradient back.

    Where nothing is kept for the backward pass, one step's rows serve all steps.

    Attributes:
        keep: whether all tokens' rows are kept.
        features: D.
        data: (M, D + 1 + H), where kept.
        with_ones: (M, D + 1), where kept: x and 1.
        ones_and_hidden: (M, 1 + H), where kept.
        hidden: (M, H), where kept: the states before each token.
        memory: (M + A, D + 1 + H) of all that, or (A, D + 1 + H) of one step alone.
    """

    PROJECTED = 512
    """Rows of a projection at a time: enough for a fast product, few enough to stay in cache."""

    def __init__(self, x: Array, hidden: Array, *, keep: bool) -> None:
        tokens, self.features = x.shape
        batch, units = hidden.shape
        self.keep = keep
        self._x = x
        # States after the last step are stored too; they need room behind the last token.
        self.memory = aligned_empty(
            ((tokens if keep else 0) + batch, self.features + 1 + units), x.dtype
        )
        self.memory[:, self.features] = 1
        self._states = self.memory[:, self.features + 1 :]
        self._states[:batch] = hidden
        if keep:
            self.data = self.memory[:tokens]
            self.data[:, : self.features] = x
            self.with_ones = self.data[:, : self.features + 1]
            self.ones_and_hidden = self.data[:, self.features :]
            self.hidden = self._states[:tokens]

    def rows(self, step: Step) -> Array:
        """Return the rows (x, 1, h) of a step: (n, D + 1 + H)."""
        start, n = step
        if self.keep:
            return self.data[start : start + n]
        rows = self.memory[:n]
        rows[:, : self.features] = self._x[start : start + n]
        return rows

    def states(self, step: Step) -> Array:
        """Return the states before a step: (n, H)."""
        first = step.start if self.keep else 0
        return self._states[first : first + step.alive]

    def store(self, step: Step, hidden: Array) -> None:
        """Put the states after a step beside the tokens of the next."""
        first = step.start + step.alive if self.keep else 0
        self._states[first : first + step.alive] = hidden

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
                room = aligned_empty((stop - first, weights.shape[1]), weights.dtype)
            projected = room[: stop - first]
            matmul(self._rows_with_ones(first, stop), weights, projected)
            yield group, first, projected

    def _rows_with_ones(self, first: int, stop: int) -> Array:
        if self.keep:
            return self.with_ones[first:stop]
        rows = np.empty((stop - first, self.features + 1), self._x.dtype)
        rows[:, :-1] = self._x[first:stop]
        rows[:, -1] = 1
        return rows
