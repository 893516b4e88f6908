"""Shapes of words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.text import WORD_SHAPES, word_shape

SHAPES = {
    "mark": [".", "...", "👍🏽", ":)", "$", "@", "#", ""],
    "digits": ["7", "3.5", "1,000", "٣", "12:30"],
    "small": ["dog", "straße", "don't"],
    "capital letter": ["A", "É", "O."],
    "capitalised": ["Seoul", "Élan", "Smith-jones"],
    "capitals": ["NASA", "U.S."],
    "mixed case": ["iPhone", "McDonald", "O'Brien"],
    "letters without case": ["서울에서", "東京", "ㅋㅋㅋ"],
    "letters and digits": ["B2B", "4th", "3월"],
    "name of an account": ["@mira", "@서울"],
    "topic": ["#holiday", "#1"],
    "address": ["http://a.b", "www.a.b", "me@a.b", "https://x"],
}


@pytest.mark.parametrize(("shape", "words"), SHAPES.items())
def test_words_have_the_shape_a_reader_would_say(shape: str, words: list[str]) -> None:
    assert {word: WORD_SHAPES[word_shape(word)] for word in words} == dict.fromkeys(words, shape)


def test_the_examples_cover_all_shapes() -> None:
    assert set(SHAPES) == set(WORD_SHAPES)


@given(word=st.text(max_size=8))
def test_every_word_has_one(word: str) -> None:
    assert 0 <= word_shape(word) < len(WORD_SHAPES)
