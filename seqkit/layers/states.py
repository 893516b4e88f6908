"""Joining and splitting the states of several recurrent layers along their first axis."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["join_states", "split_state"]


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
    return [type(state)(*(array[a:b] for array in state)) for a, b in pairwise(bounds)]
