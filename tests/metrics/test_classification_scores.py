import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
)

from seqkit.metrics import Evaluation, Scoring, encode_labels, evaluate, score_classification

NAMES = ("A", "B", "C", "D", "E")


def evaluated(scoring: Scoring) -> Evaluation:
    return evaluate(scoring, resamples=0, rng=np.random.default_rng(0))


@st.composite
def labelled(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Gold and predicted labels; A to C are known, D and E are not."""
    n = draw(st.integers(1, 25))
    label = st.sampled_from(NAMES[: draw(st.integers(1, 5))])
    return draw(st.lists(label, min_size=n, max_size=n)), draw(
        st.lists(st.sampled_from(NAMES[:3]), min_size=n, max_size=n)
    )


@settings(deadline=None, max_examples=100)
@given(labelled())
def test_all_measures_equal_scikit_learns(case: tuple[list[str], list[str]]) -> None:
    gold, predicted = case
    labels, (gold_ids, predicted_ids) = encode_labels(NAMES[:3], gold, predicted)
    evaluation = evaluated(score_classification(gold_ids, predicted_ids, labels))
    macro = precision_recall_fscore_support(gold, predicted, average="macro", zero_division=0)
    assert evaluation.headline.name == "accuracy"
    assert evaluation.headline.value == pytest.approx(accuracy_score(gold, predicted))
    for name, wanted in zip(("macro precision", "macro recall", "macro F1"), macro, strict=False):
        assert evaluation.metric(name).value == pytest.approx(wanted)


@settings(deadline=None, max_examples=50)
@given(labelled())
def test_the_tables_equal_scikit_learns(case: tuple[list[str], list[str]]) -> None:
    gold, predicted = case
    labels, (gold_ids, predicted_ids) = encode_labels(NAMES[:3], gold, predicted)
    classes, confusions = score_classification(gold_ids, predicted_ids, labels).tables
    present = sorted(set(gold) | set(predicted))
    per_class = precision_recall_fscore_support(gold, predicted, labels=present, zero_division=0)
    found = {row[0]: row[1:5] for row in classes.rows}
    assert sorted(found) == present
    for c, name in enumerate(present):
        assert found[name] == pytest.approx(tuple(column[c] for column in per_class))
    order = [row[0] for row in confusions.rows]
    assert confusions.columns[1:] == tuple(order)
    matrix = [row[1:] for row in confusions.rows]
    # One label more than there are: scikit-learn warns of a matrix of one cell.
    wanted = confusion_matrix(gold, predicted, labels=[*order, "none"])[:-1, :-1]
    np.testing.assert_array_equal(matrix, wanted)


def test_classes_stand_by_support() -> None:
    classes = score_classification(np.array([1, 1, 0]), np.array([2, 1, 0]), NAMES[:3]).tables[0]
    assert [row[0] for row in classes.rows] == ["B", "A", "C"]
    assert classes.rows[2][1:] == (0.0, 0.0, 0.0, 0, 1)


def test_ids_outside_the_label_set_are_always_wrong() -> None:
    scoring = score_classification(np.array([0, -1, 7]), np.array([0, -1, 1]), NAMES[:2])
    evaluation = evaluated(scoring)
    assert evaluation.headline.value == pytest.approx(1 / 3)
    assert evaluation.counts == {"texts": 3, "unseen labels": 2}
    assert scoring.tables[0].rows[0][0] == "(unknown label)"
    assert scoring.tables[0].rows[0][1:] == (0.0, 0.0, 0.0, 2, 1)


def test_nothing_to_score_is_undefined() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    evaluation = evaluated(score_classification(nothing, nothing, NAMES, unit="reviews"))
    assert all(math.isnan(metric.value) for metric in evaluation.metrics)
    assert evaluation.counts == {"reviews": 0}


def test_many_classes_show_the_commonest_confusions() -> None:
    labels = [f"c{i}" for i in range(20)]
    gold = np.array([3, 3, 3, 5, 6])
    table = score_classification(gold, np.array([4, 4, 3, 6, 6]), labels).tables[1]
    assert table.rows == (("c3", "c4", 2, 2 / 3), ("c5", "c6", 1, 1 / 3))
    assert score_classification(gold, gold, labels).tables[1].rows == ()


def test_a_resample_is_scored_as_scikit_learn_would() -> None:
    gold, predicted = np.array([0, 1, 2, 2]), np.array([0, 2, 2, 1])
    scoring = score_classification(gold, predicted, NAMES[:3])
    chosen = [0, 0, 2, 3]
    sums = scoring.statistics[chosen].sum(axis=0)
    wanted = precision_recall_fscore_support(
        gold[chosen], predicted[chosen], average="macro", zero_division=0
    )
    stacked = np.stack([sums, sums])
    for measure, value in zip(scoring.measures[1:], (wanted[2], *wanted[:2]), strict=True):
        np.testing.assert_allclose(measure.compute(stacked), [value, value])


@pytest.mark.parametrize("given", [["a", "b"], [0.9, 0.2]], ids=["labels", "probabilities"])
def test_what_is_no_id_is_refused_with_what_makes_ids(given: list[Any]) -> None:
    with pytest.raises(TypeError, match=r"found .*; seqkit\.metrics\.encode_labels numbers labels"):
        score_classification(given, np.array([0, 1]), ["a", "b"])  # type: ignore[arg-type]


def test_different_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="same examples"):
        score_classification(np.zeros(2, int), np.zeros(3, int), NAMES)
