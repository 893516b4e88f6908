"""Two LSTMs over one short sequence, one from each end, keeping nothing: what a sentence waits for.

The products of a sentence take a tenth of a millisecond, and so do calls and checks made twice.
"""

from typing import TypeAlias

import numpy as np

from seqkit.arrays import Array, aligned_empty
from seqkit.kernels.compiled import Compiled
from seqkit.kernels.passes import Arrays
from seqkit.kernels.threads import single_blas

__all__ = ["Both", "lstm_both_ends"]

Both: TypeAlias = tuple[Arrays, Arrays]
"""Arrays of the LSTM that reads from the left, and the same of the other one."""


def lstm_both_ends(found: Compiled, x: Array, weights: Both) -> tuple[Array, Array, Array]:
    """Run two LSTMs of H units from a state of zeros, the second from the last token to the first.

    Args:
        found: compiled steps.
        x: (T, D) float32.
        weights: W (D, 4H), U (H, 4H) and b (4H,) of each, float32.

    Returns:
        Outputs (T, 2H), and hidden states (2, H) and cells (2, H) after the last token read.
    """
    x = np.ascontiguousarray(x)
    steps, units = len(x), len(weights[0][1])
    outputs = aligned_empty((steps, 2 * units), x.dtype)
    gates = aligned_empty((steps, 4 * units), x.dtype)
    hidden, cell = np.zeros((2, 2, units), x.dtype)
    with single_blas():
        for direction, matrices in enumerate(weights):
            found.code.lstm_alone(
                found.multiply,
                x,
                *map(np.ascontiguousarray, matrices),
                gates,
                hidden[direction],
                cell[direction],
                outputs,
                direction,
            )
    return outputs, hidden, cell
