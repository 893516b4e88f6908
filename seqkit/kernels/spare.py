"""Memory that one pass leaves to the next.

The system hands out memory page by page, as it is first touched, and takes as long for a page as a
product of matrices for a thousand of its numbers. What a forward pass keeps for its backward pass
is of about the same size at the next batch; so it is lent and given back.
"""

import math
import threading
from collections.abc import Iterator

import numpy as np

from seqkit.arrays import LINE, Array, line_start

__all__ = ["Spare", "spare"]

MOST = 2**26
"""Bytes that are kept for later at most."""

ROOM = 1.25
"""How much larger a piece is made than it need be, for batches differ in size."""

FLOAT = 4
"""Bytes of a number."""

TOO_LARGE = 4
"""A piece so many times as large as wanted is left to somebody who wants more."""


def _sizes(wanted: int) -> Iterator[int]:
    """Yield the sizes of pieces that fit, the smallest first; there are four in each octave."""
    step = 1 << max(0, wanted.bit_length() - 3)
    size = -(-wanted // step) * step
    while size <= TOO_LARGE * wanted:
        yield size
        size += 1 << max(0, size.bit_length() - 3)


class _Piece(np.ndarray):
    """Bytes, and with which of them a line of the cache begins: to ask for that takes a while."""

    start: int

    @classmethod
    def of(cls, numbers: int) -> "_Piece":
        """Make a piece for so many numbers."""
        piece = cls(numbers * FLOAT + LINE, np.uint8)
        piece.start = line_start(piece)
        return piece


class Spare:
    """Pieces of memory that nobody uses; any thread may come.

    Args:
        most: bytes to keep; pieces of the size that was asked for longest ago are let go first.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held = 0
        self._pieces: dict[int, list[_Piece]] = {}
        self._lock = threading.Lock()

    def lend(self, shape: tuple[int, ...]) -> Array:
        """Return a float32 array that holds anything, begins with a line of the cache, and whose
        memory nobody else has.
        """
        wanted = math.prod(shape)
        piece = self._fitting(wanted)
        if piece is None:
            piece = _Piece.of(next(_sizes(int(wanted * ROOM)), 0))
        return np.ndarray(shape, np.float32, piece, piece.start)

    def _fitting(self, wanted: int) -> _Piece | None:
        """Take the smallest piece that is large enough, if there is one."""
        with self._lock:
            for size in _sizes(wanted):
                pieces = self._pieces.get(size * FLOAT + LINE)
                if pieces:
                    piece = pieces.pop()
                    self._held -= piece.nbytes
                    self._pieces[piece.size] = self._pieces.pop(piece.size)
                    return piece
        return None

    def give_back(self, *arrays: Array) -> None:
        """Take back what :meth:`lend` returned; the caller must not touch it any more."""
        with self._lock:
            for array in arrays:
                piece = array.base
                while not isinstance(piece, _Piece):  # the array is a view of what was lent
                    piece = piece.base  # type: ignore[union-attr]
                self._pieces.setdefault(piece.size, []).append(piece)
                self._held += piece.nbytes
            while self._held > self._most:
                size, pieces = next(iter(self._pieces.items()))
                if pieces:
                    self._held -= pieces.pop().nbytes
                else:
                    del self._pieces[size]


spare = Spare()
"""What all passes of this process share."""
