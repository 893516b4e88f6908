"""Runs of neighbouring tokens."""

import pytest

from seqkit.text.ngrams import distinct_character_ngrams, distinct_ngrams


@pytest.mark.parametrize(
    ("tokens", "longest", "expected"),
    [
        ([], 3, []),
        (["a"], 3, ["a"]),
        (["a", "b", "a"], 1, ["a", "b"]),
        (["정말", "안", "좋다"], 3, ["정말", "안", "좋다", "정말 안", "안 좋다", "정말 안 좋다"]),
        (["a", "a", "a"], 2, ["a", "a a"]),
    ],
)
def test_each_run_once_in_order(tokens: list[str], longest: int, expected: list[str]) -> None:
    assert distinct_ngrams(tokens, longest) == expected


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("", 3, []),
        (" \n", 3, []),
        ("a", 0, []),
        ("a", 2, [" ", "a", " a", "a "]),
        ("안  좋", 3, [" ", "안", "좋", " 안", "안 ", " 좋", "좋 ", " 안 ", "안 좋", " 좋 "]),
    ],
)
def test_each_run_of_characters_once(text: str, longest: int, expected: list[str]) -> None:
    assert distinct_character_ngrams(text, longest) == expected
