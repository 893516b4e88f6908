"""The regression on n-grams: the weights by hand, its evidence, and what it must not have seen."""

import math

import numpy as np
import pytest

from seqkit.layers.naive_bayes import FOLDS, NaiveBayesRegression, NgramSets, log_count_ratios
from seqkit.layers.temperature import Temperature

GOOD, BAD, THE = 0, 1, 2


def some_texts(count: int, *, classes: int = 2) -> tuple[NgramSets, np.ndarray]:
    """Texts of n-grams 0 to 7, of which the first two depend on the class."""
    rng = np.random.default_rng(0)
    labels = rng.integers(classes, size=count)
    sets = [
        sorted({*rng.integers(2, 8, size=4).tolist(), *([int(label)] if label < 2 else [])})
        for label in labels
    ]
    return NgramSets.of(sets), labels


def test_the_ratio_of_one_ngram_by_hand() -> None:
    ratios = log_count_ratios(np.array([[3.0, 1.0], [2.0, 4.0]]))
    expected = math.log((3 + 1) / (5 + 2)) - math.log((1 + 1) / (5 + 2))
    assert ratios[0] == pytest.approx([expected, -expected])


def test_an_unfitted_regression_says_nothing() -> None:
    assert not NaiveBayesRegression([3], classes=3).evidence(NgramSets.of([[0, 2], []])).any()


def test_no_text_has_no_evidence() -> None:
    assert NaiveBayesRegression([3], classes=2).evidence(NgramSets.of([])).shape == (0, 2)


@pytest.mark.parametrize("classes", [2, 3])
def test_ngrams_that_stand_with_a_label_speak_for_it(classes: int) -> None:
    texts, labels = some_texts(200, classes=classes)
    regression = NaiveBayesRegression([8], classes=classes)
    regression.fit(texts, labels)
    evidence = regression.evidence(NgramSets.of([[GOOD, 4], [BAD, 4]]))
    assert evidence.argmax(axis=1).tolist() == [GOOD, BAD]


def test_the_log_odds_of_two_labels_go_with_a_regression_pulled_to_its_mean_weight() -> None:
    from sklearn.linear_model import LogisticRegression

    texts, labels = some_texts(60)
    ours = NaiveBayesRegression([8], classes=2)
    ours.fit(texts, labels)
    dense = np.zeros((60, 8))
    counts = np.zeros((8, 2))
    for ids, owner in zip(texts.ids, texts.owners, strict=True):
        counts[ids, labels[owner]] += 1
        dense[owner, ids] = 1
    dense *= log_count_ratios(counts)[:, 0]
    dense /= np.sqrt(np.square(dense).sum(axis=1, keepdims=True))
    theirs = LogisticRegression(C=3.0, max_iter=200).fit(dense, labels == 0)
    weights = 0.75 * np.abs(theirs.coef_[0]).mean() + 0.25 * theirs.coef_[0]
    log_odds = dense @ weights + 0.25 * theirs.intercept_
    evidence = ours.evidence(texts)
    found = evidence[:, 0] - evidence[:, 1]
    assert found == pytest.approx(found.std() / log_odds.std() * log_odds, abs=1e-3)


@pytest.mark.parametrize("classes", [2, 3])
def test_what_is_said_of_unseen_texts_is_as_sure_as_it_is_right(classes: int) -> None:
    texts, labels = some_texts(300, classes=classes)
    unsure = np.random.default_rng(1).random(300) < 0.3
    labels = np.where(unsure, (labels + 1) % classes, labels)
    temperature = Temperature()
    held_out = NaiveBayesRegression([8], classes=classes).fit(texts, labels)
    temperature.fit(held_out.evidence, labels)
    assert float(temperature) == pytest.approx(1, abs=1e-3)


def test_kinds_are_scaled_apart() -> None:
    regression = NaiveBayesRegression([2, 2], classes=2)
    regression.ratios.value[...] = np.array([[3, -3], [4, -4], [2, -2], [0.1, -0.1]])
    regression.w.value[...] = 1.0
    evidence = regression.evidence(NgramSets.of([[0, 1, 2]]))
    assert evidence[0, 0] == pytest.approx((3 / 5 + 4 / 5 + 1) / 2)


def test_what_is_said_of_a_training_text_comes_from_a_fit_without_it() -> None:
    texts, labels = some_texts(40)
    fold = np.random.default_rng(0).permutation(40) % FOLDS

    def said_of(held_out: int, labels: np.ndarray) -> np.ndarray:
        found = NaiveBayesRegression([8], classes=2).fit(texts, labels)
        said = found.evidence[fold == held_out]
        return said / np.abs(said).max()  # how sure it is in general, all texts together tell

    turned = np.where(fold == 1, 1 - labels, labels)
    assert said_of(1, labels) == pytest.approx(said_of(1, turned), abs=1e-6)
    assert not np.allclose(said_of(2, labels), said_of(2, turned))


@pytest.mark.parametrize("classes", [2, 3])
def test_the_terms_of_a_text_add_up_to_its_evidence(classes: int) -> None:
    texts, labels = some_texts(60, classes=classes)
    regression = NaiveBayesRegression([5, 3], classes=classes)
    held_out = regression.fit(texts, labels)
    fold = np.random.default_rng(0).permutation(60) % FOLDS
    for c in range(regression.columns):
        sums = np.bincount(texts.owners, regression.terms(texts)[:, c], 60)
        added = regression.evidence(texts)[:, c] - sums
        assert added == pytest.approx(added[0], abs=1e-5)
        sums = np.bincount(texts.owners, held_out.terms[:, c], 60)
        added = (held_out.evidence[:, c] - sums)[fold == 1]
        assert added == pytest.approx(added[0], abs=1e-5)


def test_copies_of_a_text_do_not_tell_its_label() -> None:
    rng = np.random.default_rng(1)
    texts, labels = (
        NgramSets.of([[i, (i + 1) % 200] for i in range(200)]),
        rng.integers(2, size=200),
    )
    twice = NgramSets.following([texts, texts])
    groups = np.tile(np.arange(200), 2)
    held_out = (
        NaiveBayesRegression([200], classes=2).fit(twice, np.tile(labels, 2), groups).evidence
    )
    once = NaiveBayesRegression([200], classes=2).fit(texts, labels).evidence
    assert (held_out[:200] == held_out[200:]).all()
    for evidence in (held_out[:200], once):
        assert (evidence.argmax(axis=1) == labels).mean() < 0.65


def test_equal_texts_give_equal_bytes() -> None:
    texts, labels = some_texts(80, classes=3)
    one, two = (NaiveBayesRegression([8], classes=3) for _ in range(2))
    for first, second in zip(one.fit(texts, labels), two.fit(texts, labels), strict=True):
        assert first.tobytes() == second.tobytes()
    assert one.w.value.tobytes() == two.w.value.tobytes()


def test_a_label_that_all_texts_have_is_taken_as_it_is() -> None:
    texts, _ = some_texts(10)
    regression = NaiveBayesRegression([8], classes=2)
    regression.fit(texts, np.zeros(10, np.int64))
    evidence = regression.evidence(NgramSets.of([[3]]))
    assert evidence[0, 0] > evidence[0, 1]
