"""Runs of neighbouring tokens."""

from collections.abc import Sequence

__all__ = ["distinct_ngrams"]


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
