"""Which examples go together, and how one long text becomes windows.

Nothing here pads or truncates. Batches of similar length save time, not memory, so sorting is
loose enough that each epoch meets other batches.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from seqkit.arrays import IntArray
from seqkit.sequences import PackedSequence

__all__ = ["StreamWindows", "Window", "length_batches", "streams"]

JITTER = 0.1
"""How far, as a share of its length, a sequence may be sorted from its place."""


def length_batches(
    lengths: ArrayLike,
    *,
    batch_size: int | None = None,
    tokens: int | None = None,
    rng: np.random.Generator | None = None,
    shuffle: bool = True,
) -> list[IntArray]:
    """Put examples of similar length into batches; every example is in exactly one.

    Args:
        lengths: (N,) tokens of each example; 0 is allowed.
        batch_size: sequences of a batch. The last of the sorted batches may have fewer.
        tokens: instead of ``batch_size``, the most tokens of a batch. An example that is longer
            than that is a batch alone; an empty one counts as one token.
        rng: draws the order. Without it, batches go from short to long, for inference: the
            caller puts results back with ``results[np.concatenate(batches)] = ...``.
        shuffle: with ``rng``, whether the batches come in random order too, or from short to long.

    Returns:
        Arrays of indices into ``lengths``.

    Raises:
        ValueError: not exactly one of ``batch_size`` and ``tokens``, or one below 1; a negative
            length.

    Example:
        >>> [batch.tolist() for batch in length_batches([5, 1, 4, 2], batch_size=2)]
        [[1, 3], [2, 0]]
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    _check_batches(sizes, batch_size, tokens)
    if len(sizes) == 1 and rng is None:
        return [np.zeros(1, np.int64)]
    order = np.argsort(_sort_keys(sizes, rng), kind="stable")
    cuts: IntArray = np.empty(0, dtype=np.int64)
    if batch_size is not None:
        cuts = np.arange(batch_size, len(order), batch_size)
    elif tokens is not None:
        cuts = _budget_cuts(np.maximum(sizes[order], 1), tokens)
    batches: list[IntArray] = list(np.split(order, cuts)) if len(order) else []
    if rng is not None and shuffle:
        batches = [batches[number] for number in rng.permutation(len(batches))]
    return batches


def _check_batches(sizes: IntArray, batch_size: int | None, tokens: int | None) -> None:
    if sizes.ndim != 1 or (sizes < 0).any():
        raise ValueError(f"lengths must be one axis of numbers from 0, found {sizes[:20].tolist()}")
    if (batch_size is None) == (tokens is None):
        raise ValueError("give either batch_size or tokens")
    limit = tokens if batch_size is None else batch_size
    if limit is not None and limit < 1:
        raise ValueError(f"a batch must hold at least 1, found {limit}")


def _sort_keys(sizes: IntArray, rng: np.random.Generator | None) -> np.ndarray:
    if rng is None:
        return sizes
    # Below 1 the second term only breaks ties; the first mixes neighbouring lengths.
    spread = 1 + JITTER * (rng.random(len(sizes)) - 0.5) * 2
    return sizes * spread + rng.random(len(sizes))


def _budget_cuts(sizes: IntArray, tokens: int) -> IntArray:
    ends = np.cumsum(sizes)
    cuts = []
    start = 0
    while start < len(sizes):
        used = int(ends[start - 1]) if start else 0
        start = max(start + 1, int(np.searchsorted(ends, used + tokens, side="right")))
        cuts.append(start)
    return np.array(cuts[:-1], dtype=np.int64)


class Window(NamedTuple):
    """A stretch of every stream: what is read and what comes next.

    Attributes:
        inputs: packed ids, the sequences in the streams' order.
        targets: of the same structure; the id after each input.
    """

    inputs: PackedSequence
    targets: PackedSequence


@dataclass(frozen=True, eq=False)
class StreamWindows:
    """The windows of :func:`streams`; can be gone through again, and each has a number.

    Raises:
        ValueError: ``ids`` does not have one axis, or a number below 1.
    """

    ids: IntArray
    streams: int
    window: int

    def __post_init__(self) -> None:
        if self.ids.ndim != 1:
            raise ValueError(f"ids must have one axis, found the shape {self.ids.shape}")
        if self.streams < 1 or self.window < 1:
            raise ValueError(
                f"streams and window must be at least 1, found {self.streams} and {self.window}"
            )

    @property
    def targets(self) -> int:
        """How many tokens are predicted: all but the first."""
        return max(0, len(self.ids) - 1)

    def __len__(self) -> int:
        longest = -(-self.targets // self.streams)
        return -(-longest // self.window)

    def __iter__(self) -> Iterator[Window]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: int) -> Window:
        if not 0 <= number < len(self):
            raise IndexError(f"window {number} of {len(self)}")
        return self._window_at(number * self.window)

    def _window_at(self, start: int) -> Window:
        """Return the window that begins ``start`` steps into each stream."""
        shortest, longer = divmod(self.targets, self.streams)
        # The first `longer` streams have one token more, so the longest already come first.
        stream = np.arange(self.streams)
        begins = stream * shortest + np.minimum(stream, longer)
        steps = np.arange(start, min(start + self.window, shortest + (longer > 0)))
        batch_sizes = np.where(steps < shortest, self.streams, longer)
        alive = stream < batch_sizes[:, None]
        positions = (begins + steps[:, None])[alive]
        inputs = PackedSequence(self.ids[positions], batch_sizes, stream)
        return Window(inputs, inputs.with_data(self.ids[positions + 1]))


def streams(ids: IntArray, *, streams: int, window: int) -> StreamWindows:
    """Cut one long text into windows for truncated backpropagation through time.

    The targets, which are all tokens but the first, are dealt to N streams of consecutive tokens
    whose lengths differ by at most one. Each stream reads from the token before its first target
    on, across the border if there is one, so every token but the first is predicted exactly once
    whatever N and T are, and none is dropped at the end.

    Args:
        ids: (M,) the text.
        streams: N, how many places are read at once. The state belongs to a stream, in order.
        window: T, the steps of a window; the last window may have fewer, and in its last step
            only the first streams may have a token left.

    Returns:
        An iterable of :class:`Window`, each with N sequences. Its memory does not grow with M.

    Raises:
        ValueError: ``ids`` does not have one axis, or a number below 1.

    Example:
        >>> [w.targets.flatten().tolist() for w in streams(np.arange(8), streams=2, window=3)]
        [[1, 2, 3, 5, 6, 7], [4]]
    """
    return StreamWindows(np.asarray(ids), streams, window)
