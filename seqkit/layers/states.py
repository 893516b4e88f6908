"""States of recurrent layers: several layers' in one, and sequences in another order."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from seqkit.arrays import Array, tuple_like
from seqkit.kernels.passes import Arrays
from seqkit.sequences import PackedSequence

__all__ = ["StateOrder", "join_states", "split_state"]


def join_states(states: Sequence[Any]) -> Any:
    """Put states (L1, N, H), (L2, N, H) ... of one type behind each other: (L1 + L2 + ..., N, H).

    Raises:
        ValueError: the states differ in type or in shape.
    """
    kinds = {type(state) for state in states}
    shapes = {array.shape[1:] for state in states for array in state}
    if len(kinds) > 1 or len(shapes) > 1:
        raise ValueError(
            "layers that share a state must be of one cell and one number of units, "
            f"found {sorted(kind.__name__ for kind in kinds)} with shapes {sorted(shapes)}"
        )
    if len(states) == 1:
        return states[0]
    return kinds.pop()(*(np.concatenate(arrays) for arrays in zip(*states, strict=True)))


def split_state(state: Any, counts: Sequence[int]) -> list[Any]:
    """Split a state (L, N, H) into parts of the given numbers of layers; None into Nones.

    Raises:
        ValueError: the first axis is not the sum of ``counts``.
    """
    if state is None:
        return [None] * len(counts)
    found = {len(array) for array in state}
    if found != {sum(counts)}:
        raise ValueError(f"the state must have {sum(counts)} layers, found {sorted(found)}")
    bounds = [0, *np.cumsum(counts).tolist()]
    return [tuple_like(state, (array[a:b] for array in state)) for a, b in pairwise(bounds)]


class StateOrder:
    """The sequences of a state: all of them in the caller's order outside, those that are not empty
    in the packing's order inside.

    Args:
        batch: whose sequences they are; A of them are not empty.
    """

    def __init__(self, batch: PackedSequence) -> None:
        self._batch = batch
        self._alive = batch.order[: batch.alive]

    def rows_of(self, state: Any) -> Arrays | None:
        """Return what is inside, (L, N, H) to (L, A, H); None for None."""
        if state is None:
            return None
        return tuple(array.take(self._alive, axis=1) for array in state)

    def filled(self, rows: Sequence[Array], empty: Any) -> list[Array]:
        """Return what is outside, (L, A, H) to (L, N, H).

        Args:
            rows: of the sequences that are not empty.
            empty: a state with those that are; None for zeros.
        """
        if len(self._alive) == self._batch.batch:
            order = self._batch.inverse_order
            return [new.take(order, axis=1) for new in rows]
        whole = []
        for k, new in enumerate(rows):
            array = np.zeros((len(new), self._batch.batch, new.shape[2]), new.dtype)
            if empty is not None:
                array[...] = empty[k]
            array[:, self._alive] = new
            whole.append(array)
        return whole
