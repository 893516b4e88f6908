"""Word vectors read off the spelling, each distinct word of a batch read once.

Half the tokens of a text are a hundred words. A batch is therefore given as its distinct words and,
for each token, which of them it is: vectors are gathered to the tokens, and gradients are added
back before the recurrent layer sees them.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from seqkit.arrays import Array, IntArray
from seqkit.layers.base import RecurrentLayer, prefixed
from seqkit.layers.embedding import Embedding
from seqkit.layers.pooling import LastPooling, Pooler
from seqkit.parameters import Parameter, sum_repeated_rows
from seqkit.sequences import PackedSequence, pack

__all__ = ["CharacterEncoder", "DistinctWords", "gather_words"]

Word = TypeVar("Word", bound=Hashable)


@dataclass(frozen=True, eq=False)
class DistinctWords:
    """The tokens of a batch as distinct words.

    Attributes:
        places: (M,) which of the distinct words each token is.
        characters: ids of characters, one sequence for each of the W distinct words.
    """

    places: IntArray
    characters: PackedSequence

    @classmethod
    def of(cls, words: Iterable[Word], spell: Callable[[Word], ArrayLike]) -> "DistinctWords":
        """Find the distinct words, in order of appearance, and spell each once.

        Args:
            words: M of them, strings or ids, in the order of the batch's tokens.
            spell: gives a word's ids of characters (length,).
        """
        numbers: dict[Word, int] = {}
        places = [numbers.setdefault(word, len(numbers)) for word in words]
        spellings = [np.asarray(spell(word), np.int64) for word in numbers]
        return cls(np.array(places, np.int64), pack(spellings, np.int64))


class CharacterEncoder:
    """Characters to a vector for each token (Lample et al. 2016).

    Args:
        embedding: of characters.
        recurrent: reads the characters of a word, from both ends by default.
        bidirectional: whether ``recurrent`` gives a forward and a backward half; a word's vector is
            the forward half at its last character beside the backward half at its first.
        pooling: another way from the outputs to a word's vector, of ``recurrent``'s width.

    Raises:
        ValueError: ``recurrent`` does not read what ``embedding`` gives.
    """

    def __init__(
        self,
        embedding: Embedding,
        recurrent: RecurrentLayer[Any],
        *,
        bidirectional: bool = True,
        pooling: Pooler | None = None,
    ) -> None:
        if recurrent.features != embedding.features:
            raise ValueError(
                f"the recurrent layer reads {recurrent.features} features, "
                f"the embedding gives {embedding.features}"
            )
        self.embedding = embedding
        self.recurrent = recurrent
        self.pooling = pooling or LastPooling(bidirectional=bidirectional)

    @property
    def output_features(self) -> int:
        """D', width of a word's vector."""
        return self.recurrent.output_features

    def forward(
        self,
        words: DistinctWords,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[Array, Callable[[Array], None]]:
        """Map the tokens of a batch to vectors (M, D').

        The backward takes d_y (M, D'), adds to the parameters' gradients and returns None.
        """
        vectors, back_words = self.encode(words.characters, train=train, rng=rng)
        y, back_gather = gather_words(vectors, words.places)
        return y, lambda d_y: back_words(back_gather(d_y))

    def encode(
        self,
        characters: PackedSequence,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[Array, Callable[[Array], None]]:
        """Map W words, given by their characters, to vectors (W, D'), in the caller's order.

        Without training, a whole vocabulary can be read ahead with this.
        """
        embedded, back_embedding = self.embedding.forward(characters.data, train=train, rng=rng)
        outputs, _, back_recurrent = self.recurrent.forward(
            characters.with_data(embedded), train=train, rng=rng
        )
        vectors, back_pooling = self.pooling.forward(outputs)

        def backward(d_vectors: Array) -> None:
            d_embedded, _ = back_recurrent(back_pooling(d_vectors))
            back_embedding(d_embedded.data)

        return vectors, backward

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of ``embedding``, ``recurrent`` and ``pooling``."""
        yield from prefixed("embedding", self.embedding.parameters())
        yield from prefixed("recurrent", self.recurrent.parameters())
        yield from prefixed("pooling", self.pooling.parameters())


def gather_words(vectors: Array, places: IntArray) -> tuple[Array, Callable[[Array], Array]]:
    """Copy each word's vector to its tokens: (W, D') and places (M,) to (M, D').

    The backward adds the tokens' gradients up: (M, D') to (W, D').
    """

    def backward(d_y: Array) -> Array:
        d_vectors = np.zeros(vectors.shape, d_y.dtype)
        ids, rows = sum_repeated_rows(places, d_y)
        d_vectors[ids] = rows
        return d_vectors

    return vectors.take(places, axis=0), backward
