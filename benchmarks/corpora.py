"""Texts to train on: the public data sets, or made-up text of the same shape where they are absent.

Made-up words come as often as real ones (Zipf), in sentences as long as real ones, and what is to
be learnt depends on them; so that times mean much the same, and scores mean little.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.lengths import synthetic

__all__ = ["Corpus", "find_corpus"]

FILES = {
    "ud-english-ewt": ("en_ewt-ud-train.conllu", "en_ewt-ud-dev.conllu"),
    "mr-polarity": ("train.tsv", "dev.tsv"),
    "nsmc": ("ratings_train.txt", "ratings_test.txt"),
    "wikitext-2": ("train.txt", "valid.txt"),
}
MADE = {"ud-english-ewt": 12_000, "mr-polarity": 8_500, "nsmc": 150_000, "wikitext-2": 36_000}
"""How many training sentences are made up."""
QUICK = 1_500


@dataclass(frozen=True)
class Corpus:
    """Files of one data set.

    Attributes:
        name: of the data set, with a mark where it is made up.
        train: file.
        dev: file.
    """

    name: str
    train: Path
    dev: Path


def find_corpus(name: str, folder: Path | None, made: Path, *, quick: bool) -> Corpus:
    """Return the files of a data set, or make some up.

    Args:
        name: of the data set.
        folder: of the data sets, or None.
        made: where made-up files are written.
        quick: make up little.
    """
    train, dev = FILES[name]
    if folder is not None and (folder / name / train).exists():
        return Corpus(name, folder / name / train, folder / name / dev)
    count = QUICK if quick else MADE[name]
    for file, size, seed in ((train, count, 0), (dev, max(count // 10, 100), 1)):
        sentences = list(_sentences(name, size, seed))
        (made / file).write_text(WRITERS[name](sentences), encoding="utf-8")
    return Corpus(f"{name} (made up)", made / train, made / dev)


def _sentences(name: str, count: int, seed: int) -> Iterator[list[int]]:
    """Yield sentences of numbers of words, 0 the commonest."""
    rng = np.random.default_rng(seed)
    lengths = synthetic(name if name != "wikitext-2" else "mr-polarity", count)
    shares = 1.0 / np.arange(10, 20_010)
    flat = rng.choice(len(shares), int(lengths.sum()), p=shares / shares.sum())
    return (part.tolist() for part in np.split(flat, np.cumsum(lengths)[:-1]))


def _label(sentence: list[int]) -> int:
    return sum(word % 2 for word in sentence) * 2 > len(sentence)


def _reviews(sentences: list[list[int]]) -> str:
    lines = (
        f"{('negative', 'positive')[_label(sentence)]}\t{' '.join(f'w{n}' for n in sentence)}\n"
        for sentence in sentences
    )
    return "label\ttext\n" + "".join(lines)


def _korean(sentences: list[list[int]]) -> str:
    """A syllable for each number, so that characters are what sentences are made of."""
    lines = (
        f"{i}\t{''.join(chr(0xAC00 + n % 2_000) for n in sentence)}\t{int(_label(sentence))}\n"
        for i, sentence in enumerate(sentences)
    )
    return "id\tdocument\tlabel\n" + "".join(lines)


def _treebank(sentences: list[list[int]]) -> str:
    return "".join(
        "".join(
            f"{i}\tw{n}\t_\tT{n % 17}\t_\t_\t_\t_\t_\t_\n" for i, n in enumerate(sentence, start=1)
        )
        + "\n"
        for sentence in sentences
    )


def _lines(sentences: list[list[int]]) -> str:
    return "".join(" ".join(f"w{n}" for n in sentence) + "\n" for sentence in sentences)


WRITERS: dict[str, Callable[[list[list[int]]], str]] = {
    "ud-english-ewt": _treebank,
    "mr-polarity": _reviews,
    "nsmc": _korean,
    "wikitext-2": _lines,
}
