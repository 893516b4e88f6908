"""The sentiment task: reads labelled texts and builds the classifier."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.arrays import Array
from seqkit.encoders import start_from_vectors
from seqkit.errors import Problem, UserError
from seqkit.inputs import texts
from seqkit.label_model import LabelPrediction, fit_labels
from seqkit.layers.linear import Linear
from seqkit.layers.pooling import Pooling
from seqkit.plugins import create_text_encoder
from seqkit.tasks import Mistake, Model, Resources, Task
from seqkit.text.tokenizers import create_tokenizer
from seqkit.text.vocabulary import Vocabulary
from seqkit_tasks.sentiment.config import SentimentConfig
from seqkit_tasks.sentiment.evidence import NgramEvidence, NgramReader
from seqkit_tasks.sentiment.model import SentimentModel

__all__ = ["LabelledTokens", "SentimentTask"]


@dataclass(frozen=True, slots=True)
class LabelledTokens:
    """A text with its tokens.

    Attributes:
        text: as it was given.
        tokens: what the model reads.
        label: the gold label; empty where there is none.
    """

    text: str
    tokens: tuple[str, ...]
    label: str = ""


class SentimentTask(Task[SentimentConfig, LabelledTokens, LabelPrediction]):
    """Reads labelled texts and builds the classifier."""

    classifies = True

    def __init__(self, config: SentimentConfig) -> None:
        super().__init__(config)
        self._tokenizer = create_tokenizer(config.tokenizer)
        beside = config.word_ngrams or config.character_ngrams
        self._ngrams = NgramReader(config) if beside else None

    @property
    def formats(self) -> dict[str, Any]:
        """``tsv``: label, probability, text."""
        return {"tsv": _as_tsv}

    def read(self, path: Path) -> list[LabelledTokens]:
        """Read TSV, CSV, JSON lines, fastText lines, or a folder for each label."""
        from seqkit.text.readers import read_labelled

        found = read_labelled(
            path, text_column=self.config.text_column, label_column=self.config.label_column
        )
        shared: dict[str, str] = {}
        return [self._example(item.text, item.label, shared) for item in found]

    def read_inputs(self, path: Path) -> list[LabelledTokens]:
        """Read a text a line, or the texts of a file as for training."""
        from seqkit.text.readers import read_texts

        found = read_texts(path, text_column=self.config.text_column, blank_lines=True)
        return self.examples([item.text for item in found])

    def examples(
        self, inputs: Sequence[Any], targets: Sequence[Any] | None = None
    ) -> list[LabelledTokens]:
        """Make examples from texts and, where there are some, labels (made text).

        Raises:
            UserError: inputs that are no texts; all of them together.
        """
        given = texts(inputs)
        labels = [""] * len(given) if targets is None else [str(label) for label in targets]
        shared: dict[str, str] = {}
        pairs = zip(given, labels, strict=True)
        return [self._example(text, label, shared) for text, label in pairs]

    def _example(self, text: str, label: str, shared: dict[str, str]) -> LabelledTokens:
        # Equal tokens are one object: the five million characters of NSMC are 3,000 strings.
        cased = text.lower() if self.config.lowercase else text
        tokens = self._tokenizer.tokenize(cased)
        return LabelledTokens(text, tuple(map(shared.setdefault, tokens, tokens)), label)

    def answer(self, prediction: LabelPrediction) -> str:
        """Return the label."""
        return prediction.label

    def gold(self, example: LabelledTokens) -> LabelPrediction:
        """Return the gold label, for certain."""
        return LabelPrediction.certain(example.label)

    def mistakes(self, example: LabelledTokens, prediction: LabelPrediction) -> Sequence[Mistake]:
        """Return the wrong label, with its probability and that of the gold one."""
        if prediction.label == example.label:
            return ()
        gold = prediction.probabilities.get(example.label)
        return [Mistake("", example.label, prediction.label, prediction.probability, gold)]

    def text(self, example: LabelledTokens) -> str:
        """Return the text."""
        return example.text

    def fit(self, train: Sequence[LabelledTokens]) -> Resources:
        """Fit the vocabulary and the labels.

        Raises:
            UserError: fewer than two labels.
        """
        found = Counter(example.label for example in train)
        labels = fit_labels(found)
        vocabulary = self.config.fit_vocabulary(example.tokens for example in train)
        shares = [found[label] / len(train) for label in labels]
        resources = {"vocabulary": vocabulary.to_json(), "labels": labels, "label_shares": shares}
        if self._ngrams is not None:
            resources["evidence"] = self._ngrams.fit([example.text for example in train])
        return resources

    def build(
        self, resources: Resources, *, rng: np.random.Generator
    ) -> Model[LabelledTokens, LabelPrediction]:
        """Build embedding, encoder, pooling and output layer."""
        config = self.config
        vocabulary = Vocabulary.from_json(resources["vocabulary"])
        labels, label_shares = _labels(resources)
        evidence = self._evidence(resources, classes=len(labels))
        beside = 0 if evidence is None else evidence.width
        encoder = create_text_encoder(config, vocabulary, beside=beside, rng=rng)
        if config.count_vectors:
            encoder.embedding.table.trainable = False
        pooling = Pooling(
            config.pooling, encoder.output_features, bidirectional=config.bidirectional, rng=rng
        )
        return SentimentModel(
            vocabulary=vocabulary,
            labels=labels,
            encoder=encoder,
            pooling=pooling,
            output=Linear(pooling.output_features, len(labels), rng=rng),
            evidence=evidence,
            config=config,
            label_shares=label_shares,
        )

    def _evidence(self, resources: Resources, *, classes: int) -> NgramEvidence | None:
        if self._ngrams is None:
            return None
        shared = self.config.token_evidence
        return NgramEvidence(
            resources["evidence"], classes=classes, reader=self._ngrams, shared=shared
        )

    def warm_start(self, model: Model[LabelledTokens, LabelPrediction]) -> Sequence[str]:
        """Fill in pretrained vectors, where the options name a file."""
        assert isinstance(model, SentimentModel)
        words = model.vocabulary.words
        return start_from_vectors(model.encoder.embedding, words, self.config.vectors)


def _as_tsv(example: LabelledTokens, prediction: LabelPrediction) -> str:
    from seqkit.text.readers import format_tsv

    return format_tsv(prediction.label, f"{prediction.probability:.4f}", example.text)


def _labels(resources: Resources) -> tuple[tuple[str, ...], Array]:
    """Return the labels and the share of each in training, checked: a file may hold anything."""
    labels = tuple(resources["labels"])
    shares = np.asarray(resources["label_shares"], dtype=np.float64)
    if len(labels) < 2 or len(set(labels)) < len(labels) or set(map(type, labels)) != {str}:
        raise UserError(Problem(f"wanted two or more distinct names, found {labels}", "labels"))
    if shares.shape != (len(labels),) or not (shares > 0).all() or abs(shares.sum() - 1) > 1e-6:
        wanted = f"{len(labels)} numbers above 0 that add up to 1"
        raise UserError(Problem(f"wanted {wanted}, found {shares.tolist()}", "label_shares"))
    return labels, shares
