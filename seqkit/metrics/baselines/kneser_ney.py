"""An n-gram language model with interpolated modified Kneser-Ney smoothing, in NumPy.

Source: Chen and Goodman, "An empirical study of smoothing techniques for language modeling" (1998),
section 3; Kneser and Ney, "Improved backing-off for m-gram language modeling" (1995).

n-grams are integers. The distinct k-grams of the training stream are numbered 0, 1, 2 ... in sorted
order of their codes

    code of (w_1 ... w_k) = (number of (w_1 ... w_{k-1})) * V + w_k

so a code fits 64 bits at any order, one binary search looks up a k-gram whose prefix is known, and
the k-grams that continue one history are neighbours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from seqkit.arrays import Array, IntArray
from seqkit.kernels.sorted_keys import places_of

__all__ = ["Discounts", "KneserNey", "estimate_discounts"]

Discounts = tuple[float, float, float]
"""What is taken off a count of 1, of 2, and of 3 or more."""

_FALLBACK: Discounts = (0.5, 1.0, 1.5)


@dataclass(frozen=True, eq=False)
class _Level:
    """The k-grams of one order k, from 2 on.

    Attributes:
        codes: (n_k,) sorted.
        probability: (n_k,) P(w_k | w_1 ... w_{k-1}), interpolated down to the uniform distribution.
        backoff: (n_{k-1},) the weight that each history leaves to the next lower order.
    """

    codes: IntArray
    probability: Array
    backoff: Array


@dataclass(frozen=True, eq=False)
class KneserNey:
    r"""Interpolated modified Kneser-Ney.

    With h the last k-1 tokens and h' = h without its first:

        P_k(w | h) = (c(h w) - D(c(h w))) / c(h .) + gamma(h) P_{k-1}(w | h')
        gamma(h) = sum over w of D(c(h w)) / c(h .)
        P_0(w) = 1 / V

    c counts occurrences at the highest order. Below it c(h w) is the number of distinct tokens met
    before (h w): "Francisco" is common, but only after "San". D is D_1, D_2 or D_3+ by the count,
    see :func:`estimate_discounts`. After a history that was never met, P_k is P_{k-1}. Every
    distribution adds up to 1 over the V tokens, those never met included.

    A stream is read as it is: an end mark is a token like any other, and histories reach across it.

    Attributes:
        vocabulary_size: V.
        discounts: (D_1, D_2, D_3+) of each order, from 1 up.
    """

    vocabulary_size: int
    discounts: tuple[Discounts, ...]
    _unigrams: Array
    _levels: tuple[_Level, ...]

    @classmethod
    def fit(cls, ids: ArrayLike, vocabulary_size: int, order: int = 3) -> "KneserNey":
        """Count the n-grams of a stream.

        Two million tokens take about a second.

        Args:
            ids: (M,) the training stream.
            vocabulary_size: V; ids are below it.
            order: n, from 1 to 5.

        Raises:
            ValueError: another order, or an id outside [0, V).
        """
        if not 1 <= order <= 5:
            raise ValueError(f"the order must be from 1 to 5, found {order}")
        stream = _check_ids(ids, vocabulary_size)
        tables, counts = _count_ngrams(stream, vocabulary_size, order)
        discounts = tuple(estimate_discounts(count) for count in counts)
        unigrams = _smooth_unigrams(counts[0], discounts[0])
        lower, levels = unigrams, []
        for (codes, suffixes), count, discount in zip(
            tables, counts[1:], discounts[1:], strict=True
        ):
            level = _smooth(codes, count, discount, lower, suffixes, vocabulary_size)
            levels.append(level)
            lower = level.probability
        return cls(vocabulary_size, discounts, unigrams, tuple(levels))

    @property
    def order(self) -> int:
        """The longest n-gram, n."""
        return len(self._levels) + 1

    def log_probabilities(self, ids: ArrayLike, history: ArrayLike = ()) -> Array:
        """Score each token of a stream given all before it, of which n - 1 count.

        Args:
            ids: (M,) the stream.
            history: (any,) tokens before it, such as an end mark; not scored.

        Returns:
            (M,) natural logarithms.

        Raises:
            ValueError: an id outside [0, V).
        """
        ids = _check_ids(ids, self.vocabulary_size)
        before = _check_ids(history, self.vocabulary_size)
        stream = np.concatenate([before[len(before) - min(len(before), self.order - 1) :], ids])
        probability = self._unigrams[stream]
        numbers = stream  # of the k-gram that ends at each token; -1 where it was never met
        for level in self._levels:
            prefix = np.concatenate([[-1], numbers])[:-1]
            known = np.flatnonzero(prefix >= 0)
            probability[known] *= level.backoff[prefix[known]]
            codes = np.where(prefix >= 0, prefix * self.vocabulary_size + stream, -1)
            numbers = places_of(codes, level.codes)
            met = np.flatnonzero(numbers >= 0)
            probability[met] = level.probability[numbers[met]]
        scored: Array = np.log(probability[len(stream) - len(ids) :])
        return scored

    def distribution(self, history: ArrayLike = ()) -> Array:
        """Return the probability of each token after a history: (V,), which adds up to 1."""
        context = _check_ids(history, self.vocabulary_size)
        probability = self._unigrams.copy()
        for k, level in enumerate(self._levels, start=2):
            if len(context) < k - 1 or (number := self._number(context[1 - k :])) < 0:
                break
            probability *= level.backoff[number]
            edges = np.array([number, number + 1]) * self.vocabulary_size
            first, last = np.searchsorted(level.codes, edges)
            probability[level.codes[first:last] - edges[0]] = level.probability[first:last]
        return probability

    def _number(self, ngram: IntArray) -> int:
        """Find the number of one k-gram; -1 where it was never met."""
        number = int(ngram[0])
        for level, token in zip(self._levels, ngram[1:], strict=False):
            code = np.array([number * self.vocabulary_size + token])
            if number >= 0:
                number = int(places_of(code, level.codes)[0])
        return number


def estimate_discounts(counts: ArrayLike) -> Discounts:
    """Estimate D_1, D_2 and D_3+ from counts of counts (Chen and Goodman 1998, equation 26).

        Y = n_1 / (n_1 + 2 n_2)     D_i = i - (i + 1) Y n_{i+1} / n_i

    where n_i is how many n-grams have the count i. Where n_3 or n_4 is 0, or a discount falls
    outside (0, i], as on small or odd data, all three are Y, as in plain Kneser-Ney; where n_1 or
    n_2 is 0, they are 0.5, 1 and 1.5.

    Args:
        counts: (n-grams,) integers; those of 0 do not matter.
    """
    n = np.bincount(np.minimum(np.asarray(counts, dtype=np.int64), 5), minlength=6).tolist()
    if not n[1] or not n[2]:
        return _FALLBACK
    y = n[1] / (n[1] + 2 * n[2])
    if not n[3] or not n[4]:
        return y, y, y
    one, two, three = (i - (i + 1) * y * n[i + 1] / n[i] for i in (1, 2, 3))
    return (one, two, three) if two > 0 and three > 0 else (y, y, y)


def _check_ids(ids: ArrayLike, vocabulary_size: int) -> IntArray:
    stream = np.asarray(ids)
    if stream.ndim != 1 or (len(stream) and not np.issubdtype(stream.dtype, np.integer)):
        raise ValueError(f"a stream is (M,) integers, found {stream.dtype} {stream.shape}")
    if len(stream) and not 0 <= stream.min() <= stream.max() < vocabulary_size:
        raise ValueError(
            f"ids must be from 0 to {vocabulary_size - 1}, "
            f"found some from {stream.min()} to {stream.max()}"
        )
    return stream.astype(np.int64)


def _count_ngrams(
    stream: IntArray, vocabulary_size: int, order: int
) -> tuple[list[tuple[IntArray, IntArray]], list[IntArray]]:
    """Number the k-grams of a stream and count them.

    Returns:
        For each k from 2 up, the sorted codes (n_k,) and the number of each k-gram's last k-1
        tokens (n_k,); and for each k from 1 up the counts (n_k,): of occurrences at the highest
        order, of distinct tokens before it below.
    """
    tables: list[tuple[IntArray, IntArray]] = []
    sizes, numbers = [vocabulary_size], stream  # numbers[i]: of the k-gram that starts at token i
    for k in range(2, order + 1):
        last = stream[k - 1 :]
        codes, longer = np.unique(
            numbers[: len(last)] * vocabulary_size + last, return_inverse=True
        )
        suffixes = np.empty(len(codes), np.int64)
        suffixes[longer] = numbers[1:]
        tables.append((codes, suffixes))
        sizes.append(len(codes))
        numbers = longer
    distinct = [suffixes for _, suffixes in tables]
    counts: list[IntArray] = [
        np.bincount(seen, minlength=size)
        for seen, size in zip([*distinct, numbers], sizes, strict=True)
    ]
    return tables, counts


def _smooth_unigrams(counts: IntArray, discounts: Discounts) -> Array:
    total = int(counts.sum())
    if not total:
        return np.full(len(counts), 1 / max(len(counts), 1))
    taken = _taken(counts, discounts)
    unigrams: Array = (counts - taken + taken.sum() / len(counts)) / total
    return unigrams


def _smooth(
    codes: IntArray,
    counts: IntArray,
    discounts: Discounts,
    lower: Array,
    suffixes: IntArray,
    vocabulary_size: int,
) -> _Level:
    """Interpolate the k-grams with the order below; ``lower`` (n_{k-1},) has its probabilities."""
    history = codes // vocabulary_size
    total = np.bincount(history, weights=counts, minlength=len(lower))
    taken = _taken(counts, discounts)
    left = np.bincount(history, weights=taken, minlength=len(lower))
    # A history that nothing followed, as at the end of the stream, leaves everything to the rest.
    backoff = np.where(total > 0, left / np.maximum(total, 1), 1.0)
    seen = (counts - taken) / np.maximum(total, 1)[history]
    return _Level(codes, seen + backoff[history] * lower[suffixes], backoff)


def _taken(counts: IntArray, discounts: Discounts) -> Array:
    taken: Array = np.array([0.0, *discounts])[np.minimum(counts, 3)]
    return taken
