"""The fast LSTM for float32 and float64.

Per token it keeps a slab of six rows of H numbers, in the order

    0 input gate, 1 forget gate, 2 output gate, 3 candidate, 4 previous cell, 5 tanh of the new cell

so that rows 0:3 are the sigmoids, 0:4 the projections, and 0:3 times 3:6 pairs each gate with what
it multiplies. Each row is an array (tokens, H) of its own: any range of tokens is contiguous in it.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from seqkit.arrays import Array, IntArray, aligned_empty
from seqkit.kernels.afterwards import InputGradient, weight_gradient
from seqkit.kernels.layout import (
    Step,
    Tokens,
    by_gate,
    chunks,
    last_rows,
    new_slab,
    steps_of,
    stop_of,
)
from seqkit.kernels.passes import Arrays, Gradients, Pass
from seqkit.kernels.preactivations import PreActivations, looked_up, pre_activations
from seqkit.kernels.products import RepeatedProduct

__all__ = ["lstm", "lstm_folded"]

LOCAL = 16_384
"""Numbers in one row of the slab whose local derivatives are computed together: they fit in L2."""


def lstm(x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool) -> Pass:
    """Run an LSTM; see :mod:`seqkit.kernels.passes` and :class:`seqkit.layers.recurrent.LSTM`."""
    hidden, cell = state
    w_input, w_hidden, bias = weights
    units = len(w_hidden)
    if len(hidden) == 1 and not keep:
        again = partial(lstm, x, sizes, state, weights, keep=True)
        return _alone(x, hidden, cell, weights, again)
    steps = steps_of(sizes)
    tokens = Tokens(x, hidden, keep=keep)
    # Without a backward pass, one step's slab serves all steps.
    room = len(hidden) + (len(x) if keep else 0)
    slab = new_slab(6, room, units, x.dtype, len(hidden))
    outputs = aligned_empty((len(x), units), x.dtype)
    stacked = np.concatenate([w_input, bias[None], w_hidden])
    stacked[:, : 3 * units] *= 0.5
    final_cell = _run(pre_activations(tokens, steps, stacked, 4), tokens, cell, slab, outputs)
    final = (last_rows(outputs, steps), final_cell)
    if not keep:
        again = partial(lstm, x, sizes, state, weights, keep=True)
        return Pass(outputs, final, lambda d_outputs, d_state: again().backward(d_outputs, d_state))
    return Pass(outputs, final, partial(_backward, tokens, steps, slab, w_input, w_hidden))


def lstm_folded(table: Array, ids: IntArray, sizes: IntArray, w_hidden: Array) -> Array:
    """Run an LSTM over the rows of a table of ``x W + b``, keeping nothing."""
    units = len(w_hidden)
    hidden, cell = np.zeros((2, int(sizes[0]), units), table.dtype)
    steps = steps_of(sizes)
    tokens = Tokens(np.empty((len(ids), 0), table.dtype), hidden, keep=False)
    slab = new_slab(6, len(hidden), units, table.dtype, len(hidden))
    outputs = aligned_empty((len(ids), units), table.dtype)
    recurrent = w_hidden.copy()
    recurrent[:, : 3 * units] *= 0.5
    computed = looked_up(tokens, steps, partial(_halved_rows, table, ids), recurrent, 4)
    _run(computed, tokens, cell, slab, outputs)
    return outputs


def _halved_rows(table: Array, ids: IntArray, first: int, stop: int) -> Array:
    rows = table.take(ids[first:stop], axis=0)
    rows[:, : 3 * rows.shape[1] // 4] *= 0.5
    return rows


def _alone(
    x: Array, hidden: Array, cell: Array, weights: Arrays, again: Callable[[], Pass]
) -> Pass:
    """Run over one sequence without keeping anything: as few calls a step as can be.

    Scaling the gates costs less than scaling all weights, which are read but once a step.
    """
    w_input, w_hidden, bias = weights
    units = len(w_hidden)
    projected = x @ w_input
    projected += bias
    # One step's gates, its cell and tanh of it, in the slab's order.
    memory = np.empty(6 * units, x.dtype)
    gates, sigmoids, output = (
        memory[: 4 * units],
        memory[: 3 * units],
        memory[2 * units : 3 * units],
    )
    input_and_forget, candidate_and_cell = memory[: 2 * units], memory[3 * units : 5 * units]
    now, squashed = memory[4 * units : 5 * units], memory[5 * units :]
    terms = np.empty(2 * units, x.dtype)
    fresh, kept = terms[:units], terms[units:]
    half = np.full(1, 0.5, x.dtype)
    projected[:, : 3 * units] *= half
    halves = np.ones(4 * units, x.dtype)
    halves[: 3 * units] = half
    now[...] = cell[0]
    outputs = aligned_empty((len(x), units), x.dtype)
    before = hidden[0]
    for from_x, after in zip(projected, outputs, strict=True):
        np.dot(before, w_hidden, gates)
        np.multiply(gates, halves, gates)
        np.add(gates, from_x, gates)
        np.tanh(gates, gates)
        np.multiply(sigmoids, half, sigmoids)
        np.add(sigmoids, half, sigmoids)
        np.multiply(input_and_forget, candidate_and_cell, terms)
        np.add(fresh, kept, now)
        np.tanh(now, squashed)
        np.multiply(output, squashed, after)
        before = after
    final = (outputs[-1:].copy(), now[None].copy())
    return Pass(outputs, final, lambda d_outputs, d_state: again().backward(d_outputs, d_state))


def _run(
    computed: PreActivations, tokens: Tokens, cell: Array, slab: Array, outputs: Array
) -> Array:
    """Fill the slab and the outputs; returns the final cell."""
    keep, batch = tokens.keep, len(cell)
    pair = np.empty((2, *cell.shape), slab.dtype)
    final_cell = np.empty_like(cell)
    slab[4, :batch] = cell
    after, previous = cell, batch
    for step, write in computed:
        start, n = step
        if n < previous:
            final_cell[n:previous] = after[n:]
            previous = n
        row = start if keep else 0
        rows = slab[:, row : row + n]
        gates, sigmoids, terms = rows[:4], rows[:3], pair[:, :n]
        write(gates)
        np.tanh(gates, gates)
        np.multiply(sigmoids, 0.5, sigmoids)
        np.add(sigmoids, 0.5, sigmoids)
        np.multiply(rows[:2], rows[3:5], terms)
        # The new cell is the previous cell of the next step, whose rows follow these.
        after = slab[4, row + n : row + 2 * n] if keep else rows[4]
        np.add(terms[0], terms[1], after)
        np.tanh(after, rows[5])
        hidden = outputs[start : start + n]
        np.multiply(rows[2], rows[5], hidden)
        tokens.store(step, hidden)
    final_cell[:previous] = after
    return final_cell


def _backward(
    tokens: Tokens,
    steps: list[Step],
    slab: Array,
    w_input: Array,
    w_hidden: Array,
    d_outputs: Array | None,
    d_state: Arrays | None,
) -> Gradients:
    """Run backwards over the steps, then compute the gradients of all weights at once."""
    batch, units = steps[0].alive, len(w_hidden)
    d_hidden, d_cell = (
        np.zeros((batch, units), slab.dtype) if d_state is None else d_state[k].astype(slab.dtype)
        for k in range(2)
    )
    d_pre = aligned_empty((stop_of(steps), 4 * units), slab.dtype)
    d_x = _run_back(steps, slab, d_pre, w_input, w_hidden, d_outputs, (d_hidden, d_cell))
    # All that went back is let go by now: these gradients may be the largest arrays of a pass.
    d_weights = weight_gradient(tokens.data, d_pre)
    features = tokens.features
    return Gradients(
        d_x,
        (d_hidden, d_cell),
        (d_weights[:features], d_weights[features + 1 :], d_weights[features]),
    )


def _run_back(
    steps: list[Step],
    slab: Array,
    d_pre: Array,
    w_input: Array,
    w_hidden: Array,
    d_outputs: Array | None,
    d_state: Arrays,
) -> Array:
    """Fill d_pre, change d_state from the final one to the initial one, and return d_x."""
    d_hidden, d_cell = d_state
    d_x = InputGradient(d_pre, w_input)
    d_pre_by_gate = by_gate(d_pre, 4)
    product = RepeatedProduct(w_hidden.T, len(d_hidden))
    scratch = np.empty_like(d_hidden)
    for group in reversed(list(chunks(steps, -(-LOCAL // len(w_hidden))))):
        first, stop = group[0].start, stop_of(group)
        local = _local_derivatives(slab[:, first:stop])
        for start, n in reversed(group):
            here = local[:, start - first : start - first + n]
            d_h, d_c, term = d_hidden[:n], d_cell[:n], scratch[:n]
            if d_outputs is not None:
                np.add(d_h, d_outputs[start : start + n], d_h)
            np.multiply(d_h, here[4], term)
            np.add(d_c, term, d_c)
            d_gates = d_pre_by_gate[:, start : start + n]
            np.multiply(here[:2], d_c, d_gates[:2])
            np.multiply(here[2], d_h, d_gates[2])
            np.multiply(here[3], d_c, d_gates[3])
            np.multiply(d_c, slab[1, start : start + n], d_c)
            product(d_pre[start : start + n], d_hidden[None, :n])
        d_x.ready(first)
    return d_x.finish()


def _local_derivatives(slab: Array) -> Array:
    """Derivatives that do not depend on what flows back: (5, tokens, H).

    Rows 0, 1 and 3 lead from the new cell to what the input gate, forget gate and candidate are
    computed from; row 2 from the hidden state to the output gate's; row 4 from the hidden state to
    the new cell.
    """
    local = aligned_empty((5, *slab.shape[1:]), slab.dtype)
    gates, squashed = local[:3], local[3:]
    np.subtract(1.0, slab[:3], gates)
    np.multiply(gates, slab[:3], gates)
    np.multiply(gates, slab[3:6], gates)
    np.multiply(slab[3:6:2], slab[3:6:2], squashed)
    np.subtract(1.0, squashed, squashed)
    np.multiply(squashed, slab[0:3:2], squashed)
    return local
