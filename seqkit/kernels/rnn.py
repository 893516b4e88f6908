"""The fast simple recurrence for float32 and float64, with tanh or relu."""

from functools import partial

import numpy as np

from seqkit.arrays import Array, IntArray, aligned_empty
from seqkit.kernels.afterwards import InputGradient, weight_gradient
from seqkit.kernels.layout import Step, Tokens, last_rows, steps_of, stop_of
from seqkit.kernels.passes import Arrays, Gradients, Kernel, Pass
from seqkit.kernels.preactivations import PreActivations, pre_activations
from seqkit.kernels.products import RepeatedProduct

__all__ = ["rnn_relu", "rnn_tanh"]


def _rnn(
    x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool, relu: bool
) -> Pass:
    (hidden,) = state
    w_input, w_hidden, bias = weights
    steps = steps_of(sizes)
    tokens = Tokens(x, hidden, keep=keep)
    outputs = aligned_empty((len(x), len(w_hidden)), x.dtype)
    stacked = np.concatenate([w_input, bias[None], w_hidden])
    _run(pre_activations(tokens, steps, stacked, 1), tokens, outputs, relu)
    final = (last_rows(outputs, steps),)
    if not keep:
        again = partial(_rnn, x, sizes, state, weights, keep=True, relu=relu)
        return Pass(outputs, final, lambda d_outputs, d_state: again().backward(d_outputs, d_state))
    slope = _slope(outputs, relu)
    return Pass(outputs, final, partial(_backward, tokens, steps, slope, w_input, w_hidden))


def _slope(outputs: Array, relu: bool) -> Array:
    """The activation's derivative, from its value."""
    if relu:
        return (outputs > 0).astype(outputs.dtype)
    slope = outputs * outputs
    np.subtract(1.0, slope, slope)
    return slope


def _run(computed: PreActivations, tokens: Tokens, outputs: Array, relu: bool) -> None:
    for step, write in computed:
        rows = outputs[step.start : step.start + step.alive]
        write(rows[None])
        if relu:
            np.maximum(rows, 0.0, out=rows)
        else:
            np.tanh(rows, rows)
        tokens.store(step, rows)


def _backward(
    tokens: Tokens,
    steps: list[Step],
    slope: Array,
    w_input: Array,
    w_hidden: Array,
    d_outputs: Array | None,
    d_state: Arrays | None,
) -> Gradients:
    batch, count = steps[0].alive, stop_of(steps)
    units = len(w_hidden)
    if d_state is None:
        d_hidden = np.zeros((batch, units), slope.dtype)
    else:
        d_hidden = d_state[0].astype(slope.dtype)
    d_pre = aligned_empty((count, units), slope.dtype)
    d_x = InputGradient(d_pre, w_input)
    product = RepeatedProduct(w_hidden.T, batch)
    for start, n in reversed(steps):
        d_h, rows = d_hidden[:n], d_pre[start : start + n]
        if d_outputs is not None:
            np.add(d_h, d_outputs[start : start + n], d_h)
        np.multiply(d_h, slope[start : start + n], rows)
        product(rows, d_hidden[None, :n])
        d_x.ready(start)
    d_weights = weight_gradient(tokens.data, d_pre)
    features = tokens.features
    return Gradients(
        d_x.finish(),
        (d_hidden,),
        (d_weights[:features], d_weights[features + 1 :], d_weights[features]),
    )


rnn_tanh: Kernel = partial(_rnn, relu=False)
rnn_relu: Kernel = partial(_rnn, relu=True)
