"""Runs of neighbouring units, against a loop that cuts them out one by one."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.text.ngrams import NgramTable, common_ngrams

SEPARATORS = st.sampled_from(["", " "])
TEXTS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "안", "😀"]), max_size=9), max_size=8)


def cut_out(units: Sequence[str], longest: int, separator: str) -> list[str]:
    """The distinct runs of up to ``longest`` units."""
    runs = [
        separator.join(units[start : start + length])
        for length in range(1, longest + 1)
        for start in range(len(units) - length + 1)
    ]
    return list(dict.fromkeys(runs))


@given(TEXTS, st.integers(0, 4), st.integers(1, 3), SEPARATORS)
def test_common_ngrams_are_those_of_enough_texts(
    texts: list[list[str]], longest: int, minimum: int, separator: str
) -> None:
    counts = Counter(run for text in texts for run in cut_out(text, longest, separator))
    expected = sorted(run for run, count in counts.items() if count >= minimum)
    assert common_ngrams(texts, longest, minimum=minimum, separator=separator) == expected


@given(TEXTS, TEXTS, st.integers(0, 4), SEPARATORS)
def test_a_table_finds_each_known_ngram_once(
    train: list[list[str]], texts: list[list[str]], longest: int, separator: str
) -> None:
    known = common_ngrams(train, longest, minimum=1, separator=separator)
    found = NgramTable(known, separator=separator).locate(texts).sets(len(texts))
    expected = [
        [number for number, ngram in enumerate(known) if ngram in cut_out(text, longest, separator)]
        for text in texts
    ]
    assert found.ids.tolist() == [number for numbers in expected for number in numbers]
    assert found.sizes.tolist() == [len(numbers) for numbers in expected]


def test_a_run_does_not_reach_into_the_next_text() -> None:
    assert common_ngrams(["ab", "ca", "bc", "abca"], 3) == ["a", "ab", "b", "bc", "c", "ca"]
    assert NgramTable(["a", "ab", "b"]).locate(["a", "b"]).sets(2).ids.tolist() == [0, 2]


def test_strings_are_read_by_character() -> None:
    assert common_ngrams(["좋다 ", "좋다"], 2) == ["다", "좋", "좋다"]


@pytest.mark.parametrize(
    ("ngrams", "what"),
    [
        (["a", "a"], "twice"),
        (["a", "b", "ab", "ab"], "twice"),
        (["a", "b", "aba"], "without its beginning"),
        (["a", "ab"], "with a unit that is none itself"),
        ([""], "with a unit that is none itself"),
    ],
)
def test_ngrams_that_do_not_belong_together_are_refused(ngrams: list[str], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        NgramTable(ngrams)
