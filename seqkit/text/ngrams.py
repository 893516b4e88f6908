"""Runs of neighbouring words and of neighbouring characters."""

from collections.abc import Sequence

__all__ = ["distinct_character_ngrams", "distinct_ngrams"]


def distinct_ngrams(tokens: Sequence[str], longest: int) -> list[str]:
    """Return the distinct runs of 1 to ``longest`` tokens, joined by spaces, as they first appear.

    Example:
        >>> distinct_ngrams(["not", "good", "not", "good"], 2)
        ['not', 'good', 'not good', 'good not']
    """
    runs = dict.fromkeys(tokens)
    for length in range(2, longest + 1):
        neighbours = zip(*(tokens[start:] for start in range(length)), strict=False)
        runs |= dict.fromkeys(map(" ".join, neighbours))
    return list(runs)


def distinct_character_ngrams(text: str, longest: int) -> list[str]:
    """Return the distinct runs of 1 to ``longest`` characters, as they first appear.

    White space counts as one space, and there is one before and after the text, so that the
    beginning and end of each word are told apart from its middle.

    Example:
        >>> distinct_character_ngrams("안  좋다", 2)
        [' ', '안', '좋', '다', ' 안', '안 ', ' 좋', '좋다', '다 ']
    """
    spaced = f" {' '.join(text.split())} " if text.strip() else ""
    runs: dict[str, None] = {}
    for length in range(1, longest + 1):
        starts = range(len(spaced) - length + 1)
        runs |= dict.fromkeys([spaced[start : start + length] for start in starts])
    return list(runs)
