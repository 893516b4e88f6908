"""The LSTM whose steps run in machine code; see :mod:`seqkit.kernels.machine_code`.

Per token it keeps its input, a one and the hidden state before it side by side, the four gates, the
cell before it and tanh of the cell after it. The backward pass turns the gates into their gradients
in place, so that it needs no memory of its own.

A thread takes a range of rows, the same ones of every step, from the first step to the last. How
many ranges there are depends on the lengths alone, so that no result depends on the threads.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.kernels.afterwards import weight_gradient
from seqkit.kernels.compiled import Compiled
from seqkit.kernels.layout import Step, Tokens, last_rows, steps_of, stop_of
from seqkit.kernels.passes import Arrays, Gradients, Pass
from seqkit.kernels.threads import inside_parallel, parallel

__all__ = ["compiled_lstm", "ranges"]

PAD = 16
"""Columns that keep a matrix's rows from lying a multiple of 4 KiB apart, where they collide."""

FEW = 4
"""Sequences below which inputs are projected beforehand: products of so few rows are slow."""

SHARED = 8
"""Sequences from which two threads share a batch."""

MULTIPLE = 4
"""OpenBLAS is fastest where the number of rows is a multiple of this."""


@dataclass(frozen=True, eq=False)
class _Run:
    """What a forward pass leaves behind."""

    tokens: Tokens
    steps: list[Step]
    ranges: list[tuple[int, int]]
    gates: Array
    cells: Array
    squashed: Array
    outputs: Array
    final_cell: Array


def compiled_lstm(
    found: Compiled, x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool
) -> Pass:
    """Run an LSTM in float32; see :mod:`seqkit.kernels.passes`."""
    forward = partial(_forward, found, x, sizes, state, weights)
    run = forward(keep=keep)
    unused = [run] if keep else []

    def backward(d_outputs: Array | None, d_state: Arrays | None) -> Gradients:
        # A pass that was used, or not kept, is run again.
        kept = unused.pop() if unused else forward(keep=True)
        return _backward(found, kept, weights, d_outputs, d_state)

    return Pass(run.outputs, (last_rows(run.outputs, run.steps), run.final_cell), backward)


def _forward(
    found: Compiled, x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool
) -> _Run:
    hidden, cell = state
    w_input, w_hidden, bias = weights
    (count, _), (batch, units) = x.shape, hidden.shape
    steps = steps_of(sizes)
    tokens = Tokens(x, hidden, keep=keep)
    room, projected = (count if keep else 0), batch < FEW
    gates = np.empty((count if keep or projected else batch, 4 * units), x.dtype)
    if projected:
        np.matmul(x, w_input, out=gates)
        gates += bias
    cells = np.empty((room + batch, units), x.dtype)
    cells[:batch] = cell
    squashed = np.empty((room or batch, units), x.dtype)
    outputs, final_cell = np.empty((count, units), x.dtype), np.empty_like(cell)
    arrays = (gates, tokens.memory, cells, squashed, outputs, final_cell)
    stacked = _stacked(w_input, bias[None], w_hidden)
    chosen = ranges(sizes)
    parallel(
        *(
            partial(
                found.code.lstm_forward,
                *(found.blas, _bounds(steps), low, high, x, stacked, projected, *arrays, keep),
            )
            for low, high in chosen
        )
    )
    return _Run(tokens, steps, chosen, gates, cells, squashed, outputs, final_cell)


def _backward(
    found: Compiled, run: _Run, weights: Arrays, d_outputs: Array | None, d_state: Arrays | None
) -> Gradients:
    """Run backwards over the steps, then compute the gradients of all weights at once."""
    w_input, w_hidden, _ = weights
    d_pre, (features, columns), batch = run.gates, w_input.shape, run.steps[0].alive
    units, later = columns // 4, batch < FEW
    d_hidden, d_cell = (
        np.zeros((batch, units), d_pre.dtype)
        if d_state is None
        else np.array(d_state[k], d_pre.dtype, order="C")
        for k in range(2)
    )
    if d_outputs is None:
        d_outputs = np.empty((0, units), d_pre.dtype)
    d_outputs = np.ascontiguousarray(d_outputs, d_pre.dtype)
    d_x = np.empty((0 if later else len(d_pre), features), d_pre.dtype)
    transposed = (_stacked(w_hidden.T), _stacked(w_input.T))
    arrays = (d_pre, run.cells, run.squashed, d_outputs, d_hidden, d_cell, d_x)
    parallel(
        *(
            partial(
                found.code.lstm_backward,
                *(found.blas, _bounds(run.steps), low, high, *transposed, *arrays),
            )
            for low, high in run.ranges
        )
    )
    d_weights = weight_gradient(run.tokens.data, d_pre)
    return Gradients(
        d_pre @ w_input.T if later else d_x,
        (d_hidden, d_cell),
        (d_weights[:features], d_weights[features + 1 :], d_weights[features]),
    )


def ranges(sizes: IntArray) -> list[tuple[int, int]]:
    """Cut the rows of a batch into ranges of about as many tokens, for a thread each."""
    batch = int(sizes[0])
    if inside_parallel() or batch < SHARED:
        return [(0, batch)]
    # Row r has as many tokens as there are steps of more than r rows.
    tokens = np.cumsum(np.searchsorted(-sizes, -np.arange(batch)))
    middle = int(np.searchsorted(tokens, tokens[-1] / 2)) + 1
    middle = min(batch, max(1, round(middle / MULTIPLE)) * MULTIPLE)
    return [(0, middle), (middle, batch)] if middle < batch else [(0, batch)]


def _bounds(steps: list[Step]) -> IntArray:
    stop = stop_of(steps)
    return np.array([*(step.start for step in steps), stop, stop], np.int64)


def _stacked(*matrices: Array) -> Array:
    """Copy matrices under each other, so that no two rows collide in the cache."""
    rows, columns = sum(map(len, matrices)), matrices[0].shape[1]
    wide = np.empty((rows, columns + PAD), matrices[0].dtype)
    np.concatenate(matrices, out=wide[:, :columns])
    return wide
