r"""The pattern that finds words in any script, and the spacing that puts them together again.

One compiled pattern does all the cutting, so that 150,000 reviews take seconds. Its alternatives
are tried in the order below; the last takes any character that is not white space, so nothing
but white space is ever lost.
"""

import re
from collections.abc import Iterable

from seqkit.text.unicode import compile_pattern

__all__ = ["join_words", "word_pattern"]

# Joiners hold Persian and Indic words together, so they belong to a word like its accents do.
_EXTENDERS = r"\p{M}\u200c\u200d"
# What str.split() takes for white space and \s of this library does not.
_SPACE = r"\s\x1c-\x1f"
_TYPED_JAMO = r"\u3131-\u318e"
_WORD = rf"[[\p{{L}}\p{{N}}{_EXTENDERS}_]--[\p{{Han}}{_TYPED_JAMO}]]"
_CLITIC = r"['’](?:[sSmMdD]|re|RE|ve|VE|ll|LL)(?![\p{L}\p{N}])"
_NOT = r"[nN]['’][tT](?![\p{L}\p{N}])"

_ALTERNATIVES = (
    # Most words end at white space and are no special case. Asking this first halves the time.
    r"[a-zA-Z]++(?!\S)|[가-힣]++(?!\S)",
    # The marks that prepared corpora such as WikiText hold.
    r"<unk>|@[-,.]@",
    # Web and mail addresses, without the full stop that ends the sentence around them.
    rf"(?:https?://|www\.)[^{_SPACE}<>\"]*[^{_SPACE}<>\"'.,;:!?)\]}}…]",
    r"[A-Za-z0-9._%+-]{1,64}+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
    r"(?<!\w)[@#](?=[\p{L}_])\w+",
    # Faces: :-) ;D <3 ^^ ^_^ T_T -_- ㅠ.ㅠ
    r"(?<![\w:;=])[:;=][-^']?[)(\]\[DPpO3|/\\*](?!\w)|<3(?!\w)|\^[_.]*\^+",
    r"(?<!\w)[TOo;>\-]_+[TOo;<\-](?!\w)|[ㅠㅜㅡ][_.]+[ㅠㅜㅡ]",
    # Emoji whole: flags, keycaps, and sequences that the joiner makes one.
    r"\p{RI}\p{RI}|[0-9#*]\ufe0f?\u20e3|(?=[\p{Emoji_Presentation}\p{Extended_Pictographic}])\X",
    r"(?<![\p{L}\p{N}])(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs)\.(?=\s)",
    r"(?<![\p{L}\p{N}])(?:\p{Latin}\.){2,}",
    rf"(?<=[\p{{L}}]){_NOT}|{_CLITIC}",
    # A word up to the n of n't, or with hyphens, apostrophes and decimal points inside it.
    # Hangul takes none of these: there they are punctuation between words.
    rf"\p{{Latin}}+(?={_NOT})",
    rf"{_WORD}++(?:(?:(?<=[\p{{L}}\p{{N}}])(?<!\p{{Hangul}})(?!{_CLITIC})['’\-](?!\p{{Hangul}})"
    rf"|(?<=\p{{Nd}})[.,:/](?=\p{{Nd}})){_WORD}++)*",
    rf"\p{{Han}}[{_EXTENDERS}]*",
    rf"[{_TYPED_JAMO}]+",
    # Punctuation that people repeat is one token however often they do.
    r"\.{2,}|…+|[!?]+|[~〜]+|-{2,}|\*{2,}|_{2,}|={2,}",
    rf"[^{_SPACE}][{_EXTENDERS}]*",
)
_PATTERN = "|".join(_ALTERNATIVES)


def word_pattern() -> "re.Pattern[str]":
    """Return the compiled pattern; compiled at the first call only."""
    return compile_pattern(_PATTERN)


_NO_SPACE_BEFORE = re.compile(
    r"(?:[,;:)\]}”’»、。，；：）」』】》〉%]|[.!?…~！？]+|n['’]t|['’](?:s|m|d|re|ve|ll))\Z", re.I
)
_NO_SPACE_AFTER = re.compile(r"[(\[{“‘«（「『【《〈$₩€£¥#@]\Z")
_STRAIGHT_QUOTES = frozenset("'\"")
_HAN_OR_KANA = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff、。！？，；：「」『』]+\Z")


def join_words(tokens: Iterable[str]) -> str:
    """Put words and punctuation together as print does.

    Straight quotation marks open and close in turn. What was written cannot always be known: the
    result cut into words again gives the tokens in usual prose, not in every text.

    Example:
        >>> print(join_words(["He", "said", ":", '"', "do", "n't", "(", "ever", ")", "!", '"']))
        He said: "don't (ever)!"
    """
    parts: list[str] = []
    open_quotes: set[str] = set()
    previous = ""
    for token in tokens:
        closes = token in open_quotes
        if parts and not (closes or _joins(previous, token) or previous in open_quotes):
            parts.append(" ")
        parts.append(token)
        if token in _STRAIGHT_QUOTES:
            open_quotes ^= {token}
        previous = token
    return "".join(parts)


def _joins(previous: str, token: str) -> bool:
    if _NO_SPACE_BEFORE.match(token) or _NO_SPACE_AFTER.match(previous):
        return True
    return bool(_HAN_OR_KANA.match(previous) and _HAN_OR_KANA.match(token))
