"""Classifiers of one vector for each input, for tasks whose inputs are numbers and not text."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from seqkit.arrays import Array

__all__ = ["VectorClassifier", "VectorMethod"]

VectorMethod: TypeAlias = Literal["logistic regression", "nearest centroid", "nearest neighbour"]
"""How vectors are told apart; the nearest by Euclidean distance."""


@dataclass(frozen=True)
class VectorClassifier:
    """Logistic regression, the nearest mean vector of an answer, or the nearest training vector.

    The regression has an L2 penalty with C = 1. Nothing is random: the same data gives the same
    predictions.
    """

    _fitted: Any

    @classmethod
    def fit(
        cls, vectors: Array, answers: Sequence[str], *, method: VectorMethod
    ) -> "VectorClassifier":
        """Fit on training vectors.

        Args:
            vectors: (N, D), finite.
            answers: (N,) a label, or any other text, for each.
            method: how they are told apart; all but the nearest neighbour want two answers or more.

        Raises:
            ValueError: no vector, another number of answers, or only one answer.
        """
        from sklearn.exceptions import ConvergenceWarning
        from threadpoolctl import threadpool_limits

        # One thread: long dot products add up in another order on more, and the bytes would differ.
        with warnings.catch_warnings(), threadpool_limits(1):
            # A baseline that stops at the last iteration is still a baseline.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return cls(_made(method).fit(vectors, list(answers)))

    def predict(self, vectors: Array) -> list[str]:
        """Return the answer for each vector (N, D)."""
        return [str(answer) for answer in self._fitted.predict(vectors)] if len(vectors) else []


def _made(method: VectorMethod) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import NearestCentroid

    if method == "nearest neighbour":
        return _Nearest()
    regression = method == "logistic regression"
    return LogisticRegression(max_iter=300) if regression else NearestCentroid()


class _Nearest:
    """The answer of the nearest training vector; of equally near ones, the first.

    scikit-learn has one too, which warns where nearly every answer is another one.
    """

    def fit(self, vectors: Array, answers: Sequence[str]) -> "_Nearest":
        from sklearn.utils.validation import check_consistent_length

        check_consistent_length(vectors, answers)
        self._vectors, self._answers = vectors, answers
        return self

    def predict(self, vectors: Array) -> list[str]:
        from sklearn.metrics import pairwise_distances_argmin

        return [self._answers[i] for i in pairwise_distances_argmin(vectors, self._vectors)]
