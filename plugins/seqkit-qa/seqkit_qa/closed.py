"""The model for a closed set of answers: the question is rewritten by each sentence of the text."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from seqkit.arrays import Array, IntArray
from seqkit.layers.dropout import Dropout
from seqkit.layers.linear import Linear
from seqkit.layers.losses import Loss, softmax, softmax_cross_entropy
from seqkit.layers.reduction import QueryReductionNetwork
from seqkit.sequences import PackedSequence, pack_flat

from seqkit_qa.examples import Answer, Question
from seqkit_qa.model import QAModel

__all__ = ["ClosedModel"]


class StoryBatch(NamedTuple):
    """N questions about texts of M sentences.

    Attributes:
        words: ids of the distinct sentences and questions, each read once.
        sentences: (M,) which of these the sentences of each text are.
        questions: (N,) which of these the questions are.
        targets: (N,) number of the gold answer; -1 for one that training did not have.
        tokens: of all texts and questions.
    """

    words: PackedSequence
    sentences: PackedSequence
    questions: IntArray
    targets: IntArray
    tokens: int


class ClosedModel(QAModel):
    """Sentences as vectors; hops of query reduction over them; a linear layer over the answers.

    Stories repeat sentences by the hundred ("she went home"), so the encoder reads each distinct
    one of a batch once.
    """

    spans = False
    reader = "query reduction over the sentences"

    def layers(self, rng: np.random.Generator) -> Mapping[str, Any]:
        """Make the hops and the output layer."""
        self.hops = QueryReductionNetwork(self.features, hops=self.config.hops, rng=rng)
        self.dropout = Dropout(self.config.dropout)
        self.output = Linear(self.features, len(self.answers), rng=rng)
        return {"hops": self.hops, "output": self.output}

    def encode(self, examples: Sequence[Question]) -> StoryBatch:
        """Number the distinct sentences and questions."""
        distinct: dict[tuple[str, ...], int] = {}
        stories = [
            [distinct.setdefault(sentence, len(distinct)) for sentence in e.token_sentences()]
            for e in examples
        ]
        questions = [distinct.setdefault(example.asked, len(distinct)) for example in examples]
        known = {answer: number for number, answer in enumerate(self.answers)}
        targets = [known.get(e.answers[0], -1) if e.answers else -1 for e in examples]
        flat = np.array([number for story in stories for number in story], dtype=np.int64)
        return StoryBatch(
            words=pack_flat(*self.words.encode_flat(list(distinct))),
            sentences=pack_flat(flat, [len(story) for story in stories]),
            questions=np.array(questions, dtype=np.int64),
            targets=np.array(targets, dtype=np.int64),
            tokens=sum(len(e.tokens) + len(e.asked) for e in examples),
        )

    def forward(
        self, batch: StoryBatch, *, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, Callable[[Array], None]]:
        """Return the logits (N, C) of the answers."""
        features, _, back_encoder = self.encoder.forward(batch.words, train=train, rng=rng)
        vectors, back_pooling = self.pooling.forward(features)
        sentences = batch.sentences.with_data(vectors[batch.sentences.data])
        left, back_hops = self.hops.forward(sentences, vectors[batch.questions])
        hidden, back_dropout = self.dropout.forward(left, train=train, rng=rng)
        logits, back_output = self.output.forward(hidden)

        def backward(d_logits: Array) -> None:
            d_sentences, d_questions = back_hops(back_dropout(back_output(d_logits)))
            d_vectors = np.zeros_like(vectors)
            np.add.at(d_vectors, batch.sentences.data, d_sentences.data)
            np.add.at(d_vectors, batch.questions, d_questions)
            back_encoder(back_pooling(d_vectors))

        return logits, backward

    def cross_entropy(self, scores: Array, batch: StoryBatch) -> Loss[Array]:
        """Return the loss of the gold answers."""
        return softmax_cross_entropy(scores, batch.targets)

    def best(self, scores: Array, examples: Sequence[Question]) -> list[Answer]:
        """Return the most probable answers."""
        probabilities = softmax(scores.astype(np.float64))
        found = zip(probabilities.argmax(axis=1), probabilities.max(axis=1), strict=True)
        return [Answer(self.answers[number], float(probability)) for number, probability in found]
