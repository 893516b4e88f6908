"""N-grams of words and characters as the sentiment task reads them."""

import unicodedata

import pytest

from seqkit.errors import UserError
from seqkit_tasks.sentiment.config import SentimentConfig
from seqkit_tasks.sentiment.evidence import NgramEvidence, NgramReader


def reader(**options: object) -> NgramReader:
    return NgramReader(SentimentConfig(**{"word_ngrams": 2, "character_ngrams": 2, **options}))


def test_composed_and_decomposed_text_has_the_same_ngrams() -> None:
    for text in ("재미있다", "café"):
        assert reader().read(unicodedata.normalize("NFD", text)) == reader().read(text)


def test_words_are_words_whatever_the_encoder_reads() -> None:
    for tokenizer in ("words", "characters", "jamo"):
        words, _ = reader(tokenizer=tokenizer).read("Not good!")
        assert words == ["not", "good", "!", "not good", "good !"]
    words, _ = reader(tokenizer="whitespace").read("Not good!")
    assert words == ["not", "good!", "not good!"]


def test_capitals_stay_where_they_are_wanted() -> None:
    words, characters = reader(lowercase=False).read("Ab")
    assert words == ["Ab"]
    assert characters == [" ", "A", "b", " A", "Ab", "b "]


def test_either_kind_can_be_left_out() -> None:
    assert reader(word_ngrams=0).read("a b")[0] == []
    assert reader(character_ngrams=0).read("a b")[1] == []


def test_an_empty_text_has_none() -> None:
    assert reader().read("") == ([], [])


def test_ngrams_of_one_text_alone_are_left_out() -> None:
    found = reader(character_ngrams=1).fit(["good film", "good food"])
    assert found == {"words": ["good"], "characters": [" ", "d", "f", "g", "o"]}


def test_an_ngram_that_a_file_holds_twice_is_refused() -> None:
    with pytest.raises(UserError, match="evidence words: found an n-gram twice"):
        NgramEvidence({"words": ["a", "a"], "characters": []}, classes=2, reader=reader())
