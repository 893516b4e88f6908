"""The largest value of each column over the tokens of each sequence, and who held it.

Of equal values the first one counts; where there is a NaN, it is the largest.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.kernels.compiled import Compiled, compiled
from seqkit.kernels.layout import steps_of

__all__ = ["Spread", "largest"]

Spread: TypeAlias = Callable[[Array], Array]
"""Gives each gradient (A, ...) to the token that held the value: (M, ...), zeros elsewhere."""


def largest(tokens: Array, sizes: IntArray) -> tuple[Array, Spread]:
    """Return the largest values (A, ...) of A sequences, and how gradients find their way back.

    Args:
        tokens: (M, ...) packed, time-major and longest sequence first.
        sizes: (T,) sequences alive at each step, A = ``sizes[0]``; at least one step.
    """
    found = compiled()
    if found is not None and tokens.ndim == 2 and tokens.dtype == np.float32:
        return _compiled(found, np.ascontiguousarray(tokens), sizes)
    if sizes[0] == 1:
        values = tokens.max(axis=0, keepdims=True)
    else:
        values = tokens[: sizes[0]].copy()
        for start, alive in steps_of(sizes):
            np.maximum(values[:alive], tokens[start : start + alive], out=values[:alive])
    return values, partial(_to_first_equal, tokens, sizes, values)


def _compiled(found: Compiled, tokens: Array, sizes: IntArray) -> tuple[Array, Spread]:
    values = np.empty((int(sizes[0]), tokens.shape[1]), tokens.dtype)
    holders = np.empty(values.shape, np.int32)
    found.rows.largest(tokens, sizes, values, holders)
    count = len(tokens)

    def spread(d_values: Array) -> Array:
        d_tokens = np.empty((count, values.shape[1]), values.dtype)
        found.rows.spread(np.ascontiguousarray(d_values, values.dtype), holders, d_tokens)
        return d_tokens

    return values, spread


def _to_first_equal(tokens: Array, sizes: IntArray, values: Array, d_values: Array) -> Array:
    holders = np.zeros(values.shape, np.int64)
    # Backwards, so that the first of equal values is written last.
    for start, alive in reversed(steps_of(sizes)):
        rows = np.arange(start, start + alive).reshape(-1, *[1] * (values.ndim - 1))
        read = tokens[start : start + alive]
        held = (read == values[:alive]) | np.isnan(read)
        np.copyto(holders[:alive], rows, where=held)
    d_tokens = np.zeros_like(tokens)
    columns = np.indices(values.shape, sparse=True)[1:]
    d_tokens[(holders, *columns)] = d_values
    return d_tokens
