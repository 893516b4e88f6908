"""What both models share: vocabulary, encoder, loss, scores, counts and baselines."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from seqkit.arrays import Array
from seqkit.layers.base import State, parameters_of
from seqkit.layers.losses import Loss
from seqkit.layers.pooling import LastPooling
from seqkit.metrics import Scoring, score_answers
from seqkit.metrics.baselines import MajorityClass
from seqkit.parameters import Parameter
from seqkit.plugins import create_text_encoder
from seqkit.tasks import Baseline, Batches, Model, Step
from seqkit.text import Vocabulary, length_batches

from seqkit_qa.baselines import NearestSentence
from seqkit_qa.config import QAConfig
from seqkit_qa.examples import Answer, Question

__all__ = ["QAModel"]

Rng = np.random.Generator | None

PREDICTION_BATCH = 128
"""Questions that are answered at once."""


class QAModel(Model[Question, Answer]):
    """One encoder for texts and questions, and layers that find the answer in what it gives.

    Args:
        words: vocabulary of the training split.
        answers: what to choose from; empty for spans.
        config: the options.
        rng: draws the weights.

    Attributes:
        spans: whether answers are spans of the text.
        reader: says how the text is read.
    """

    spans: ClassVar[bool]
    reader: ClassVar[str]

    def __init__(
        self, words: Vocabulary, answers: Sequence[str], config: QAConfig, rng: np.random.Generator
    ) -> None:
        self.words = words
        self.answers = tuple(answers)
        self.config = config
        self.encoder = create_text_encoder(config, words, rng=rng)
        self.features = self.encoder.output_features
        self.pooling = LastPooling(bidirectional=config.bidirectional)
        self.parts: Mapping[str, Any] = {"encoder": self.encoder, **self.layers(rng)}

    @abstractmethod
    def layers(self, rng: np.random.Generator) -> Mapping[str, Any]:
        """Make the layers beside the encoder, by name."""

    @abstractmethod
    def encode(self, examples: Sequence[Question]) -> Any:
        """Make the batch of a few examples."""

    @abstractmethod
    def forward(
        self, batch: Any, *, train: bool = False, rng: Rng = None
    ) -> tuple[Any, Callable[[Any], None]]:
        """Return the scores of all possible answers, and their backward."""

    @abstractmethod
    def cross_entropy(self, scores: Any, batch: Any) -> Loss[Any]:
        """Return the loss of the gold answers."""

    @abstractmethod
    def best(self, scores: Any, examples: Sequence[Question]) -> list[Answer]:
        """Return the answers of the highest scores."""

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of all layers."""
        return parameters_of(self.parts)

    def batches(self, examples: Sequence[Question], *, rng: Rng) -> Batches[Any]:
        """Group questions about texts of similar length."""
        groups = length_batches(_lengths(examples), batch_size=self.config.batch_size, rng=rng)
        return Batches(len(groups), lambda i: self.encode([examples[j] for j in groups[i]]))

    def loss(
        self, batch: Any, state: State | None = None, *, train: bool = False, rng: Rng = None
    ) -> Step:
        """Return the cross-entropy of the gold answers."""
        scores, back_scores = self.forward(batch, train=train, rng=rng)
        loss = self.cross_entropy(scores, batch)
        return Step(loss.total, loss.count, batch.tokens, lambda d: back_scores(loss.backward(d)))

    def predict(self, examples: Sequence[Question]) -> list[Answer]:
        """Return the most probable answer to each question."""
        found: dict[int, Answer] = {}
        for group in length_batches(_lengths(examples), batch_size=PREDICTION_BATCH):
            some = [examples[i] for i in group]
            scores, _ = self.forward(self.encode(some))
            found.update(zip(group.tolist(), self.best(scores, some), strict=True))
        return [found[i] for i in range(len(examples))]

    def score(self, examples: Sequence[Question], predictions: Sequence[Answer]) -> Scoring:
        """Return exact match (the headline) and F1."""
        gold = [example.answers for example in examples]
        return score_answers(gold, [prediction.answer for prediction in predictions])

    def counts(self, examples: Sequence[Question]) -> Mapping[str, int]:
        """Count questions, texts, sentences, tokens and unknown tokens."""
        texts = {example.text: example for example in examples}.values()
        read = [word for example in examples for word in (*example.tokens, *example.asked)]
        return {
            "questions": len(examples),
            "texts": len(texts),
            "sentences": sum(len(example.sentences) for example in texts),
            "tokens": len(read),
            "unknown tokens": sum(word not in self.words for word in read),
        }

    def baselines(self, train: Sequence[Question]) -> Iterator[Baseline[Question, Answer]]:
        """Yield the commonest answer, and one out of the nearest sentence."""
        commonest = MajorityClass.fit([example.answers[0] for example in train])
        yield Baseline(
            "commonest answer", lambda some: [Answer(a, 1.0) for a in commonest.predict(some)]
        )
        name = "longest new words" if self.spans else "last known answer"
        nearest = NearestSentence(train, commonest.label, spans=self.spans)
        yield Baseline(f"{name} of the nearest sentence", nearest.predict)

    def describe(self) -> Mapping[str, str]:
        """Say what the network is made of."""
        config = self.config
        return {
            "vocabulary": f"{len(self.words):,} {config.tokenizer}",
            "encoder": config.described,
            "reader": f"{self.reader}, {config.hops} hops",
            "answers": "spans of the text" if self.spans else f"{len(self.answers):,}",
        }


def _lengths(examples: Sequence[Question]) -> Array:
    return np.array([len(example.tokens) for example in examples], dtype=np.int64)
