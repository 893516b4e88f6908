"""What naive Bayes makes of a text's n-grams, beside what the encoder makes of the text."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.errors import Problem, UserError
from seqkit.layers.naive_bayes import NaiveBayesEvidence
from seqkit.parameters import Parameter
from seqkit.tasks import Resources
from seqkit.text.ngrams import distinct_ngrams

__all__ = ["NgramEvidence", "fit_ngrams"]

MINIMUM_COUNT = 2
"""An n-gram of one training text alone says nothing of others."""

Tokens = Sequence[str]


def fit_ngrams(
    texts: Sequence[Tokens], labels: IntArray, *, classes: int, longest: int
) -> Resources:
    """Count in how many texts of each class an n-gram stands: plain lists, to be saved."""
    found = [distinct_ngrams(tokens, longest) for tokens in texts]
    totals = Counter(ngram for ngrams in found for ngram in ngrams)
    kept = sorted(ngram for ngram, count in totals.items() if count >= MINIMUM_COUNT)
    ids = {ngram: i for i, ngram in enumerate(kept)}
    encoded = [_known(ids, ngrams) for ngrams in found]
    bayes = NaiveBayesEvidence.fit(encoded, labels, features=len(kept), classes=classes)
    return {"ngrams": kept, "counts": bayes.counts.astype(int).tolist()}


def _known(ids: dict[str, int], ngrams: Sequence[str]) -> IntArray:
    return np.array([ids[ngram] for ngram in ngrams if ngram in ids], dtype=np.int64)


class NgramEvidence:
    """Adds the evidence of n-grams, times a learnt scale, to the logits.

    Args:
        resources: what :func:`fit_ngrams` returned.
        classes: C.
        longest: tokens of the longest n-gram.

    Raises:
        UserError: the resources are inconsistent.
    """

    def __init__(self, resources: Resources, *, classes: int, longest: int) -> None:
        ngrams = resources["ngrams"]
        counts = np.asarray(resources["counts"], dtype=np.float64).reshape(-1, classes)
        if len(ngrams) != len(counts) or len(set(ngrams)) < len(ngrams) or (counts < 0).any():
            raise UserError(
                Problem(f"{len(ngrams)} n-grams do not fit counts {counts.shape}", "ngrams")
            )
        self.longest = longest
        self.scale = Parameter(np.ones(1, np.float32))
        self._ids = {ngram: i for i, ngram in enumerate(ngrams)}
        self._bayes = NaiveBayesEvidence(counts)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``scale``."""
        yield "scale", self.scale

    def of(self, texts: Sequence[Tokens], own: IntArray | None = None) -> Array:
        """Return the evidence (N, C); see :class:`NaiveBayesEvidence` for ``own``."""
        encoded = [_known(self._ids, distinct_ngrams(tokens, self.longest)) for tokens in texts]
        return self._bayes.of(encoded, own)

    def forward(self, logits: Array, evidence: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Add the scaled evidence (N, C) to the logits (N, C)."""
        evidence = evidence.astype(logits.real.dtype)

        def backward(d_logits: Array) -> Array:
            self.scale.grad += (d_logits * evidence).sum()
            return d_logits

        return logits + self.scale.value * evidence, backward
