"""The fast GRUs for float32 and float64: reset gate after or before the recurrent product.

Per token they keep a slab of four rows of H numbers, in the order

    0 reset gate, 1 update gate, 2 candidate, 3 what the reset gate is multiplied with or yields

(the candidate's recurrent part where the gate acts after; the reset state where it acts before).
All that flows back through a step is a multiple of the hidden state's gradient, so the factors are
computed beforehand for many steps together.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

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
from seqkit.kernels.passes import Arrays, Gradients, Kernel, Pass
from seqkit.kernels.preactivations import PreActivations, pre_activations, projections
from seqkit.kernels.products import RepeatedProduct

__all__ = ["gru_after", "gru_before"]

LOCAL = 16_384
"""Numbers in one row of the slab whose local derivatives are computed together: they fit in L2."""


def _gru(
    x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool, after: bool
) -> Pass:
    (hidden,) = state
    w_input, w_hidden, bias = weights[:3]
    units = len(w_hidden)
    steps = steps_of(sizes)
    tokens = Tokens(x, hidden, keep=keep)
    # Without a backward pass, one step's slab serves all steps.
    slab = new_slab(4, len(x) if keep else len(hidden), units, x.dtype, len(hidden))
    outputs = aligned_empty((len(x), units), x.dtype)
    gates = np.concatenate([w_input, bias[None], w_hidden])[:, : 2 * units]
    gates *= 0.5
    run = _Run(
        pre_activations(tokens, steps, gates, 2),
        projections(tokens, steps, np.vstack([w_input, bias])[:, 2 * units :], 1),
        RepeatedProduct(w_hidden[:, 2 * units :], len(hidden)),
        tokens,
        slab,
        outputs,
    )
    if after:
        _run_after(run, weights[3])
    else:
        _run_before(run)
    final = (last_rows(outputs, steps),)
    if not keep:
        again = partial(_gru, x, sizes, state, weights, keep=True, after=after)
        return Pass(outputs, final, lambda d_outputs, d_state: again().backward(d_outputs, d_state))
    backward = _backward_after if after else _backward_before
    return Pass(outputs, final, partial(backward, tokens, steps, slab, w_input, w_hidden))


class _Run(NamedTuple):
    """What a forward pass works on.

    Attributes:
        gates: what goes into the reset and update gates, halved for their sigmoids.
        candidates: what x gives to the candidate.
        product: by the candidate's recurrent weights.
        tokens: x and h.
        slab: to be filled.
        outputs: to be filled.
    """

    gates: PreActivations
    candidates: Iterator[tuple[Step, Array]]
    product: RepeatedProduct
    tokens: Tokens
    slab: Array
    outputs: Array

    def steps(self) -> Iterator[tuple[Array, Array, Array, Array]]:
        """Compute both gates of each step, yield, and store the new states.

        Yields:
            The step's slab (4, n, H), its states before and after, the latter to be filled, and
            what x gives to the candidate.
        """
        for (step, write), (_, (from_x,)) in zip(self.gates, self.candidates, strict=True):
            start, n = step
            row = start if self.tokens.keep else 0
            rows, new = self.slab[:, row : row + n], self.outputs[start : start + n]
            gates = rows[:2]
            write(gates)
            np.tanh(gates, gates)
            np.multiply(gates, 0.5, gates)
            np.add(gates, 0.5, gates)
            yield rows, self.tokens.states(step), new, from_x
            self.tokens.store(step, new)


def _run_after(run: _Run, bias_hidden: Array) -> None:
    for rows, hidden, new, from_x in run.steps():
        reset, update, candidate, recurrent = rows
        run.product(hidden, rows[3:])
        np.add(recurrent, bias_hidden, recurrent)
        np.multiply(reset, recurrent, candidate)
        _finish(update, candidate, hidden, from_x, new)


def _run_before(run: _Run) -> None:
    for rows, hidden, new, from_x in run.steps():
        reset, update, candidate, kept = rows
        np.multiply(reset, hidden, kept)
        run.product(kept, rows[2:3])
        _finish(update, candidate, hidden, from_x, new)


def _finish(update: Array, candidate: Array, hidden: Array, from_x: Array, new: Array) -> None:
    """Complete the candidate n and write (1 - u) n + u h."""
    np.add(from_x, candidate, candidate)
    np.tanh(candidate, candidate)
    np.subtract(hidden, candidate, new)
    np.multiply(new, update, new)
    np.add(new, candidate, new)


def _start(d_state: Arrays | None, batch: int, slab: Array) -> Array:
    if d_state is None:
        return np.zeros((batch, slab.shape[2]), slab.dtype)
    return d_state[0].astype(slab.dtype)


def _factors(slab: Array, hidden: Array, rows: int) -> Array:
    """Factors from the new state's gradient to what update gate and candidate are computed from.

    They are rows 2 and 3 of an array (rows, tokens, H); the other rows are free.
    """
    _reset, update, candidate = slab[:3]
    factors = aligned_empty((rows, *candidate.shape), slab.dtype)
    scratch, _, for_update, for_candidate = factors[:4]
    np.multiply(candidate, candidate, for_candidate)
    np.subtract(1.0, for_candidate, for_candidate)
    np.subtract(1.0, update, scratch)
    np.multiply(for_candidate, scratch, for_candidate)
    np.multiply(scratch, update, scratch)
    np.subtract(hidden, candidate, for_update)
    np.multiply(for_update, scratch, for_update)
    return factors


def _factors_after(slab: Array, hidden: Array) -> Array:
    """As :func:`_factors`, with row 0 for the candidate's recurrent part, 1 for the reset gate."""
    factors = _factors(slab, hidden, 4)
    reset = slab[0]
    recurrent, for_reset, _, for_candidate = factors
    np.multiply(for_candidate, reset, recurrent)
    np.subtract(1.0, reset, for_reset)
    np.multiply(for_reset, recurrent, for_reset)
    np.multiply(for_reset, slab[3], for_reset)
    return factors


def _factors_before(slab: Array, hidden: Array) -> Array:
    """As :func:`_factors`, with row 1 from the reset state's gradient to the reset gate."""
    factors = _factors(slab, hidden, 4)
    for_reset, reset = factors[1], slab[0]
    np.subtract(1.0, reset, for_reset)
    np.multiply(for_reset, slab[3], for_reset)
    return factors


def _backward_after(
    tokens: Tokens,
    steps: list[Step],
    slab: Array,
    w_input: Array,
    w_hidden: Array,
    d_outputs: Array | None,
    d_state: Arrays | None,
) -> Gradients:
    """Go backwards over the steps.

    The gradients ``d_pre`` of a token stand in the order candidate's recurrent part, reset gate,
    update gate, candidate: the first three flow into the hidden state, the last three into x.
    """
    units, batch, count = len(w_hidden), steps[0].alive, stop_of(steps)
    hidden = tokens.hidden
    d_hidden = _start(d_state, batch, slab)
    d_pre = aligned_empty((count, 4 * units), slab.dtype)
    from_h, from_x = d_pre[:, : 3 * units], d_pre[:, units:]
    d_x = InputGradient(from_x, w_input)
    d_gates = by_gate(d_pre, 4)
    turned = np.concatenate([w_hidden[:, 2 * units :], w_hidden[:, : 2 * units]], axis=1)
    product = RepeatedProduct(turned.T, batch)
    through = np.empty((batch, units), slab.dtype)
    for group in reversed(list(chunks(steps, -(-LOCAL // units)))):
        first, stop = group[0].start, stop_of(group)
        factors = _factors_after(slab[:, first:stop], hidden[first:stop])
        for start, n in reversed(group):
            d_h, stop = d_hidden[:n], start + n
            if d_outputs is not None:
                np.add(d_h, d_outputs[start:stop], d_h)
            np.multiply(factors[:, start - first : stop - first], d_h, d_gates[:, start:stop])
            np.multiply(d_h, slab[1, start:stop], d_h)
            product(d_pre[start:stop, : 3 * units], through[None, :n])
            np.add(d_h, through[:n], d_h)
        d_x.ready(first)
    d_w_input = weight_gradient(tokens.with_ones, from_x)
    d_turned = weight_gradient(tokens.ones_and_hidden, from_h)
    d_w_hidden = np.concatenate([d_turned[1:, units:], d_turned[1:, :units]], axis=1)
    return Gradients(
        d_x.finish(),
        (d_hidden,),
        (d_w_input[:-1], d_w_hidden, d_w_input[-1], d_turned[0, :units]),
    )


def _backward_before(
    tokens: Tokens,
    steps: list[Step],
    slab: Array,
    w_input: Array,
    w_hidden: Array,
    d_outputs: Array | None,
    d_state: Arrays | None,
) -> Gradients:
    """Go backwards over the steps; the gradients ``d_pre`` stand in the gates' own order."""
    units, batch, count = len(w_hidden), steps[0].alive, stop_of(steps)
    hidden = tokens.hidden
    d_hidden = _start(d_state, batch, slab)
    d_pre = aligned_empty((count, 3 * units), slab.dtype)
    d_x = InputGradient(d_pre, w_input)
    d_gates = by_gate(d_pre, 3)
    product = RepeatedProduct(w_hidden[:, : 2 * units].T, batch)
    reset_product = RepeatedProduct(w_hidden[:, 2 * units :].T, batch)
    d_resets, throughs = np.empty((2, batch, units), slab.dtype)
    for group in reversed(list(chunks(steps, -(-LOCAL // units)))):
        first, stop = group[0].start, stop_of(group)
        factors = _factors_before(slab[:, first:stop], hidden[first:stop])
        for start, n in reversed(group):
            d_h, d_reset, through = d_hidden[:n], d_resets[:n], throughs[:n]
            stop = start + n
            here = factors[:, start - first : stop - first]
            if d_outputs is not None:
                np.add(d_h, d_outputs[start:stop], d_h)
            np.multiply(here[2:], d_h, d_gates[1:, start:stop])
            reset_product(d_pre[start:stop, 2 * units :], d_reset[None])
            np.multiply(here[1], d_reset, d_gates[0, start:stop])
            np.multiply(d_h, slab[1, start:stop], d_h)
            np.multiply(d_reset, slab[0, start:stop], d_reset)
            np.add(d_h, d_reset, d_h)
            product(d_pre[start:stop, : 2 * units], through[None])
            np.add(d_h, through, d_h)
        d_x.ready(first)
    d_w_input = weight_gradient(tokens.with_ones, d_pre)
    d_w_gates = weight_gradient(hidden, d_pre[:, : 2 * units])
    d_w_candidate = weight_gradient(slab[3], d_pre[:, 2 * units :])
    return Gradients(
        d_x.finish(),
        (d_hidden,),
        (d_w_input[:-1], np.concatenate([d_w_gates, d_w_candidate], axis=1), d_w_input[-1]),
    )


gru_after: Kernel = partial(_gru, after=True)
gru_before: Kernel = partial(_gru, after=False)
