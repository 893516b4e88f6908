"""What a linear classifier makes of a text's n-grams, beside what the encoder makes of the text."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.errors import Problem, UserError
from seqkit.layers.base import prefixed
from seqkit.layers.naive_bayes import NaiveBayesRegression, NgramSets
from seqkit.parameters import Parameter
from seqkit.tasks import Resources
from seqkit.text.ngrams import NgramTable, common_ngrams
from seqkit.text.tokenizers import create_tokenizer
from seqkit.text.unicode import nfc
from seqkit_tasks.sentiment.config import SentimentConfig

__all__ = ["NgramEvidence", "NgramReader"]

PIECE = 16_384
"""Texts that are searched for n-grams at a time: enough to keep NumPy busy, in 100 MB."""


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

    def units(self, texts: Sequence[str]) -> tuple[list[list[str]], list[str]]:
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


class NgramEvidence:
    """Adds what the n-grams of a text say, times a learnt scale, to the logits.

    Args:
        resources: what :meth:`NgramReader.fit` returned.
        classes: C.
        reader: finds the n-grams of a text.

    Raises:
        UserError: the resources are inconsistent.
    """

    def __init__(self, resources: Resources, *, classes: int, reader: NgramReader) -> None:
        self._words = _table(resources, "words", separator=" ")
        self._characters = _table(resources, "characters", separator="")
        self._reader = reader
        kinds = [self._words.size, self._characters.size]
        self.regression = NaiveBayesRegression(kinds, classes=classes)
        self.scale = Parameter(np.ones(1, np.float32))
        self._of_training: dict[str, Array] = {}

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``scale``, and the parameters of the regression."""
        yield "scale", self.scale
        yield from prefixed("regression", self.regression.parameters())

    def fit(self, texts: Sequence[str], labels: IntArray) -> None:
        """Fit the regression to the training texts, and keep what it says of each unseen.

        Copies of a text are in one fold, or it would have been seen in them.
        """
        evidence = self.regression.fit(self._encode(texts), labels, self._reader.groups(texts))
        self._of_training = dict(zip(texts, evidence, strict=True))

    def of(self, texts: Sequence[str], *, learning: bool) -> Array:
        """Return the evidence (N, C); in learning, that of a fit without the text."""
        if learning and all(text in self._of_training for text in texts):
            return np.stack([self._of_training[text] for text in texts])
        return self.regression.evidence(self._encode(texts))

    def _encode(self, texts: Sequence[str]) -> NgramSets:
        starts = range(0, len(texts), PIECE)
        return NgramSets.following([self._find(texts[start : start + PIECE]) for start in starts])

    def _find(self, texts: Sequence[str]) -> NgramSets:
        words, characters = self._reader.units(texts)
        of_words, of_characters = self._words.find(words), self._characters.find(characters)
        return of_words.beside(of_characters.shifted(self._words.size))

    def forward(self, logits: Array, evidence: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Add the scaled evidence (N, C) to the logits (N, C)."""
        evidence = evidence.astype(logits.real.dtype)

        def backward(d_logits: Array) -> Array:
            self.scale.grad += (d_logits * evidence).sum()
            return d_logits

        return logits + self.scale.value * evidence, backward


def _table(resources: Resources, kind: str, *, separator: str) -> NgramTable:
    try:
        return NgramTable(resources[kind], separator=separator)
    except ValueError as error:
        raise UserError(Problem(str(error), f"evidence {kind}")) from error
