"""N-grams of words and characters as the sentiment task reads them."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import UserError
from seqkit.text import create_tokenizer
from seqkit.text.ngram_shares import solid_lengths
from seqkit_tasks.sentiment import evidence as evidence_module
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
    said = evidence.of(texts, learning=True).of_texts
    assert (said.argmax(axis=1) == labels).mean() < 0.65


REVIEWS = [
    "정말 좋다",
    "really very good",
    "좋다 ㅋㅋ",
    "정말 나쁘다",
    "very bad!",
    "나쁘다",
    "",
] * 3
RATED = np.array([1, 1, 1, 0, 0, 0, 0] * 3)


def shared(classes: int = 2, **options: object) -> NgramEvidence:
    ours = reader(**options)
    evidence = NgramEvidence(ours.fit(REVIEWS), classes=classes, reader=ours, shared=True)
    evidence.fit(REVIEWS, RATED)
    return evidence


@pytest.mark.parametrize("tokenizer", ["words", "whitespace", "characters"])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_shares_of_the_tokens_add_up_to_what_the_words_say(
    tokenizer: str, classes: int
) -> None:
    evidence = shared(classes, tokenizer=tokenizer, character_ngrams=0)
    said = evidence.of(REVIEWS, learning=False)
    counts = [len(create_tokenizer(tokenizer).tokenize(text)) for text in REVIEWS]
    texts = np.repeat(np.arange(len(REVIEWS)), counts)
    shares = said.of_tokens / evidence.share_scale.value
    assert shares.shape[1] == 2 * (1 if classes == 2 else 3)
    for c in range(shares.shape[1] // 2):
        added = said.of_texts[:, c] - np.bincount(texts, shares[:, c], len(REVIEWS))
        assert added == pytest.approx(added[0], abs=1e-5)


def test_a_word_has_a_share_of_what_it_says() -> None:
    evidence = shared(word_ngrams=1, character_ngrams=0)
    of_words = evidence.of(["정말  좋다", "very bad"], learning=False).of_tokens[:, 0]
    really, good, very, bad = of_words
    assert good < 0 < bad  # evidence for the first class, which is 0
    assert abs(really) < abs(good)
    assert abs(very) < abs(bad)


def test_all_letters_of_a_syllable_have_its_share() -> None:
    of_jamo = shared(tokenizer="jamo").of(["좋다"], learning=False).of_tokens
    assert len(of_jamo) == 5
    assert (of_jamo[:3] == of_jamo[0]).all()
    assert (of_jamo[3:] == of_jamo[3]).all()


def test_the_share_of_a_token_is_the_same_beside_other_texts() -> None:
    evidence = shared()
    together = evidence.of(REVIEWS, learning=False).of_tokens
    alone = [evidence.of([text], learning=False).of_tokens for text in REVIEWS]
    assert np.concatenate(alone).tobytes() == together.tobytes()


@given(st.text(max_size=40), st.sampled_from(["words", "whitespace", "characters", "jamo"]))
def test_words_and_tokens_of_any_text_cover_its_solid_characters(text: str, named: str) -> None:
    ours = reader(tokenizer=named)
    words, characters = ours.units([text])
    tokens, counts = ours.tokens([text])
    count = int(solid_lengths(characters).sum())
    assert solid_lengths(words).sum() == count
    covered = np.zeros(count, bool)
    for start, length in zip(*tokens, strict=True):
        covered[start : start + length] = True
    assert covered.all()
    assert counts == [len(create_tokenizer(named).tokenize(text.lower()))]


def test_pieces_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shared().of(REVIEWS, learning=False)
    for size in (1, 7, 40):
        monkeypatch.setattr(evidence_module, "PIECE", size)
        found = shared().of(REVIEWS, learning=False)
        assert found.of_texts.tobytes() == whole.of_texts.tobytes()
        assert found.of_tokens.tobytes() == whole.of_tokens.tobytes()


def test_shares_to_learn_from_come_from_a_fit_without_the_text() -> None:
    rng = np.random.default_rng(0)
    texts = [f"w{i} w{i + 1} w{i + 2}" for i in range(200)]
    labels = rng.integers(2, size=200)
    ours = reader(word_ngrams=1, character_ngrams=0)
    evidence = NgramEvidence(ours.fit(texts), classes=2, reader=ours, shared=True)
    evidence.fit(texts, labels)

    def agreement(*, learning: bool) -> float:
        shares = evidence.of(texts, learning=learning).of_tokens[:, 0].reshape(200, 3).sum(axis=1)
        return float(((shares < 0) == labels).mean())

    assert agreement(learning=True) < 0.65 < 0.8 < agreement(learning=False)


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
