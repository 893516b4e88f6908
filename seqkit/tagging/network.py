"""The network of a tagger: features of words, dropout, encoder, dropout, a score for each tag."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from seqkit.arrays import Array, DTypeLike, IntArray
from seqkit.encoders import TaggerConfig
from seqkit.layers.base import RecurrentLayer, prefixed
from seqkit.layers.crf import CRF, TagConstraints
from seqkit.layers.dropout import LockedDropout
from seqkit.layers.linear import Linear
from seqkit.parameters import Parameter
from seqkit.plugins import create_encoder
from seqkit.sequences import PackedSequence, pack_flat
from seqkit.tagging.features import Spellings, WordBatch, WordFeatures
from seqkit.tagging.heads import CRFHead, Head, SoftmaxHead
from seqkit.text import Vocabulary, length_batches
from seqkit.training.step import Step

__all__ = ["TaggedBatch", "TaggingNetwork", "create_network"]

WORD_BUDGET = 4096
"""Words that are tagged at once."""


class TaggedBatch(NamedTuple):
    """Sentences as the network reads them, and the gold tags, packed alike.

    A tag that training did not have is -1.
    """

    words: WordBatch
    tags: PackedSequence


class TaggingNetwork:
    """Words to tags (Huang et al. 2015; with characters, Lample et al. 2016).

    Args:
        features: of the words.
        encoder: reads the features of a sentence, after dropout.
        head: makes a loss and answers of the scores of C tags.
        classes: C.
        dropout: rate before and after the encoder, with one mask for all steps of a sentence.
        rng: draws the weights of the output layer.
        dtype: of these weights.

    Attributes:
        features: of the words.
        encoder: reads them.
        head: makes a loss and answers of the scores.
    """

    def __init__(
        self,
        features: WordFeatures,
        encoder: RecurrentLayer[Any],
        head: Head,
        *,
        classes: int,
        dropout: float,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.features = features
        self.encoder = encoder
        self.head = head
        self.dropout = LockedDropout(dropout)
        self.output = Linear(encoder.output_features, classes, rng=rng, dtype=dtype)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of features, encoder, output layer and head."""
        yield from prefixed("features", self.features.parameters())
        yield from prefixed("encoder", self.encoder.parameters())
        yield from prefixed("output", self.output.parameters())
        yield from prefixed("head", self.head.parameters())

    def encode(self, sentences: Sequence[Sequence[str]], tags: Sequence[IntArray]) -> TaggedBatch:
        """Make a batch.

        Args:
            sentences: the words of each.
            tags: ids of each sentence's tags, (T,); -1 for a tag that training did not have.
        """
        words = self.features.encode(sentences)
        return TaggedBatch(words, pack_flat(np.concatenate(tags), words.ids.lengths))

    def loss(
        self,
        batch: TaggedBatch,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Step:
        """Return the negative log-likelihood of the gold tags that training had."""
        scores, back_scores = self._scores(batch.words, train, rng)
        loss = self.head.loss(scores, batch.tags.data)
        return Step(
            loss.total,
            loss.count,
            batch.tags.tokens,
            lambda scale: back_scores(loss.backward(scale)),
        )

    def _scores(
        self, words: WordBatch, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[PackedSequence, Callable[[PackedSequence], None]]:
        """Return the scores of the tags, packed (M, C)."""
        features, back_features = self.features.forward(words, train=train, rng=rng)
        x, back_before = self.dropout.forward(features, train=train, rng=rng)
        y, _, back_encoder = self.encoder.forward(x, train=train, rng=rng)
        hidden, back_after = self.dropout.forward(y, train=train, rng=rng)
        scores, back_output = self.output.forward(hidden.data)

        def backward(d_scores: PackedSequence) -> None:
            d_hidden = back_output(d_scores.data)
            d_x, _ = back_encoder(back_after(hidden.with_data(d_hidden)))
            back_features(back_before(d_x))

        return hidden.with_data(scores), backward

    def calibrate(self, batches: Iterable[TaggedBatch]) -> Sequence[str]:
        """Make the probabilities of :meth:`decode` honest, after training.

        Args:
            batches: of the validation split.

        Returns:
            A notice of the temperature of a softmax; none for a random field, which has none.
        """
        if not isinstance(self.head, SoftmaxHead):
            return ()
        pairs = [(self._scores(batch.words)[0].data, batch.tags.data) for batch in batches]
        if not pairs:
            return ()
        scores, tags = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
        temperature = self.head.temperature
        return temperature.report(*temperature.fit(scores, tags), "word")

    def decode(
        self, sentences: Sequence[Sequence[str]], *, bias: Array | None = None
    ) -> list[tuple[IntArray, Array]]:
        """Return the best tags of each sentence, ids (T,), and the probabilities (T,) of each.

        Each distinct word is spelt out once.

        Args:
            sentences: the words of each.
            bias: (C,) to add to the scores of the tags, where some shall be chosen more often than
                training made them; nothing by default.
        """
        spellings = Spellings.of(sentences)
        table = self.features.tabulate(spellings.words)
        places = np.split(spellings.places, np.cumsum(spellings.lengths)[:-1])
        found: dict[int, tuple[IntArray, Array]] = {}
        for group in length_batches(spellings.lengths, tokens=WORD_BUDGET):
            rows = np.concatenate([places[i] for i in group])
            batch = pack_flat(table[rows], spellings.lengths[group])
            found |= zip(group.tolist(), self._best(batch, bias), strict=True)
        return [found[i] for i in range(len(sentences))]

    def _best(
        self, features: PackedSequence, bias: Array | None
    ) -> Iterator[tuple[IntArray, Array]]:
        y, _, _ = self.encoder.forward(features)
        scores, _ = self.output.forward(y.data)
        if bias is not None:
            scores = scores + bias
        best, probabilities = self.head.decode(y.with_data(scores))
        return zip(y.with_data(best).unpack(), y.with_data(probabilities).unpack(), strict=True)


def create_network(
    config: TaggerConfig,
    *,
    words: Vocabulary,
    characters: Vocabulary,
    classes: int,
    constraints: TagConstraints | None = None,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float32,
) -> TaggingNetwork:
    """Build a network as the options ask for it.

    Args:
        config: options of words, encoder and output.
        words: that have a vector.
        characters: the characters.
        classes: C.
        constraints: for a CRF: which tags may begin, follow one another and end.
        rng: draws the weights.
        dtype: of the weights.
    """
    features = WordFeatures(config, words=words, characters=characters, rng=rng, dtype=dtype)
    encoder = create_encoder(config, features.output_features, rng=rng, dtype=dtype)
    head: Head = SoftmaxHead()
    if config.output == "crf":
        head = CRFHead(CRF(classes, constraints=constraints, rng=rng, dtype=dtype))
    return TaggingNetwork(
        features, encoder, head, classes=classes, dropout=config.dropout, rng=rng, dtype=dtype
    )
