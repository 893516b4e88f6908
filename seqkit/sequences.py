"""Batches of sequences of different lengths, without padding.

A :class:`PackedSequence` holds the real tokens only. They are laid out time-major with the longest
sequence first: all first steps, then all second steps, and so on. At step ``t`` the sequences that
are still alive are the first ``batch_sizes[t]`` rows, so a recurrent layer works on a contiguous
prefix and never needs a mask.

Example:
    >>> import numpy as np
    >>> batch = pack([np.array([1, 2]), np.array([], dtype=int), np.array([3, 4, 5])])
    >>> batch.data
    array([3, 1, 4, 2, 5])
    >>> batch.batch_sizes
    array([2, 2, 1])
    >>> [sequence.tolist() for sequence in batch.unpack()]
    [[1, 2], [], [3, 4, 5]]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from seqkit.arrays import Array, IntArray
from seqkit.kernels.rows import lengths_of, reversed_rows

__all__ = ["PackedSequence", "pack", "pack_flat"]


@dataclass(frozen=True, eq=False)
class PackedSequence:
    """Sequences of any lengths, zero included, laid out time-major and longest first.

    Attributes:
        data: (M, ...) the tokens.
        batch_sizes: (T,) sequences alive at each step; never rises, never zero.
        order: (N,) row ``r`` of the packing is the caller's sequence ``order[r]``; empty sequences
            come last.

    Raises:
        ValueError: the three arrays do not describe one batch.
    """

    data: Array
    batch_sizes: IntArray
    order: IntArray

    def __post_init__(self) -> None:
        sizes = self.batch_sizes
        if sizes.ndim != 1 or self.order.ndim != 1:
            raise ValueError("batch_sizes and order must each have one axis")
        rises = bool((np.diff(sizes) > 0).any())
        if len(sizes) and (rises or sizes[-1] < 1 or sizes[0] > len(self.order)):
            raise ValueError(
                f"batch_sizes must never rise, end above 0 and start at most at {len(self.order)} "
                f"(the number of sequences), found {sizes.tolist()[:20]}"
            )
        if int(sizes.sum()) != len(self.data):
            raise ValueError(
                f"batch_sizes add up to {int(sizes.sum())} tokens, data has {len(self.data)}"
            )
        if not np.array_equal(np.sort(self.order), np.arange(len(self.order))):
            raise ValueError(
                f"order must name each of {len(self.order)} sequences once, "
                f"found {self.order.tolist()[:20]}"
            )
        for name in ("batch_sizes", "order"):
            whole = np.ascontiguousarray(getattr(self, name), np.int64)
            object.__setattr__(self, name, whole)

    def __repr__(self) -> str:
        width = f", shape={self.data.shape}" if self.data.ndim > 1 else ""
        return f"PackedSequence(sequences={self.batch}, tokens={self.tokens}{width})"

    @property
    def tokens(self) -> int:
        """M, the number of tokens."""
        return len(self.data)

    @property
    def steps(self) -> int:
        """T, the length of the longest sequence."""
        return len(self.batch_sizes)

    @property
    def batch(self) -> int:
        """N, the number of sequences, empty ones included."""
        return len(self.order)

    @property
    def alive(self) -> int:
        """How many sequences are not empty: the first ones of the packing."""
        return int(self.batch_sizes[0]) if self.steps else 0

    @property
    def alone(self) -> bool:
        """Whether there are tokens, and all of them are of one sequence."""
        return self.steps > 0 and self.steps == len(self.data)

    @cached_property
    def offsets(self) -> IntArray:
        """(T + 1,) the row of ``data`` at which each step starts; the last one is M."""
        return np.concatenate([[0], np.cumsum(self.batch_sizes)]).astype(np.int64)

    @cached_property
    def packed_lengths(self) -> IntArray:
        """(N,) lengths in the packing's own order: never rising."""
        lengths = np.zeros(self.batch, dtype=np.int64)
        if self.steps:
            lengths[: self.batch_sizes[0]] = lengths_of(self.batch_sizes)
        return lengths

    @cached_property
    def lengths(self) -> IntArray:
        """(N,) lengths in the caller's order."""
        lengths = np.empty(self.batch, dtype=np.int64)
        lengths[self.order] = self.packed_lengths
        return lengths

    @cached_property
    def sequence_of_token(self) -> IntArray:
        """(M,) the caller's sequence to which each row of ``data`` belongs."""
        owners: IntArray = self.order[self._packed_row]
        return owners

    @cached_property
    def _packed_row(self) -> IntArray:
        """(M,) the packing's row, 0 for the longest sequence, of each row of ``data``."""
        return np.arange(self.tokens) - np.repeat(self.offsets[:-1], self.batch_sizes)

    @cached_property
    def neighbours(self) -> tuple[IntArray, IntArray]:
        """Rows of ``data`` of all tokens but the sequences' first, and of each one's token before.

        Longest first: a sequence keeps its place among those alive.
        """
        sizes = self.batch_sizes
        later = np.arange(self.alive, self.tokens)
        return later, later - np.repeat(sizes[:-1], sizes[1:])

    @cached_property
    def token_rows(self) -> IntArray:
        """(M,) rows of ``data`` that give the caller's sequences end to end."""
        return self.rows_of(np.arange(self.batch))

    def rows_of(self, sequences: IntArray) -> IntArray:
        """Return the rows of ``data`` that give some of the caller's sequences end to end."""
        lengths = self.lengths[sequences]
        starts = np.cumsum(lengths) - lengths
        step = np.arange(int(lengths.sum())) - np.repeat(starts, lengths)
        first: IntArray = self.offsets[step]
        return first + np.repeat(self.inverse_order[sequences], lengths)

    @cached_property
    def inverse_order(self) -> IntArray:
        """(N,) the packing's row of each of the caller's sequences."""
        inverse = np.empty(self.batch, dtype=np.int64)
        inverse[self.order] = np.arange(self.batch)
        return inverse

    @cached_property
    def reversal(self) -> IntArray:
        """(M,) rows of ``data`` that read every sequence from its own end; its own inverse."""
        return reversed_rows(self.batch_sizes)

    @cached_property
    def last_rows(self) -> IntArray:
        """(alive,) rows of each non-empty sequence's last token, packed order."""
        ends: IntArray = self.offsets[self.packed_lengths[: self.alive] - 1]
        return ends + np.arange(self.alive)

    def with_data(self, data: Array) -> "PackedSequence":
        """Return the same structure around other data of shape (M, ...).

        Raises:
            ValueError: ``data`` does not have M rows.
        """
        if len(data) != len(self.data):
            raise ValueError(f"the batch has {len(self.data)} tokens, data has {len(data)} rows")
        # What is cached on an instance depends on the structure alone, so it is shared.
        return _unchecked({**self.__dict__, "data": data})

    def reverse(self) -> "PackedSequence":
        """Reverse each sequence inside its own length, so that no sequence starts with padding."""
        return self.with_data(self.data[self.reversal])

    def flatten(self) -> Array:
        """Return the caller's sequences end to end: (M, ...)."""
        return self.data[self.token_rows]

    def unpack(self) -> list[Array]:
        """Return the sequences in the caller's order, each (length, ...)."""
        return np.split(self.flatten(), np.cumsum(self.lengths)[:-1]) if self.batch else []


def pack(sequences: Sequence[ArrayLike], dtype: Any = None) -> PackedSequence:
    """Pack sequences, each (length, ...) with the same trailing shape.

    Args:
        sequences: ids or feature arrays; an empty one may have any trailing shape.
        dtype: of the data; by default that of the sequences that are not empty, or of the empty
            arrays where all are. Empty lists alone are ids: int64.
    """
    given = list(sequences)
    arrays = [np.asarray(sequence) for sequence in given]
    filled = [array for array in arrays if len(array)]
    lengths = np.array([len(array) for array in arrays], dtype=np.int64)
    flat = np.concatenate(filled) if filled else _nothing(given)
    return pack_flat(flat if dtype is None else flat.astype(dtype, copy=False), lengths)


def _nothing(sequences: Sequence[ArrayLike]) -> Array:
    """Return an array of no tokens, of the type of the first sequence that has one."""
    # An empty list has none, and NumPy would make it one of floats.
    typed = (np.asarray(sequence) for sequence in sequences if hasattr(sequence, "dtype"))
    return next(typed, np.empty(0, np.int64))


def pack_flat(flat: Array, lengths: ArrayLike) -> PackedSequence:
    """Pack sequences that stand end to end.

    Args:
        flat: (M, ...) the tokens of the first sequence, then of the second, and so on.
        lengths: (N,) how many belong to each; they add up to M.

    Raises:
        ValueError: a negative length, or a sum that differs from M.
    """
    lengths = np.asarray(lengths, dtype=np.int64)
    if len(lengths) == 1 and lengths[0] == len(flat):
        ones, first = np.ones(len(flat), np.int64), np.zeros(1, np.int64)
        return _unchecked({"data": flat.copy(), "batch_sizes": ones, "order": first})
    if (lengths < 0).any() or int(lengths.sum()) != len(flat):
        raise ValueError(
            f"lengths must be at least 0 and add up to {len(flat)}, found {lengths.tolist()[:20]}"
        )
    order = np.argsort(-lengths, kind="stable")
    steps = int(lengths.max(initial=0))
    ended = np.bincount(lengths, minlength=steps + 1)[:steps]
    structure = _unchecked(
        {
            "data": flat,
            "batch_sizes": len(lengths) - np.cumsum(ended, dtype=np.int64),
            "order": order,
            "lengths": lengths.copy(),  # as the property of that name would find them
        }
    )
    data = np.empty_like(flat)
    data[structure.token_rows] = flat
    return structure.with_data(data)


def _unchecked(attributes: dict[str, Any]) -> PackedSequence:
    """Make a batch of arrays that are known to fit each other."""
    batch = object.__new__(PackedSequence)
    batch.__dict__.update(attributes)
    return batch
