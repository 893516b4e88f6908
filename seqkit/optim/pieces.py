"""Arrays in pieces that fit the cache.

An optimiser makes a dozen passes over its arrays. Over a whole embedding table each would go to
main memory; over a piece of 32,768 floats only the first does.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from seqkit.arrays import Array, DTypeLike
from seqkit.kernels.threads import parallel

__all__ = ["PIECE", "Scratch", "each", "halves", "pieces"]

T = TypeVar("T")

PIECE = 32768
"""Values in a piece; four such arrays in float32 are half of a common second-level cache."""

SHARED = 2**18
"""Values from which on two threads share an array."""


def pieces(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Yield matching pieces, as views, of arrays that share a shape.

    Contiguous arrays are cut flat. Where one is not, all are cut between rows instead.
    """
    if all(array.flags.c_contiguous for array in arrays):
        arrays = tuple(array.reshape(-1) for array in arrays)
    size = max(1, PIECE // max(1, arrays[0][:1].size))
    for start in range(0, len(arrays[0]), size):
        yield tuple(array[start : start + size] for array in arrays)


def halves(*arrays: Array) -> list[tuple[Array, ...]]:
    """Cut arrays of one shape into matching halves for two threads, where that is worth it."""
    if arrays[0].size < SHARED:
        return [arrays]
    middle = len(arrays[0]) // 2
    return [tuple(a[:middle] for a in arrays), tuple(a[middle:] for a in arrays)]


def each(work: Sequence[tuple[int, Callable[[], T]]], *, together: int) -> list[T]:
    """Run functions and return their results, on two threads where all together are worth it.

    Args:
        work: how many values each function looks at, and the function.
        together: values from which that is so; waiting for another thread takes as long as it takes
            to add up 100,000 squares.
    """
    functions = [function for _, function in work]
    if sum(size for size, _ in work) < together:
        return [function() for function in functions]
    return parallel(*functions)


class Scratch(threading.local):
    """Working memory of one piece, made once in each thread and reused."""

    def __init__(self) -> None:
        self._memory: dict[np.dtype, Array] = {}

    def __reduce__(self) -> tuple[type["Scratch"], tuple[()]]:
        return Scratch, ()  # a copy of an optimiser has its own

    def like(self, piece: Array, dtype: DTypeLike | None = None) -> Array:
        """Return an array with the shape of ``piece``, valid until the next call."""
        dtype = np.dtype(piece.dtype if dtype is None else dtype)
        memory = self._memory.get(dtype)
        if memory is None or memory.size < piece.size:
            memory = self._memory[dtype] = np.empty(max(PIECE, piece.size), dtype)
        return memory[: piece.size].reshape(piece.shape)
