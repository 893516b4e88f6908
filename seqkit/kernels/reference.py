"""The textbook recurrences, in any dtype.

One function per cell makes a single step and returns that step's backward; :func:`scan` runs it
over a packed batch. Written to be read and to be checked against: complex numbers pass through, so
that gradients can be verified by the complex step. The fast kernels must agree with these.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.kernels.passes import Arrays, Gradients, Kernel, Pass

__all__ = ["gru_after", "gru_before", "lstm", "rnn_relu", "rnn_tanh", "scan", "sigmoid"]

StepBackward: TypeAlias = Callable[..., Gradients]
"""Maps the gradients of the new state's arrays to those of the step's arguments."""

Step: TypeAlias = Callable[[Array, Arrays, Arrays], tuple[Arrays, StepBackward]]
"""``step(x, state, weights)`` on the rows alive at one step; ``state[0]`` is the output."""


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), by way of tanh, which cannot overflow."""
    y: Array = 0.5 * np.tanh(0.5 * x) + 0.5
    return y


def scan(
    step: Step, x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool = True
) -> Pass:
    """Run a step function over a packed batch.

    ``keep`` is taken for the sake of the kernels' common signature; this one always keeps.
    """
    dtype = np.result_type(x, *state, *weights)
    current = tuple(array.astype(dtype) for array in state)
    units = weights[1].shape[0]
    outputs = np.empty((len(x), units), dtype)
    starts = np.cumsum(sizes) - sizes
    backwards = []
    for start, alive in zip(starts.tolist(), sizes.tolist(), strict=True):
        new, step_backward = step(
            x[start : start + alive], tuple(array[:alive].copy() for array in current), weights
        )
        for array, values in zip(current, new, strict=True):
            array[:alive] = values
        outputs[start : start + alive] = new[0]
        backwards.append(step_backward)

    def backward(d_outputs: Array | None, d_state: Arrays | None) -> Gradients:
        d_current = tuple(
            np.zeros_like(array) if d_state is None else d_state[i].astype(dtype)
            for i, array in enumerate(current)
        )
        d_x = np.zeros(x.shape, dtype)
        d_weights = tuple(np.zeros(array.shape, dtype) for array in weights)
        for start, alive, step_backward in reversed(
            list(zip(starts.tolist(), sizes.tolist(), backwards, strict=True))
        ):
            if d_outputs is not None:
                d_current[0][:alive] += d_outputs[start : start + alive]
            d_step = step_backward(*(array[:alive].copy() for array in d_current))
            d_x[start : start + alive] = d_step.x
            for array, values in zip(d_current, d_step.state, strict=True):
                array[:alive] = values
            for array, values in zip(d_weights, d_step.weights, strict=True):
                array += values
        return Gradients(d_x, d_current, d_weights)

    return Pass(outputs, current, backward)


def _rnn_step(
    x: Array, state: Arrays, weights: Arrays, *, relu: bool
) -> tuple[Arrays, StepBackward]:
    (hidden,) = state
    w_input, w_hidden, bias = weights
    pre = x @ w_input + hidden @ w_hidden + bias
    slope: Array
    if relu:
        slope = (pre.real > 0).astype(pre.dtype)
        new = pre * slope
    else:
        new = np.tanh(pre)
        slope = 1 - new * new

    def backward(d_hidden: Array) -> Gradients:
        d_pre = d_hidden * slope
        return Gradients(
            d_pre @ w_input.T,
            (d_pre @ w_hidden.T,),
            (x.T @ d_pre, hidden.T @ d_pre, d_pre.sum(axis=0)),
        )

    return (new,), backward


def _lstm_step(x: Array, state: Arrays, weights: Arrays) -> tuple[Arrays, StepBackward]:
    hidden, cell = state
    w_input, w_hidden, bias = weights
    pre_i, pre_f, pre_o, pre_z = np.split(x @ w_input + hidden @ w_hidden + bias, 4, axis=1)
    i, f, o, z = sigmoid(pre_i), sigmoid(pre_f), sigmoid(pre_o), np.tanh(pre_z)
    new_cell = f * cell + i * z
    squashed = np.tanh(new_cell)

    def backward(d_hidden: Array, d_cell: Array) -> Gradients:
        d_cell = d_cell + d_hidden * o * (1 - squashed * squashed)
        d_pre = np.concatenate(
            [
                d_cell * z * i * (1 - i),
                d_cell * cell * f * (1 - f),
                d_hidden * squashed * o * (1 - o),
                d_cell * i * (1 - z * z),
            ],
            axis=1,
        )
        return Gradients(
            d_pre @ w_input.T,
            (d_pre @ w_hidden.T, d_cell * f),
            (x.T @ d_pre, hidden.T @ d_pre, d_pre.sum(axis=0)),
        )

    return (o * squashed, new_cell), backward


def _gru_after_step(x: Array, state: Arrays, weights: Arrays) -> tuple[Arrays, StepBackward]:
    (hidden,) = state
    w_input, w_hidden, bias, bias_hidden = weights
    x_r, x_u, x_n = np.split(x @ w_input + bias, 3, axis=1)
    h_r, h_u, h_n = np.split(hidden @ w_hidden, 3, axis=1)
    h_n = h_n + bias_hidden
    r, u = sigmoid(x_r + h_r), sigmoid(x_u + h_u)
    n = np.tanh(x_n + r * h_n)

    def backward(d_hidden: Array) -> Gradients:
        d_n = d_hidden * (1 - u) * (1 - n * n)
        d_u = d_hidden * (hidden - n) * u * (1 - u)
        d_r = d_n * h_n * r * (1 - r)
        d_from_x = np.concatenate([d_r, d_u, d_n], axis=1)
        d_from_h = np.concatenate([d_r, d_u, d_n * r], axis=1)
        return Gradients(
            d_from_x @ w_input.T,
            (d_hidden * u + d_from_h @ w_hidden.T,),
            (x.T @ d_from_x, hidden.T @ d_from_h, d_from_x.sum(axis=0), (d_n * r).sum(axis=0)),
        )

    return ((1 - u) * n + u * hidden,), backward


def _gru_before_step(x: Array, state: Arrays, weights: Arrays) -> tuple[Arrays, StepBackward]:
    (hidden,) = state
    w_input, w_hidden, bias = weights
    units = len(w_hidden)
    w_gates, w_candidate = w_hidden[:, : 2 * units], w_hidden[:, 2 * units :]
    x_r, x_u, x_n = np.split(x @ w_input + bias, 3, axis=1)
    h_r, h_u = np.split(hidden @ w_gates, 2, axis=1)
    r, u = sigmoid(x_r + h_r), sigmoid(x_u + h_u)
    n = np.tanh(x_n + (r * hidden) @ w_candidate)

    def backward(d_hidden: Array) -> Gradients:
        d_n = d_hidden * (1 - u) * (1 - n * n)
        d_u = d_hidden * (hidden - n) * u * (1 - u)
        d_reset = d_n @ w_candidate.T
        d_r = d_reset * hidden * r * (1 - r)
        d_gates = np.concatenate([d_r, d_u], axis=1)
        d_pre = np.concatenate([d_gates, d_n], axis=1)
        d_w_hidden = np.concatenate([hidden.T @ d_gates, (r * hidden).T @ d_n], axis=1)
        return Gradients(
            d_pre @ w_input.T,
            (d_hidden * u + d_reset * r + d_gates @ w_gates.T,),
            (x.T @ d_pre, d_w_hidden, d_pre.sum(axis=0)),
        )

    return ((1 - u) * n + u * hidden,), backward


rnn_tanh: Kernel = partial(scan, partial(_rnn_step, relu=False))
rnn_relu: Kernel = partial(scan, partial(_rnn_step, relu=True))
lstm: Kernel = partial(scan, _lstm_step)
gru_after: Kernel = partial(scan, _gru_after_step)
gru_before: Kernel = partial(scan, _gru_before_step)
