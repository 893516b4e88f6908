"""The sentiment classifier in PyTorch: embedding, bidirectional LSTM, max pooling, linear.

What makes it fast: batches of similar length; each batch padded only to its own longest,
time-major, sorted longest first so that packing needs no sorting; one dropout mask a sequence;
oneDNN's LSTM; fused Adam, or sparse gradients with SparseAdam for the embedding. ``padded`` reads
the padding too and masks it in the pooling; ``packed`` does not. Both are offered with either
update, all four are tried on a part of the data, and the fastest is compared. Texts are encoded
once, before the first epoch, which seqkit does anew for each batch. Not used: a DataLoader with
workers, which would take the cores that compute; ``torch.compile``, which needs a C++ compiler.
"""

import random
import unicodedata
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  its usual name
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from benchmarks.peers.common import (
    PAD,
    UNKNOWN,
    LockedDropout,
    fit_ids,
    main,
    similar_batches,
    train,
)

__all__ = ["Classifier", "read", "tokenise"]

PREDICTION_BATCH = 256


class Classifier(nn.Module):
    """Ids (T, N) with lengths (N,), longest first, to scores (N, C)."""

    def __init__(self, words: int, labels: int, options: dict[str, Any], variant: str) -> None:
        super().__init__()
        self.packed = variant.startswith("packed")
        self.hidden_share = options["word_dropout"]
        width, units = options["embedding"], options["units"]
        self.embedding = nn.Embedding(words, width, sparse=variant.endswith("sparse"))
        self.locked = LockedDropout(options["dropout"])
        self.lstm = nn.LSTM(width, units, bidirectional=True)
        self.dropout = nn.Dropout(options["dropout"])
        self.output = nn.Linear(2 * units, labels)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Return the scores of the labels."""
        if self.training and self.hidden_share:
            ids = ids.masked_fill(torch.rand(ids.shape) < self.hidden_share, UNKNOWN)
        x = self.locked(self.embedding(ids))
        y = self.locked(self._read(x, lengths))
        return self.output(self.dropout(y.amax(0)))

    def _read(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return the outputs (T, N, 2H), far below any value behind a sequence's end."""
        if self.packed:
            packed, _ = self.lstm(pack_padded_sequence(x, lengths))
            return pad_packed_sequence(packed, padding_value=-1e9)[0]
        behind = torch.arange(len(x))[:, None] >= lengths
        return self.lstm(x)[0].masked_fill(behind[:, :, None], -1e9)


def read(path: str) -> list[tuple[str, str]]:
    """Read (text, label) from a table with a heading."""
    with open(path, encoding="utf-8") as lines:
        heading = next(lines).rstrip("\n").split("\t")
        text = next(i for i, name in enumerate(heading) if name in ("text", "document"))
        label = heading.index("label")
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [(row[text], row[label]) for row in rows]


def tokenise(text: str, options: dict[str, Any]) -> list[str]:
    """Cut a text into words between spaces, or into characters."""
    text = unicodedata.normalize("NFC", text)
    text = text.lower() if options["lowercase"] else text
    return list(text) if options["tokenizer"] == "characters" else text.split()


def encode(tokens: Sequence[str], ids: dict[str, int]) -> Tensor:
    """Return the ids of tokens; an empty text reads one that is unknown."""
    return torch.tensor([ids.get(token, UNKNOWN) for token in tokens] or [UNKNOWN])


def collate(sentences: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Pad to (T, N), and return the lengths beside it."""
    lengths = torch.tensor([len(sentence) for sentence in sentences])
    return pad_sequence(list(sentences), padding_value=PAD), lengths


def _run(told: dict[str, Any], started: float) -> dict[str, Any]:
    options, rng = told["options"], random.Random(0)
    (texts, gold), (dev_texts, dev_gold) = (
        zip(*read(told[part]), strict=True) for part in ("train", "dev")
    )
    tokens = [tokenise(text, options) for text in texts]
    ids, _ = fit_ids(tokens, minimum=options["min_count"])
    labels = {label: i for i, label in enumerate(sorted(set(gold)))}
    model = Classifier(len(ids) + 2, len(labels), options, told["variant"])
    limit, scored = told["limit"] or None, told["dev_limit"] or None
    sentences = [encode(part, ids) for part in tokens[:limit]]
    dev = [encode(tokenise(text, options), ids) for text in dev_texts[:scored]]
    targets = torch.tensor([labels[label] for label in gold[:limit]])
    dev_targets = torch.tensor([labels[label] for label in dev_gold[:scored]])
    lengths = [len(sentence) for sentence in sentences]

    def loss(batch: list[int]) -> tuple[Tensor, int]:
        padded, sizes = collate([sentences[i] for i in batch])
        scores = model(padded, sizes)
        return F.cross_entropy(scores, targets[batch]), int(sizes.sum())

    def score() -> tuple[str, float]:
        right = 0
        for batch in similar_batches([len(s) for s in dev], PREDICTION_BATCH):
            answers = model(*collate([dev[i] for i in batch])).argmax(1)
            right += int((answers == dev_targets[batch]).sum())
        return "accuracy", right / len(dev)

    def batches() -> list[list[int]]:
        return similar_batches(lengths, options["batch_size"], rng)

    return train(told, model, batches=batches, loss=loss, score=score, started=started)


if __name__ == "__main__":
    main(_run)
