"""What a language model reads and what it says: lines of text, and lines with probabilities."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.errors import Problem, UserError
from seqkit.text.vocabulary import END, Vocabulary

__all__ = ["Line", "ScoredLine", "Stream", "check_marks", "encode_stream", "scored_lines"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text with its tokens; the end mark that follows every line is not among them.

    Attributes:
        text: as it was given.
        tokens: of the text; a model may cut them into pieces.
    """

    text: str
    tokens: tuple[str, ...]


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


def check_marks(vocabulary: Vocabulary) -> Vocabulary:
    """Return a vocabulary that has the end and the unknown mark.

    Raises:
        UserError: it lacks one.
    """
    if vocabulary.end_id is None or vocabulary.unknown_id is None:
        found = ", ".join(vocabulary.specials) or "none"
        raise UserError(Problem(f"found the marks {found}, wanted <unk> and {END}", "vocabulary"))
    return vocabulary
