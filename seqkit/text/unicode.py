"""What a character is: NFC, grapheme clusters, and patterns that know Unicode's properties.

Every reader and tokeniser normalises to NFC first, so that the same word is the same string
however it was typed. A grapheme cluster is what a reader calls one character: a Hangul syllable,
an emoji with its skin tone, a flag, a letter with its accents.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import accumulate, pairwise

__all__ = ["compile_pattern", "graphemes", "is_single", "nfc", "original_spans", "spans_of"]


def nfc(text: str) -> str:
    """Return the text in Unicode's composed form, in which Hangul syllables are one code point."""
    return unicodedata.normalize("NFC", text)


@cache
def compile_pattern(pattern: str) -> "re.Pattern[str]":
    r"""Compile a pattern that may use ``\X``, ``\p{...}`` and set operations."""
    import regex  # type: ignore[import-untyped]  # 16 ms, so only where text is really cut

    compiled: re.Pattern[str] = regex.compile(pattern, flags=regex.VERSION1)
    return compiled


# Characters that never join a neighbour of this same class: no marks, no joiners, no conjoining
# jamo, no halves of flags, no skin tones. Most text is made of these alone, and one test is
# several times cheaper than cutting by \X.
_SINGLE = re.compile(
    r"[\t\n -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2100-\u2bff"
    r"\u3000-\u3029\u3030-\u3096\u309b-\u30ff\u3131-\u318e\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e"
    r"\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001f9ff]*"
)


# The library counts a run of flags again from its start for each of them, so it gets them one by
# one. A cut is made after each pair of halves that a further half follows.
_FLAG_BEFORE_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}(?=[\U0001f1e6-\U0001f1ff])")


def is_single(text: str) -> bool:
    """Whether every code point of the text is surely a grapheme cluster of its own."""
    return _SINGLE.fullmatch(text) is not None


def graphemes(text: str) -> list[str]:
    """Cut a text into grapheme clusters; joined together they are the text.

    Example:
        >>> graphemes("한글👍🏽")
        ['한', '글', '👍🏽']
    """
    if is_single(text):
        return list(text)
    cuts = [0, *(pair.end() for pair in _FLAG_BEFORE_FLAG.finditer(text)), len(text)]
    cluster = compile_pattern(r"\X")
    return [found for start, end in pairwise(cuts) for found in cluster.findall(text[start:end])]


def spans_of(pieces: list[str]) -> list[tuple[int, int]]:
    """Return (start, end) of each of the pieces that, end to end, are a text."""
    return list(pairwise(accumulate(map(len, pieces), initial=0)))


def original_spans(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans of ``nfc(text)`` as spans of the text as it was typed.

    NFC joins code points inside grapheme clusters and nowhere else. Where it changed a cluster, a
    span that begins or ends inside it is widened to the whole cluster.

    Example:
        >>> typed = "cafe\\u0301s"  # the accent is a code point of its own
        >>> original_spans(typed, [(3, 4), (4, 5)])
        [(3, 5), (5, 6)]
    """
    if unicodedata.is_normalized("NFC", text):
        return list(spans)
    starts: list[int] = []
    ends: list[int] = []
    clusters = graphemes(text)
    for cluster, (start, end) in zip(clusters, spans_of(clusters), strict=True):
        composed = nfc(cluster)
        whole = composed != cluster
        starts += [start] * len(composed) if whole else range(start, end)
        ends += [end] * len(composed) if whole else range(start + 1, end + 1)
    # An empty span at the very end begins where the text ends.
    starts.append(len(text))
    return [(starts[a], ends[b - 1] if b > a else starts[a]) for a, b in spans]
