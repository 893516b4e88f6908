"""How long real sentences are: from the data sets where they are, or else from their quantiles."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np

__all__ = ["NAMES", "batches_of", "lengths_of", "synthetic"]

SHARES = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)

QUANTILES = {
    "ud-english-ewt": (1, 2, 3, 7, 14, 22, 32, 39, 57, 159),
    "mr-polarity": (1, 7, 9, 14, 20, 27, 34, 38, 45, 56),
    "nsmc": (0, 6, 10, 16, 27, 42, 75, 107, 139, 158),
}
"""Lengths below which these :data:`SHARES` of the training split lie: words (EWT; mean 16.3), words
between spaces (MR; 21.0), characters (NSMC; 35.2)."""

DOCUMENTS = "documents"
MEAN, SIGMA, LONGEST = 230.0, 0.7, 2_000
"""Documents are drawn: log-normal with a mean of 230 words, as film reviews on IMDB have it, and
nine tenths of them between 56 and 560."""

NAMES = (*QUANTILES, DOCUMENTS)


def lengths_of(name: str, folder: Path | None, count: int = 20_000) -> np.ndarray:
    """Return the lengths of a data set's training split, none of them 0.

    Args:
        name: of :data:`NAMES`.
        folder: of the data sets, or None; without the data, ``count`` lengths are drawn from the
            same quantiles.
        count: how many to draw.
    """
    if name == DOCUMENTS or folder is None or not (folder / name).is_dir():
        return synthetic(name, count)
    return _read(name, folder)


def synthetic(name: str, count: int) -> np.ndarray:
    """Draw lengths that are spread like a data set's; the same ones every time."""
    rng = np.random.default_rng(0)
    if name == DOCUMENTS:
        drawn = rng.lognormal(np.log(MEAN) - SIGMA**2 / 2, SIGMA, count)
    else:
        drawn = np.interp(rng.random(count), SHARES, QUANTILES[name])
    return np.clip(np.rint(drawn), 1, LONGEST).astype(np.int64)


@cache
def _read(name: str, folder: Path) -> np.ndarray:
    readers: dict[str, tuple[str, Callable[[Iterator[str]], Iterator[int]]]] = {
        "ud-english-ewt": ("en_ewt-ud-train.conllu", _treebank),
        "mr-polarity": ("train.tsv", lambda lines: (len(c.split()) for c in _second(lines))),
        "nsmc": ("ratings_train.txt", lambda lines: map(len, _second(lines))),
    }
    file, read = readers[name]
    with (folder / name / file).open(encoding="utf-8") as lines:
        lengths = np.fromiter(read(iter(lines)), np.int64)
    return lengths[lengths > 0]


def _second(lines: Iterator[str]) -> Iterator[str]:
    """Yield the second column of a table below its heading."""
    next(lines)
    return (line.rstrip("\n").split("\t")[1] for line in lines)


def _treebank(lines: Iterator[str]) -> Iterator[int]:
    """Yield how many words each sentence of CoNLL-U has; ranges and empty nodes are not words."""
    words = 0
    for line in lines:
        if line.split("\t", 1)[0].isdigit():
            words += 1
        elif not line.strip():
            yield words
            words = 0


def batches_of(
    lengths: np.ndarray, size: int, *, similar: bool, tokens: int, most: int
) -> list[np.ndarray]:
    """Choose batches that stand for all of an epoch's.

    Args:
        lengths: of all sequences.
        size: sequences in a batch.
        similar: whether a batch holds sequences of similar length, as bucketing makes them (up to
            a tenth off their place), or random ones.
        tokens: about how many in all batches together.
        most: batches.

    Returns:
        At least one batch of lengths; of sorted ones, evenly from short to long.
    """
    rng = np.random.default_rng(1)
    keys = lengths * rng.uniform(0.9, 1.1, len(lengths)) + rng.random(len(lengths))
    order = np.argsort(keys) if similar else rng.permutation(len(lengths))
    whole = len(order) // size
    count = int(np.clip(round(tokens / (size * lengths.mean())), 1, min(most, whole)))
    chosen = ((np.arange(count) + 0.5) * whole / count).astype(int)
    return [lengths[order[number * size : (number + 1) * size]] for number in chosen]
