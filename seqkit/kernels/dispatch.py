"""Which kernel runs: the fast one for real numbers, the textbook for complex and for no data."""

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.kernels import gru, reference, rnn
from seqkit.kernels import lstm as fast_lstm
from seqkit.kernels.dealing import dealt
from seqkit.kernels.passes import Arrays, Gradients, Kernel, Pass
from seqkit.kernels.threads import single_blas

__all__ = ["gru_after", "gru_before", "lstm", "rnn_relu", "rnn_tanh"]


def choose(fast: Kernel, textbook: Kernel) -> Kernel:
    """Return a kernel that chooses between two by dtype, and keeps BLAS on one thread.

    Real inputs are converted to the weights' dtype, which decides the precision of a layer.
    """

    def kernel(x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool) -> Pass:
        complex_step = np.iscomplexobj(x) or any(map(np.iscomplexobj, (*state, *weights)))
        run = textbook if complex_step or not len(x) else dealt(fast)
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


lstm = choose(fast_lstm.lstm, reference.lstm)
rnn_tanh = choose(rnn.rnn_tanh, reference.rnn_tanh)
rnn_relu = choose(rnn.rnn_relu, reference.rnn_relu)
gru_after = choose(gru.gru_after, reference.gru_after)
gru_before = choose(gru.gru_before, reference.gru_before)
