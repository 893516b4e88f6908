"""Scores of a language model: how much probability it gave to what came."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from seqkit.arrays import Array, BoolArray, IntArray
from seqkit.metrics.measures import Measure, Scoring, Table, ratio

__all__ = ["score_lines", "score_tokens"]

_NLL, _TOKENS, _UNKNOWN_NLL, _UNKNOWN, _CHARACTERS = range(5)


def score_tokens(
    nll: Array,
    lengths: IntArray,
    *,
    unknown: BoolArray | None = None,
    characters: ArrayLike | None = None,
    vocabulary: str = "",
    text: str = "",
    headline: str = "perplexity",
) -> Scoring:
    """Score a stream token by token; see :func:`score_lines`.

    Args:
        nll: (M,) -log probability of each token, in nats, end marks included.
        lengths: (N,) tokens of each line, end mark included; they add up to M.
        unknown: (M,) true at tokens that stand for a word outside the vocabulary.
        characters: (N,) characters of each line.
        vocabulary: names the tokens and the vocabulary, for :attr:`Measure.basis`.
        text: names what the tokens tell of the text, where that is not all of it; likewise.
        headline: the measure to put first.

    Raises:
        ValueError: the lengths do not add up to M, or ``unknown`` is not (M,).
    """
    nll, lengths = np.asarray(nll, dtype=np.float64), np.asarray(lengths, dtype=np.int64)
    marked = np.zeros(len(nll), np.bool_) if unknown is None else np.asarray(unknown, np.bool_)
    if int(lengths.sum()) != len(nll) or len(marked) != len(nll):
        raise ValueError(
            f"{len(nll)} tokens were scored, {len(marked)} marked as unknown or not, "
            f"and the lines have {int(lengths.sum())}"
        )
    line = np.repeat(np.arange(len(lengths)), lengths)

    def by_line(values: Array) -> Array:
        return np.bincount(line, weights=values, minlength=len(lengths))

    return score_lines(
        by_line(nll),
        lengths,
        unknown_nll=None if unknown is None else by_line(np.where(marked, nll, 0.0)),
        unknown_tokens=None if unknown is None else by_line(marked),
        characters=characters,
        vocabulary=vocabulary,
        text=text,
        headline=headline,
    )


def score_lines(
    nll: ArrayLike,
    tokens: ArrayLike,
    *,
    unknown_nll: ArrayLike | None = None,
    unknown_tokens: ArrayLike | None = None,
    characters: ArrayLike | None = None,
    vocabulary: str = "",
    text: str = "",
    headline: str = "perplexity",
) -> Scoring:
    """Score sums over lines.

        perplexity = exp(nll / tokens)
        perplexity without unknown words = exp((nll - unknown nll) / (tokens - unknown tokens))
        bits per character = nll / (characters ln 2)

    A model pays little for ``<unk>``, which stands for many words at once, so a perplexity counts
    only beside the share of unknown tokens; without them it can be compared a little further. The
    probability of an unknown word's spelling is not in the bits per character, which look small
    where much is unknown; a table says how much. So perplexities are
    measured on the basis of the vocabulary, and so are bits per character, unless no token is
    unknown: then they stand for what the tokens tell of the text, whatever it was cut into. What
    they do not tell, such as capitals read as small letters, costs nothing, so models that lose
    something else have predicted another text.

    Args:
        nll: (N,) -log probability of each line, in nats.
        tokens: (N,) scored tokens of each line.
        unknown_nll: (N,) the part of ``nll`` on unknown tokens.
        unknown_tokens: (N,) how many they are.
        characters: (N,) characters of each line.
        vocabulary: names the tokens and the vocabulary, for :attr:`Measure.basis`.
        text: names what the tokens tell of the text, such as "the text in small letters", for that
            of bits per character. Empty where the text can be written down from its tokens alone.
        headline: the measure to put first.

    Returns:
        Statistics (N, 5): nll, tokens, unknown nll, unknown tokens, characters; measures as far as
        what they need is given; where a token is unknown, a table of known and unknown ones.

    Raises:
        ValueError: arrays of different lengths, only one of the two on unknown tokens, or a
            headline that is not among the measures.
    """
    if (unknown_nll is None) != (unknown_tokens is None):
        raise ValueError("unknown_nll and unknown_tokens belong together")
    columns = (nll, tokens, unknown_nll, unknown_tokens, characters)
    n = len(np.asarray(nll))
    statistics = np.zeros((n, 5))
    for index, column in enumerate(columns):
        if column is not None:
            if np.shape(column) != (n,):
                raise ValueError(f"nll has {n} lines, column {index} the shape {np.shape(column)}")
            statistics[:, index] = column
    bases = {}
    if unknown_tokens is not None and not statistics[:, _UNKNOWN].any():
        bases["bits per character"] = text and f"{text}, nothing in it unknown"
    measures = [
        replace(measure, basis=bases.get(measure.name, vocabulary))
        for measure in _measures(unknown=unknown_nll is not None, characters=characters is not None)
    ]
    names = [measure.name for measure in measures]
    if headline not in names:
        raise ValueError(f"the headline must be one of {names}, found {headline!r}")
    measures = sorted(measures, key=lambda measure: measure.name != headline)
    unknown = _unknown_table(statistics.sum(axis=0))
    return Scoring(statistics, tuple(measures), _counts(statistics, columns), unknown)


def _unknown_table(sums: Array) -> tuple[Table, ...]:
    """Set known tokens beside unknown ones, if there are any, and say what their bits leave out."""
    whole, unknown = sums[[_TOKENS, _NLL]], sums[[_UNKNOWN, _UNKNOWN_NLL]]
    if not unknown[0]:
        return ()
    rows = (_row("known", whole - unknown, whole), _row("unknown", unknown, whole))
    bits = "bits per character" if sums[_CHARACTERS] else "bits"
    note = f"{bits} leave out how unknown tokens are spelt, and look the smaller for it"
    columns = ("", "tokens", "share", "bits a token")
    return (Table("Known and unknown tokens", columns, rows, (note,), percent=("share",)),)


def _row(name: str, part: Array, whole: Array) -> tuple[str, int, float, float]:
    """Return the row of some tokens, given (tokens, nll) of them and of all."""
    bits = ratio(part[1], part[0]) / math.log(2)
    return name, int(part[0]), float(part[0] / whole[0]), float(bits)


def _measures(*, unknown: bool, characters: bool) -> list[Measure]:
    chosen = [("perplexity", _perplexity)]
    if unknown:
        chosen.append(("perplexity without unknown words", _known_perplexity))
    if characters:
        chosen.append(("bits per character", _bits_per_character))
    return [
        Measure(name, compute, higher_is_better=False, style="number") for name, compute in chosen
    ]


def _perplexity(sums: Array) -> Array:
    return _exp(ratio(sums[..., _NLL], sums[..., _TOKENS]))


def _known_perplexity(sums: Array) -> Array:
    nll = sums[..., _NLL] - sums[..., _UNKNOWN_NLL]
    return _exp(ratio(nll, sums[..., _TOKENS] - sums[..., _UNKNOWN]))


def _bits_per_character(sums: Array) -> Array:
    return ratio(sums[..., _NLL], sums[..., _CHARACTERS]) / math.log(2)


def _exp(nats: Array) -> Array:
    with np.errstate(over="ignore"):  # a model that has not learnt yet may be beyond 1e308
        return np.asarray(np.exp(nats))


def _counts(statistics: Array, columns: tuple[ArrayLike | None, ...]) -> dict[str, int]:
    named = {"tokens": _TOKENS, "unknown tokens": _UNKNOWN, "characters": _CHARACTERS}
    sums = {
        name: int(statistics[:, column].sum())
        for name, column in named.items()
        if columns[column] is not None
    }
    return {"lines": len(statistics), **sums}
