"""The nearest training text: what is known of it stands for what is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqkit.arrays import Array, IntArray

__all__ = ["NearestText"]

BLOCK = 4096
"""Training texts that are compared at once."""

QUERIES = 1024
"""Texts that are looked up at once."""

WORK = 2 * 10**7
"""Weights of the training texts that a look-up goes through, more or less."""

EQUAL = np.float32(1e-6)
"""Cosines that differ by less are the same but for rounding."""


@dataclass(frozen=True)
class NearestText:
    """Finds the training text whose n-grams of 1 to 3 characters are the most alike.

    Weights are (1 + log count) times smoothed inverse document frequency, and texts are compared by
    the cosine. The n-grams are the commonest ones, between 512 and 4,096 of them, the fewer the
    more training texts there are, so that 45,000 texts serve 5,000 questions in seconds.
    """

    _vectorizer: Any
    _texts: Any

    @classmethod
    def fit(cls, texts: Sequence[str]) -> "NearestText":
        """Remember training texts.

        Raises:
            ValueError: there are none.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer

        if not len(texts):
            raise ValueError("the nearest text needs at least one training text, found none")
        vectorizer = TfidfVectorizer(
            analyzer="char",
            ngram_range=(1, 3),
            sublinear_tf=True,
            max_features=min(4096, max(512, WORK // len(texts))),
            dtype=np.float32,
        )
        # A mark at either end keeps even an empty text from having no n-gram at all.
        return cls(vectorizer, vectorizer.fit_transform([_marked(text) for text in texts]))

    def find(self, texts: Sequence[str]) -> IntArray:
        """Return the place of the nearest training text for each text, the first of equals.

        Equal are cosines that differ by a millionth or less: a matrix product rounds the same
        numbers in other ways from place to place, and from one number of texts to another.
        """
        found = [
            self._nearest(texts[start : start + QUERIES]) for start in range(0, len(texts), QUERIES)
        ]
        return np.concatenate([np.empty(0, np.int64), *found])

    def _nearest(self, texts: Sequence[str]) -> IntArray:
        rows = self._vectorizer.transform([_marked(text) for text in texts]).toarray()
        values, places = [], []
        for start, block in self._blocks():
            alike = rows @ block
            values.append(alike.max(axis=1))
            places.append(_first_of_equals(alike.T, values[-1]) + start)
        best = np.stack(values)  # (blocks, N)
        block_of = _first_of_equals(best, best.max(axis=0))
        place: IntArray = np.stack(places)[block_of, np.arange(len(texts))]
        return place

    def _blocks(self) -> Iterator[tuple[int, Array]]:
        for start in range(0, self._texts.shape[0], BLOCK):
            yield start, self._texts[start : start + BLOCK].toarray().T


def _first_of_equals(values: Array, best: Array) -> IntArray:
    """Return the first row (N,) of values (rows, N) that is as good as the best (N,)."""
    first: IntArray = (values >= best - EQUAL).argmax(axis=0)
    return first


def _marked(text: str) -> str:
    return f"\n{text}\n"
