"""Matrix products in machine code, whatever the matrices lie like; see :mod:`.tiles`."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from seqkit.arrays import Array, aligned_empty
from seqkit.kernels.compiled import Compiled, compiled
from seqkit.kernels.spare import spare
from seqkit.kernels.threads import in_halves

__all__ = ["compiled_product_for", "in_rows", "matmul", "product"]

SHARED = 2**23
"""Multiplications from which two threads share a product: one alone takes a twelfth of a
millisecond for them."""


def compiled_product_for(*matrices: Array) -> Compiled | None:
    """Return the kernels, where they are to be used here and can multiply such matrices."""
    found = compiled()
    fit = found is not None and all(m.dtype == np.float32 and m.size for m in matrices)
    return found if fit else None


def in_rows(found: Compiled, matrix: Array, *, lent: bool = False) -> Array:
    """Return a matrix (R, C) whose rows lie in one piece each: the same one, or a copy.

    Args:
        found: the kernels.
        matrix: (R, C).
        lent: whether the memory of a copy is lent, and will be given back; see :mod:`.spare`.
    """
    columns = matrix.shape[1]
    if matrix.strides[1] == matrix.itemsize and matrix.strides[0] >= columns * matrix.itemsize:
        return matrix
    copy = spare.lend(matrix.shape) if lent else aligned_empty(matrix.shape, matrix.dtype)
    if matrix.T.flags.c_contiguous:
        found.code.transpose(matrix.T, copy.reshape(-1), len(matrix.T))
    else:
        copy[...] = matrix
    return copy


@contextmanager
def right_side(found: Compiled | None, matrix: Array) -> Iterator[Array]:
    """Lay out a matrix, for the length of the block, as products want the one on the right.

    Args:
        found: the kernels that will multiply; None for NumPy, which takes it as it is.
        matrix: (R, C).
    """
    laid = matrix if found is None else in_rows(found, matrix, lent=True)
    yield laid
    if laid is not matrix:
        spare.give_back(laid)


def product(found: Compiled, a: Array, b: Array, out: Array | None = None) -> Array:
    """Return ``a @ b`` for float32 matrices, one half of the rows or columns on each thread.

    Args:
        found: the kernels.
        a: (M, K).
        b: (K, C).
        out: (M, C) to be written, whose rows lie in one piece each.
    """
    rows, columns = len(a), b.shape[1]
    tall = rows >= columns
    out = aligned_empty((rows, columns), np.float32) if out is None else out
    with right_side(found, b) as laid:

        def multiply(part: slice) -> None:
            if tall:
                found.code.product(found.multiply, a[part], laid, out[part], 0)
            else:
                found.code.product(found.multiply, a, laid[:, part], out[:, part], 0)

        in_halves(
            multiply,
            max(rows, columns),
            worth=a.size * columns >= SHARED,
            multiple=1 if tall else found.code.PANEL,
        )
    return out


def matmul(a: Array, b: Array, out: Array, *, add: bool = False) -> None:
    """Write ``a @ b`` to ``out``, or add it, in machine code where it is to be used and can be."""
    found = compiled_product_for(a, b, out)
    if found is not None:
        with right_side(found, b) as laid:
            found.code.product(found.multiply, a, laid, out, int(add))
    elif add:
        out += a @ b
    else:
        np.matmul(a, b, out=out)
