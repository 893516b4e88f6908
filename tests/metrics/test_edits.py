"""Edit distance against the textbook's table, and the scores made of it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.metrics import edits
from seqkit.metrics.edits import edit_distance, edit_distances, score_sequences
from seqkit.metrics.evaluation import evaluate

WORDS = st.text("abc가", max_size=7)


def plain(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
    return row[-1]


@given(st.lists(st.tuples(WORDS, WORDS), max_size=8), st.sampled_from([1, 20, 10**6]))
def test_distances_are_those_of_the_textbook(pairs: Any, cells: int) -> None:
    left, right = [a for a, _ in pairs], [b for _, b in pairs]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edits, "CELLS", cells)
        assert edit_distances(left, right).tolist() == [plain(a, b) for a, b in pairs]


def test_tokens_may_be_words_as_well_as_characters() -> None:
    assert edit_distance(["나는", "간다"], ["나는", "안", "간다"]) == 1
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance([], []) == 0
    assert edit_distance((1, 2), ["1", "2"]) == 2


def test_pairs_are_wanted() -> None:
    with pytest.raises(ValueError, match="found 1 and 2 sequences"):
        edit_distances(["a"], ["a", "b"])


def test_the_nearest_of_several_answers_counts() -> None:
    scoring = score_sequences(
        [["abcd", "xy"], ["abcdef"], [""]], ["xz", "abcdef", ""], unit="character"
    )
    assert scoring.statistics.tolist() == [[0, 1, 1, 2], [1, 1, 0, 6], [1, 1, 0, 0]]
    metrics = {
        metric.name: metric for metric in evaluate(scoring, rng=np.random.default_rng(0)).metrics
    }
    assert metrics["exact match"].value == pytest.approx(2 / 3)
    assert metrics["character error rate"].value == pytest.approx(1 / 8)
    assert not metrics["character error rate"].higher_is_better
    assert scoring.counts == {"sequences": 3, "characters": 8}


def test_any_matched_answer_is_right() -> None:
    scoring = score_sequences([[["T", "AH"], ["T", "EY"]]] * 2, [["T", "EY"], ["T"]])
    assert scoring.statistics[:, 0].tolist() == [1, 0]


def test_no_examples_give_undefined_scores() -> None:
    scoring = score_sequences([], [])
    assert scoring.statistics.shape == (0, 4)
    assert np.isnan(scoring.measures[0].compute(scoring.statistics.sum(axis=0)))


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        score_sequences([[]], ["a"])
    with pytest.raises(ValueError, match="1 examples have answers, 0 were predicted"):
        score_sequences([["a"]], [])
    with pytest.raises(TypeError, match=r"found one string; write \['ab'\]"):
        score_sequences(["ab"], ["ab"])
