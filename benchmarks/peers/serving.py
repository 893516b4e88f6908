"""A trained classifier in PyTorch, saved, loaded and asked: in a process and from the shell.

The file holds plain values and tensors, so ``torch.load(weights_only=True)`` reads it. Texts are
sorted by length, batched, padded, and answered under ``torch.inference_mode``, in the caller's
order. Batches are padded: on batches of similar length that is faster than packing, as
``python -m benchmarks bilstm-forward`` shows.

As a script: ``python -m benchmarks.peers.serving MODEL [TEXT ...] [--input FILE]``.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from benchmarks.peers.classifier import PREDICTION_BATCH, Classifier, collate, encode, tokenise
from benchmarks.peers.common import similar_batches

__all__ = ["Answer", "Predictor", "load", "save"]

VARIANT = "padded+fused"


class Answer(NamedTuple):
    """The most probable label, and its probability."""

    label: str
    probability: float


class Predictor:
    """A classifier with its vocabulary and labels."""

    def __init__(self, ids: dict[str, int], labels: list[str], options: dict[str, Any]) -> None:
        self.ids = ids
        self.labels = labels
        self.options = options
        self.model = Classifier(len(ids) + 2, len(labels), options, VARIANT)
        self.model.eval()

    def predict(self, texts: Sequence[str]) -> list[Answer]:
        """Answer texts in their order."""
        sentences = [encode(tokenise(text, self.options), self.ids) for text in texts]
        answers: dict[int, Answer] = {}
        with torch.inference_mode():
            for batch in similar_batches([len(s) for s in sentences], PREDICTION_BATCH):
                scores = self.model(*collate([sentences[i] for i in batch]))
                best = scores.softmax(1).max(1)
                found = zip(best.indices.tolist(), best.values.tolist(), strict=True)
                answers |= zip(batch, (Answer(self.labels[i], p) for i, p in found), strict=True)
        return [answers[i] for i in range(len(texts))]


def save(path: str, predictor: Predictor) -> None:
    """Write vocabulary, labels, options and weights."""
    facts = {"ids": predictor.ids, "labels": predictor.labels, "options": predictor.options}
    torch.save({**facts, "weights": predictor.model.state_dict()}, path)


def load(path: str) -> Predictor:
    """Read what :func:`save` wrote; nothing in it is executed."""
    document = torch.load(path, weights_only=True)
    predictor = Predictor(document["ids"], document["labels"], document["options"])
    predictor.model.load_state_dict(document["weights"])
    return predictor


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("texts", nargs="*")
    parser.add_argument("--input")
    arguments = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    texts = arguments.texts
    if arguments.input:
        with open(arguments.input, encoding="utf-8") as lines:
            texts = [line.rstrip("\n") for line in lines]
    for answer in load(arguments.model).predict(texts):
        sys.stdout.write(f"{answer.label}\t{answer.probability:.4f}\n")


if __name__ == "__main__":
    _main()
