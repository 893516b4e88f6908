"""Weights laid out for compiled steps, which multiply by them once for every token.

A panel is 64 columns of a matrix in one piece of memory. From top to bottom, so many columns of a
wide matrix would come from as many pages as it has rows, and nothing fetches ahead from one page to
the next. For very few rows copying costs more than it saves.
"""

from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array
from seqkit.kernels.compiled import Compiled
from seqkit.kernels.spare import spare
from seqkit.kernels.threads import in_halves

__all__ = ["Laid", "as_rows", "nothing", "panels", "transposed"]

SHARED = 2**19
"""Numbers from which two threads share a copy: one alone takes some 0.2 ms for them."""


class Laid(NamedTuple):
    """A float32 matrix (R, C).

    Attributes:
        numbers: (R * C,).
        ld: 0 for panels, or C for rows.
        lent: whether the numbers are lent and should be given back.
    """

    numbers: Array
    ld: int
    lent: bool

    def give_back(self) -> None:
        """Leave the memory to others, if it was lent."""
        if self.lent:
            spare.give_back(self.numbers)


def nothing() -> Laid:
    """Return a matrix without rows."""
    return Laid(np.empty(0, np.float32), 0, False)


def as_rows(matrix: Array) -> Laid:
    """Return a matrix as it lies."""
    return Laid(matrix.reshape(-1), matrix.shape[1], False)


def panels(found: Compiled, *matrices: Array) -> Laid:
    """Copy matrices, under each other, into panels."""
    inner = sum(map(len, matrices))
    (numbers,) = spare.lend((inner * matrices[0].shape[1],))
    first = 0
    for matrix in matrices:

        def copy(part: slice, matrix: Array = matrix, first: int = first) -> None:
            found.code.to_panels(matrix[part], numbers, first + part.start, inner)

        in_halves(copy, len(matrix), worth=matrix.size >= SHARED)
        first += len(matrix)
    return Laid(numbers, 0, True)


def transposed(found: Compiled, matrix: Array, *, rows: bool) -> Laid:
    """Copy a matrix transposed, as rows or as panels."""
    (numbers,) = spare.lend((matrix.size,))
    columns = matrix.shape[1]
    if rows:
        found.code.transpose(matrix, numbers, len(matrix))
        return Laid(numbers, len(matrix), True)

    def copy(part: slice) -> None:
        found.code.transpose(matrix[part], numbers[part.start * columns :], found.code.WIDTH)

    worth = matrix.size >= SHARED
    in_halves(copy, len(matrix), worth=worth, multiple=found.code.WIDTH)
    return Laid(numbers, 0, True)
