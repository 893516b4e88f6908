"""Words and their places in a running text."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from seqkit.text import PlacedWords, create_tokenizer, nfc

WORDS = create_tokenizer("words")


@given(text=st.text(max_size=30))
def test_each_word_is_found_where_it_stands(text: str) -> None:
    for typed in (text, unicodedata.normalize("NFD", text)):
        placed = PlacedWords.cut(typed, WORDS)
        assert list(placed.words) == WORDS.tokenize(typed)
        for word, (start, end) in zip(placed.words, placed.places, strict=True):
            assert word in nfc(typed[start:end])


def test_a_decomposed_text_keeps_its_own_offsets() -> None:
    typed = "Rene\u0301, \u1109\u1165울에서 👍🏽!"
    placed = PlacedWords.cut(typed, WORDS)
    assert placed.words == ("René", ",", "서울에서", "👍🏽", "!")
    found = [typed[start:end] for start, end in placed.places]
    assert found == ["Rene\u0301", ",", "\u1109\u1165울에서", "👍🏽", "!"]


@given(words=st.lists(st.text("aé서\u0301", min_size=1, max_size=3), max_size=6))
def test_words_joined_stand_with_spaces_between(words: list[str]) -> None:
    placed = PlacedWords.join(words)
    assert [placed.text[start:end] for start, end in placed.places] == words
    assert placed.text == " ".join(words)
    assert list(placed.words) == [nfc(word) for word in words]


def test_words_that_fit_no_column_are_named() -> None:
    assert list(PlacedWords.join(["a", "b c"]).problems()) == []
    said = list(PlacedWords.join(["", "b\tc", "d\n"]).problems())
    assert [problem.split(",")[0] for problem in said] == [
        "found the word ''",
        "found the word 'b\\tc'",
        "found the word 'd\\n'",
    ]
