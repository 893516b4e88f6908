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

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["Array", "BoolArray", "DTypeLike", "Initializer", "IntArray"]

Array: TypeAlias = NDArray[Any]
"""Real numbers; complex ones pass through the reference kernels for gradient checks."""

IntArray: TypeAlias = NDArray[np.integer[Any]]
"""Ids, lengths and indices."""

BoolArray: TypeAlias = NDArray[np.bool_]

Initializer: TypeAlias = Callable[[tuple[int, ...], np.random.Generator], Array]
"""Draws float64 values of a shape."""
