"""Sentences of a tokenised text, and pairs of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import UserError
from seqkit.text import create_tokenizer, nfc, sentence_lengths, text_pairs


def cut(text: str, tokenizer: str = "words") -> list[str]:
    spans = create_tokenizer(tokenizer).spans(text)
    pieces, done = [], 0
    for length in sentence_lengths(text, spans):
        pieces.append(text[spans[done][0] : spans[done + length - 1][1]])
        done += length
    return pieces


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Nora left. Tom stayed!", ["Nora left.", "Tom stayed!"]),
        ("One line\nanother line", ["One line", "another line"]),
        ("비가 왔다. 눈도 왔니? 네", ["비가 왔다.", "눈도 왔니?", "네"]),
        ("Dr. Yu paid 3.50 a.m. today", ["Dr. Yu paid 3.50 a.m. today"]),
        ("Really?! Yes...", ["Really?!", "Yes..."]),
        ("no end", ["no end"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_end_with_a_mark_before_a_space_or_with_the_line(
    text: str, sentences: list[str]
) -> None:
    assert cut(text) == sentences


def test_characters_are_cut_into_the_same_sentences() -> None:
    assert [piece.strip() for piece in cut("비가 왔다. 눈도.\n끝", "characters")] == [
        "비가 왔다.",
        "눈도.",
        "끝",
    ]


@given(st.text(alphabet="ab .!?\n가", max_size=30), st.sampled_from(["words", "characters"]))
def test_every_token_is_in_one_sentence(text: str, tokenizer: str) -> None:
    spans = create_tokenizer(tokenizer).spans(nfc(text))
    found = sentence_lengths(nfc(text), spans)
    assert sum(found) == len(spans)
    assert all(length > 0 for length in found)


def test_pairs_are_pairs_or_texts_with_a_tab() -> None:
    assert text_pairs([("a", "b"), ["c", "d"], "e\tf", "\t"]) == [
        ("a", "b"),
        ("c", "d"),
        ("e", "f"),
        ("", ""),
    ]


def test_inputs_that_are_no_pairs_are_told_together() -> None:
    with pytest.raises(UserError) as caught:
        text_pairs(["one part", "a\tb", ("x", "y", "z")], names=("text", "question"))
    assert str(caught.value).splitlines() == [
        "input 1: found 1 part, wanted text<TAB>question",
        "input 3: found 3 parts, wanted text<TAB>question",
    ]
