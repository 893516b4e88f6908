"""Shares of tokens, against loops over characters."""

import sys
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.layers.naive_bayes import NgramSets
from seqkit.text.ngram_shares import place_tokens, share_out, solid_characters, solid_lengths
from seqkit.text.ngrams import NgramPlaces, NgramTable, common_ngrams

TEXTS = st.lists(st.text(st.sampled_from("ab 안"), max_size=8), min_size=1, max_size=5)


def by_hand(texts: list[str], known: list[str], terms: dict[tuple[int, str], float]) -> list[float]:
    """What each solid character of each text gets of the runs of characters in it."""
    shares = []
    for number, text in enumerate(texts):
        got: defaultdict[int, float] = defaultdict(float)
        runs = [(i, j) for j in range(len(text) + 1) for i in range(j) if text[i:j] in known]
        times = Counter(text[i:j] for i, j in runs)
        for i, j in runs:
            solid = [k for k in range(i, j) if text[k] != " "]
            for k in solid:
                got[k] += terms[number, text[i:j]] / times[text[i:j]] / len(solid)
        shares += [got[k] for k in range(len(text)) if text[k] != " "]
    return shares


def shares_of_characters(texts: list[str], known: list[str], seed: int) -> tuple[np.ndarray, list]:
    table = NgramTable(known)
    places = table.locate(texts)
    sets = places.sets(len(texts))
    values = np.random.default_rng(seed).normal(size=len(sets.ids))
    named = {
        (int(owner), known[i]): value
        for owner, i, value in zip(sets.owners, sets.ids, values, strict=True)
    }
    spans = [[(k, k + 1) for k in range(len(text)) if text[k] != " "] for text in texts]
    found = share_out(
        values[:, None], sets, places, solid_characters(texts), place_tokens(texts, spans)
    )
    return found[:, 0], by_hand(texts, known, named)


@given(TEXTS, st.integers(1, 4))
def test_each_solid_character_gets_an_equal_part(texts: list[str], longest: int) -> None:
    found, expected = shares_of_characters(texts, common_ngrams(texts, longest, minimum=1), 0)
    assert found == pytest.approx(expected, abs=1e-9)


def test_tokens_get_the_parts_of_their_characters() -> None:
    texts, words = ["ab  c", "c"], [["ab", "c"], ["c"]]
    table = NgramTable(["ab", "ab c", "c"], separator=" ")
    places = table.locate(words)
    sets = places.sets(len(words))
    terms = np.array([[6.0], [30.0], [1.0], [2.0]])  # "ab", "ab c", "c"; "c"
    tokens = place_tokens(texts, [[(0, 1), (0, 5), (3, 5)], [(0, 1)]])
    found = share_out(terms, sets, places, solid_lengths(words), tokens)
    assert found[:, 0].tolist() == [3 + 10, 6 + 30 + 1, 10 + 1, 2]


def test_what_covers_white_space_alone_goes_to_nobody() -> None:
    places = NgramPlaces(*(np.array([number]) for number in (0, 0, 1, 1)))
    solid = solid_characters(["a b"])
    tokens = place_tokens(["a b"], [[(0, 1), (2, 3)]])
    found = share_out(np.ones((1, 1)), NgramSets.of([[0]]), places, solid, tokens)
    assert found.tolist() == [[0], [0]]


def test_texts_without_ngrams_or_tokens_have_no_shares() -> None:
    table = NgramTable([])
    places = table.locate(["a", ""])
    sets = places.sets(2)
    solid = solid_characters(["a", ""])
    tokens = place_tokens(["a", ""], [[(0, 1)], []])
    assert share_out(np.empty((0, 2)), sets, places, solid, tokens).tolist() == [[0, 0]]


def test_solid_is_every_character_that_python_does_not_take_for_white_space() -> None:
    every = [chr(code) for code in range(sys.maxunicode + 1)]
    found = solid_characters(["".join(every[:70]), "".join(every[70:])])
    np.testing.assert_array_equal(found, [not character.isspace() for character in every])


def test_solid_lengths_of_words_leave_white_space_out() -> None:
    assert solid_lengths([["좋다", "a b\u00a0c"], [], ["!"]]).tolist() == [2, 3, 1]
