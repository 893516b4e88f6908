"""Inputs at the edges, made of ordinary ones: nothing in it, one token, nothing known."""

import unicodedata
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

__all__ = ["accented", "emptied", "planted", "shortened", "unknown"]

STRANGE = "\ue0f2\ue0f3"
"""Letters for private use, which no corpus has."""

ACCENTS = str.maketrans("aeiou", "áéíóú")


def emptied(item: Any) -> Any:
    """Return an input of the same kind without any token.

    Raises:
        TypeError: of what kind it is cannot be told.
    """
    return _mapped(item, lambda text: "", lambda row: row[:0])


def shortened(item: Any) -> Any:
    """Return the first token of an input, of the same kind; raises as :func:`emptied` does."""
    return _mapped(item, lambda text: (text.split() or ["a"])[0], lambda row: row[:1])


def unknown(item: Any) -> Any:
    """Return an input of as many words, all unknown; raises as :func:`emptied` does."""
    return _mapped(
        item, lambda text: " ".join(STRANGE for _ in text.split()) or STRANGE, _all_strange
    )


def planted(item: Any, words: Sequence[str]) -> Any:
    """Return an input with words in place of its own; raises as :func:`emptied` does."""
    return _mapped(
        item,
        lambda text: " ".join(words),
        lambda row: [words[i % len(words)] for i in range(len(_words(row)))],
    )


def accented(item: Any, form: Literal["NFC", "NFD"]) -> Any:
    """Return an input whose vowels have accents, in a Unicode form; raises as :func:`emptied`."""

    def spell(text: str) -> str:
        return unicodedata.normalize(form, text.translate(ACCENTS))

    def spell_all(row: Any) -> Any:
        if isinstance(row, np.ndarray):
            raise TypeError("found numbers, which have no Unicode form")
        return [spell(word) for word in row]

    return _mapped(item, spell, spell_all)


def _all_strange(row: Any) -> Any:
    return [STRANGE for _ in _words(row)]


def _words(row: Any) -> list[Any]:
    if isinstance(row, np.ndarray):
        raise TypeError("found numbers, of which none is an unknown word")
    return list(row)


def _mapped(item: Any, of_text: Any, of_row: Any) -> Any:
    """Map a text, a list of words or an array; a tuple holds several inputs beside each other."""
    if isinstance(item, str):
        return of_text(item)
    if isinstance(item, tuple):
        return tuple(_mapped(part, of_text, of_row) for part in item)
    if isinstance(item, np.ndarray) and item.ndim == 1 and item.dtype.kind == "f":
        raise TypeError("found a single vector, which is no sequence of tokens")
    if isinstance(item, list | np.ndarray):
        return of_row(item)
    raise TypeError(f"found an input of type {type(item).__name__}")
