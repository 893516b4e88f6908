"""Which kernel runs: a fast one for real numbers, the textbook for complex and for no data."""

from collections.abc import Sequence

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.kernels import gru, reference, rnn
from seqkit.kernels import lstm as numpy_lstm
from seqkit.kernels.compiled import compiled
from seqkit.kernels.compiled_lstm import (
    Passes,
    Place,
    Reader,
    Way,
    compiled_lstm,
    compiled_lstm_folded,
    compiled_lstms,
)
from seqkit.kernels.dealing import dealt
from seqkit.kernels.passes import Arrays, Gradients, Kernel, Pass
from seqkit.kernels.threads import single_blas

__all__ = [
    "Passes",
    "Place",
    "Reader",
    "Way",
    "gru_after",
    "gru_before",
    "lstm",
    "lstm_folded",
    "lstm_may_share",
    "lstms_along",
    "rnn_relu",
    "rnn_tanh",
]


def choose(fast: Kernel, textbook: Kernel) -> Kernel:
    """Return a kernel that chooses between two by dtype, and keeps BLAS on one thread.

    Real inputs are converted to the weights' dtype, which decides the precision of a layer.
    """

    def kernel(x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool) -> Pass:
        complex_step = any(array.dtype.kind == "c" for array in (x, *state, *weights))
        run = textbook if complex_step or not len(x) else fast
        if not complex_step:
            dtype = np.result_type(*weights)
            x, state, weights = (
                np.ascontiguousarray(x, dtype),
                tuple(np.ascontiguousarray(array, dtype) for array in state),
                tuple(np.ascontiguousarray(array, dtype) for array in weights),
            )
        with single_blas():
            result = run(x, sizes, state, weights, keep=keep)

        def backward(d_outputs: Array | None, d_state: Arrays | None) -> Gradients:
            with single_blas():
                return result.backward(d_outputs, d_state)

        return Pass(result.outputs, result.state, backward)

    return kernel


def _lstm(x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool) -> Pass:
    """Run compiled steps where they are loaded and the numbers are theirs."""
    found = compiled()
    if found is None or x.dtype != np.float32:
        return _numpy_lstm(x, sizes, state, weights, keep=keep)
    return compiled_lstm(found, x, sizes, state, weights, keep=keep)


_numpy_lstm = dealt(numpy_lstm.lstm)


def lstm_may_share(*arrays: Array) -> bool:
    """Return whether :func:`lstms_along` can run on such inputs and weights here."""
    return compiled() is not None and all(array.dtype == np.float32 for array in arrays)


def lstms_along(
    x: Array, sizes: IntArray, state: Arrays | None, readers: Sequence[Reader], *, keep: bool
) -> Passes:
    """Run LSTMs over the same inputs, each in its own way, where :func:`lstm_may_share` says so.

    Arguments are those of :func:`~seqkit.kernels.compiled_lstm.compiled_lstms`.
    """
    found = compiled()
    assert found is not None
    before = state and tuple(np.ascontiguousarray(array, x.dtype) for array in state)
    lying = [Reader(tuple(map(np.ascontiguousarray, weights)), way) for weights, way in readers]
    return compiled_lstms(found, np.ascontiguousarray(x), sizes, before, lying, keep=keep)


def lstm_folded(
    table: Array,
    ids: IntArray,
    sizes: IntArray,
    w_hidden: Array,
    place: Place | None = None,
) -> Array:
    """Run an LSTM, for inference, from a state of zeros on inputs whose ``x W + b`` is known.

    Args:
        table: (V, 4H) ``x W + b`` of all inputs that there are.
        ids: (M,) which of them each token is; at least one token.
        sizes: (T,) sequences alive at each step.
        w_hidden: (H, 4H).
        place: where the outputs go, where :func:`lstm_may_share` says so.

    Returns:
        Outputs (M, H).
    """
    table, ids = np.ascontiguousarray(table), np.ascontiguousarray(ids, np.int64)
    found = compiled()
    with single_blas():
        if found is None or table.dtype != np.float32:
            return numpy_lstm.lstm_folded(table, ids, sizes, w_hidden)
        return compiled_lstm_folded(found, table, ids, sizes, w_hidden, place)


lstm = choose(_lstm, reference.lstm)
rnn_tanh = choose(dealt(rnn.rnn_tanh), reference.rnn_tanh)
rnn_relu = choose(dealt(rnn.rnn_relu), reference.rnn_relu)
gru_after = choose(dealt(gru.gru_after), reference.gru_after)
gru_before = choose(dealt(gru.gru_before), reference.gru_before)
