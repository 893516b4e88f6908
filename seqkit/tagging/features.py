"""What a tagger knows of a word: a vector of its own, one read off its spelling, and its shape.

The spelling is read once for each distinct word, however often the word stands in a batch.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, DTypeLike, IntArray
from seqkit.encoders import WordConfig
from seqkit.layers.base import prefixed
from seqkit.layers.characters import CharacterEncoder, DistinctWords
from seqkit.layers.embedding import Embedding
from seqkit.layers.stack import build_recurrent
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence, pack_flat
from seqkit.text import UNKNOWN, WORD_SHAPES, Vocabulary, length_batches, word_shape

__all__ = [
    "CHARACTER_MARKS",
    "WORD_MARKS",
    "Spellings",
    "WordBatch",
    "WordFeatures",
    "fit_characters",
    "fit_words",
]

CHARACTER_BUDGET = 8192
"""Characters that are read at once when spellings are read ahead."""

WORD_MARKS = (UNKNOWN,)

BEGIN, END = "<w>", "</w>"
"""Marks around a word, so that a prefix or an ending is not taken for what stands inside."""

CHARACTER_MARKS = (UNKNOWN, BEGIN, END)


def fit_words(config: WordConfig, sentences: Iterable[Sequence[str]]) -> Vocabulary:
    """Fit the words of the training split that shall have a vector, as the options ask for it."""
    return config.fit_vocabulary(map(config.as_read, sentences), specials=WORD_MARKS)


def fit_characters(sentences: Iterable[Sequence[str]]) -> Vocabulary:
    """Fit the characters, case kept, on the distinct words of the training split.

    A character of a single word is left out: it stands for the unknown ones, so that these too have
    a vector that was trained.
    """
    words = sorted(set(chain.from_iterable(sentences)))
    return Vocabulary.fit(map(set, words), minimum_count=2, specials=CHARACTER_MARKS)


class Spellings(NamedTuple):
    """The distinct words of some sentences, and where each stands.

    Attributes:
        words: W of them, in order of appearance.
        places: (M,) the distinct word at each place, sentences end to end.
        lengths: (N,) words of each sentence.
    """

    words: list[str]
    places: IntArray
    lengths: IntArray

    @classmethod
    def of(cls, sentences: Sequence[Sequence[str]]) -> "Spellings":
        """Find the distinct words."""
        flat = list(chain.from_iterable(sentences))
        number = {word: i for i, word in enumerate(dict.fromkeys(flat))}
        places = np.fromiter(map(number.__getitem__, flat), dtype=np.int64, count=len(flat))
        lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
        return cls(list(number), places, lengths)


class WordBatch(NamedTuple):
    """A batch of sentences as the model reads it.

    Attributes:
        ids: packed (M,) ids of the words.
        spelt: the distinct words' characters, and which of them each row of ``ids.data`` is.
        shapes: (M,) ids of the words' shapes, aligned with ``ids.data``; None where nobody asks.
    """

    ids: PackedSequence
    spelt: DistinctWords
    shapes: IntArray | None


class WordFeatures:
    """Word vector, character vector and, where the options ask for it, shape vector, side by side.

    D' is the width of the three together.

    Args:
        config: widths, kind of character cell, how often words are read as unknown.
        words: the words; those with small counts are read as unknown now and then in training.
        characters: the characters.
        rng: draws the weights.
        dtype: of the weights.
    """

    def __init__(
        self,
        config: WordConfig,
        *,
        words: Vocabulary,
        characters: Vocabulary,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.config = config
        self.words = words
        self.characters = characters
        self.embedding = Embedding(
            len(words), config.embedding, rng=rng, trainable=not config.freeze_vectors, dtype=dtype
        )
        width = config.character_embedding
        self.spelling = CharacterEncoder(
            Embedding(len(characters), width, rng=rng, dtype=dtype),
            build_recurrent(
                config.character_cell,
                width,
                config.character_units,
                bidirectional=True,
                rng=rng,
                dtype=dtype,
            ),
        )
        self.shapes: Embedding | None = None
        if config.shape_embedding:
            self.shapes = Embedding(len(WORD_SHAPES), config.shape_embedding, rng=rng, dtype=dtype)
        self._unknown = words.ids[UNKNOWN]
        self._hidden_shares = _hidden_shares(words, config.word_dropout)

    @property
    def output_features(self) -> int:
        """D', width of a word's features."""
        shape = 0 if self.shapes is None else self.shapes.features
        return self.embedding.features + self.spelling.output_features + shape

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of the words' table, the character encoder and the shapes."""
        yield from prefixed("words", self.embedding.parameters())
        yield from prefixed("spelling", self.spelling.parameters())
        if self.shapes is not None:
            yield from prefixed("shapes", self.shapes.parameters())

    def describe(self) -> dict[str, str]:
        """Say what the features are made of, by part; a model's description may begin with it."""
        config = self.config
        characters = f"{config.character_cell}, {config.character_units}, both directions"
        parts = {
            "words": f"{len(self.words):,}, {config.embedding} wide",
            "spelling": f"{len(self.characters):,} characters, {characters}",
        }
        if self.shapes is not None:
            parts["shapes"] = f"{self.shapes.rows}, {config.shape_embedding} wide"
        return parts

    def encode(self, sentences: Sequence[Sequence[str]]) -> WordBatch:
        """Look up words, characters and shapes."""
        spellings = Spellings.of(sentences)
        ids, characters = self._look_up(spellings.words)
        places = pack_flat(spellings.places, spellings.lengths)
        packed_ids = places.with_data(ids.take(places.data))
        spelt = DistinctWords(places.data, characters)
        if self.shapes is None:
            return WordBatch(packed_ids, spelt, None)
        return WordBatch(packed_ids, spelt, _shapes(spellings.words).take(places.data))

    def _look_up(self, words: Sequence[str]) -> tuple[IntArray, PackedSequence]:
        """Return the ids (W,) of distinct words, and their characters between marks."""
        characters = self.characters.encode_flat([(BEGIN, *word, END) for word in words])
        return self.words.encode(self.config.as_read(words)), pack_flat(*characters)

    def forward(
        self, batch: WordBatch, *, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[PackedSequence, Callable[[PackedSequence], None]]:
        """Map a batch to packed features (M, D'); the backward adds to the gradients."""
        ids = self._hide(batch.ids.data, rng) if train else batch.ids.data
        pieces = [
            self.embedding.forward(ids),
            self.spelling.forward(batch.spelt, train=train, rng=rng),
        ]
        if self.shapes is not None and batch.shapes is not None:
            pieces.append(self.shapes.forward(batch.shapes))
        features = np.concatenate([piece for piece, _ in pieces], axis=1)
        ends = np.cumsum([piece.shape[1] for piece, _ in pieces])[:-1]

        def backward(d_features: PackedSequence) -> None:
            d_pieces = np.split(d_features.data, ends, axis=1)
            for (_, back), d_piece in zip(pieces, d_pieces, strict=True):
                back(d_piece)

        return batch.ids.with_data(features), backward

    def _hide(self, ids: IntArray, rng: np.random.Generator | None) -> IntArray:
        """Read some words as unknown, the rarer the more often."""
        if not self.config.word_dropout:
            return ids
        if rng is None:
            raise ValueError("WordFeatures needs rng= for word dropout in training")
        hidden = rng.random(len(ids)) < self._hidden_shares[ids]
        return np.where(hidden, self._unknown, ids)

    def tabulate(self, words: Sequence[str]) -> Array:
        """Return the features of W distinct words, (W, D'), as they are without training.

        However many words there are, only so many characters are read at once.
        """
        table = np.empty((len(words), self.output_features), self.embedding.table.value.dtype)
        for group in length_batches([len(word) for word in words], tokens=CHARACTER_BUDGET):
            chosen = [words[i] for i in group.tolist()]
            ids, characters = self._look_up(chosen)
            pieces = [self.embedding.forward(ids)[0], self.spelling.encode(characters)[0]]
            if self.shapes is not None:
                pieces.append(self.shapes.forward(_shapes(chosen))[0])
            table[group] = np.concatenate(pieces, axis=1)
        return table


def _shapes(words: Sequence[str]) -> IntArray:
    return np.fromiter(map(word_shape, words), dtype=np.int64, count=len(words))


def _hidden_shares(words: Vocabulary, a: float) -> Array:
    """Return (V,) how often each word is read as unknown in training: a / (a + n), 0 without a."""
    counts = np.ones(len(words)) if words.counts is None else np.array(words.counts, np.float64)
    return a / np.maximum(a + counts, np.finfo(np.float64).tiny)
