"""Matrix products by one right-hand side, many times over, as a recurrence needs them.

OpenBLAS copies both operands into panels at every call, and where the left one has few rows that
costs as much as the product. Up to a million multiplications it has kernels that skip the copy. So
the matrix is cut, once, into blocks of columns narrow enough for them, and one batched ``matmul``
runs over the blocks: 100 to 112 GFLOP/s in place of 20 to 90 where the peak is 101.

Compiled products need none of that, and take the matrix as it is; see :mod:`.compiled_product`.
"""

import numpy as np

from seqkit.arrays import Array
from seqkit.kernels.compiled_product import compiled_product_for, in_rows, product

__all__ = ["RepeatedProduct", "TallProduct", "block_width"]

SMALL = 1_000_000
"""OpenBLAS takes its small-matrix path up to this many multiplications."""

WIDTHS = (64, 32, 16)
"""Block widths that keep its kernels busy, best first."""

TALL = ((48, 64), (24, 64), (48, 32), (24, 32))
"""Rows and columns of blocks for the product of two large matrices, best first."""


def block_width(rows: int, inner: int, columns: int) -> int:
    """Return how many columns to take at a time; all of them where cutting does not pay."""
    most = SMALL // max(1, rows * inner)
    if columns <= min(most, 2 * WIDTHS[0]):
        return columns
    return next((width for width in WIDTHS if width <= min(most, columns)), columns)


class RepeatedProduct:
    """``a @ matrix`` for many ``a`` of at most ``rows`` rows, gate by gate.

    The matrix (K, gates * H) is taken as ``gates`` matrices (K, H) side by side, and their products
    come out behind each other: (gates, n, H).
    """

    def __init__(self, matrix: Array, rows: int, gates: int = 1) -> None:
        """Cut the matrix into blocks; it must not change while products are made."""
        inner, columns = matrix.shape
        units = columns // gates
        self._found = compiled_product_for(matrix)
        if self._found is not None:
            matrix = in_rows(self._found, matrix)
            self._gates = [matrix[:, g * units : (g + 1) * units] for g in range(gates)]
            return
        self._vector = rows == 1
        if self._vector:
            self._blocks = matrix
            return
        self._width = block_width(rows, inner, units)
        self._cut = units // self._width * self._width
        by_gate = matrix.reshape(inner, gates, units).transpose(1, 0, 2)
        blocks = by_gate[:, :, : self._cut].reshape(gates, inner, -1, self._width)
        self._blocks = np.ascontiguousarray(blocks.transpose(0, 2, 1, 3))
        self._rest = np.ascontiguousarray(by_gate[:, :, self._cut :])

    def __call__(self, a: Array, out: Array) -> None:
        """Write the products of ``a`` (n, K) to ``out`` (gates, n, H); its rows are contiguous."""
        gates, n, units = out.shape
        if self._found is not None:
            for matrix, gate in zip(self._gates, out, strict=True):
                self._found.code.product(self._found.multiply, a, matrix, gate, 0)
        elif self._vector and out.flags.c_contiguous:
            np.matmul(a, self._blocks, out=out.reshape(1, -1))
        elif self._vector:
            out[...] = (a @ self._blocks).reshape(gates, 1, units)
        else:
            cut = out if self._cut == units else out[:, :, : self._cut]
            by_block = cut.reshape(gates, n, -1, self._width).transpose(0, 2, 1, 3)
            np.matmul(a, self._blocks, out=by_block)
            if self._cut < units:
                np.matmul(a, self._rest, out=out[:, :, self._cut :])


class TallProduct:
    """``a @ matrix`` for an ``a`` of many rows and a matrix of a few hundred columns.

    Both are cut, ``a`` by rows and the matrix by columns, so that all of it goes through the
    small-matrix kernels.
    """

    def __init__(self, matrix: Array) -> None:
        """Cut the matrix into blocks; it must not change while products are made."""
        self._found = compiled_product_for(matrix)
        if self._found is not None:
            self._matrix = in_rows(self._found, matrix)
            return
        self._matrix = matrix
        inner, columns = matrix.shape
        self._rows, width = next(
            ((r, w) for r, w in TALL if r * w * inner <= SMALL and w <= columns), (0, 1)
        )
        self._width, self._cut = width, columns // width * width
        self._blocks: Array | None = None

    def __call__(self, a: Array, out: Array) -> None:
        """Write ``a @ matrix`` to ``out``; the rows of both are contiguous."""
        if self._found is not None:
            product(self._found, a, self._matrix, out)
            return
        inner, columns = self._matrix.shape
        rows, cut = self._rows, self._cut
        if not rows or len(a) < 4 * rows:
            np.matmul(a, self._matrix, out=out)
            return
        if self._blocks is None:
            blocks = self._matrix[:, :cut].reshape(inner, -1, self._width).transpose(1, 0, 2)
            self._blocks = np.ascontiguousarray(blocks)
        high = len(a) // rows * rows
        by_block = out[:high, :cut].reshape(-1, rows, cut // self._width, self._width)
        np.matmul(
            a[:high].reshape(-1, 1, rows, inner), self._blocks, out=by_block.transpose(0, 2, 1, 3)
        )
        if cut < columns:
            np.matmul(a[:high], self._matrix[:, cut:], out=out[:high, cut:])
        if high < len(a):
            np.matmul(a[high:], self._matrix, out=out[high:])
