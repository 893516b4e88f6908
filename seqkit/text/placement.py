"""Words that stand in a running text, so that what is found of them can be shown there."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from seqkit.text.tokenizers import Tokenizer
from seqkit.text.unicode import nfc, original_spans

__all__ = ["PlacedWords"]


class PlacedWords(NamedTuple):
    """Words and where they stand.

    Attributes:
        words: in NFC.
        text: as it was typed, in NFC or not.
        places: (start, end) in ``text`` of each word, counted in code points.
    """

    words: tuple[str, ...]
    text: str
    places: tuple[tuple[int, int], ...]

    @classmethod
    def cut(cls, text: str, tokenizer: Tokenizer) -> "PlacedWords":
        """Cut a text into words.

        Example:
            >>> from seqkit.text import create_tokenizer
            >>> PlacedWords.cut("Hi, 서울!", create_tokenizer("words")).places
            ((0, 2), (2, 3), (4, 6), (6, 7))
        """
        composed, spans = nfc(text), tokenizer.spans(text)
        words = tuple(composed[start:end] for start, end in spans)
        return cls(words, text, tuple(original_spans(text, spans)))

    @classmethod
    def join(cls, words: Sequence[str]) -> "PlacedWords":
        """Make a text of words, with a space between them."""
        ends = list(accumulate(len(word) + 1 for word in words))
        places = tuple((e - 1 - len(word), e - 1) for word, e in zip(words, ends, strict=True))
        return cls(tuple(map(nfc, words)), " ".join(words), places)

    def problems(self) -> Iterator[str]:
        """Say which word could not stand in a file of columns."""
        for word in self.words:
            if not word or any(mark in word for mark in "\t\n\r"):
                yield f"found the word {word!r}, wanted some character, and no tab or line end"
