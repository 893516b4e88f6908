"""Pairs of a source and its right answers, and how they are read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from seqkit.errors import Problem, UserError
from seqkit.text import read_pairs, read_plain

from seqkit_seq2seq.config import Seq2SeqConfig

__all__ = ["Pair", "RawPair", "read_raw_pairs"]

VARIANT = re.compile(r"(.+)\(\d+\)")
COMMENT = re.compile(r"(^|\s)#.*|^;;;.*")


class RawPair(NamedTuple):
    """A source and its right answers as they stand in a file."""

    source: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """A source, the tokens that the model reads of it, and the right answers, if they are known.

    Attributes:
        source: the text.
        tokens: of the source, in reading order.
        answers: tokens of each right answer, of which the first is the usual one.
        targets: the same as text.
    """

    source: str
    tokens: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...] = ()
    targets: tuple[str, ...] = ()


def read_raw_pairs(path: Path, config: Seq2SeqConfig) -> list[RawPair]:
    """Read pairs in the format that the options name, or that the file looks like.

    Raises:
        UserError: the file cannot be read, or bad lines, all of them together.
    """
    named_so = path.name.removesuffix(".gz").endswith(".dict")
    if config.format == "cmudict" or (config.format == "auto" and named_so):
        return _read_dictionary(path, config.stress)
    kind = None if config.format == "auto" else config.format
    return [RawPair(pair.source, (pair.target,)) for pair in read_pairs(path, format=kind)]


def _read_dictionary(path: Path, stress: bool) -> list[RawPair]:
    """Read ``word(2) S OW1 N D  # comment``; the variants of a word are all right answers."""
    found: dict[str, dict[str, None]] = {}
    problems = []
    for where, word, sounds in _entries(path):
        if not sounds:
            problems.append(Problem(f"found no sounds after {word!r}, wanted some", where))
        variant = VARIANT.fullmatch(word)
        answer = " ".join(sounds if stress else (sound.rstrip("012") for sound in sounds))
        found.setdefault(variant[1] if variant else word, {})[answer] = None
    if problems:
        raise UserError(problems)
    return [RawPair(word, tuple(answers)) for word, answers in found.items()]


def _entries(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (file:line, word, sounds) without comments and blank lines."""
    for line in read_plain(path):
        if parts := COMMENT.sub("", line.text).split():
            yield line.where, parts[0], parts[1:]
