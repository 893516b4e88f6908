"""Running a kernel on parts of a batch, on several threads.

The sequences of a batch do not touch each other, so a batch can be dealt out like cards: part k of
P gets rows k, k + P, k + 2P ... of every step. Each part is a packed batch of its own, and all are
about equally long. How many parts there are depends on the shapes alone, never on the number of
threads, because the parts' weight gradients add up in a fixed order and their products round in
their own way.
"""

from functools import partial

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.kernels.passes import Arrays, Gradients, Kernel, Pass
from seqkit.kernels.threads import inside_parallel, parallel

__all__ = ["dealt", "parts_of"]

LEAST = 8_192
"""Numbers in a step's states (N times H) from which two parts pay. With fewer, one thread would
lose more by many short calls than two can win; such passes still share their large products."""

ROWS = 32
"""Sequences from which a batch is dealt out; products of fewer than half as many rows are slow."""


def parts_of(sizes: IntArray, units: int) -> int:
    """Return into how many parts to deal a batch."""
    batch = int(sizes[0])
    if inside_parallel() or batch < ROWS or batch * units < LEAST:
        return 1
    return 4 if batch >= 4 * ROWS else 2


def dealt(kernel: Kernel) -> Kernel:
    """Return a kernel that deals large batches out over several threads."""

    def run(x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool) -> Pass:
        parts = parts_of(sizes, len(weights[1]))
        if parts == 1:
            return kernel(x, sizes, state, weights, keep=keep)
        rows = [_rows(sizes, k, parts) for k in range(parts)]
        outputs = np.empty((len(x), len(weights[1])), x.dtype)

        def forward(k: int) -> Pass:
            own_sizes = (sizes - k + parts - 1) // parts
            own_state = tuple(np.ascontiguousarray(array[k::parts]) for array in state)
            own = kernel(x[rows[k]], own_sizes[own_sizes > 0], own_state, weights, keep=keep)
            outputs[rows[k]] = own.outputs
            return Pass(outputs, own.state, own.backward)

        passes = parallel(*(partial(forward, k) for k in range(parts)))
        final = _interleaved([own.state for own in passes])
        return Pass(outputs, final, partial(_backward, passes, rows))

    return run


def _rows(sizes: IntArray, k: int, parts: int) -> IntArray:
    """Rows of the tokens that belong to part k."""
    starts = np.cumsum(sizes) - sizes
    steps = zip(starts.tolist(), sizes.tolist(), strict=True)
    return np.concatenate([np.arange(start + k, start + n, parts) for start, n in steps])


def _backward(
    passes: list[Pass], rows: list[IntArray], d_outputs: Array | None, d_state: Arrays | None
) -> Gradients:
    parts = len(passes)

    def backward(k: int) -> Gradients:
        return passes[k].backward(
            None if d_outputs is None else d_outputs[rows[k]],
            None if d_state is None else tuple(array[k::parts] for array in d_state),
        )

    gradients = parallel(*(partial(backward, k) for k in range(parts)))
    first = gradients[0]
    d_x = np.empty((sum(map(len, rows)), first.x.shape[1]), first.x.dtype)
    for own_rows, own in zip(rows, gradients, strict=True):
        d_x[own_rows] = own.x
    for total, *others in zip(*(own.weights for own in gradients), strict=True):
        for other in others:
            np.add(total, other, out=total)
    return Gradients(d_x, _interleaved([own.state for own in gradients]), first.weights)


def _interleaved(parts: list[Arrays]) -> Arrays:
    """Undo the dealing of the states' rows."""
    whole = []
    for arrays in zip(*parts, strict=True):
        rows = np.empty((sum(map(len, arrays)), arrays[0].shape[1]), arrays[0].dtype)
        for k, array in enumerate(arrays):
            rows[k :: len(arrays)] = array
        whole.append(rows)
    return tuple(whole)
