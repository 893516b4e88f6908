"""Hangul syllables as their letters: choseong, jungseong and jongseong.

The letters are Unicode's conjoining jamo, which tell a leading consonant from a trailing one
(ㄱ of 가 is not ㄱ of 악). So the way back needs no marks between syllables: in NFC text two
conjoining jamo that could form a syllable have already formed one, and composing what was
decomposed gives the same text, exactly. The compatibility jamo that people type, as in ㅋㅋ, are
other characters and stay what they are.
"""

import re
import unicodedata

from seqkit.text.unicode import graphemes, is_single, nfc, spans_of

__all__ = ["compose_jamo", "decompose_jamo", "jamo", "jamo_spans", "show_jamo"]

_SYLLABLES = re.compile("[\uac00-\ud7a3]+")
_CONJOINING = re.compile("[\u1100-\u11ff]")


def decompose_jamo(text: str) -> str:
    """Replace every Hangul syllable by its two or three conjoining jamo; nothing else changes.

    Args:
        text: in any normalisation; it is brought to NFC first.

    Example:
        >>> len(decompose_jamo("한글"))
        6
    """
    # Canonical decomposition of whole text would also take accents off Latin letters.
    return _SYLLABLES.sub(lambda run: unicodedata.normalize("NFD", run[0]), nfc(text))


def compose_jamo(text: str) -> str:
    """Undo :func:`decompose_jamo`: ``compose_jamo(decompose_jamo(t)) == nfc(t)`` for any text."""
    return nfc(text)


def show_jamo(token: str) -> str:
    """Return a token as people can read it on its own.

    A conjoining jamo outside a syllable is drawn onto what stands before it, or not at all. It
    becomes the letter that people type, a trailing consonant after a hyphen as in grammars; any
    other token stays what it is.

    Example:
        >>> [show_jamo(token) for token in [*decompose_jamo("한"), "글"]]
        ['ㅎ', 'ㅏ', '-ㄴ', '글']
    """
    if not _CONJOINING.fullmatch(token):
        return token
    _, kind, name = unicodedata.name(token).split(" ", 2)
    try:
        letter = unicodedata.lookup(f"HANGUL LETTER {name}")
    except KeyError:  # of the letters of old Hangul, some cannot be typed alone
        return token
    return f"-{letter}" if kind == "JONGSEONG" else letter


def jamo(text: str) -> list[str]:
    """Cut an NFC text into the jamo of its syllables and, elsewhere, grapheme clusters."""
    if is_single(text):
        return list(decompose_jamo(text))
    return [piece for cluster in graphemes(text) for piece in _pieces(cluster)]


def jamo_spans(text: str) -> list[tuple[int, int]]:
    """Return, for each piece of :func:`jamo`, (start, end) of the whole cluster it came from."""
    clusters = graphemes(text)
    spans = zip(clusters, spans_of(clusters), strict=True)
    return [span for cluster, span in spans for _ in _pieces(cluster)]


def _pieces(cluster: str) -> list[str]:
    return list(decompose_jamo(cluster)) if _SYLLABLES.match(cluster) else [cluster]
