"""Where sentences end, in a text that was cut into tokens."""

from collections.abc import Sequence
from itertools import pairwise

__all__ = ["SENTENCE_ENDS", "sentence_lengths"]

SENTENCE_ENDS = ".!?…。！？"
"""Marks that end a sentence where white space follows."""


def sentence_lengths(text: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """Count the tokens of each sentence.

    A sentence ends with its line, or with a token of nothing but sentence-ending marks and white
    space after it; "Dr." and "3.5" are words to the tokeniser and end none. Quotation marks are not
    looked at. Tokens of white space, as of characters, belong to the sentence before them.

    Args:
        text: in NFC.
        spans: (start, end) of each token, as a tokeniser gives them.

    Returns:
        Numbers above 0 that add up to the number of tokens.

    Example:
        >>> from seqkit.text import create_tokenizer
        >>> text = "Dr. Yu left. Why? 비가 왔다."
        >>> sentence_lengths(text, create_tokenizer("words").spans(text))
        [4, 2, 3]
    """
    starts, before = [0], ""
    done = 0
    for number, (start, end) in enumerate(spans):
        token = text[start:end]
        if token.isspace():
            continue
        between = text[done:start]
        if before and ("\n" in between or (between and not before.strip(SENTENCE_ENDS))):
            starts.append(number)
        before, done = token, end
    return [after - first for first, after in pairwise([*starts, len(spans)]) if after > first]
