"""The LSTM whose steps run in machine code; see :mod:`seqkit.kernels.machine_code`.

Per token it keeps its input, a one and the hidden state before it side by side, the four gates, the
cell before it and tanh of the cell after it. The backward pass turns the gates into their gradients
in place, so that it needs no memory of its own.

A thread takes a range of rows, the same ones of every step, from the first step to the last. How
many ranges there are depends on the lengths alone, so that no result depends on the threads.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.kernels.afterwards import weight_gradient
from seqkit.kernels.compiled import Compiled
from seqkit.kernels.passes import Arrays, Gradients, Pass
from seqkit.kernels.threads import inside_parallel, parallel

__all__ = ["compiled_lstm", "compiled_lstm_folded", "ranges"]

PAD = 16
"""Columns that keep a matrix's rows from lying a multiple of 4 KiB apart, where they collide."""

FEW, MANY = 4, 2**20
"""Inputs are projected beforehand where products have few rows, which makes them slow, or where
there are many weights: all of them would pass through the second-level cache at each step."""

SPLIT = 128
"""Rows of a product from which two threads share it."""

SHARED = 8
"""Sequences from which two threads share a batch."""

MULTIPLE = 2
"""OpenBLAS is slow where the number of rows is no multiple of this."""


class _Run(NamedTuple):
    """What a forward pass leaves behind.

    Attributes:
        sizes: (T,) rows of each step.
        bounds: (T + 2,) the row at which each step begins; then, twice, the number of rows.
        memory: (M + A, D + 1 + H) each token's input, a one and the hidden state before it.
        gates: (M, 4H).
        cells: (M + A, H) the cell before each token.
        squashed: (M, H) tanh of the cell after it.
        outputs: (M, H).
        final_cell: (A, H).
    """

    sizes: IntArray
    bounds: IntArray
    memory: Array
    gates: Array
    cells: Array
    squashed: Array
    outputs: Array
    final_cell: Array


def compiled_lstm(
    found: Compiled, x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool
) -> Pass:
    """Run an LSTM in float32; see :mod:`seqkit.kernels.passes`."""
    run = _forward(found, x, sizes, state, weights, keep)
    unused = [run] if keep else []

    def backward(d_outputs: Array | None, d_state: Arrays | None) -> Gradients:
        # A pass that was used, or not kept, is run again.
        kept = unused.pop() if unused else _forward(found, x, sizes, state, weights, True)
        return _backward(found, kept, weights, d_outputs, d_state)

    return Pass(run.outputs, (_last_rows(run.outputs, sizes), run.final_cell), backward)


def compiled_lstm_folded(
    found: Compiled, table: Array, ids: IntArray, sizes: IntArray, state: Arrays, w_hidden: Array
) -> tuple[Array, Arrays]:
    """Run an LSTM over the rows of a table of ``x W + b``; see :func:`seqkit.kernels.dispatch`."""
    hidden, cell = state
    (count,), (batch, units) = ids.shape, hidden.shape
    gates, squashed = np.empty((batch, 4 * units), table.dtype), np.empty_like(cell)
    cells, final_cell = cell.copy(), np.empty_like(cell)
    outputs = np.empty((count, units), table.dtype)
    bounds = _bounds(sizes)
    matrix = _wide(w_hidden, batch)
    memory = hidden.copy()
    arrays = (table, ids, matrix, gates, memory, cells, squashed, outputs, final_cell, False)
    _each(sizes, lambda low, high: found.code.lstm_forward(found.blas, bounds, low, high, *arrays))
    return outputs, (_last_rows(outputs, sizes), final_cell)


def _forward(
    found: Compiled, x: Array, sizes: IntArray, state: Arrays, weights: Arrays, keep: bool
) -> _Run:
    hidden, cell = state
    w_input, w_hidden, bias = weights
    (count, features), (batch, units) = x.shape, hidden.shape
    room, projected = (count if keep else 0), _beforehand(batch, weights)
    bounds = _bounds(sizes)
    memory = np.empty((room + batch, features + 1 + units), x.dtype)
    memory[:room, :features] = x[:room]
    memory[:, features] = 1
    memory[:batch, features + 1 :] = hidden
    cells = np.empty((room + batch, units), x.dtype)
    cells[:batch] = cell
    gates = np.empty((room or batch, 4 * units), x.dtype)
    squashed = np.empty((room or batch, units), x.dtype)
    outputs, final_cell = np.empty((count, units), x.dtype), np.empty_like(cell)
    if projected:
        # Kept gates begin as what the inputs add to them: nothing to look up elsewhere.
        inputs = gates if keep else np.empty((count, 4 * units), x.dtype)
        ids, matrix = np.arange(count), _wide(w_hidden, batch)
        inputs[...] = bias
        add = partial(found.code.add_product, found.blas)
        _by_halves(count, lambda part: add(x[part], w_input, inputs[part]))
    else:
        inputs, ids, matrix = x, np.empty(0, np.int64), _stacked(w_input, bias[None], w_hidden)
    arrays = (inputs, ids, matrix, gates, memory, cells, squashed, outputs, final_cell, keep)
    _each(sizes, lambda low, high: found.code.lstm_forward(found.blas, bounds, low, high, *arrays))
    return _Run(sizes, bounds, memory, gates, cells, squashed, outputs, final_cell)


def _backward(
    found: Compiled, run: _Run, weights: Arrays, d_outputs: Array | None, d_state: Arrays | None
) -> Gradients:
    """Run backwards over the steps, then compute the gradients of all weights at once."""
    w_input, w_hidden, _ = weights
    d_pre, (features, columns), batch = run.gates, w_input.shape, int(run.sizes[0])
    units, later = columns // 4, _beforehand(batch, weights)
    d_hidden, d_cell = (
        np.zeros((batch, units), d_pre.dtype)
        if d_state is None
        else np.array(d_state[k], d_pre.dtype, order="C")
        for k in range(2)
    )
    if d_outputs is None:
        d_outputs = np.empty((0, units), d_pre.dtype)
    d_outputs = np.ascontiguousarray(d_outputs, d_pre.dtype)
    d_x = np.empty((len(d_pre), features), d_pre.dtype)
    arrays = (
        *(_transposed(found, w_hidden), _transposed(found, w_input[:0] if later else w_input)),
        *(d_pre, run.cells, run.squashed, d_outputs, d_hidden, d_cell, d_x[:0] if later else d_x),
    )
    _each(
        run.sizes,
        lambda low, high: found.code.lstm_backward(found.blas, run.bounds, low, high, *arrays),
    )
    if later:
        _by_halves(len(d_pre), lambda part: np.matmul(d_pre[part], w_input.T, out=d_x[part]))
    d_weights = weight_gradient(run.memory[: len(d_pre)], d_pre)
    return Gradients(
        d_x,
        (d_hidden, d_cell),
        (d_weights[:features], d_weights[features + 1 :], d_weights[features]),
    )


def _beforehand(batch: int, weights: Arrays) -> bool:
    """Return whether the products with the inputs are a matter of their own."""
    return batch < FEW or weights[0].size + weights[1].size > MANY


def _bounds(sizes: IntArray) -> IntArray:
    bounds = np.zeros(len(sizes) + 2, np.int64)
    np.cumsum(sizes, out=bounds[1:-1])
    bounds[-1] = bounds[-2]
    return bounds


def _each(sizes: IntArray, run: Callable[[int, int], None]) -> None:
    """Run all ranges, each on a thread of its own where there are some."""
    chosen = ranges(sizes)
    if len(chosen) == 1:
        run(*chosen[0])
    else:
        parallel(*(partial(run, low, high) for low, high in chosen))


def _by_halves(rows: int, run: Callable[[slice], object]) -> None:
    """Run something for all rows, for a half of them on each of two threads where they are many."""
    middle = rows // 2 if rows >= SPLIT else 0
    halves = [slice(middle), slice(middle, rows)] if middle else [slice(rows)]
    parallel(*(partial(run, half) for half in halves))


def ranges(sizes: IntArray) -> list[tuple[int, int]]:
    """Cut the rows of a batch into ranges of about as many tokens, for a thread each."""
    batch = int(sizes[0])
    if batch < SHARED or inside_parallel():
        return [(0, batch)]
    tokens = np.cumsum(_lengths(sizes))
    middle = int(np.searchsorted(tokens, tokens[-1] / 2)) + 1
    middle = min(batch, max(1, round(middle / MULTIPLE)) * MULTIPLE)
    return [(0, middle), (middle, batch)] if middle < batch else [(0, batch)]


def _lengths(sizes: IntArray) -> IntArray:
    """Return the length of each sequence: row r is in all steps of more than r rows."""
    lengths: IntArray = np.searchsorted(-sizes, -np.arange(int(sizes[0])))
    return lengths


def _last_rows(outputs: Array, sizes: IntArray) -> Array:
    """Collect each sequence's last output: (A, H)."""
    batch = int(sizes[0])
    if batch == 1:
        return outputs[-1:].copy()
    starts = np.cumsum(sizes) - sizes
    last: Array = outputs[starts[_lengths(sizes) - 1] + np.arange(batch)]
    return last


def _stacked(*matrices: Array) -> Array:
    """Copy matrices under each other, so that no two rows collide in the cache."""
    rows, columns = sum(map(len, matrices)), matrices[0].shape[1]
    wide = np.empty((rows, columns + PAD), matrices[0].dtype)
    np.concatenate(matrices, out=wide[:, :columns])
    return wide


def _wide(matrix: Array, batch: int) -> Array:
    """Copy a matrix for a product of many rows; for few it is read as it lies."""
    return matrix if batch < FEW else _stacked(matrix)


def _transposed(found: Compiled, matrix: Array) -> Array:
    rows, columns = matrix.shape
    wide = np.empty((columns, rows + PAD), matrix.dtype)
    found.code.transpose(matrix, wide)
    return wide
