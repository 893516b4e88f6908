"""Matrix products by one right-hand side, many times over, as a recurrence needs them.

OpenBLAS copies both operands into panels at every call, and where the left one has few rows that
costs as much as the product. Below a million multiplications it has kernels that skip the copy. So
the matrix is cut, once, into blocks of columns narrow enough for them, and one batched ``matmul``
runs over the blocks: 105 to 112 GFLOP/s in place of 70 to 90 on the machine of docs/speed.md.
"""

import numpy as np

from seqkit.arrays import Array

__all__ = ["RepeatedProduct"]

SMALL = 1_000_000
"""OpenBLAS takes its small-matrix path up to this many multiplications."""

WIDTHS = (64, 32, 16)
"""Block widths that keep its kernels busy, best first."""


def block_width(rows: int, inner: int, columns: int) -> int:
    """Return how many columns to take at a time; all of them where cutting does not pay."""
    most = SMALL // max(1, rows * inner)
    # One row is a matrix-vector product, and that reads the matrix in place anyway.
    if rows == 1 or columns <= most:
        return columns
    return next((width for width in WIDTHS if width <= min(most, columns)), columns)


class RepeatedProduct:
    """``a @ matrix`` for many ``a`` of at most ``rows`` rows.

    Attributes:
        columns: of the matrix.
    """

    def __init__(self, matrix: Array, rows: int) -> None:
        inner, self.columns = matrix.shape
        width = block_width(rows, inner, self.columns)
        count = self.columns // width
        self._cut = count * width
        self._width = width
        self._blocks: Array | None = None
        self._rest: Array | None = None
        if count == 1 and self._cut == self.columns:
            self._rest = np.ascontiguousarray(matrix)
            self._cut = 0
            return
        blocks = matrix[:, : self._cut].reshape(inner, count, width).transpose(1, 0, 2)
        self._blocks = np.ascontiguousarray(blocks)
        if self._cut < self.columns:
            self._rest = np.ascontiguousarray(matrix[:, self._cut :])

    def __call__(self, a: Array, out: Array) -> None:
        """Write ``a @ matrix`` to ``out`` (n, columns); its rows must be contiguous."""
        if self._blocks is not None:
            cut = out[:, : self._cut].reshape(len(a), -1, self._width)
            np.matmul(a, self._blocks, out=cut.transpose(1, 0, 2))
        if self._rest is not None:
            np.matmul(a, self._rest, out=out[:, self._cut :])
