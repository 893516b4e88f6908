"""Sums, products and maxima of rows, and optimisers' steps, in loops that numba compiles; see
:mod:`.machine_code`.
"""

import numpy as np
from numba import njit, types

from seqkit.kernels.machine_code import OPTIONS

__all__ = [
    "adam",
    "adam_rows",
    "largest",
    "reverse",
    "scale_rows",
    "spread",
    "subtract_rows",
    "sum_of_squares",
    "sum_rows",
]

INTEGERS = types.int64[::1]
REAL = types.float32[:, ::1]
CONSTANT = types.Array(types.float32, 2, "C", readonly=True)
LINE = types.float32[::1]
CONSTANT_LINE = types.Array(types.float32, 1, "C", readonly=True)
SUM = types.void(INTEGERS, INTEGERS, CONSTANT, REAL)
SUBTRACT = types.void(REAL, INTEGERS, CONSTANT, types.float32)
ADAM = types.void(LINE, CONSTANT_LINE, LINE, LINE, *[types.float32] * 4)
ADAM_ROWS = types.void(REAL, INTEGERS, CONSTANT, REAL, REAL, *[types.float32] * 4)
SCALE = types.void(CONSTANT, CONSTANT, INTEGERS, REAL)
SQUARES = types.float64(CONSTANT_LINE)
REVERSE = types.void(INTEGERS, INTEGERS)
HOLDERS = types.int32[:, ::1]
LARGEST = types.void(CONSTANT, INTEGERS, REAL, HOLDERS)
SPREAD = types.void(CONSTANT, HOLDERS, REAL)


@njit(SUM, **OPTIONS)
def sum_rows(order, starts, rows, sums):
    """Add up ``rows[order]`` from each of ``starts`` (G,) to the next, into ``sums`` (G, D)."""
    for group in range(len(starts)):
        stop = starts[group + 1] if group + 1 < len(starts) else len(order)
        total, first = sums[group], rows[order[starts[group]]]
        for k in range(len(total)):
            total[k] = first[k]
        for place in range(starts[group] + 1, stop):
            row = rows[order[place]]
            for k in range(len(total)):
                total[k] += row[k]


@njit(SCALE, **OPTIONS)
def scale_rows(rows, factors, owners, scaled):
    """``scaled = rows * factors[owners]``: (M, D), (N, D), (M,), (M, D)."""
    for place in range(len(rows)):
        row, factor, out = rows[place], factors[owners[place]], scaled[place]
        for k in range(len(row)):
            out[k] = row[k] * factor[k]


@njit(inline="always")
def _adam(value, gradient, mean, squares, beta1, beta2, rate, epsilon):
    for k in range(len(value)):
        g = gradient[k]
        m = beta1 * mean[k] + g
        s = beta2 * squares[k] + g * g
        mean[k] = m
        squares[k] = s
        value[k] -= rate * m / (np.sqrt(s) + epsilon)


@njit(ADAM, **OPTIONS)
def adam(value, gradient, mean, squares, beta1, beta2, rate, epsilon):
    """Take a step of Adam with scaled moments; see :class:`seqkit.optim.optimizers.Adam`."""
    _adam(value, gradient, mean, squares, beta1, beta2, rate, epsilon)


@njit(ADAM_ROWS, **OPTIONS)
def adam_rows(value, ids, rows, mean, squares, beta1, beta2, rate, epsilon):
    """Take that step for distinct rows ``ids`` (G,) of arrays (V, D), with gradients (G, D)."""
    for place in range(len(ids)):
        row = ids[place]
        _adam(value[row], rows[place], mean[row], squares[row], beta1, beta2, rate, epsilon)


LANES = 64
"""Sums that are taken beside each other: a vector instruction adds to several of them, and does not
wait for the one before it."""


@njit(SQUARES, **OPTIONS)
def sum_of_squares(values):
    """Add up squares in float64, every 64th value to the same sum."""
    sums = np.zeros(LANES)
    whole = len(values) // LANES * LANES
    for start in range(0, whole, LANES):
        for lane in range(LANES):
            value = np.float64(values[start + lane])
            sums[lane] += value * value
    total = 0.0
    for lane in range(LANES):
        total += sums[lane]
    for k in range(whole, len(values)):
        total += np.float64(values[k]) * np.float64(values[k])
    return total


@njit(LARGEST, **OPTIONS)
def largest(tokens, sizes, values, holders):
    """Find the largest value of each column over each sequence's tokens, the first of equal ones.

    Args:
        tokens: (M, D) packed.
        sizes: (T,) sequences alive at each step.
        values: (A, D) to be written.
        holders: (A, D) to be written: the token that has it.
    """
    columns = tokens.shape[1]
    start = sizes[0]
    for row in range(start):
        for k in range(columns):
            values[row, k] = tokens[row, k]
            holders[row, k] = row
    for step in range(1, len(sizes)):
        for row in range(sizes[step]):
            token, best, holder = tokens[start + row], values[row], holders[row]
            number = np.int32(start + row)
            for k in range(columns):
                # What is not below or equal is larger, or NaN, which stays where it was first.
                wins = not (token[k] <= best[k]) and best[k] == best[k]
                best[k] = token[k] if wins else best[k]
                holder[k] = number if wins else holder[k]
        start += sizes[step]


@njit(REVERSE, **OPTIONS)
def reverse(sizes, rows):
    """Write the rows (M,) that read every sequence of a packed batch from its own end.

    Args:
        sizes: (T,) sequences alive at each step.
        rows: (M,) to be written.
    """
    steps = len(sizes)
    starts = np.zeros(steps, np.int64)
    for step in range(1, steps):
        starts[step] = starts[step - 1] + sizes[step - 1]
    length = steps
    for row in range(sizes[0]):
        while sizes[length - 1] <= row:
            length -= 1
        for step in range(length):
            rows[starts[step] + row] = starts[length - 1 - step] + row


@njit(SPREAD, **OPTIONS)
def spread(d_values, holders, d_tokens):
    """Write each gradient (A, D) to the token that held the value, and zeros elsewhere (M, D)."""
    d_tokens[:] = 0
    for row in range(len(d_values)):
        for k in range(d_values.shape[1]):
            d_tokens[holders[row, k], k] = d_values[row, k]


@njit(SUBTRACT, **OPTIONS)
def subtract_rows(value, ids, rows, rate):
    """``value[ids] -= rate * rows``, for distinct ids."""
    for place in range(len(ids)):
        target, row = value[ids[place]], rows[place]
        for k in range(len(target)):
            target[k] -= rate * row[k]
