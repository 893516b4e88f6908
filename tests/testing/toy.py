"""A small task that keeps the contract, for variants that each break one promise of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.encoders import EncoderConfig
from seqkit.errors import UserError
from seqkit.layers.base import prefixed
from seqkit.layers.dropout import Dropout
from seqkit.layers.embedding import Embedding
from seqkit.layers.linear import Linear
from seqkit.layers.losses import softmax, softmax_cross_entropy
from seqkit.layers.pooling import LastPooling
from seqkit.metrics.baselines import MajorityClass
from seqkit.metrics.classification import encode_labels, score_classification
from seqkit.options import option
from seqkit.plugins import create_encoder
from seqkit.sequences import pack_flat
from seqkit.tasks import Baseline, Batches, Model, Step, Task, TaskSpec
from seqkit.text import Vocabulary, length_batches, nfc, read_labelled
from seqkit.training.config import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class ToyConfig(EncoderConfig, TrainingConfig):
    """Options of the toy."""

    encoder: str = option("gru", help="what reads the words", group="encoder")
    embedding: int = option(16, help="width of a word's vector", group="encoder", minimum=1)


@dataclass(frozen=True)
class ToyExample:
    """A text and its label."""

    text: str
    label: str = ""

    @property
    def words(self) -> list[str]:
        return nfc(self.text).split()


@dataclass(frozen=True)
class ToyPrediction:
    """The answer for a text."""

    label: str
    probability: float


class ToyModel(Model[ToyExample, ToyPrediction]):
    """Words, encoder, last state, dropout, a linear layer."""

    def __init__(
        self, vocabulary: Vocabulary, labels: list[str], config: ToyConfig, rng: np.random.Generator
    ) -> None:
        self.vocabulary = vocabulary
        self.names = labels
        self.config = config
        self.embedding = Embedding(len(vocabulary), config.embedding, rng=rng)
        self.encoder = create_encoder(config, config.embedding, rng=rng)
        self.pooling = LastPooling(bidirectional=config.bidirectional)
        self.dropout = Dropout(0.2)
        self.output = Linear(self.encoder.output_features, len(labels), rng=rng)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.names)

    def parameters(self):
        yield from prefixed("embedding", self.embedding.parameters())
        yield from prefixed("encoder", self.encoder.parameters())
        yield from prefixed("output", self.output.parameters())

    def batches(self, examples, *, rng):
        lengths = [len(example.words) for example in examples]
        groups = length_batches(lengths, batch_size=self.config.batch_size, rng=rng)
        return Batches(len(groups), lambda i: [examples[j] for j in groups[i]])

    def loss(self, batch, state=None, *, train=False, rng=None):
        logits, back, tokens = self.logits(batch, train, rng)
        ids = {label: i for i, label in enumerate(self.names)}
        targets = np.array([ids.get(example.label, -1) for example in batch])
        loss = softmax_cross_entropy(logits, targets)
        return Step(loss.total, loss.count, tokens, lambda scale: back(loss.backward(scale)))

    def logits(self, batch, train=False, rng=None):
        ids, lengths = self.vocabulary.encode_flat([example.words for example in batch])
        packed = pack_flat(ids, lengths)
        vectors, back_embedding = self.embedding.forward(packed.data)
        features, _, back_encoder = self.encoder.forward(packed.with_data(vectors))
        pooled, back_pooling = self.pooling.forward(features)
        hidden, back_dropout = self.dropout.forward(pooled, train=train, rng=rng)
        logits, back_output = self.output.forward(hidden)

        def backward(d_logits):
            d_pooled = back_dropout(back_output(d_logits))
            d_vectors, _ = back_encoder(back_pooling(d_pooled))
            back_embedding(d_vectors.data)

        return logits, backward, packed.tokens

    def probabilities(self, examples):
        return softmax(self.logits(examples)[0].astype(np.float64))

    def predict(self, examples):
        rows = self.probabilities(examples)
        best = rows.argmax(axis=1)
        return [
            ToyPrediction(self.names[i], float(row[i])) for i, row in zip(best, rows, strict=True)
        ]

    def score(self, examples, predictions):
        gold = [example.label for example in examples]
        found = [prediction.label for prediction in predictions]
        names, (gold_ids, found_ids) = encode_labels(self.names, gold, found)
        return score_classification(gold_ids, found_ids, names)

    def counts(self, examples):
        return {"texts": len(examples), "words": sum(len(e.words) for e in examples)}

    def baselines(self, train):
        majority = MajorityClass.fit([example.label for example in train])
        yield Baseline(
            "majority", lambda examples: [ToyPrediction(majority.label, 1.0) for _ in examples]
        )


class ToyTask(Task[ToyConfig, ToyExample, ToyPrediction]):
    """Labelled texts."""

    classifies = True
    model = ToyModel

    @property
    def formats(self):
        return {"tsv": lambda example, prediction: f"{prediction.label}\t{example.text}"}

    def read(self, path: Path):
        return [ToyExample(item.text, item.label) for item in read_labelled(path)]

    def examples(self, inputs, targets=None):
        labels = [""] * len(inputs) if targets is None else targets
        return [ToyExample(text, str(label)) for text, label in zip(inputs, labels, strict=True)]

    def text(self, example):
        return example.text

    def answer(self, prediction):
        return prediction.label

    def gold(self, example):
        return ToyPrediction(example.label, 1.0)

    def fit(self, train) -> Any:
        labels = sorted({example.label for example in train})
        if len(labels) < 2:
            raise UserError("wanted at least two labels")
        words = Vocabulary.fit(example.words for example in train)
        return {"words": words.to_json(), "labels": labels}

    def build(self, resources, *, rng):
        words = Vocabulary.from_json(resources["words"])
        return self.model(words, list(resources["labels"]), self.config, rng)


_START = ("a bright kind film", "the dull long song", "one warm play", "this cold slow story here")
_END = ("so good", "so bad")
EXAMPLES = [
    ToyExample(f"{_START[i % 4]} {'and then ' * (i % 3)}{_END[i % 2]}", ("yes", "no")[i % 2])
    for i in range(20)
]


def toy_spec(
    task: type[ToyTask] = ToyTask,
    model: type[ToyModel] = ToyModel,
    config: type[ToyConfig] = ToyConfig,
    **more: Any,
) -> TaskSpec[Any]:
    """Make the spec of a variant: another task, model or config, or other parts of the spec."""

    def create(config: ToyConfig) -> ToyTask:
        made = task(config)
        made.model = model  # type: ignore[misc]
        return made

    # Another process can import the class itself.
    own = task if model is ToyModel else create
    given = {"name": "toy", "summary": "Say yes or no", "create": own, **more}
    return TaskSpec(config=config, **given)
