"""What a linear classifier makes of a text's n-grams, beside what the encoder makes of the text."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.errors import Problem, UserError
from seqkit.layers.base import prefixed
from seqkit.layers.naive_bayes import NaiveBayesRegression, NgramSets
from seqkit.parameters import Parameter
from seqkit.tasks import Resources
from seqkit.text.ngram_shares import (
    Stretches,
    place_tokens,
    share_out,
    solid_characters,
    solid_lengths,
)
from seqkit.text.ngrams import NgramPlaces, NgramTable, common_ngrams
from seqkit.text.tokenizers import create_tokenizer
from seqkit.text.unicode import nfc
from seqkit_tasks.sentiment.config import SentimentConfig

__all__ = ["NgramEvidence", "NgramReader", "Said"]

PIECE = 250_000
"""Characters of the texts that are searched at a time: enough to keep NumPy busy, in 100 MB."""


Units: TypeAlias = tuple[Sequence[Sequence[str]], Sequence[str]]
"""The words of each text, and its characters."""


class NgramReader:
    """Takes texts apart into what n-grams are made of, as the options ask.

    Args:
        config: the options of the task.
    """

    def __init__(self, config: SentimentConfig) -> None:
        self._lowercase = config.lowercase
        self._words = config.word_ngrams
        self._characters = config.character_ngrams
        named = "whitespace" if config.tokenizer == "whitespace" else "words"
        self._tokenizer = create_tokenizer(named)
        self._tokens = create_tokenizer(config.tokenizer)

    def units(self, texts: Sequence[str]) -> Units:
        """Return the words of each text, and its characters; nothing of a kind without n-grams.

        White space counts as one space, and there is one before and after a text, so that the
        beginning and end of each word are told apart from its middle.
        """
        texts = [self._composed(text) for text in texts]
        words = [self._tokenizer.tokenize(text) if self._words else [] for text in texts]
        return words, [_spaced(text) if self._characters else "" for text in texts]

    def groups(self, texts: Sequence[str]) -> IntArray:
        """Number texts in their order, (N,) from 0; those that are read alike share a number."""
        numbers: dict[str, int] = {}
        read = (_spaced(self._composed(text)) for text in texts)
        return np.array([numbers.setdefault(text, len(numbers)) for text in read], np.int64)

    def tokens(self, texts: Sequence[str]) -> tuple[Stretches, list[int]]:
        """Return which of the texts' solid characters are each token's that the encoder reads, and
        how many tokens each text has.
        """
        composed = [self._composed(text) for text in texts]
        spans = [self._tokens.spans(text) for text in composed]
        return place_tokens(composed, spans), [*map(len, spans)]

    def _composed(self, text: str) -> str:
        # Korean typed on some systems comes apart into jamo, and means the same.
        return nfc(text.lower() if self._lowercase else text)

    def fit(self, texts: Sequence[str]) -> Resources:
        """Return the n-grams of two or more training texts, by kind: plain lists, to be saved.

        An n-gram of one text alone says nothing of others.
        """
        words, characters = self.units(texts)
        return {
            "words": common_ngrams(words, self._words, separator=" "),
            "characters": common_ngrams(characters, self._characters),
        }


def _spaced(text: str) -> str:
    words = text.split()
    return f" {' '.join(words)} " if words else ""


class Said(NamedTuple):
    """What the n-grams say of N texts with M tokens.

    Attributes:
        of_texts: (N, C) the evidence.
        of_tokens: (M, S) what each token has of it, where that is asked for.
    """

    of_texts: Array
    of_tokens: Array | None


class _Found(NamedTuple):
    """The known n-grams of some texts.

    Attributes:
        units: of the texts, words and characters.
        places: where the n-grams of either kind stand among them.
        sets: the n-grams of both kinds that each text has.
    """

    units: Units
    places: tuple[NgramPlaces, NgramPlaces]
    sets: NgramSets


class NgramEvidence:
    """Adds what the n-grams of a text say, times a learnt scale, to the logits.

    Args:
        resources: what :meth:`NgramReader.fit` returned.
        classes: C.
        reader: finds the n-grams of a text.
        shared: whether to tell what each token has of the evidence, too.

    Raises:
        UserError: the resources are inconsistent.
    """

    def __init__(
        self, resources: Resources, *, classes: int, reader: NgramReader, shared: bool = False
    ) -> None:
        self._tables = (
            _table(resources, "words", separator=" "),
            _table(resources, "characters", separator=""),
        )
        self._reader = reader
        self.regression = NaiveBayesRegression([t.size for t in self._tables], classes=classes)
        self.scale = Parameter(np.ones(1, np.float32))
        width = len(self._tables) * self.regression.columns if shared else 0
        self.share_scale = Parameter(np.ones(width, np.float32), trainable=False)
        self._of_training: dict[str, Said] = {}

    @property
    def width(self) -> int:
        """S, the numbers that say what a token has of the evidence: one for each kind of n-gram and
        class, where two classes are as one; 0 where that is not asked for.
        """
        return len(self.share_scale.value)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``scale``, those of the regression, and with shares of tokens ``share_scale``."""
        yield "scale", self.scale
        yield from prefixed("regression", self.regression.parameters())
        if self.width:
            yield "share_scale", self.share_scale

    def fit(self, texts: Sequence[str], labels: IntArray) -> None:
        """Fit the regression to the training texts, and keep what it says of each unseen.

        Copies of a text are in one fold, or it would have been seen in them.
        """
        pieces = _pieces(texts)
        sets = [self._search(piece).sets for piece in pieces]
        whole = NgramSets.following(sets)
        evidence, terms = self.regression.fit(whole, labels, self._reader.groups(texts))
        shares: list[Array | None] = [None] * len(texts)
        if self.width:
            found: list[Array] = []
            for piece, of_piece in zip(
                pieces, _cut(terms, [len(s.ids) for s in sets]), strict=True
            ):
                # Once more: where all n-grams of all pieces stand would fill the memory.
                found += self._shares(piece, self._search(piece), of_piece)
            spread = np.concatenate(found).std(axis=0)
            self.share_scale.value[:] = 1 / np.where(spread > 0, spread, 1)
            shares = [self.share_scale.value * of_tokens for of_tokens in found]
        self._of_training = dict(zip(texts, map(Said, evidence, shares), strict=True))

    def of(self, texts: Sequence[str], *, learning: bool) -> Said:
        """Return what is said of N texts; in learning, by a fit without the text."""
        if learning and all(text in self._of_training for text in texts):
            return self._joined([self._of_training[text] for text in texts])
        said = [self._say(piece) for piece in _pieces(texts)]
        none = (
            np.empty((0, self.regression.classes), np.float32),
            np.empty((0, self.width), np.float32),
        )
        of_texts, of_tokens = zip(none, *said, strict=True)
        return Said(np.concatenate(of_texts), np.concatenate(of_tokens) if self.width else None)

    def _say(self, texts: Sequence[str]) -> Said:
        """Return what is said of texts that are few enough for the memory."""
        found = self._search(texts)
        terms = self.regression.terms(found.sets)
        evidence = self.regression.evidence(found.sets, terms)
        if not self.width:
            return Said(evidence, None)
        shares = np.concatenate(self._shares(texts, found, terms))
        return Said(evidence, self.share_scale.value * shares)

    def _joined(self, said: Sequence[Said]) -> Said:
        evidence = np.stack([each.of_texts for each in said])
        shares = [each.of_tokens for each in said if each.of_tokens is not None]
        return Said(evidence, np.concatenate(shares) if self.width else None)

    def _search(self, texts: Sequence[str]) -> _Found:
        units = self._reader.units(texts)
        words, characters = (t.locate(of) for t, of in zip(self._tables, units, strict=True))
        characters = characters._replace(ids=characters.ids + self._tables[0].size)
        sets = words.sets(len(texts)).beside(characters.sets(len(texts)))
        return _Found(units, (words, characters), sets)

    def _shares(self, texts: Sequence[str], found: _Found, terms: Array) -> list[Array]:
        """Return for each text what its tokens have of the terms, not scaled: (tokens, S)."""
        tokens, counts = self._reader.tokens(texts)
        words, characters = found.units
        solid = solid_lengths(words), solid_characters(characters)
        kinds = [
            share_out(terms, found.sets, places, of_units, tokens)
            for places, of_units in zip(found.places, solid, strict=True)
        ]
        return _cut(np.concatenate(kinds, axis=1).astype(np.float32), counts)

    def forward(self, logits: Array, evidence: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Add the scaled evidence (N, C) to the logits (N, C)."""
        evidence = evidence.astype(logits.real.dtype)

        def backward(d_logits: Array) -> Array:
            self.scale.grad += (d_logits * evidence).sum()
            return d_logits

        return logits + self.scale.value * evidence, backward


def _pieces(texts: Sequence[str]) -> list[Sequence[str]]:
    """Cut a list of texts, each of which stays whole."""
    ends = np.cumsum([0, *map(len, texts)])
    cuts = np.searchsorted(ends, np.arange(0, ends[-1], PIECE))
    bounds = np.unique([0, *cuts, len(texts)]).tolist()
    return [texts[start:end] for start, end in pairwise(bounds)]


def _cut(array: Array, lengths: Sequence[int]) -> list[Array]:
    """Cut an array (sum of the lengths, ...) into stretches of these lengths."""
    return np.split(array, np.cumsum(lengths)[:-1]) if len(lengths) else []


def _table(resources: Resources, kind: str, *, separator: str) -> NgramTable:
    try:
        return NgramTable(resources[kind], separator=separator)
    except ValueError as error:
        raise UserError(Problem(str(error), f"evidence {kind}")) from error
