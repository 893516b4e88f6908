"""What naive Bayes says of an example, as a feature beside those that are learnt."""

from collections.abc import Sequence

import numpy as np

from seqkit.arrays import Array, IntArray

__all__ = ["NaiveBayesEvidence"]


class NaiveBayesEvidence:
    """Log-count ratios of the n-grams of a text (Wang and Manning 2012, "Baselines and Bigrams").

    With n(f, c) the training texts of class c that hold n-gram f, and F n-grams in all::

        r(f, c) = log (n(f, c) + 1) / (sum_f n(f, c) + F) - the same over the other classes
        evidence(text, c) = sum of r(f, c) over the text's K distinct n-grams / sqrt(K)

    A text of the training split has been counted itself, so its evidence there is far surer than a
    new text's. :meth:`of` therefore leaves each such text's own counts out again.

    Args:
        counts: (F, C) n(f, c).
    """

    def __init__(self, counts: Array) -> None:
        self.counts = np.asarray(counts, dtype=np.float64)
        self.totals = self.counts.sum(axis=0)

    @classmethod
    def fit(
        cls, ngrams: Sequence[IntArray], labels: IntArray, *, features: int, classes: int
    ) -> "NaiveBayesEvidence":
        """Count the distinct n-grams of N training texts, given as ids below ``features``."""
        counts = np.zeros((features, classes))
        for ids, label in zip(ngrams, labels, strict=True):
            counts[ids, label] += 1
        return cls(counts)

    def of(self, ngrams: Sequence[IntArray], own: IntArray | None = None) -> Array:
        """Return the evidence (N, C) of texts; zeros for a text without a known n-gram.

        Args:
            ngrams: the ids of the distinct n-grams of each text.
            own: (N,) classes under which the texts were counted in :meth:`fit`, if they were.
        """
        sizes = np.array([len(ids) for ids in ngrams], dtype=np.int64)
        text = np.repeat(np.arange(len(ngrams)), sizes)
        flat = np.concatenate(ngrams) if len(ngrams) else np.empty(0, np.int64)
        counts = self.counts[flat]
        totals = np.tile(self.totals, (len(ngrams), 1))
        if own is not None:
            counts[np.arange(len(flat)), own[text]] -= 1
            totals[np.arange(len(ngrams)), own] -= sizes
        evidence = np.zeros((len(ngrams), self.counts.shape[1]))
        np.add.at(evidence, text, _log_share(counts, totals[text], len(self.counts)))
        result: Array = evidence / np.sqrt(np.maximum(sizes, 1))[:, None]
        return result


def _log_share(counts: Array, totals: Array, features: int) -> Array:
    """Return r(f, c) of counts (K, C) of classes with totals (K, C)."""
    rest = counts.sum(axis=1, keepdims=True) - counts
    rest_totals = totals.sum(axis=1, keepdims=True) - totals
    inside = (counts + 1) / (totals + features)
    ratio: Array = np.log(inside) - np.log((rest + 1) / (rest_totals + features))
    return ratio
