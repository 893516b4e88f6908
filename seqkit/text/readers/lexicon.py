"""Pronouncing dictionaries in the format of the CMU dictionary."""

import re
from typing import NamedTuple

from seqkit.text.readers.source import BadLines, FilePath, load

__all__ = ["LexiconEntry", "read_lexicon"]

_VARIANT = re.compile(r"(.+)\(\d+\)")
_COMMENT = re.compile(r"(^|\s)#.*|^;;;.*")


class LexiconEntry(NamedTuple):
    """A word and the ways in which it is said.

    Attributes:
        word: in NFC.
        pronunciations: distinct, the usual one first; each its sounds.
        where: ``file:line`` of the first.
    """

    word: str
    pronunciations: tuple[tuple[str, ...], ...]
    where: str


def read_lexicon(path: FilePath, *, stress: bool = True) -> list[LexiconEntry]:
    """Read lines such as ``tomato T AH0 M EY1 T OW2``, and ``tomato(2) ...`` for a variant.

    Args:
        path: plain or gzipped. What follows ``#`` after white space, or ``;;;`` at the beginning of
            a line, is a comment.
        stress: whether to keep the digits 0 to 2 at the end of a vowel; two variants that differ in
            nothing else become one without them.

    Returns:
        One record a word, in the order of their first lines.

    Raises:
        UserError: the file cannot be read, or words without a sound, all of them together.
    """
    source = load(path)
    bad = BadLines(source.name)
    found: dict[str, dict[tuple[str, ...], None]] = {}
    places: dict[str, str] = {}
    for number, line in source.filled_lines():
        name, *sounds = _COMMENT.sub("", line).split() or [""]
        if name and not sounds:
            bad.add(number, f"found no sounds after {name!r}, wanted some")
        if not sounds:
            continue
        variant = _VARIANT.fullmatch(name)
        word = variant[1] if variant else name
        kept = sounds if stress else [sound.rstrip("012") or sound for sound in sounds]
        found.setdefault(word, {})[tuple(kept)] = None
        places.setdefault(word, source.where(number))
    bad.check()
    return [LexiconEntry(word, tuple(said), places[word]) for word, said in found.items()]
