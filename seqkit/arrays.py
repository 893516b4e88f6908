"""Shared array types, and the shape letters that every docstring uses.

======  =======================================================
letter  meaning
======  =======================================================
N       sequences in a batch
T       steps of the longest sequence
M       tokens of a batch: the sum of the sequences' lengths
D       features that come into a layer
H       units of a recurrent layer
G       gates times units of a recurrent layer (4H, 3H or H)
L       recurrent layers, each direction counted
V       vocabulary
C       classes
======  =======================================================
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = [
    "LINE",
    "Array",
    "BoolArray",
    "DTypeLike",
    "Initializer",
    "IntArray",
    "aligned_empty",
    "aligned_zeros",
    "line_start",
    "tuple_like",
]

ArraysT = TypeVar("ArraysT", bound=tuple[Any, ...])

Array: TypeAlias = NDArray[Any]
"""Real numbers; complex ones pass through the reference kernels for gradient checks."""

IntArray: TypeAlias = NDArray[np.integer[Any]]
"""Ids, lengths and indices."""

BoolArray: TypeAlias = NDArray[np.bool_]

Initializer: TypeAlias = Callable[[tuple[int, ...], np.random.Generator], Array]
"""Draws float64 values of a shape."""

LINE = 64
"""Bytes in a line of the cache, and in the widest vector register."""


def line_start(memory: Array) -> int:
    """Return the first of the bytes (B,) with which a line of the cache begins."""
    start: int = -memory.ctypes.data % LINE
    return start


def aligned_empty(shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """Return an array that holds anything and begins where a line of the cache does.

    From elsewhere, vectors that are loaded or stored lie in two lines each: compiled training
    passes take a sixth longer.
    """
    return _aligned(np.empty, shape, dtype)


def aligned_zeros(shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """Return zeros that begin where a line of the cache does."""
    return _aligned(np.zeros, shape, dtype)


def _aligned(allocate: Callable[..., Array], shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    kind = np.dtype(dtype)
    memory = allocate(math.prod(shape) * kind.itemsize + LINE, np.uint8)
    return np.ndarray(shape, kind, memory, line_start(memory))


def tuple_like(arrays: ArraysT, others: Iterable[Array]) -> ArraysT:
    """Return other arrays as a tuple of the same type: a NamedTuple, or a plain one."""
    make: Any = getattr(arrays, "_make", tuple)
    made: ArraysT = make(others)
    return made
