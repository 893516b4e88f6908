"""The evidence of n-grams: the formula, and that a training text does not vouch for itself."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.layers.naive_bayes import NaiveBayesEvidence

TEXTS = st.lists(st.sets(st.integers(0, 5), max_size=6).map(sorted), min_size=1, max_size=8)


def ids(texts: list[list[int]]) -> list[np.ndarray]:
    return [np.array(text, dtype=np.int64) for text in texts]


def test_the_ratio_of_one_ngram_by_hand() -> None:
    bayes = NaiveBayesEvidence(np.array([[3.0, 1.0], [2.0, 4.0]]))
    expected = math.log((3 + 1) / (5 + 2)) - math.log((1 + 1) / (5 + 2))
    assert bayes.of(ids([[0]])) == pytest.approx(np.array([[expected, -expected]]))


def test_texts_without_a_known_ngram_say_nothing() -> None:
    bayes = NaiveBayesEvidence(np.ones((2, 3)))
    assert not bayes.of(ids([[], []])).any()
    assert bayes.of([]).shape == (0, 3)


@given(TEXTS, st.randoms(use_true_random=False))
def test_leaving_a_text_out_is_counting_without_it(texts: list[list[int]], random) -> None:
    labels = np.array([random.randrange(3) for _ in texts])
    whole = NaiveBayesEvidence.fit(ids(texts), labels, features=6, classes=3)
    left_out = whole.of(ids(texts), own=labels)
    for i, text in enumerate(texts):
        others = [t for j, t in enumerate(texts) if j != i]
        without = NaiveBayesEvidence.fit(ids(others), np.delete(labels, i), features=6, classes=3)
        assert left_out[i] == pytest.approx(without.of(ids([text]))[0], abs=1e-12)
