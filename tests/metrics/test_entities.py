"""Scores of entities: equal to the CoNLL script's, by type and in all, and to a strict reading."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.metrics import Scoring, evaluate, score_entities
from seqkit.text import SchemeName, Span, TagScheme, read_spans

GOLDEN: dict[SchemeName, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "entities.json").read_text(encoding="utf-8")
)


def values(scoring: Scoring) -> dict[str, float]:
    sums = scoring.statistics.sum(axis=0)
    return {measure.name: float(measure.compute(sums)) for measure in scoring.measures}


def rows(scoring: Scoring) -> dict[str, tuple[Any, ...]]:
    return {str(row[0]): row[1:] for row in scoring.tables[0].rows}


CASES = [
    (scheme, mode) for scheme in GOLDEN for mode in ("conll", "strict") if mode in GOLDEN[scheme]
]


@pytest.mark.parametrize(("scheme", "mode"), CASES)
def test_the_scores_are_those_of_the_conll_script_and_of_a_strict_reading(
    scheme: SchemeName, mode: str
) -> None:
    case = GOLDEN[scheme]
    read = read_spans if mode == "conll" else TagScheme(scheme).strict_spans
    gold, predicted = ([read(tags.split()) for tags in case[key]] for key in ("gold", "predicted"))
    scoring = score_entities(gold, predicted)
    found = values(scoring)
    overall = [found["precision"], found["recall"], found["entity F1"]]
    assert overall == pytest.approx(case[mode]["all"], abs=1e-12)
    for kind, row in rows(scoring).items():
        assert list(row[:3]) == pytest.approx(case[mode][kind], abs=1e-12), kind
    assert len(rows(scoring)) == 3


def test_the_golden_sequences_tell_the_two_modes_apart() -> None:
    assert len(CASES) == 5
    for case in (GOLDEN["iob2"], GOLDEN["iobes"]):
        assert abs(case["conll"]["all"][2] - case["strict"]["all"][2]) > 0.01


def test_the_same_place_with_another_type_is_wrong_twice() -> None:
    scoring = score_entities([[Span(0, 2, "PER")]], [[Span(0, 2, "LOC")]])
    assert rows(scoring) == {"PER": (0.0, 0.0, 0.0, 1, 0), "LOC": (0.0, 0.0, 0.0, 0, 1)}
    assert values(scoring)["entity F1"] == 0.0


def test_finding_nothing_scores_zero_and_nothing_to_find_is_undefined() -> None:
    nothing = values(score_entities([[Span(0, 1, "PER")]], [[]]))
    assert (nothing["precision"], nothing["recall"], nothing["entity F1"]) == (0.0, 0.0, 0.0)
    assert all(np.isnan(value) for value in values(score_entities([[], []], [[], []])).values())
    assert score_entities([], []).statistics.shape == (0, 2)


def test_unseen_entities_have_a_recall_of_their_own() -> None:
    gold = [[Span(0, 1, "PER"), Span(2, 3, "LOC")], [Span(0, 1, "PER")]]
    scoring = score_entities(gold, [[Span(0, 1, "PER")], []], unseen=[[gold[0][0]], [gold[1][0]]])
    assert values(scoring)["recall of unseen entities"] == 0.5
    assert scoring.counts == {"sentences": 2, "entities": 3, "unseen entities": 2}


def test_types_of_training_keep_their_columns_and_others_follow() -> None:
    scoring = score_entities([[Span(0, 1, "NEW")]], [[Span(0, 1, "PER")]], types=["PER", "LOC"])
    assert scoring.statistics.tolist() == [[0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0]]


def test_the_bootstrap_resamples_sentences() -> None:
    gold = [[Span(0, 1, "PER")]] * 40
    predicted = [[Span(0, 1, "PER")] if i % 2 else [] for i in range(40)]
    headline = evaluate(
        score_entities(gold, predicted), resamples=200, rng=np.random.default_rng(0)
    ).headline
    assert headline.interval is not None
    assert headline.interval.low < headline.value < headline.interval.high


def test_numbers_of_sentences_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="numbers of sentences differ"):
        score_entities([[]], [[], []])


def test_notes_stand_below_the_table() -> None:
    assert score_entities([[]], [[]], notes=["Read so."]).tables[0].notes == ("Read so.",)
