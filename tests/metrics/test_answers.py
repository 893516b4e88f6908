"""Exact match and token F1 of answers."""

import numpy as np
import pytest

from seqkit.metrics.answers import exact_match, normalize_answer, score_answers, token_f1
from seqkit.metrics.evaluation import evaluate


@pytest.mark.parametrize(
    ("answer", "normalized"),
    [
        ("The  Old Mill.", "old mill"),
        ("an apple, a pear", "apple pear"),
        ("n,e", "ne"),
        ("$5 + tax", "5 tax"),
        ("«부엌»에서", "부엌에서"),
        ("“Theatre”", "theatre"),
        ("a", "a"),
        ("?", "?"),
        ("", ""),
    ],
)
def test_normalisation_is_that_of_squad(answer: str, normalized: str) -> None:
    assert normalize_answer(answer) == normalized


def test_exact_match_looks_at_every_gold_answer() -> None:
    assert exact_match("the mill", ["barn", "Mill"]) == 1.0
    assert exact_match("mill", ["old mill"]) == 0.0
    assert exact_match("mill", []) == 0.0


def test_f1_counts_words_and_takes_the_best_gold_answer() -> None:
    assert token_f1("the old mill", ["mill"]) == pytest.approx(2 / 3)
    assert token_f1("old old mill", ["old mill house", "barn"]) == pytest.approx(2 / 3)
    assert token_f1("mill", ["barn", "mill"]) == 1.0
    assert token_f1("", ["mill"]) == 0.0
    assert token_f1("mill", []) == 0.0


def test_f1_of_korean_counts_characters() -> None:
    assert token_f1("은빛 마을에", ["은빛 마을"]) == pytest.approx(2 * 4 / (5 + 4))
    assert token_f1("in the mill", ["물레방아"]) == 0.0


def test_one_string_is_no_list_of_gold_answers() -> None:
    for score in (lambda: score_answers(["cat"], ["cat"]), lambda: token_f1("cat", "cat")):
        with pytest.raises(TypeError, match=r"found one string; write \['cat'\]"):
            score()


def test_scoring_has_measures_and_mistakes() -> None:
    gold = [("mill",), ("the barn", "barn house"), ("yes",), ("yes",)]
    scoring = score_answers(gold, ["Mill", "old barn", "no", "no"])
    metrics = evaluate(scoring, resamples=0, rng=np.random.default_rng(0)).metrics
    assert {m.name: m.value for m in metrics} == {"exact match": 0.25, "F1": (1 + 2 / 3) / 4}
    assert scoring.counts == {"questions": 4}
    assert scoring.tables[0].rows == (("yes", "no", 2), ("the barn / barn house", "old barn", 1))


def test_an_empty_split_is_undefined_and_no_error() -> None:
    scoring = score_answers([], [])
    assert scoring.statistics.shape == (0, 3)
    assert np.isnan(scoring.measures[0].compute(scoring.statistics.sum(axis=0)))
