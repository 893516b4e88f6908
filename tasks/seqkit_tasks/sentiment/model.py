"""The classifier: encode, pool, and choose a label."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.errors import placed
from seqkit.label_model import (
    LabelModel,
    LabelPrediction,
    LogitsBackward,
    label_predictions,
)
from seqkit.layers.base import prefixed
from seqkit.layers.dropout import Dropout
from seqkit.layers.linear import Linear
from seqkit.layers.losses import softmax
from seqkit.layers.pooling import Pooling
from seqkit.layers.text_encoder import TextEncoder
from seqkit.metrics.baselines import TfidfClassifier
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence, pack_flat
from seqkit.tasks import Baseline
from seqkit.text.vocabulary import Vocabulary
from seqkit_tasks.sentiment.config import SentimentConfig
from seqkit_tasks.sentiment.evidence import NgramEvidence

if TYPE_CHECKING:
    from seqkit_tasks.sentiment.task import LabelledTokens

__all__ = ["SentimentModel"]


class EncodedTexts(NamedTuple):
    """Texts as the network reads them.

    Attributes:
        ids: of the tokens.
        evidence: (N, C) of the n-grams, where the model looks at them.
        shares: (M, S) what the tokens have of it, where the encoder reads that.
    """

    ids: PackedSequence
    evidence: Array | None = None
    shares: PackedSequence | None = None

    @property
    def tokens(self) -> int:
        """Tokens of all texts together."""
        return self.ids.tokens


class SentimentModel(LabelModel["LabelledTokens", EncodedTexts]):
    """Encoder, pooling, dropout and a linear layer over the labels, with n-grams beside them."""

    unit = "text"

    def __init__(
        self,
        *,
        vocabulary: Vocabulary,
        labels: tuple[str, ...],
        encoder: TextEncoder,
        pooling: Pooling,
        output: Linear,
        evidence: NgramEvidence | None,
        config: SentimentConfig,
        label_shares: Array,
    ) -> None:
        balanced = config.class_weights == "balanced"
        super().__init__(
            labels,
            batch_size=config.batch_size,
            # The weight of a label is inverse to its share, so that the mean weight of a text is 1.
            class_weights=1.0 / (len(labels) * label_shares) if balanced else None,
            label_smoothing=config.label_smoothing,
        )
        self.vocabulary = vocabulary
        self.encoder = encoder
        self.pooling = pooling
        self.dropout = Dropout(config.dropout)
        self.output = output
        self.evidence = evidence
        self.config = config

    def network_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of encoder, pooling, output layer and n-grams."""
        yield from prefixed("encoder", self.encoder.parameters())
        yield from prefixed("pooling", self.pooling.parameters())
        yield from prefixed("output", self.output.parameters())
        if self.evidence is not None:
            yield from prefixed("evidence", self.evidence.parameters())

    def describe(self) -> Mapping[str, str]:
        """Say what the network is made of."""
        config = self.config
        kinds = {"words": config.word_ngrams, "characters": config.character_ngrams}
        ngrams = " and ".join(f"1 to {n} {kind}" for kind, n in kinds.items() if n)
        beside = f", beside n-grams of {ngrams}" if ngrams else ""
        reading = (
            ", with what n-grams say of each token" if ngrams and config.token_evidence else ""
        )
        return {
            "vocabulary": f"{len(self.vocabulary):,} {config.tokens_described}",
            "embedding": f"{config.embedding} wide",
            "encoder": config.described + reading,
            "pooling": " + ".join(config.pooling) + beside,
            "labels": ", ".join(self.labels),
        }

    def prepare(self, train: Sequence["LabelledTokens"]) -> None:
        """Count the vectors of tokens, and fit the linear classifier of n-grams, where asked for.

        Raises:
            UserError: not enough tokens to count.
        """
        if self.config.count_vectors:
            from seqkit.text.cooccurrence import count_vectors

            flat = self.vocabulary.encode_flat([example.tokens for example in train])
            with placed({"": "count_vectors"}):
                counted = count_vectors(self.vocabulary, *flat, width=self.config.embedding)
            self.encoder.embedding.table.value[counted.places] = counted.matrix
        if self.evidence is not None:
            self.evidence.fit([example.text for example in train], self.gold_ids(train))

    def length(self, example: "LabelledTokens") -> int:
        """Return the tokens of a text, or their pieces."""
        return len(self.vocabulary.cut(example.tokens))

    def gold_label(self, example: "LabelledTokens") -> str:
        """Return the gold label; empty where there is none."""
        return example.label

    def encode(self, examples: Sequence["LabelledTokens"]) -> EncodedTexts:
        """Return the ids of the tokens, and what the n-grams say."""
        flat = self.vocabulary.encode_flat([example.tokens for example in examples])
        return self._beside_evidence(*flat, examples, learning=False)

    def batch_encoder(
        self, examples: Sequence["LabelledTokens"], *, learning: bool
    ) -> Callable[[IntArray], EncodedTexts]:
        """Return what does that for some of many; all tokens are looked up at once.

        To learn, what the n-grams say comes from a fit without the text.
        """
        series = self.vocabulary.encode_series(example.tokens for example in examples)

        def encode(chosen: IntArray) -> EncodedTexts:
            texts = [examples[i] for i in chosen]
            return self._beside_evidence(*series.of(chosen), texts, learning=learning)

        return encode

    def _beside_evidence(
        self,
        ids: IntArray,
        lengths: IntArray,
        examples: Sequence["LabelledTokens"],
        *,
        learning: bool,
    ) -> EncodedTexts:
        packed = pack_flat(ids, lengths)
        if self.evidence is None:
            return EncodedTexts(packed)
        said = self.evidence.of([example.text for example in examples], learning=learning)
        if said.of_tokens is None:
            return EncodedTexts(packed, said.of_texts)
        shares = np.repeat(said.of_tokens, self._pieces(examples), axis=0)
        return EncodedTexts(packed, said.of_texts, pack_flat(shares, lengths))

    def _pieces(self, examples: Sequence["LabelledTokens"]) -> IntArray | int:
        """Return in how many pieces each token is read."""
        if self.vocabulary.merges is None:
            return 1
        tokens = (token for example in examples for token in example.tokens)
        return np.array([len(self.vocabulary.cut([token])) for token in tokens], np.int64)

    def forward(
        self, inputs: EncodedTexts, *, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, LogitsBackward]:
        """Return the logits (N, C); backward is the forward's chain from its other end."""
        features, _, back_encoder = self.encoder.forward(
            inputs.ids, beside=inputs.shares, train=train, rng=rng
        )
        pooled, back_pooling = self.pooling.forward(features)
        hidden, back_dropout = self.dropout.forward(pooled, train=train, rng=rng)
        logits, back_head = self._head(hidden, inputs.evidence)

        def backward(d_logits: Array) -> None:
            back_encoder(back_pooling(back_dropout(back_head(d_logits))))

        return logits, backward

    def _head(
        self, hidden: Array, evidence: Array | None
    ) -> tuple[Array, Callable[[Array], Array]]:
        logits, back_output = self.output.forward(hidden)
        if self.evidence is None or evidence is None:
            return logits, back_output
        logits, back_evidence = self.evidence.forward(logits, evidence)
        return logits, lambda d_logits: back_output(back_evidence(d_logits))

    def infer(self, batches: Iterable[EncodedTexts]) -> Iterator[Array]:
        """Yield the logits (N, C) of each batch; words that many texts share are folded once."""
        batches = list(batches)
        read = self._reader(batches)
        for batch in batches:
            pooled, _ = self.pooling.forward(read(batch))
            yield self._head(pooled, batch.evidence)[0]

    def _reader(self, batches: Sequence[EncodedTexts]) -> Callable[[EncodedTexts], PackedSequence]:
        if self.evidence is not None and self.evidence.width:  # a word is not read alike everywhere
            return lambda batch: self.encoder.forward(batch.ids, beside=batch.shares)[0]
        read = self.encoder.reader(batch.ids.data for batch in batches)
        return lambda batch: read(batch.ids)

    def unknown_tokens(self, example: "LabelledTokens") -> list[str]:
        """Return the tokens outside the vocabulary."""
        return self.vocabulary.unknown(example.tokens)

    def counts(self, examples: Sequence["LabelledTokens"]) -> Mapping[str, int]:
        """Count texts, tokens, unknown tokens and each label."""
        tokens = {
            "texts": len(examples),
            "tokens": sum(len(example.tokens) for example in examples),
            "unknown tokens": sum(len(self.unknown_tokens(example)) for example in examples),
        }
        return tokens | dict(super().counts(examples))

    def baselines(
        self, train: Sequence["LabelledTokens"]
    ) -> Iterator[Baseline["LabelledTokens", LabelPrediction]]:
        """Yield the majority label, TF-IDF with logistic regression, and the model's own n-grams
        without its encoder, where it has some: what the encoder adds is what is above these.
        """
        yield from super().baselines(train)
        units = self.config.baseline_units
        texts, labels = zip(*((example.text, example.label) for example in train), strict=True)
        tfidf = TfidfClassifier.fit(texts, labels, analyzer=units)

        def predict(examples: Sequence["LabelledTokens"]) -> list[LabelPrediction]:
            return label_predictions(tfidf.labels, tfidf.probabilities([e.text for e in examples]))

        yield Baseline(f"TF-IDF of {units} + logistic regression", predict)
        if self.evidence is not None:
            yield Baseline("the model's n-grams alone", self._predict_by_ngrams)

    def _predict_by_ngrams(self, examples: Sequence["LabelledTokens"]) -> list[LabelPrediction]:
        assert self.evidence is not None
        said = self.evidence.of([example.text for example in examples], learning=False)
        return label_predictions(self.labels, softmax(said.of_texts))
