"""Weights laid out for compiled steps, which multiply by them once for every token.

A panel is 64 columns of a matrix in one piece of memory. From top to bottom, so many columns of a
wide matrix would come from as many pages as it has rows, and nothing fetches ahead from one page to
the next. For very few rows copying costs more than it saves.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array
from seqkit.kernels.compiled import Compiled
from seqkit.kernels.threads import in_halves

__all__ = ["Laid", "as_rows", "nothing", "panels", "transposed"]

SHARED = 2**19
"""Numbers from which two threads share a copy: one alone takes some 0.2 ms for them."""


_NOTHING = np.empty(0, np.float32)


class Laid(NamedTuple):
    """A float32 matrix (R, C).

    Attributes:
        numbers: (R * C,); where there is ``write``, rubbish until it was called.
        ld: 0 for panels, or C for rows.
        write: fills them in. Apart, because threads do it: what holds Python's lock is done before.
    """

    numbers: Array
    ld: int
    write: Callable[[], None] | None = None

    def unwritten(self, *, alone: bool) -> Array:
        """Return the memory that one call of a kernel, the only one, is to fill in itself; where
        there will be several, fill it in and return none.
        """
        if self.write is None:
            return _NOTHING
        if alone:
            return self.numbers
        self.write()
        return _NOTHING


def nothing() -> Laid:
    """Return a matrix without rows."""
    return Laid(_NOTHING, 0)


def as_rows(matrix: Array) -> Laid:
    """Return a matrix as it lies."""
    return Laid(matrix.reshape(-1), matrix.shape[1])


def panels(found: Compiled, *matrices: Array, into: Array) -> Laid:
    """Copy matrices, under each other, into panels: to memory of as many numbers or more."""
    return Laid(into, 0, partial(_write_panels, found, matrices, into))


def _write_panels(found: Compiled, matrices: tuple[Array, ...], numbers: Array) -> None:
    inner, first = sum(map(len, matrices)), 0
    for matrix in matrices:

        def copy(part: slice, matrix: Array = matrix, first: int = first) -> None:
            found.code.to_panels(matrix[part], numbers, first + part.start, inner)

        in_halves(copy, len(matrix), worth=matrix.size >= SHARED)
        first += len(matrix)


def transposed(found: Compiled, matrix: Array, *, rows: bool, into: Array) -> Laid:
    """Copy a matrix transposed, as rows or as panels, to memory of as many numbers or more."""
    ld = len(matrix) if rows else 0
    return Laid(into, ld, partial(_write_transposed, found, matrix, into, ld))


def _write_transposed(found: Compiled, matrix: Array, numbers: Array, ld: int) -> None:
    if ld:
        found.code.transpose(matrix, numbers, ld)
        return
    columns, width = matrix.shape[1], found.code.PANEL

    def copy(part: slice) -> None:
        found.code.transpose(matrix[part], numbers[part.start * columns :], width)

    in_halves(copy, len(matrix), worth=matrix.size >= SHARED, multiple=width)
