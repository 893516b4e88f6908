"""The task ``guess``: reads ``label<TAB>text`` files of words and builds the model."""

from dataclasses import dataclass

import numpy as np

from seqkit.inputs import texts
from seqkit.layers.base import prefixed
from seqkit.layers.embedding import Embedding
from seqkit.layers.linear import Linear
from seqkit.layers.losses import softmax, softmax_cross_entropy
from seqkit.layers.pooling import LastPooling
from seqkit.metrics.baselines import MajorityClass
from seqkit.metrics.classification import encode_labels, score_classification
from seqkit.plugins import create_encoder
from seqkit.sequences import pack_flat
from seqkit.tasks import Baseline, Batches, Model, Step, Task
from seqkit.text.batching import length_batches
from seqkit.text.readers import read_labelled
from seqkit.text.unicode import nfc
from seqkit.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class Word:
    """One example."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class Guess:
    """One prediction; its fields are what ``seqkit predict`` prints."""

    language: str
    probability: float


class GuessTask(Task):
    """Formats and options, before any data is known."""

    classifies = True

    def read(self, path):
        return [Word(item.text, item.label) for item in read_labelled(path)]

    def examples(self, inputs, targets=None):
        words = [nfc(text) for text in texts(inputs)]
        targets = [""] * len(words) if targets is None else targets
        return [Word(word, str(label)) for word, label in zip(words, targets, strict=True)]

    def text(self, example):
        return example.text

    def answer(self, prediction):
        return prediction.language

    def gold(self, example):
        return Guess(example.language, 1.0)

    def fit(self, train):
        letters = Vocabulary.fit(list(example.text) for example in train)
        languages = sorted({example.language for example in train})
        return {"letters": letters.to_json(), "languages": languages}

    def build(self, resources, *, rng):
        letters = Vocabulary.from_json(resources["letters"])
        return GuessModel(letters, resources["languages"], self.config, rng)


class GuessModel(Model):
    """Letters, a recurrent layer, its last state, and a linear layer over the languages."""

    def __init__(self, letters, languages, config, rng):
        self.letters = letters
        self.config = config
        self.languages = languages
        self.embedding = Embedding(len(letters), config.embedding, rng=rng)
        self.recurrent = create_encoder(config, config.embedding, rng=rng)
        self.pooling = LastPooling(bidirectional=config.bidirectional)
        self.output = Linear(self.recurrent.output_features, len(languages), rng=rng)

    @property
    def labels(self):
        return tuple(self.languages)

    def parameters(self):
        yield from prefixed("embedding", self.embedding.parameters())
        yield from prefixed("recurrent", self.recurrent.parameters())
        yield from prefixed("output", self.output.parameters())

    def batches(self, examples, *, rng):
        lengths = [len(example.text) for example in examples]
        groups = length_batches(lengths, batch_size=self.config.batch_size, rng=rng)
        return Batches(len(groups), lambda i: [examples[j] for j in groups[i]])

    def loss(self, batch, state=None, *, train=False, rng=None):
        logits, back_logits, tokens = self._logits(batch, train, rng)
        targets = np.array([self.languages.index(example.language) for example in batch])
        loss = softmax_cross_entropy(logits, targets)
        return Step(loss.total, loss.count, tokens, lambda scale: back_logits(loss.backward(scale)))

    def _logits(self, batch, train=False, rng=None):
        ids, lengths = self.letters.encode_flat([list(example.text) for example in batch])
        packed = pack_flat(ids, lengths)
        vectors, back_embedding = self.embedding.forward(packed.data, train=train, rng=rng)
        features, _, back_recurrent = self.recurrent.forward(
            packed.with_data(vectors), train=train, rng=rng
        )
        pooled, back_pooling = self.pooling.forward(features)
        logits, back_output = self.output.forward(pooled)

        def backward(d_logits):
            d_vectors, _ = back_recurrent(back_pooling(back_output(d_logits)))
            back_embedding(d_vectors.data)

        return logits, backward, packed.tokens

    def probabilities(self, examples):
        result = np.zeros((len(examples), len(self.languages)))
        for group in length_batches([len(e.text) for e in examples], batch_size=256):
            result[group] = softmax(self._logits([examples[i] for i in group])[0])
        return result

    def predict(self, examples):
        chances = self.probabilities(examples)
        best = chances.argmax(axis=1)
        return [
            Guess(self.languages[k], float(row[k])) for k, row in zip(best, chances, strict=True)
        ]

    def score(self, examples, predictions):
        gold = [example.language for example in examples]
        guessed = [prediction.language for prediction in predictions]
        names, (gold_ids, guessed_ids) = encode_labels(self.labels, gold, guessed)
        return score_classification(gold_ids, guessed_ids, names, unit="words")

    def counts(self, examples):
        return {"words": len(examples), "letters": sum(len(e.text) for e in examples)}

    def baselines(self, train):
        majority = MajorityClass.fit([example.language for example in train])
        always = Guess(majority.label, 1.0)
        yield Baseline("commonest language", lambda examples: [always] * len(examples))
