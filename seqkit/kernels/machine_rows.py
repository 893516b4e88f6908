"""Sums of rows and optimisers' steps in loops that numba compiles; see :mod:`.machine_code`."""

from typing import Any

import numpy as np
from numba import njit, types

from seqkit.kernels.machine_code import OPTIONS

__all__ = ["adam", "subtract_rows", "sum_rows"]

INTEGERS = types.int64[::1]
REAL = types.float32[:, ::1]
CONSTANT = types.Array(types.float32, 2, "C", readonly=True)
LINE = types.float32[::1]
CONSTANT_LINE = types.Array(types.float32, 1, "C", readonly=True)
SUM = types.void(INTEGERS, INTEGERS, CONSTANT, REAL)
SUBTRACT = types.void(REAL, INTEGERS, CONSTANT, types.float32)
ADAM = types.void(LINE, CONSTANT_LINE, LINE, LINE, *[types.float32] * 4)

# Without "nnan" and "ninf": what is not finite must be seen.
EXACT: dict[str, Any] = {**OPTIONS, "fastmath": {"contract"}}


@njit(SUM, **EXACT)
def sum_rows(order, starts, rows, sums):
    """Add up ``rows[order]`` from each of ``starts`` (G,) to the next, into ``sums`` (G, D)."""
    for group in range(len(starts)):
        stop = starts[group + 1] if group + 1 < len(starts) else len(order)
        total = sums[group]
        total[:] = rows[order[starts[group]]]
        for place in range(starts[group] + 1, stop):
            row = rows[order[place]]
            for k in range(len(total)):
                total[k] += row[k]


@njit(ADAM, **EXACT)
def adam(value, gradient, mean, squares, beta1, beta2, rate, epsilon):
    """Take a step of Adam with scaled moments; see :class:`seqkit.optim.optimizers.Adam`."""
    for k in range(len(value)):
        g = gradient[k]
        m = beta1 * mean[k] + g
        s = beta2 * squares[k] + g * g
        mean[k] = m
        squares[k] = s
        value[k] -= rate * m / (np.sqrt(s) + epsilon)


@njit(SUBTRACT, **EXACT)
def subtract_rows(value, ids, rows, rate):
    """``value[ids] -= rate * rows``, for distinct ids."""
    for place in range(len(ids)):
        target, row = value[ids[place]], rows[place]
        for k in range(len(target)):
            target[k] -= rate * row[k]
