"""The POS tagger in PyTorch: word vectors, a character LSTM, a bidirectional LSTM, linear.

What makes it fast, beside what :mod:`benchmarks.peers.classifier` says: the characters of each
distinct word of a batch are read once and gathered to its tokens, which is worth more than all
else; and the loss is taken over the real tokens only. ``padded`` lets the direction that reads from
the right begin with padding, for words and for characters; ``packed`` is exact.
"""

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

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

__all__ = ["Batch", "Tagger", "read"]

BEGIN, END = 2, 3
PREDICTION_BATCH = 128

Sentence = tuple[list[str], list[str]]


class Batch(NamedTuple):
    """Sentences, longest first.

    Attributes:
        words: (T, N) ids.
        lengths: (N,).
        characters: (L, W) ids, of each distinct word.
        sizes: (W,) characters of each.
        places: (T, N) the distinct word of each token.
        tags: (T, N) ids, -100 behind a sentence's end.
    """

    words: Tensor
    lengths: Tensor
    characters: Tensor
    sizes: Tensor
    places: Tensor
    tags: Tensor


class Tagger(nn.Module):
    """A batch to scores (T, N, C)."""

    def __init__(
        self, sizes: tuple[int, int, int], options: dict[str, Any], variant: str, hide: Tensor
    ) -> None:
        super().__init__()
        words, characters, tags = sizes
        self.packed = variant.startswith("packed")
        self.hide = hide
        units, spelt = options["units"], options["character_units"]
        sparse = variant.endswith("sparse")
        self.words = nn.Embedding(words, options["embedding"], sparse=sparse)
        self.characters = nn.Embedding(characters, options["character_embedding"])
        self.spelling = nn.LSTM(options["character_embedding"], spelt, bidirectional=True)
        self.locked = LockedDropout(options["dropout"])
        self.lstm = nn.LSTM(options["embedding"] + 2 * spelt, units, bidirectional=True)
        self.output = nn.Linear(2 * units, tags)

    def forward(self, batch: Batch) -> Tensor:
        """Return the scores of the tags."""
        words = batch.words
        if self.training:
            words = words.masked_fill(torch.rand(words.shape) < self.hide[words], UNKNOWN)
        spelt = self._spell(batch).index_select(0, batch.places.flatten())
        spelt = spelt.view(*words.shape, -1)
        x = self.locked(torch.cat([self.words(words), spelt], dim=2))
        if self.packed:
            y, _ = self.lstm(pack_padded_sequence(x, batch.lengths))
            y = pad_packed_sequence(y)[0]
        else:
            y, _ = self.lstm(x)
        return self.output(self.locked(y))

    def _spell(self, batch: Batch) -> Tensor:
        """Return a vector for each distinct word: (W, 2H)."""
        x = self.characters(batch.characters)
        if self.packed:
            packed = pack_padded_sequence(x, batch.sizes, enforce_sorted=False)
            _, (last, _) = self.spelling(packed)
            return torch.cat([last[0], last[1]], dim=1)
        y, _ = self.spelling(x)
        half = y.shape[2] // 2
        ends = y[batch.sizes - 1, torch.arange(y.shape[1]), :half]
        return torch.cat([ends, y[0, :, half:]], dim=1)


def read(path: str) -> list[Sentence]:
    """Read words and tags from CoNLL-U."""
    sentences: list[Sentence] = []
    words: list[str] = []
    tags: list[str] = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            if cells[0].isdigit():
                words.append(cells[1])
                tags.append(cells[3])
            elif not line.strip() and words:
                sentences.append((words, tags))
                words, tags = [], []
    return sentences


class Encoder:
    """Vocabularies, and batches made with them."""

    def __init__(self, sentences: Sequence[Sentence], lowercase: bool) -> None:
        self.lowercase = lowercase
        self.ids, counts = fit_ids(map(self._cased, (words for words, _ in sentences)))
        distinct = {word for words, _ in sentences for word in words}
        self.characters, _ = fit_ids(map(set, distinct), minimum=2, first=4)
        self.tags, _ = fit_ids((tags for _, tags in sentences), first=0)
        self.hide = torch.zeros(len(self.ids) + 2)
        for i, count in counts.items():
            self.hide[i] = 1.0 / (1.0 + count)
        self.sizes = (len(self.ids) + 2, len(self.characters) + 4, len(self.tags))

    def _cased(self, words: Sequence[str]) -> list[str]:
        return [word.lower() for word in words] if self.lowercase else list(words)

    def batch(self, sentences: Sequence[Sentence]) -> Batch:
        """Encode sentences, longest first."""
        numbers: dict[str, int] = {}
        places = [
            torch.tensor([numbers.setdefault(word, len(numbers)) for word in words])
            for words, _ in sentences
        ]
        known = torch.tensor([self.ids.get(word, UNKNOWN) for word in self._cased(list(numbers))])
        spelt = [self._spell(word) for word in numbers]
        padded = pad_sequence(places)
        lengths = torch.tensor([len(place) for place in places])
        behind = torch.arange(len(padded))[:, None] >= lengths
        gold = [torch.tensor([self.tags.get(t, -100) for t in tags]) for _, tags in sentences]
        return Batch(
            words=known[padded].masked_fill(behind, PAD),
            lengths=lengths,
            characters=pad_sequence(spelt),
            sizes=torch.tensor([len(word) for word in spelt]),
            places=padded,
            tags=pad_sequence(gold, padding_value=-100),
        )

    def _spell(self, word: str) -> Tensor:
        inner = [self.characters.get(character, UNKNOWN) for character in word]
        return torch.tensor([BEGIN, *inner, END])


def _run(told: dict[str, Any], started: float) -> dict[str, Any]:
    options, rng = told["options"], random.Random(0)
    sentences, dev = read(told["train"]), read(told["dev"])
    encoder = Encoder(sentences, options["lowercase"])
    model = Tagger(encoder.sizes, options, told["variant"], encoder.hide)
    sentences = sentences[: told["limit"] or None]
    dev = dev[: told["dev_limit"] or None]
    lengths = [len(words) for words, _ in sentences]

    def loss(indices: list[int]) -> tuple[Tensor, int]:
        batch = encoder.batch([sentences[i] for i in indices])
        scores = model(batch)
        return F.cross_entropy(scores.flatten(0, 1), batch.tags.flatten()), int(batch.lengths.sum())

    def score() -> tuple[str, float]:
        right = words = 0
        for indices in similar_batches([len(tags) for _, tags in dev], PREDICTION_BATCH):
            batch = encoder.batch([dev[i] for i in indices])
            right += int((model(batch).argmax(2) == batch.tags).sum())
            words += int(batch.lengths.sum())
        return "accuracy", right / words

    def batches() -> list[list[int]]:
        return similar_batches(lengths, options["batch_size"], rng)

    return train(told, model, batches=batches, loss=loss, score=score, started=started)


if __name__ == "__main__":
    main(_run)
