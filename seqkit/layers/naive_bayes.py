"""What a linear classifier says of a text's n-grams, as a feature beside those that are learnt."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from seqkit.arrays import Array, BoolArray, IntArray
from seqkit.layers.temperature import Temperature
from seqkit.parameters import Parameter

__all__ = ["HeldOut", "NaiveBayesRegression", "NgramSets", "log_count_ratios"]

FOLDS = 5
"""Parts of the training split, each judged by a regression that was fitted without it."""

STRENGTH = 3.0
"""C, the inverse strength of the L2 penalty; 1 to 8 do alike on MR and NSMC."""

OWN = 0.25
"""Beta, the share of a weight that is its own; the rest is the mean of its kind. Wang and Manning
found 0.25 to be good everywhere, and so it is on MR and NSMC."""

ITERATIONS = 200
"""Of L-BFGS; one that is not quite at its end yet is as good."""


class NgramSets(NamedTuple):
    """Which n-grams each of N texts holds, each once.

    Attributes:
        ids: (K,) all the texts' n-grams, text after text; 32 bits each, for there are millions.
        sizes: (N,) how many of them are each text's.
    """

    ids: IntArray
    sizes: IntArray

    @classmethod
    def of(cls, sets: Sequence[ArrayLike]) -> "NgramSets":
        """Lay out N lists of ids."""
        arrays = [np.empty(0, np.int32), *(np.asarray(ids, np.int32) for ids in sets)]
        sizes = np.array([len(ids) for ids in arrays[1:]], dtype=np.int64)
        return cls(np.concatenate(arrays), sizes)

    @classmethod
    def following(cls, parts: Sequence["NgramSets"]) -> "NgramSets":
        """Lay out the texts of several parts, one part after the other."""
        none = cls.of([])
        ids, sizes = zip(none, *parts, strict=True)
        return cls(np.concatenate(ids), np.concatenate(sizes))

    def beside(self, other: "NgramSets") -> "NgramSets":
        """Return for each text its n-grams here, and then those in another N sets."""
        owners = np.concatenate([self.owners, other.owners])
        order = np.argsort(owners, kind="stable")
        return NgramSets(np.concatenate([self.ids, other.ids])[order], self.sizes + other.sizes)

    @property
    def owners(self) -> IntArray:
        """(K,) the text that each n-gram is of."""
        return np.repeat(np.arange(len(self.sizes), dtype=np.int32), self.sizes)

    def chosen(self, texts: BoolArray) -> "NgramSets":
        """Return the sets of the texts where (N,) is true."""
        return NgramSets(self.ids[np.repeat(texts, self.sizes)], self.sizes[texts])


class HeldOut(NamedTuple):
    """What is said of N texts that a fit has not seen.

    Attributes:
        evidence: (N, C) of each text.
        terms: (K, C') of each of their n-grams, as :meth:`NaiveBayesRegression.terms` says.
    """

    evidence: Array
    terms: Array


def log_count_ratios(counts: Array) -> Array:
    """Return how much each n-gram speaks for each class: (F, C).

    With n(f, c) the texts of class c that hold n-gram f, and F n-grams in all::

        r(f, c) = log (n(f, c) + 1) / (sum_f n(f, c) + F) - the same over the other classes

    Args:
        counts: (F, C) n(f, c).
    """
    rest = counts.sum(axis=1, keepdims=True) - counts
    inside = (counts + 1) / (counts.sum(axis=0) + len(counts))
    outside = (rest + 1) / (rest.sum(axis=0) + len(counts))
    ratios: Array = np.log(inside) - np.log(outside)
    return ratios


class NaiveBayesRegression:
    """Logistic regression on n-grams weighted by naive Bayes.

    After Wang and Manning, "Baselines and Bigrams" (2012), with logistic loss. The weight of
    n-gram f in a text is r(f, c) (:func:`log_count_ratios`), the weights of a text's n-grams of one
    kind (words, characters) scaled to length 1, and for each class::

        evidence(text, c) = bias(c) + sum over f of weight(text, f, c) w(f, c)

    which is the log-odds of c against the other classes; of two classes each gets half of it, so
    that their difference is the log-odds. Three quarters of w(f, c) are the mean size of the
    regression's weights of that kind, which is naive Bayes, and one quarter is f's own; w and the
    bias are such that what is said of unseen texts is as sure as it is right.

    A regression knows the texts that it was fitted on by heart, so what learns beside it must not
    see what it says of those: :meth:`fit` returns what regressions fitted on other folds say.

    Args:
        kinds: F in all: the number of n-grams of each kind, whose ids follow one another.
        classes: C.
    """

    def __init__(self, kinds: Sequence[int], *, classes: int) -> None:
        self.kinds = tuple(kinds)
        self.classes = classes
        shape = (sum(kinds), classes)
        self.ratios = Parameter(np.zeros(shape, np.float32), trainable=False)
        self.w = Parameter(np.zeros(shape, np.float32), trainable=False)
        self.bias = Parameter(np.zeros(classes, np.float32), trainable=False)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``ratios``, ``w`` and ``bias``, none of which gradients change."""
        yield "ratios", self.ratios
        yield "w", self.w
        yield "bias", self.bias

    @property
    def columns(self) -> int:
        """C', classes that are told apart: one of two, since the other's evidence is its negative;
        otherwise all.
        """
        return 1 if self.classes == 2 else self.classes

    @property
    def _halves(self) -> int:
        """Of two classes each gets half of the log-odds, so that their difference is these."""
        return 2 if self.classes == 2 else 1

    def evidence(self, texts: NgramSets, terms: Array | None = None) -> Array:
        """Return what the n-grams say of each text: (N, C).

        Args:
            texts: N of them.
            terms: what :meth:`terms` returns for them, where that is known.
        """
        return self._sums(texts, self.terms(texts) if terms is None else terms)

    def terms(self, texts: NgramSets) -> Array:
        """Return what each n-gram adds to the evidence for the first C' classes: (K, C')."""
        terms = [self._weights(texts, c) * self.w.value[texts.ids, c] for c in range(self.columns)]
        return np.stack(terms, axis=1) / self._halves

    def _sums(self, texts: NgramSets, terms: Array) -> Array:
        evidence = np.empty((len(texts.sizes), self.classes), self.w.value.dtype)
        for c in range(self.columns):
            sums = np.bincount(texts.owners, terms[:, c], len(evidence))
            evidence[:, c] = sums + self.bias.value[c] / self._halves
        if self.classes == 2:
            evidence[:, 1] = -evidence[:, 0]
        return evidence

    def fit(self, texts: NgramSets, labels: IntArray, groups: IntArray | None = None) -> HeldOut:
        """Fit to N texts, the same ones giving the same bytes.

        Args:
            texts: N of them.
            labels: (N,) their classes.
            groups: (N,) numbers from 0, equal for copies of one text, which are in one fold; by
                default each text is another.

        Returns:
            What is said of them, of each text by a fit without the fold that it is in.
        """
        evidence = np.zeros((len(labels), self.classes), self.w.value.dtype)
        terms = np.zeros((len(texts.ids), self.columns), self.w.value.dtype)
        groups = np.arange(len(labels)) if groups is None else groups
        distinct = int(groups.max(initial=-1)) + 1
        fold = (np.random.default_rng(0).permutation(distinct) % FOLDS)[groups]
        for number in range(FOLDS):
            held_out = fold == number
            self._fit(texts.chosen(~held_out), labels[~held_out])
            unseen = texts.chosen(held_out)
            terms[held_out[texts.owners]] = found = self.terms(unseen)
            evidence[held_out] = self._sums(unseen, found)
        self._fit(texts, labels)
        temperature = Temperature()
        temperature.fit(evidence, labels)
        for parameter in (self.w, self.bias):
            parameter.value /= float(temperature)
        return HeldOut(*(temperature.scale(x).astype(x.dtype) for x in (evidence, terms)))

    def _fit(self, texts: NgramSets, labels: IntArray) -> None:
        counts = [
            np.bincount(texts.ids[labels[texts.owners] == c], minlength=sum(self.kinds))
            for c in range(self.classes)
        ]
        self.ratios.value[...] = log_count_ratios(np.stack(counts, axis=1).astype(np.float64))
        # Of two classes, what speaks for one speaks as much against the other.
        for c in range(self.classes if self.classes > 2 else 1):
            self._fit_class(texts, labels == c, c)
        if self.classes == 2:
            self.w.value[:, 1] = self.w.value[:, 0]
            self.bias.value[1] = -self.bias.value[0]

    def _fit_class(self, texts: NgramSets, inside: BoolArray, c: int) -> None:
        if not len(texts.ids) or inside.all() or not inside.any():
            self.w.value[:, c] = 0
            self.bias.value[c] = np.log((inside.sum() + 1) / ((~inside).sum() + 1))
            return
        from scipy.sparse import csr_matrix

        starts = np.concatenate([[0], np.cumsum(texts.sizes)])
        shape = (len(inside), sum(self.kinds))
        matrix = csr_matrix((self._weights(texts, c), texts.ids, starts), shape=shape)
        w, bias = _fit_regression(matrix, inside)
        for own in np.split(w, np.cumsum(self.kinds)[:-1]):
            if len(own):
                own[:] = OWN * own + (1 - OWN) * np.abs(own).mean()
        self.w.value[:, c], self.bias.value[c] = w, OWN * bias

    def _weights(self, texts: NgramSets, c: int) -> Array:
        """Return the weight (K,) of each n-gram in its text, for a class."""
        weights = self.ratios.value[texts.ids, c]
        place = texts.owners * np.int32(len(self.kinds))
        for end in np.cumsum(self.kinds)[:-1]:
            place += texts.ids >= end
        squares = np.bincount(place, np.square(weights), len(texts.sizes) * len(self.kinds))
        result: Array = weights / np.sqrt(np.maximum(squares, 1e-12))[place]
        return result


def _fit_regression(matrix: object, inside: BoolArray) -> tuple[Array, float]:
    """Return the weights (F,) and the bias of the log-odds of ``inside``."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    regression = LogisticRegression(C=STRENGTH, max_iter=ITERATIONS)
    # One thread: long dot products add up in another order on more, and the bytes would differ.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        regression.fit(matrix, inside)
    return regression.coef_[0], float(regression.intercept_[0])
