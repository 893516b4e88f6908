"""Word vectors that are counted, against loops over pairs of words and a dense decomposition."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

import seqkit.text.cooccurrence
from seqkit.errors import UserError
from seqkit.text.cooccurrence import (
    SMOOTHING,
    WordVectors,
    count_neighbours,
    fit_word_vectors,
    mutual_information,
)
from seqkit.text.vectors import load_vectors

IDS = st.lists(st.lists(st.integers(0, 5), max_size=12), max_size=6)


def some_texts(count: int = 400) -> list[list[str]]:
    """Animals eat and sleep, cars drive and stop; the two never meet."""
    rng = np.random.default_rng(0)
    kinds = [
        (["cat", "dog", "cow"], ["eats", "sleeps"]),
        (["차", "버스", "van"], ["drives", "stops"]),
    ]
    texts = []
    for number in range(count):
        names, verbs = kinds[number % 2]
        texts.append([f"the{number % 2}", str(rng.choice(names)), str(rng.choice(verbs)), "now"])
    return texts


@given(IDS, st.integers(1, 4), st.integers(1, 20))
def test_neighbours_are_counted_by_their_distance(
    texts: list[list[int]], window: int, chunk: int
) -> None:
    expected = np.zeros((6, 6))
    for text in texts:
        for i, word in enumerate(text):
            for j, other in enumerate(text):
                if 0 < abs(i - j) <= window:
                    expected[word, other] += 1 / abs(i - j)
    ids = np.array([word for text in texts for word in text], dtype=np.int64)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seqkit.text.cooccurrence, "CHUNK", chunk)
        found = count_neighbours(ids, lengths, rows=6, window=window)
    assert found.toarray() == pytest.approx(expected, abs=1e-4)


def test_mutual_information_is_what_the_formula_says() -> None:
    from scipy.sparse import csr_matrix

    counts = np.array([[0.0, 4, 1], [4, 0, 0.5], [1, 0.5, 2]])
    chance = counts.sum(axis=1) ** SMOOTHING / (counts.sum(axis=1) ** SMOOTHING).sum()
    found = mutual_information(csr_matrix(counts)).toarray()
    for w in range(3):
        for c in range(3):
            share = counts[w, c] / counts[w].sum() / chance[c]
            expected = max(0.0, math.log(share)) if share else 0.0
            assert found[w, c] == pytest.approx(expected, rel=1e-5)


def test_vectors_keep_the_largest_singular_values() -> None:
    texts = some_texts()
    found = fit_word_vectors(texts, width=4, window=3)
    ids = {word: number for number, word in enumerate(found.words)}
    flat = np.array([ids[word] for text in texts for word in text])
    counts = count_neighbours(flat, np.full(len(texts), 4), rows=len(ids), window=3)
    left, values, _ = np.linalg.svd(mutual_information(counts).toarray())
    rows = left[:, :4] * np.sqrt(values[:4])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ours = found.matrix / np.linalg.norm(found.matrix, axis=1, keepdims=True)
    assert ours @ ours.T == pytest.approx(rows @ rows.T, abs=1e-3)


def test_words_are_alike_that_stand_near_the_same_words() -> None:
    found = fit_word_vectors(some_texts(), width=3)
    vectors = dict(zip(found.words, found.matrix, strict=True))

    def likeness(one: str, two: str) -> float:
        return float(vectors[one] @ vectors[two] / np.square(vectors[one]).sum())

    assert likeness("cat", "dog") > 0.8 > 0.5 > likeness("cat", "버스")
    assert likeness("차", "버스") > 0.8 > 0.5 > likeness("차", "cow")


def test_all_vectors_are_of_one_length_whatever_the_width() -> None:
    for width in (2, 5):
        lengths = np.linalg.norm(fit_word_vectors(some_texts(), width=width).matrix, axis=1)
        assert lengths == pytest.approx(math.sqrt(width) / 4, rel=1e-4)


def test_equal_texts_give_equal_bytes_on_any_number_of_threads() -> None:
    with threadpool_limits(1):
        one = fit_word_vectors(some_texts(), width=5)
    with threadpool_limits(2):
        two = fit_word_vectors(some_texts(), width=5)
    assert one.words == two.words
    assert one.matrix.tobytes() == two.matrix.tobytes()


def test_rare_words_and_words_without_neighbours_have_no_vector() -> None:
    texts = [*some_texts(), ["cat", "once"], ["alone"], ["alone"], []]
    counts = Counter(word for text in texts for word in text)
    found = fit_word_vectors(texts, width=3, minimum_count=2)
    assert set(found.words) == {word for word, n in counts.items() if n > 1} - {"alone"}
    assert found.tokens == sum(counts.values())
    assert len(fit_word_vectors(texts, width=3, maximum_size=6).words) == 6


@pytest.mark.parametrize("texts", [[], [[]], [["a", "b"]], [["a"], ["b"]]])
def test_too_little_text_is_refused(texts: list[list[str]]) -> None:
    with pytest.raises(UserError, match=r"words with neighbours, wanted more than the vectors are"):
        fit_word_vectors(texts, width=2)


@pytest.mark.parametrize("wrong", [{"width": 0}, {"window": 0}])
def test_sizes_below_1_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        fit_word_vectors(some_texts(), **wrong)


def test_what_is_saved_is_what_a_model_starts_from(tmp_path: Path) -> None:
    matrix = np.array([[0.25, -1e-7], [3.0, 0.125]], np.float32)
    WordVectors(("좋다", "b"), matrix, tokens=9).save(tmp_path / "vectors.txt")
    found = load_vectors(tmp_path / "vectors.txt", ["b", "좋다", "c"], width=2)
    assert found.found.tolist() == [True, True, False]
    assert found.matrix[:2] == pytest.approx(matrix[::-1], rel=1e-4)
