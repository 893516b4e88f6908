"""From text to tokens and back: by white space, words, characters or jamo.

Every tokeniser brings the text to NFC first; its spans count characters of that NFC text.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from seqkit.errors import UserError
from seqkit.suggestions import did_you_mean
from seqkit.text.jamo import compose_jamo, jamo, jamo_spans
from seqkit.text.unicode import graphemes, nfc, spans_of
from seqkit.text.words import join_words, word_pattern

__all__ = [
    "TOKENIZERS",
    "CharacterTokenizer",
    "JamoTokenizer",
    "Tokenizer",
    "WhitespaceTokenizer",
    "WordTokenizer",
    "create_tokenizer",
]

Span = tuple[int, int]


@runtime_checkable
class Tokenizer(Protocol):
    """What cuts a text into tokens and can put tokens together again."""

    @property
    def name(self) -> str:
        """The name that :func:`create_tokenizer` knows it by; it is saved with a model."""
        ...

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens of a text, in order."""
        ...

    def spans(self, text: str) -> list[Span]:
        """Return (start, end) in ``nfc(text)`` of each token of :meth:`tokenize`."""
        ...

    def join(self, tokens: Iterable[str]) -> str:
        """Return text as a person would write the tokens."""
        ...


class WhitespaceTokenizer:
    """What stands between white space, punctuation and all. For text that is tokenised already."""

    name = "whitespace"
    _pattern = re.compile(r"\S+")

    def tokenize(self, text: str) -> list[str]:
        """Return what stands between runs of any Unicode white space."""
        return nfc(text).split()

    def spans(self, text: str) -> list[Span]:
        """Return (start, end) of each token in ``nfc(text)``."""
        return [match.span() for match in self._pattern.finditer(nfc(text))]

    def join(self, tokens: Iterable[str]) -> str:
        """Return the tokens with one space between them."""
        return " ".join(tokens)


class WordTokenizer:
    """Words, numbers, punctuation, emoji, emoticons and web addresses of any script.

    English contractions are cut as treebanks cut them (``do`` ``n't``, ``it`` ``'s``); runs of
    typed jamo are cut off the word before (``재밌다`` ``ㅋㅋㅋ``), particles are not; Han
    characters stand alone. Only white space is left out.
    """

    name = "words"

    def tokenize(self, text: str) -> list[str]:
        """Return the words and marks of a text, in order."""
        return word_pattern().findall(nfc(text))

    def spans(self, text: str) -> list[Span]:
        """Return (start, end) of each token in ``nfc(text)``."""
        return [match.span() for match in word_pattern().finditer(nfc(text))]

    def join(self, tokens: Iterable[str]) -> str:
        """Return the tokens with spaces where English and Korean print puts them."""
        return join_words(tokens)


class CharacterTokenizer:
    """Grapheme clusters, white space included: joined together they are the text."""

    name = "characters"

    def tokenize(self, text: str) -> list[str]:
        """Return what a reader calls the characters of a text."""
        return graphemes(nfc(text))

    def spans(self, text: str) -> list[Span]:
        """Return (start, end) of each character in ``nfc(text)``."""
        return spans_of(self.tokenize(text))

    def join(self, tokens: Iterable[str]) -> str:
        """Return the characters end to end; ``join(tokenize(t)) == nfc(t)``."""
        return "".join(tokens)


class JamoTokenizer:
    """The letters of Hangul syllables, and grapheme clusters for all the rest."""

    name = "jamo"

    def tokenize(self, text: str) -> list[str]:
        """Return conjoining jamo for each syllable, and other characters whole."""
        return jamo(nfc(text))

    def spans(self, text: str) -> list[Span]:
        """Return, for each token, the span in ``nfc(text)`` of the whole character it is in."""
        return jamo_spans(nfc(text))

    def join(self, tokens: Iterable[str]) -> str:
        """Compose syllables again; ``join(tokenize(t)) == nfc(t)``."""
        return compose_jamo("".join(tokens))


TOKENIZERS: Mapping[str, Callable[[], Tokenizer]] = MappingProxyType(
    {
        "whitespace": WhitespaceTokenizer,
        "words": WordTokenizer,
        "characters": CharacterTokenizer,
        "jamo": JamoTokenizer,
    }
)
"""The tokenisers by name."""


def create_tokenizer(name: str) -> Tokenizer:
    """Return the tokeniser of a name.

    Raises:
        UserError: there is none of that name; the message has the nearest.

    Example:
        >>> create_tokenizer("words").tokenize("Don't stop, 계속해ㅋㅋ!")
        ['Do', "n't", 'stop', ',', '계속해', 'ㅋㅋ', '!']
    """
    if name not in TOKENIZERS:
        raise UserError(f"there is no tokenizer {name!r}; {did_you_mean(name, TOKENIZERS)}")
    return TOKENIZERS[name]()
