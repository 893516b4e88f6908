"""What a language model reads and what it says: lines of text, and lines with probabilities."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.errors import Problem, UserError
from seqkit.text.tokenizers import Tokenizer
from seqkit.text.unicode import nfc
from seqkit.text.vocabulary import END, Vocabulary

__all__ = [
    "Line",
    "ScoredLine",
    "Stream",
    "check_marks",
    "encode_stream",
    "scored_lines",
    "what_is_told",
]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text with its tokens; the end mark that follows every line is not among them.

    Attributes:
        text: as it was given.
        tokens: of the text; a model may cut them into pieces.
    """

    text: str
    tokens: tuple[str, ...]

    @property
    def characters(self) -> int:
        """How many there are in NFC, which is what tokens are cut from, and 1 for the line's end:
        it counts as one character, as the end mark is one token.
        """
        return len(nfc(self.text)) + 1


@dataclass(frozen=True, slots=True)
class ScoredLine:
    """The probability of a line, token by token.

    Attributes:
        tokens: as they stand in the text, or their pieces, and the end mark at last.
        log_probabilities: of each token after all before it, natural logarithms.
        unknown: places of the tokens that the model knows as the unknown mark only.
        log_probability: of the whole line: their sum.
        perplexity: ``exp(-log_probability / tokens)``.
    """

    tokens: tuple[str, ...]
    log_probabilities: tuple[float, ...]
    unknown: tuple[int, ...]
    log_probability: float
    perplexity: float

    @classmethod
    def of(
        cls, tokens: tuple[str, ...], log_probabilities: Iterable[float], unknown: Iterable[int]
    ) -> "ScoredLine":
        """Sum up the probabilities of a line that has at least its end mark."""
        values = tuple(log_probabilities)
        total = math.fsum(values)
        # exp overflows beyond 709: a model that has not learnt may be there.
        nats = min(-total / len(values), 700.0)
        return cls(tokens, values, tuple(unknown), total, math.exp(nats))


class Stream(NamedTuple):
    """Lines end to end, as one long text.

    Attributes:
        ids: (1 + M,) an end mark, as if a line had just ended, and then the M tokens of all lines,
            end marks included.
        lengths: (N,) tokens of each line, end mark included; they add up to M.
    """

    ids: IntArray
    lengths: IntArray


def encode_stream(vocabulary: Vocabulary, lines: Sequence[Line]) -> Stream:
    """Return the ids of lines, each followed by an end mark."""
    end = (END,)
    cut = [vocabulary.cut(line.tokens) for line in lines]
    tokens = chain.from_iterable(chain(pieces, end) for pieces in cut)
    ids = vocabulary.look_up(chain(end, tokens)).astype(np.int32)
    lengths = np.fromiter((len(pieces) + 1 for pieces in cut), np.int64, len(cut))
    return Stream(ids, lengths)


def scored_lines(
    vocabulary: Vocabulary, lines: Sequence[Line], log_probabilities: Array, unknown: Array
) -> Iterator[ScoredLine]:
    """Cut what a stream was given into its lines.

    Args:
        vocabulary: that the stream was encoded with.
        lines: N of them.
        log_probabilities: (M,) of all their tokens, end marks included.
        unknown: (M,) true at tokens that are the unknown mark to the model.
    """
    stop = 0
    for line in lines:
        tokens = (*vocabulary.cut(line.tokens), END)
        start, stop = stop, stop + len(tokens)
        yield ScoredLine.of(
            tokens,
            log_probabilities[start:stop].tolist(),
            np.flatnonzero(unknown[start:stop]).tolist(),
        )


def what_is_told(lines: Sequence[Line], tokenizer: Tokenizer, *, lowercase: bool) -> str:
    """Name what the tokens of a text tell of it, where that is not all; otherwise return "".

    White space is told by tokens that stand for none of it, as long as the tokenizer puts it back
    where it was: then the text can be written down from its tokens, and what these cost is enough.

    Args:
        lines: of the text.
        tokenizer: that cut them.
        lowercase: whether they were brought to small letters first.
    """
    texts = [nfc(line.text) for line in lines]
    read = [nfc(line.text.lower()) for line in lines] if lowercase else texts
    lost = []
    if read != texts:
        lost.append("in small letters")
    if any(tokenizer.join(line.tokens) != text for line, text in zip(lines, read, strict=True)):
        lost.append(f"without the white space that {tokenizer.name!r} leaves out")
    return f"the text {' and '.join(lost)}" if lost else ""


def check_marks(vocabulary: Vocabulary) -> Vocabulary:
    """Return a vocabulary that has the end and the unknown mark.

    Raises:
        UserError: it lacks one.
    """
    if vocabulary.end_id is None or vocabulary.unknown_id is None:
        found = ", ".join(vocabulary.specials) or "none"
        raise UserError(Problem(f"found the marks {found}, wanted <unk> and {END}", "vocabulary"))
    return vocabulary
