"""What every model that tags the words of sentences has in common."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

from seqkit.arrays import IntArray
from seqkit.layers.base import State
from seqkit.parameters import Parameter
from seqkit.tagging.features import WordFeatures
from seqkit.tagging.network import TaggedBatch, TaggingNetwork
from seqkit.tasks import Batches, Model, Reading, Step
from seqkit.text import length_batches

__all__ = ["TaggerModel"]

ExampleT = TypeVar("ExampleT")
PredictionT = TypeVar("PredictionT")


class TaggerModel(Model[ExampleT, PredictionT]):
    """A tagging network that learns from sentences; a subclass says what its tags mean, and writes
    ``predict`` with the network's :meth:`~seqkit.tagging.network.TaggingNetwork.decode`.

    Args:
        network: from words to tags.
        batch_size: sentences of a batch in training.

    Attributes:
        network: from words to tags.
    """

    def __init__(self, network: TaggingNetwork, *, batch_size: int) -> None:
        self.network = network
        self._batch_size = batch_size

    @abstractmethod
    def words_of(self, example: ExampleT) -> Sequence[str]:
        """Return the T words of a sentence."""

    @abstractmethod
    def gold_ids(self, example: ExampleT) -> IntArray:
        """Return the ids (T,) of the gold tags; -1 where there is none that training had."""

    @property
    def features(self) -> WordFeatures:
        """What the network knows of a word."""
        return self.network.features

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of features, encoder, output layer and head."""
        yield from self.network.parameters()

    def reading(self) -> Reading:
        """Return the words, their vectors, and the encoder, which reads the spelling too."""
        features = self.features
        return Reading(features.words.words, features.embedding.table, self.network.encoder)

    def batches(
        self, examples: Sequence[ExampleT], *, rng: np.random.Generator | None
    ) -> Batches[TaggedBatch]:
        """Group sentences of similar length."""
        lengths = [len(self.words_of(example)) for example in examples]
        groups = length_batches(lengths, batch_size=self._batch_size, rng=rng)
        return Batches(len(groups), lambda i: self._batch([examples[j] for j in groups[i]]))

    def _batch(self, examples: Sequence[ExampleT]) -> TaggedBatch:
        words = [self.words_of(example) for example in examples]
        return self.network.encode(words, [self.gold_ids(example) for example in examples])

    def loss(
        self,
        batch: TaggedBatch,
        state: State | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Step:
        """Return the negative log-likelihood of the gold tags that training had."""
        return self.network.loss(batch, train=train, rng=rng)

    def calibrate(self, dev: Sequence[ExampleT]) -> Sequence[str]:
        """Fit the temperature of a softmax; a random field has none."""
        return self.network.calibrate(self.batches(dev, rng=None))

    def unknown_tokens(self, example: ExampleT) -> list[str]:
        """Return the words without a vector of their own."""
        words, known = self.words_of(example), self.features.words
        read = self.features.config.as_read(words)
        return [word for word, as_read in zip(words, read, strict=True) if as_read not in known]

    def counts(self, examples: Sequence[ExampleT]) -> Mapping[str, int]:
        """Count sentences, words, and words without a vector of their own."""
        return {
            "sentences": len(examples),
            "words": sum(len(self.words_of(example)) for example in examples),
            "unknown words": sum(len(self.unknown_tokens(example)) for example in examples),
        }
