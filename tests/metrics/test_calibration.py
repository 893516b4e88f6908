import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.metrics import evaluate, score_calibration, score_confidence


def brute_force(confidence: list[float], right: list[bool], bins: int) -> float:
    error = 0.0
    for b in range(bins):
        inside = [i for i, c in enumerate(confidence) if b / bins < c <= (b + 1) / bins]
        gap = sum(right[i] for i in inside) - sum(confidence[i] for i in inside)
        error += abs(gap) / len(confidence)
    return error


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 30), st.integers(1, 12), st.integers(0, 2**32))
def test_it_equals_the_definition(n: int, bins: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities, gold = rng.dirichlet(np.ones(3), n), rng.integers(-1, 3, n)
    scoring = score_calibration(probabilities, gold, bins=bins)
    value = float(scoring.measures[0].compute(scoring.statistics.sum(axis=0)))
    right = (probabilities.argmax(axis=1) == gold).tolist()
    assert value == pytest.approx(brute_force(probabilities.max(axis=1).tolist(), right, bins))


def test_the_reliability_table_shows_filled_bins() -> None:
    probabilities = np.array([[0.9, 0.1], [0.95, 0.05], [0.4, 0.6]])
    scoring = score_calibration(probabilities, np.array([0, 1, 1]), bins=5)
    low, high = scoring.tables[0].rows
    assert low == ("40 - 60 %", 1, pytest.approx(0.6), 1.0)
    assert high == ("80 - 100 %", 2, pytest.approx(0.925), 0.5)
    evaluation = evaluate(scoring, rng=np.random.default_rng(0))
    assert not evaluation.headline.higher_is_better
    assert evaluation.counts == {"texts": 3}


def test_nothing_to_score_is_undefined() -> None:
    scoring = score_calibration(np.zeros((0, 2)), np.zeros(0, int))
    assert math.isnan(evaluate(scoring, rng=np.random.default_rng(0)).headline.value)


def test_it_has_no_interval_since_resamples_lie_above_it() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3), 300)
    gold = np.array([rng.choice(3, p=row) for row in probabilities])
    scoring = score_calibration(probabilities, gold)
    (metric,) = evaluate(scoring, rng=rng).metrics
    assert metric.interval is None
    drawn = scoring.statistics[rng.integers(0, 300, (200, 300))].sum(axis=1)
    assert (scoring.measures[0].compute(drawn) > metric.value).mean() > 0.75


def test_labels_are_no_ids() -> None:
    with pytest.raises(TypeError, match="classes are ids, whole numbers, found <U1"):
        score_calibration(np.eye(2), np.array(["0", "1"]))


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(N, C\)"):
        score_calibration(np.zeros((3, 2)), np.zeros(2, int))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.integers(0, 2**32))
def test_answers_of_examples_count_like_examples_of_their_own(lengths, seed) -> None:
    rng = np.random.default_rng(seed)
    confidence = [rng.uniform(0.3, 1.0, n) for n in lengths]
    right = [rng.random(n) < 0.7 for n in lengths]
    scoring = score_confidence(confidence, right)
    value = float(scoring.measures[0].compute(scoring.statistics.sum(axis=0)))
    assert scoring.statistics.shape[0] == len(lengths)
    flat, flat_right = np.concatenate(confidence).tolist(), np.concatenate(right).tolist()
    if flat:
        assert value == pytest.approx(brute_force(flat, flat_right, 10))
    else:
        assert math.isnan(value)


def test_another_number_of_answers_is_refused() -> None:
    with pytest.raises(ValueError, match="as many answers"):
        score_confidence([np.ones(2)], [np.ones(1, bool)])


def test_probabilities_that_are_no_numbers_give_an_undefined_error_without_a_warning() -> None:
    probabilities = np.array([[np.nan, np.nan], [0.2, 0.8]])
    scoring = score_calibration(probabilities, np.array([0, 1]))
    assert math.isnan(evaluate(scoring, rng=np.random.default_rng(0)).headline.value)
