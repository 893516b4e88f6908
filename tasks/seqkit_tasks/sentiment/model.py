"""The classifier: encode, pool, and choose a label."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.layers.base import State, prefixed
from seqkit.layers.dropout import Dropout
from seqkit.layers.linear import Linear
from seqkit.layers.losses import softmax, softmax_cross_entropy
from seqkit.layers.pooling import Pooling
from seqkit.layers.temperature import Temperature
from seqkit.layers.text_encoder import TextEncoder
from seqkit.metrics.calibration import score_calibration
from seqkit.metrics.classification import encode_labels, score_classification
from seqkit.metrics.measures import Scoring, join_scorings
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence, pack_flat
from seqkit.tasks import Baseline, Batches, Model, Step
from seqkit.text.batching import length_batches
from seqkit.text.vocabulary import Vocabulary
from seqkit_tasks.sentiment.config import SentimentConfig
from seqkit_tasks.sentiment.evidence import NgramEvidence
from seqkit_tasks.sentiment.predictions import SentimentPrediction, baselines_of, predictions_of

if TYPE_CHECKING:
    from seqkit_tasks.sentiment.task import LabelledTokens

__all__ = ["SentimentModel"]

PREDICTION_BATCH = 256
"""Texts that are predicted at once."""


class LabelledBatch(NamedTuple):
    """A batch of texts.

    Attributes:
        ids: of the tokens.
        labels: (N,) gold; -1 for a label that training did not have.
        evidence: (N, C) of the n-grams, where the model looks at them.
    """

    ids: PackedSequence
    labels: IntArray
    evidence: Array | None


class SentimentModel(Model["LabelledTokens", SentimentPrediction]):
    """Encoder, pooling, dropout and a linear layer over the labels, with n-grams beside them."""

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
        self.vocabulary = vocabulary
        self._labels = labels
        self.encoder = encoder
        self.pooling = pooling
        self.dropout = Dropout(config.dropout)
        self.output = output
        self.evidence = evidence
        self.temperature = Temperature()
        self.config = config
        self._label_ids = {label: i for i, label in enumerate(labels)}
        balanced = config.class_weights == "balanced"
        # The weight of a label is inverse to its share, so that the mean weight of a text is 1.
        self._class_weights = 1.0 / (len(labels) * label_shares) if balanced else None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the training split, sorted."""
        return self._labels

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of encoder, pooling, output layer, n-grams and temperature."""
        yield from prefixed("encoder", self.encoder.parameters())
        yield from prefixed("pooling", self.pooling.parameters())
        yield from prefixed("output", self.output.parameters())
        if self.evidence is not None:
            yield from prefixed("evidence", self.evidence.parameters())
        yield from self.temperature.parameters()

    def describe(self) -> Mapping[str, str]:
        """Say what the network is made of."""
        config = self.config
        direction = "both directions" if config.bidirectional else "one direction"
        kinds = {"words": config.word_ngrams, "characters": config.character_ngrams}
        ngrams = " and ".join(f"1 to {n} {kind}" for kind, n in kinds.items() if n)
        beside = f", beside n-grams of {ngrams}" if ngrams else ""
        return {
            "vocabulary": f"{len(self.vocabulary):,} {config.tokenizer}",
            "embedding": f"{config.embedding} wide",
            "encoder": f"{config.encoder}, {config.layers} x {config.units}, {direction}",
            "pooling": " + ".join(config.pooling) + beside,
            "labels": ", ".join(self.labels),
        }

    # --- learning --------------------------------------------------------------------------------

    def prepare(self, train: Sequence["LabelledTokens"]) -> None:
        """Fit the linear classifier of the n-grams, where there is one."""
        if self.evidence is not None:
            labels = np.array([self._label_ids[example.label] for example in train])
            self.evidence.fit([example.text for example in train], labels)

    def batches(
        self, examples: Sequence["LabelledTokens"], *, rng: np.random.Generator | None
    ) -> Batches[LabelledBatch]:
        """Group texts of similar length."""
        lengths = np.array([len(example.tokens) for example in examples])
        groups = length_batches(lengths, batch_size=self.config.batch_size, rng=rng)
        learning = rng is not None
        return Batches(
            len(groups), lambda i: self._encode([examples[j] for j in groups[i]], learning)
        )

    def _encode(
        self, examples: Sequence["LabelledTokens"], learning: bool = False
    ) -> LabelledBatch:
        flat, lengths = self.vocabulary.encode_flat([example.tokens for example in examples])
        labels = np.array([self._label_ids.get(e.label, -1) for e in examples], dtype=np.int64)
        evidence = None
        if self.evidence is not None:
            evidence = self.evidence.of([e.text for e in examples], learning=learning)
        return LabelledBatch(pack_flat(flat, lengths), labels, evidence)

    def loss(
        self,
        batch: LabelledBatch,
        state: State | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Step:
        """Return the cross-entropy of the gold labels."""
        logits, back_logits = self._logits(batch, train, rng)
        loss = softmax_cross_entropy(
            logits,
            batch.labels,
            weights=self._class_weights,
            label_smoothing=self.config.label_smoothing if train else 0.0,
        )

        def backward(scale: float) -> None:
            back_logits(loss.backward(scale))

        return Step(loss.total, loss.count, batch.ids.tokens, backward)

    def _logits(
        self, batch: LabelledBatch, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, Callable[[Array], None]]:
        features, _, back_encoder = self.encoder.forward(batch.ids, train=train, rng=rng)
        pooled, back_pooling = self.pooling.forward(features)
        hidden, back_dropout = self.dropout.forward(pooled, train=train, rng=rng)
        logits, back_output = self.output.forward(hidden)
        back_evidence: Callable[[Array], Array] = _unchanged
        if self.evidence is not None and batch.evidence is not None:
            logits, back_evidence = self.evidence.forward(logits, batch.evidence)

        def backward(d_logits: Array) -> None:
            back_encoder(back_pooling(back_dropout(back_output(back_evidence(d_logits)))))

        return logits, backward

    # --- using -----------------------------------------------------------------------------------

    def probabilities(self, examples: Sequence["LabelledTokens"]) -> Array:
        """Return the probability of each label: (N, C), in the order of :attr:`labels`."""
        return softmax(self.temperature.scale(self.logits(examples)))

    def logits(self, examples: Sequence["LabelledTokens"]) -> Array:
        """Return what the softmax turns into probabilities at a temperature of 1: (N, C)."""
        result = np.zeros((len(examples), len(self.labels)))
        lengths = np.array([len(example.tokens) for example in examples])
        groups = length_batches(lengths, batch_size=PREDICTION_BATCH, rng=None)
        batches = [self._encode([examples[i] for i in group]) for group in groups]
        read = self.encoder.reader(batch.ids.data for batch in batches)
        for group, batch in zip(groups, batches, strict=True):
            pooled, _ = self.pooling.forward(read(batch.ids))
            logits, _ = self.output.forward(pooled)
            if self.evidence is not None and batch.evidence is not None:
                logits, _ = self.evidence.forward(logits, batch.evidence)
            result[group] = logits
        return result

    def calibrate(self, dev: Sequence["LabelledTokens"]) -> Sequence[str]:
        """Fit the temperature."""
        gold = np.array([self._label_ids.get(e.label, -1) for e in dev], dtype=np.int64)
        before, after = self.temperature.fit(self.logits(dev), gold)
        return (self.temperature.report(before, after, "text"),)

    def predict(self, examples: Sequence["LabelledTokens"]) -> list[SentimentPrediction]:
        """Return the most probable label of each text."""
        return predictions_of(self.labels, self.probabilities(examples))

    def score(
        self,
        examples: Sequence["LabelledTokens"],
        predictions: Sequence[SentimentPrediction],
    ) -> Scoring:
        """Return accuracy, macro and per-label precision, recall and F1, the confusions, and how
        far the probabilities can be trusted.
        """
        gold = [example.label for example in examples]
        predicted = [prediction.label for prediction in predictions]
        names, (gold_ids, predicted_ids) = encode_labels(self.labels, gold, predicted)
        given = np.array([[p.probabilities.get(n, 0.0) for n in names] for p in predictions])
        return join_scorings(
            score_classification(gold_ids, predicted_ids, names),
            score_calibration(given.reshape(len(gold_ids), len(names)), gold_ids),
        )

    def item_losses(
        self,
        examples: Sequence["LabelledTokens"],
        predictions: Sequence[SentimentPrediction],
    ) -> Array:
        """Return -log of the probability of the gold label; infinite for one unknown to it."""
        pairs = zip(examples, predictions, strict=True)
        given = [prediction.probabilities.get(example.label, 0.0) for example, prediction in pairs]
        with np.errstate(divide="ignore"):
            return -np.log(np.array(given, dtype=np.float64))

    def unknown_tokens(self, example: "LabelledTokens") -> list[str]:
        """Return the tokens outside the vocabulary."""
        return [token for token in example.tokens if token not in self.vocabulary]

    def counts(self, examples: Sequence["LabelledTokens"]) -> Mapping[str, int]:
        """Count texts, tokens, unknown tokens and each label."""
        known = self.vocabulary.ids
        unknown = sum(token not in known for example in examples for token in example.tokens)
        counts = {
            "texts": len(examples),
            "tokens": sum(len(example.tokens) for example in examples),
            "unknown tokens": unknown,
        }
        found = Counter(example.label for example in examples)
        for label in sorted({*self.labels, *found}):
            counts[f"label {label}"] = found[label]
        return counts

    def baselines(
        self, train: Sequence["LabelledTokens"]
    ) -> Iterator[Baseline["LabelledTokens", SentimentPrediction]]:
        """Yield the majority label, and TF-IDF with logistic regression."""
        return baselines_of(train, units=self.config.baseline_units)


def _unchanged(d_logits: Array) -> Array:
    return d_logits
