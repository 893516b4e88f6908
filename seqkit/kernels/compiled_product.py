"""Matrix products in machine code, whatever the matrices lie like; see :mod:`.tiles`."""

import numpy as np

from seqkit.arrays import Array, aligned_empty
from seqkit.kernels.compiled import Compiled, compiled
from seqkit.kernels.panels import transposed
from seqkit.kernels.threads import in_halves

__all__ = ["as_right_side", "compiled_product_for", "in_rows", "matmul", "product"]

SHARED = 2**23
"""Multiplications from which two threads share a product: one alone takes a twelfth of a
millisecond for them."""


def compiled_product_for(*matrices: Array) -> Compiled | None:
    """Return the kernels, where they are to be used here and can multiply such matrices."""
    found = compiled()
    fit = found is not None and all(m.dtype == np.float32 and m.size for m in matrices)
    return found if fit else None


def in_rows(found: Compiled, matrix: Array) -> Array:
    """Return a matrix (R, C) whose rows lie in one piece each: the same one, or a copy of it."""
    columns = matrix.shape[1]
    if matrix.strides[1] == matrix.itemsize and matrix.strides[0] >= columns * matrix.itemsize:
        return matrix
    if not matrix.T.flags.c_contiguous:
        return np.ascontiguousarray(matrix)
    turned = transposed(found, matrix.T, rows=True)
    turned.write()
    return turned.numbers.reshape(matrix.shape)


def as_right_side(matrix: Array) -> Array:
    """Return a matrix as :func:`matmul` wants the one on the right, if it is to be used twice."""
    found = compiled_product_for(matrix)
    return matrix if found is None else in_rows(found, matrix)


def product(found: Compiled, a: Array, b: Array, out: Array | None = None) -> Array:
    """Return ``a @ b`` for float32 matrices, one half of the rows or columns on each thread.

    Args:
        found: the kernels.
        a: (M, K).
        b: (K, C).
        out: (M, C) to be written, whose rows lie in one piece each.
    """
    b = in_rows(found, b)
    rows, columns = len(a), b.shape[1]
    tall = rows >= columns
    out = aligned_empty((rows, columns), np.float32) if out is None else out

    def multiply(part: slice) -> None:
        if tall:
            found.code.product(found.multiply, a[part], b, out[part], 0)
        else:
            found.code.product(found.multiply, a, b[:, part], out[:, part], 0)

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
        found.code.product(found.multiply, a, in_rows(found, b), out, int(add))
    elif add:
        out += a @ b
    else:
        np.matmul(a, b, out=out)
