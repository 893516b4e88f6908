"""Memory that one pass leaves to the next.

The system hands out memory page by page, as it is first touched, and takes as long for a page as a
product of matrices for a thousand of its numbers. So what a pass works with is lent to it and given
back. What came back last is lent first: as far as anything is in the cache, it is.
"""

import math
import threading

import numpy as np

from seqkit.arrays import LINE, Array, line_start

__all__ = ["Spare", "spare", "spare_for_passes"]

ROOM = 1.25
"""How much larger a piece is made than it need be, for batches differ in size."""

FLOAT = 4
"""Bytes of a number."""


class _Piece(np.ndarray):
    """Bytes, and with which of them a line of the cache begins: to ask for that takes a while."""

    start: int

    @classmethod
    def of(cls, size: int) -> "_Piece":
        """Make a piece in which so many bytes follow each other from such a one on."""
        piece = cls(size + LINE, np.uint8)
        piece.start = line_start(piece)
        return piece


class Spare:
    """Pieces of memory that nobody uses; any thread may come.

    Args:
        most: bytes to keep; what came back longest ago is let go first.
        too_large: a piece that is larger than so many times what is wanted is left to others.
    """

    def __init__(self, *, most: int = 2**28, too_large: float = math.inf) -> None:
        self._most = most
        self._too_large = too_large
        self._held = 0
        self._pieces: list[_Piece] = []
        self._lock = threading.Lock()

    def lend(self, shape: tuple[int, ...]) -> Array:
        """Return a float32 array that holds anything, begins with a line of the cache, and whose
        memory nobody else has.
        """
        return self.lend_together(shape)[0]

    def lend_together(self, *shapes: tuple[int, ...]) -> list[Array]:
        """Return several such arrays, to be given back as one: any of them stands for all."""
        begins, size = [], 0
        for shape in shapes:
            begins.append(size)
            size += -(-math.prod(shape) * FLOAT // LINE) * LINE
        piece = self._fitting(size + LINE)
        if piece is None:
            piece = _Piece.of(int(size * ROOM))
        return [
            np.ndarray(shape, np.float32, piece, piece.start + begin)
            for shape, begin in zip(shapes, begins, strict=True)
        ]

    def _fitting(self, wanted: int) -> _Piece | None:
        """Take the piece that came back last of those that fit, if there is one."""
        with self._lock:
            for place in range(len(self._pieces) - 1, -1, -1):
                if wanted <= self._pieces[place].size <= wanted * self._too_large:
                    return self._taken(place)
            # The new piece is to replace a smaller one; else there would soon be some of each size.
            for place, piece in enumerate(self._pieces):
                if piece.size < wanted:
                    self._taken(place)
                    break
        return None

    def _taken(self, place: int) -> _Piece:
        piece = self._pieces.pop(place)
        self._held -= piece.size
        return piece

    def give_back(self, array: Array) -> None:
        """Take back what was lent; the caller must not touch it any more."""
        piece = array.base
        while not isinstance(piece, _Piece):  # the array is a view of what was lent
            piece = piece.base  # type: ignore[union-attr]
        with self._lock:
            self._pieces.append(piece)
            self._held += piece.size
            while self._held > self._most:
                self._taken(0)


spare = Spare(most=2**25, too_large=4)
"""For matrices laid out in another way."""

spare_for_passes = Spare()
"""For what passes keep. Those over a short batch take a large piece, too: the next ones want it."""
