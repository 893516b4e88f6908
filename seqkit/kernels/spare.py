"""Memory that one pass leaves to the next.

The system hands out memory page by page, as it is first touched, and takes as long for a page as a
product of matrices for a thousand of its numbers. What a forward pass keeps for its backward pass
is of about the same size at the next batch; so it is lent and given back.
"""

import math

import numpy as np

from seqkit.arrays import Array

__all__ = ["Spare", "spare"]

MOST = 2**26
"""Bytes that are kept for later at most."""

ROOM = 1.25
"""How much larger a piece is made than it need be, for batches differ in size."""

TOO_LARGE = 4
"""A piece so many times as large as wanted is left to somebody who wants more."""


class Spare:
    """Pieces of memory that nobody uses. Any thread may come: what is done to a dict is atomic.

    Args:
        most: bytes to keep; the pieces that came back first are let go first.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._pieces: dict[int, Array] = {}

    def lend(self, shape: tuple[int, ...]) -> Array:
        """Return a float32 array that holds anything, and whose memory nobody else has."""
        wanted = math.prod(shape)
        piece = self._fitting(wanted)
        if piece is None:
            piece = np.empty(int(wanted * ROOM), np.float32)
        return piece[:wanted].reshape(shape)

    def _fitting(self, wanted: int) -> Array | None:
        """Take the smallest piece that is large enough, if there is one."""
        while True:
            best, size = None, TOO_LARGE * wanted + 1
            for key, piece in list(self._pieces.items()):
                if wanted <= piece.size < size:
                    best, size = key, piece.size
            if best is None:
                return None
            found = self._pieces.pop(best, None)
            if found is not None:  # else another thread was quicker
                return found

    def give_back(self, *arrays: Array) -> None:
        """Take back what :meth:`lend` returned; the caller must not touch it any more."""
        for array in arrays:
            piece = array.base
            assert isinstance(piece, np.ndarray)
            self._pieces[id(piece)] = piece
        held = list(self._pieces.items())
        too_much = sum(piece.nbytes for _, piece in held) - self._most
        for key, piece in held:
            if too_much <= 0:
                break
            self._pieces.pop(key, None)
            too_much -= piece.nbytes


spare = Spare()
"""What all passes of this process share."""
