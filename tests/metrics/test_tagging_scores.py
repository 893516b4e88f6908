import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from seqkit.metrics import Evaluation, Scoring, evaluate, score_tagging

TAGS = ("NOUN", "VERB", "ADJ")


def evaluated(scoring: Scoring) -> Evaluation:
    return evaluate(scoring, resamples=0, rng=np.random.default_rng(0))


def arrays(sentences: list[list[int]]) -> list[np.ndarray]:
    return [np.array(sentence, dtype=np.int64) for sentence in sentences]


def accuracy_or_nan(gold: np.ndarray, predicted: np.ndarray) -> float:
    return float(accuracy_score(gold, predicted)) if len(gold) else math.nan


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.integers(0, 2**32))
def test_all_measures_equal_scikit_learns(lengths: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    gold = [rng.integers(0, 3, length) for length in lengths]
    predicted = [np.where(rng.random(len(s)) < 0.6, s, rng.integers(0, 3, len(s))) for s in gold]
    unseen = [rng.random(length) < 0.3 for length in lengths]
    evaluation = evaluated(score_tagging(gold, predicted, TAGS, unseen=unseen))
    g, p, u = (np.concatenate(x) for x in (gold, predicted, unseen))
    whole = [bool((a == b).all()) for a, b in zip(gold, predicted, strict=True) if len(a)]
    wanted = {
        "accuracy": accuracy_or_nan(g, p),
        "accuracy on seen words": accuracy_or_nan(g[~u], p[~u]),
        "accuracy on unseen words": accuracy_or_nan(g[u], p[u]),
        "whole sentences": sum(whole) / len(whole) if whole else math.nan,
    }
    macro = (
        precision_recall_fscore_support(g, p, average="macro", zero_division=0)[:3]
        if len(g)
        else [math.nan] * 3
    )
    wanted |= dict(zip(("macro precision", "macro recall", "macro F1"), macro, strict=True))
    found = {metric.name: metric.value for metric in evaluation.metrics}
    assert found == pytest.approx(wanted, nan_ok=True)
    assert evaluation.headline.name == "accuracy"
    assert evaluation.counts == {
        "sentences": len(lengths),
        "words": len(g),
        "unseen words": int(u.sum()),
    }


def test_the_split_by_word_needs_to_know_which_are_unseen() -> None:
    scoring = score_tagging(arrays([[0, 1]]), arrays([[0, 1]]), TAGS)
    names = [measure.name for measure in scoring.measures]
    assert names == ["accuracy", "whole sentences", "macro F1", "macro precision", "macro recall"]
    assert scoring.counts == {"sentences": 1, "words": 2}


def test_tables_show_tags_and_confusions() -> None:
    scoring = score_tagging(arrays([[0, 0, 1], [], [1]]), arrays([[0, 1, 1], [], [0]]), TAGS)
    tags, confusions = scoring.tables
    assert tags.columns[0] == "tag"
    assert [(row[0], row[4]) for row in tags.rows] == [("NOUN", 2), ("VERB", 2)]
    assert confusions.rows == (("NOUN", "VERB", 1, 0.5), ("VERB", "NOUN", 1, 0.5))


def test_a_tag_that_training_never_met_is_wrong() -> None:
    scoring = score_tagging(arrays([[0, -1], [-1]]), arrays([[0, 0], [-1]]), TAGS)
    evaluation = evaluated(scoring)
    assert evaluation.headline.value == pytest.approx(1 / 3)
    assert evaluation.metric("whole sentences").value == 0
    assert evaluation.counts["words with an unseen tag"] == 2
    assert sum(row[2] for row in scoring.tables[1].rows) == 2


def test_tags_are_no_ids_but_an_empty_list_has_none() -> None:
    names: Any = [["NOUN", "VERB"]]
    with pytest.raises(TypeError, match="classes are ids, whole numbers, found <U4"):
        score_tagging(names, names, TAGS)
    ids: Any = [[0, 1], []]
    assert evaluated(score_tagging(ids, ids, TAGS)).headline.value == 1.0


def test_no_sentence_at_all_is_undefined() -> None:
    evaluation = evaluated(score_tagging([], [], TAGS, unseen=[]))
    assert all(math.isnan(metric.value) for metric in evaluation.metrics)


@pytest.mark.parametrize(
    ("predicted", "unseen", "message"),
    [
        ([[0, 1], [1, 1]], None, "sentence 1 has 1 gold tags, 2 in predicted"),
        ([[0, 1]], None, "2 gold sentences, 1 in predicted"),
        ([[0, 1], [1]], [[0, 1], []], "sentence 1 has 1 gold tags, 0 in unseen"),
    ],
)
def test_sentences_that_do_not_fit_are_refused(
    predicted: list[list[int]], unseen: list[list[int]] | None, message: str
) -> None:
    marks = None if unseen is None else [np.array(mark, dtype=bool) for mark in unseen]
    with pytest.raises(ValueError, match=message):
        score_tagging(arrays([[0, 1], [1]]), arrays(predicted), TAGS, unseen=marks)


def test_accuracy_on_unseen_words_is_measured_on_the_models_own_unseen_words() -> None:
    gold = arrays([[0, 1, 2], [0]])

    def bases(*unseen: list[bool]) -> dict[str, str]:
        scoring = score_tagging(gold, gold, TAGS, unseen=[np.array(u) for u in unseen])
        return {measure.name: measure.basis for measure in scoring.measures}

    one, same = bases([True, False, False], [False]), bases([True, False, False], [False])
    other = bases([False, True, False], [False])
    assert one == same
    changed = {name for name in one if one[name] != other[name]}
    assert changed == {"accuracy on seen words", "accuracy on unseen words"}
    assert one["accuracy"] == ""
    assert "1 unseen words" in one["accuracy on unseen words"]
