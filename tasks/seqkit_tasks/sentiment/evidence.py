"""What a linear classifier makes of a text's n-grams, beside what the encoder makes of the text."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.errors import Problem, UserError
from seqkit.layers.base import prefixed
from seqkit.layers.naive_bayes import NaiveBayesRegression, NgramSets
from seqkit.parameters import Parameter
from seqkit.tasks import Resources
from seqkit.text.ngrams import distinct_character_ngrams, distinct_ngrams
from seqkit.text.tokenizers import create_tokenizer
from seqkit.text.unicode import nfc
from seqkit_tasks.sentiment.config import SentimentConfig

__all__ = ["NgramEvidence", "NgramReader"]

MINIMUM_COUNT = 2
"""An n-gram of one training text alone says nothing of others."""


class NgramReader:
    """Finds the n-grams of a text, of words and of characters, as the options ask.

    Args:
        config: the options of the task.
    """

    def __init__(self, config: SentimentConfig) -> None:
        self._lowercase = config.lowercase
        self._words = config.word_ngrams
        self._characters = config.character_ngrams
        named = "whitespace" if config.tokenizer == "whitespace" else "words"
        self._tokenizer = create_tokenizer(named)

    def read(self, text: str) -> tuple[list[str], list[str]]:
        """Return the distinct n-grams of a text: those of words, and those of characters."""
        # Korean typed on some systems comes apart into jamo, and means the same.
        text = nfc(text.lower() if self._lowercase else text)
        words = self._tokenizer.tokenize(text) if self._words else []
        return (
            distinct_ngrams(words, self._words),
            distinct_character_ngrams(text, self._characters),
        )

    def fit(self, texts: Sequence[str]) -> Resources:
        """Return the n-grams that are kept of training texts, by kind: plain lists, to be saved."""
        words: Counter[str] = Counter()
        characters: Counter[str] = Counter()
        for text in texts:
            of_words, of_characters = self.read(text)
            words.update(of_words)
            characters.update(of_characters)
        return {"words": _common(words), "characters": _common(characters)}


def _common(counts: Counter[str]) -> list[str]:
    return sorted(ngram for ngram, count in counts.items() if count >= MINIMUM_COUNT)


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
        self._ids = tuple(_numbered(resources[kind], kind) for kind in ("words", "characters"))
        self._reader = reader
        self.regression = NaiveBayesRegression(list(map(len, self._ids)), classes=classes)
        self.scale = Parameter(np.ones(1, np.float32))
        self._of_training: dict[str, Array] = {}

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``scale``, and the parameters of the regression."""
        yield "scale", self.scale
        yield from prefixed("regression", self.regression.parameters())

    def fit(self, texts: Sequence[str], labels: IntArray) -> None:
        """Fit the regression to the training texts, and keep what it says of each unseen."""
        evidence = self.regression.fit(self._encode(texts), labels)
        self._of_training = dict(zip(texts, evidence, strict=True))

    def of(self, texts: Sequence[str], *, learning: bool) -> Array:
        """Return the evidence (N, C); in learning, that of a fit without the text."""
        if learning and all(text in self._of_training for text in texts):
            return np.stack([self._of_training[text] for text in texts])
        return self.regression.evidence(self._encode(texts))

    def _encode(self, texts: Sequence[str]) -> NgramSets:
        shift = len(self._ids[0])
        words, characters = self._ids
        found = []
        for text in texts:
            of_words, of_characters = self._reader.read(text)
            ids = [words[ngram] for ngram in of_words if ngram in words]
            ids += [characters[n] + shift for n in of_characters if n in characters]
            found.append(np.array(ids, dtype=np.int64))
        return NgramSets.of(found)

    def forward(self, logits: Array, evidence: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Add the scaled evidence (N, C) to the logits (N, C)."""
        evidence = evidence.astype(logits.real.dtype)

        def backward(d_logits: Array) -> Array:
            self.scale.grad += (d_logits * evidence).sum()
            return d_logits

        return logits + self.scale.value * evidence, backward


def _numbered(ngrams: Sequence[str], kind: str) -> dict[str, int]:
    ids = {ngram: i for i, ngram in enumerate(ngrams)}
    if len(ids) < len(ngrams):
        raise UserError(Problem("found an n-gram twice", f"evidence {kind}"))
    return ids
