"""Words from characters, each distinct word once."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.layers.bidirectional import Bidirectional
from seqkit.layers.characters import CharacterEncoder, DistinctWords, gather_words
from seqkit.layers.embedding import Embedding
from seqkit.layers.pooling import MaxPooling
from seqkit.layers.recurrent import GRU
from seqkit.testing.gradients import check_gradients
from tests.strategies import rngs


def spell(word: Any) -> Any:
    return [ord(letter) - ord("a") for letter in word]


def encoder(rng: np.random.Generator, pooling: Any = None) -> Any:
    embedding = Embedding(26, 3, rng=rng, dtype=np.float64)
    layers = (GRU(3, 2, rng=rng, dtype=np.float64) for _ in range(2))
    return CharacterEncoder(embedding, Bidirectional(*layers), pooling=pooling)


WORDS = st.lists(st.text("abc", max_size=4), max_size=8)


@given(WORDS)
def test_distinct_words(words: Any) -> None:
    distinct = DistinctWords.of(words, spell)
    spellings = [sequence.tolist() for sequence in distinct.characters.unpack()]
    assert [spellings[place] for place in distinct.places] == [spell(word) for word in words]
    assert len(spellings) == len(set(words))


@given(WORDS, rngs(), st.sampled_from([None, MaxPooling()]))
def test_as_one_word_at_a_time_and_gradients(
    words: Any, rng: np.random.Generator, pooling: Any
) -> None:
    layer = encoder(rng, pooling)
    distinct = DistinctWords.of(words, spell)
    y, _ = layer.forward(distinct)
    assert y.shape == (len(words), layer.output_features)
    for vector, word in zip(y, words, strict=True):
        alone, _ = layer.forward(DistinctWords.of([word], spell))
        np.testing.assert_allclose(vector, alone[0], atol=1e-12)

    def function() -> Any:
        y, backward = layer.forward(distinct)
        return y, lambda d_y: (backward(d_y), ())[1]

    check_gradients(function, [], layer.parameters())


@given(rngs(), st.integers(0, 9))
def test_gathering(rng: np.random.Generator, tokens: int) -> None:
    places = rng.integers(0, 4, tokens)
    check_gradients(lambda x: gather_words(x, places), [rng.normal(size=(4, 2))])


def test_mistakes_are_named() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="reads 4 features, the embedding gives 3"):
        CharacterEncoder(Embedding(26, 3, rng=rng), GRU(4, 2, rng=rng))
