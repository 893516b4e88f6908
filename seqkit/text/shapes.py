"""What a word looks like, whatever it says: its capitals, digits and marks.

A few classes in the manner of Bikel et al. (1999, "An algorithm that learns what's in a name",
table 1), with those of web text added. Scripts without capitals, such as Hangul, have a class of
their own.
"""

import re
from functools import lru_cache

__all__ = ["WORD_SHAPES", "word_shape"]

WORD_SHAPES = (
    "mark",
    "digits",
    "small",
    "capital letter",
    "capitalised",
    "capitals",
    "mixed case",
    "letters without case",
    "letters and digits",
    "name of an account",
    "topic",
    "address",
)
"""The shapes; :func:`word_shape` gives a word's place among them."""

_ADDRESS = re.compile(r"https?://|www\.|[\w.+-]+@[\w-]+\.\w")
_WEB = {"@": "name of an account", "#": "topic"}


@lru_cache(maxsize=65_536)  # the same words come again in every epoch
def word_shape(word: str) -> int:
    """Return the place of a word's shape in :data:`WORD_SHAPES`.

    Example:
        >>> [WORD_SHAPES[word_shape(word)] for word in ["Seoul", "NASA", "서울", "3.5", "iPhone"]]
        ['capitalised', 'capitals', 'letters without case', 'digits', 'mixed case']
    """
    return _PLACES[_named(word)]


_PLACES = {shape: place for place, shape in enumerate(WORD_SHAPES)}


def _named(word: str) -> str:
    if _ADDRESS.match(word):
        return "address"
    if len(word) > 1 and word[0] in _WEB:
        return _WEB[word[0]]
    letters = "".join(filter(str.isalpha, word))
    digits = any(map(str.isdigit, word))
    if not letters:
        return "digits" if digits else "mark"
    return "letters and digits" if digits else _cased(letters)


def _cased(letters: str) -> str:
    if letters.lower() == letters.upper():
        return "letters without case"
    if letters == letters.lower():
        return "small"
    if letters == letters.upper():
        return "capitals" if len(letters) > 1 else "capital letter"
    return "capitalised" if letters[1:] == letters[1:].lower() else "mixed case"
