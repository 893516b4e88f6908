"""Exponentials that the forward pass of an output layer leaves to its backward pass.

Most of them find room where nothing has to be found for them: the gradient of a block of words is
as large as the exponentials of H tokens, and is not written before these have been read for the
last time. What is beyond goes to a budget of memory, and beyond that is computed again.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, aligned_empty
from seqkit.parameters import Loan, Parameter

__all__ = ["Kept", "KeptMemory"]


class Kept(NamedTuple):
    """Where exponentials are kept.

    Attributes:
        blocks: by a block's first word, arrays (rows, words of the block): the exponentials of the
            first tokens, and of the others after them; perhaps not of all.
        loan: of the memory of the weights' gradient, where the first tokens' are.
        first: tokens that are multiplied first, and the others after them, so that where they are
            kept makes no difference to rounding.
    """

    blocks: dict[int, list[Array]]
    loan: Loan | None
    first: int

    def parts(self, block: slice, tokens: int) -> Iterator[tuple[slice, Array | None]]:
        """Yield the tokens that are multiplied together, and where their exponentials are kept."""
        pieces = self.blocks.get(block.start, [])
        if pieces and len(pieces[0]) == tokens:
            pieces = [pieces[0][: self.first], pieces[0][self.first :]]
        for k, part in enumerate((slice(0, self.first), slice(self.first, tokens))):
            if part.start < part.stop:
                yield part, pieces[k] if k < len(pieces) else None

    def whole(self, block: slice, tokens: int) -> Array | None:
        """Return the exponentials of all tokens, where they lie together and may be read while the
        gradient is written.
        """
        pieces = self.blocks.get(block.start, [])
        together = len(pieces) == 1 and len(pieces[0]) == tokens
        return pieces[0] if together and self.loan is None else None

    def intact(self) -> "Kept":
        """Return the same, or nothing where somebody has written to the gradient meanwhile."""
        lost = self.loan is not None and not self.loan.valid
        return Kept({}, None, self.first) if lost else self


class KeptMemory:
    """Finds room for exponentials.

    Fresh pages cost as much as the exponentials that are written into them, so a finished pass
    leaves its memory for the next.

    Args:
        budget: bytes at most, beside the gradient's.
        w: (V, H) whose gradient's memory may be used; None for that of none.
    """

    _store: list[Array] = []  # noqa: RUF012  shared on purpose: list.pop and append are atomic

    def __init__(self, budget: int, w: Parameter | None = None) -> None:
        self.budget = budget
        self._w = w
        self._memory: Array | None = None

    def room(self, tokens: int, blocks: Sequence[slice], dtype: np.dtype) -> Kept:
        """Return room for the exponentials of as many tokens of each block as there is."""
        first = tokens if self._w is None else min(tokens, self._w.value.shape[1])
        loan = self._borrow(dtype)
        kept: dict[int, list[Array]] = {block.start: [] for block in blocks}
        if loan is not None:
            for block in blocks:
                numbers, width = loan.memory[block].reshape(-1), block.stop - block.start
                kept[block.start].append(numbers[: first * width].reshape(first, width))
        rest = tokens if loan is None else tokens - first
        if rest:
            self._spend(rest, blocks, dtype, kept)
        return Kept(kept, loan, first)

    def _borrow(self, dtype: np.dtype) -> Loan | None:
        loan = None if self._w is None or self._w.value.dtype != dtype else self._w.lend_grad()
        return loan if loan is not None and loan.memory.flags.c_contiguous else None

    def _spend(
        self,
        rows: int,
        blocks: Sequence[slice],
        dtype: np.dtype,
        kept: Mapping[int, list[Array]],
    ) -> None:
        """Add room for further rows to as many blocks as the budget allows."""
        bounds = np.cumsum([0, *(rows * (b.stop - b.start) * dtype.itemsize for b in blocks)])
        used = bounds[bounds <= self.budget].tolist()
        if len(used) == 1:
            return
        self._memory = memory = self._take(used[-1])
        for block, start, stop in zip(blocks, used, used[1:], strict=False):
            kept[block.start].append(memory[start:stop].view(dtype).reshape(rows, -1))

    def _take(self, size: int) -> Array:
        try:
            memory = self._store.pop()
        except IndexError:
            memory = np.empty(0, np.uint8)
        return memory if len(memory) >= size else aligned_empty((size,), np.uint8)

    def release(self, kept: Kept) -> None:
        """Forget the blocks (a second backward computes them again) and hand the memory back."""
        kept.blocks.clear()
        if self._memory is not None and not self._store:
            self._store.append(self._memory)
        self._memory = None
