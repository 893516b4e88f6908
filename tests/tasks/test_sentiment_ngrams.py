"""N-grams of words and characters as the sentiment task reads them."""

import unicodedata

import numpy as np
import pytest

from seqkit.errors import UserError
from seqkit_tasks.sentiment.config import SentimentConfig
from seqkit_tasks.sentiment.evidence import NgramEvidence, NgramReader


def reader(**options: object) -> NgramReader:
    return NgramReader(SentimentConfig(**{"word_ngrams": 2, "character_ngrams": 2, **options}))


def units(text: str, **options: object) -> tuple[list[str], str]:
    [words], [characters] = reader(**options).units([text])
    return words, characters


def test_composed_and_decomposed_text_has_the_same_units() -> None:
    for text in ("재미있다", "café"):
        assert units(unicodedata.normalize("NFD", text)) == units(text)


def test_words_are_words_whatever_the_encoder_reads() -> None:
    for tokenizer in ("words", "characters", "jamo"):
        words, _ = units("Not good!", tokenizer=tokenizer)
        assert words == ["not", "good", "!"]
    words, _ = units("Not good!", tokenizer="whitespace")
    assert words == ["not", "good!"]


def test_copies_of_a_text_are_one_however_they_were_typed() -> None:
    texts = ["Good film", "bad", "good  film", "한글", unicodedata.normalize("NFD", "한글")]
    assert reader().groups(texts).tolist() == [0, 1, 0, 2, 2]
    assert reader(lowercase=False).groups(texts).tolist() == [0, 1, 2, 3, 3]


def test_what_is_said_of_a_text_to_learn_from_comes_from_no_copy_of_it() -> None:
    rng = np.random.default_rng(0)
    texts = [f"w{i} w{i + 1} w{i + 2}" for i in range(200)] * 2
    labels = np.tile(rng.integers(2, size=200), 2)
    ours = reader(word_ngrams=1, character_ngrams=0)
    evidence = NgramEvidence(ours.fit(texts), classes=2, reader=ours)
    evidence.fit(texts, labels)
    assert (evidence.of(texts, learning=True).argmax(axis=1) == labels).mean() < 0.65


def test_capitals_stay_where_they_are_wanted() -> None:
    assert units("Ab", lowercase=False) == (["Ab"], " Ab ")


def test_white_space_counts_as_one_space_around_each_word() -> None:
    assert units("안  좋\n다")[1] == " 안 좋 다 "


def test_either_kind_can_be_left_out() -> None:
    assert units("a b", word_ngrams=0) == ([], " a b ")
    assert units("a b", character_ngrams=0) == (["a", "b"], "")


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_text_has_none(text: str) -> None:
    assert units(text) == ([], "")


def test_ngrams_of_one_text_alone_are_left_out() -> None:
    found = reader(character_ngrams=1).fit(["good film", "good food"])
    assert found == {"words": ["good"], "characters": [" ", "d", "f", "g", "o"]}


def test_an_ngram_that_a_file_holds_twice_is_refused() -> None:
    with pytest.raises(UserError, match="evidence words: found an n-gram twice"):
        NgramEvidence({"words": ["a", "a"], "characters": []}, classes=2, reader=reader())
