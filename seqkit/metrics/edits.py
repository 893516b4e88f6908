"""Edit distance, and the scores of whatever writes sequences: exact match and token error rate."""

from collections.abc import Hashable, Iterable, Iterator, Sequence

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.metrics.answers import refuse_string
from seqkit.metrics.measures import Measure, Scoring, ratio

__all__ = ["edit_distance", "edit_distances", "score_sequences"]

CELLS = 2**18
"""Cells of a row of all tables that are filled in at once; they stay in the cache."""

_RIGHT, _EXAMPLES, _EDITS, _TOKENS = range(4)


def edit_distance(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Return how many tokens must be inserted, deleted or replaced to make ``b`` of ``a``.

    Levenshtein (1966). Strings are sequences of characters.

    Example:
        >>> edit_distance("kitten", "sitting")
        3
        >>> edit_distance(["one", "two"], ["two"])
        1
    """
    return int(edit_distances([a], [b])[0])


def edit_distances(
    left: Sequence[Sequence[Hashable]], right: Sequence[Sequence[Hashable]]
) -> IntArray:
    """Return the edit distance of each pair, the tables of many pairs filled in together.

    Args:
        left: N sequences of tokens, or strings.
        right: N others.

    Returns:
        (N,) distances.

    Raises:
        ValueError: the two differ in number.
    """
    if len(left) != len(right):
        raise ValueError(f"wanted pairs, found {len(left)} and {len(right)} sequences")
    ids: dict[Hashable, int] = {}
    a, b = _encode(left, ids), _encode(right, ids)
    distances = np.zeros(len(a), np.int64)
    for some in _pieces(a, b):
        distances[some] = _fill_tables([a[i] for i in some], [b[i] for i in some])
    return distances


def _encode(sequences: Iterable[Sequence[Hashable]], ids: dict[Hashable, int]) -> list[IntArray]:
    """Number the tokens, the same ones alike on both sides."""
    return [
        np.array([ids.setdefault(token, len(ids)) for token in sequence], np.int64)
        for sequence in sequences
    ]


def _pieces(a: Sequence[IntArray], b: Sequence[IntArray]) -> Iterator[list[int]]:
    """Yield numbers of pairs of similar lengths, few enough at a time."""
    order = sorted(range(len(a)), key=lambda i: (len(a[i]), len(b[i])))
    piece: list[int] = []
    widest = 0
    for i in order:
        widest = max(widest, len(b[i]) + 1)
        if piece and (len(piece) + 1) * widest > CELLS:
            yield piece
            piece, widest = [], len(b[i]) + 1
        piece.append(i)
    if piece:
        yield piece


def _fill_tables(a: Sequence[IntArray], b: Sequence[IntArray]) -> IntArray:
    """Return the distances of N pairs, row after row of all N tables of Wagner and Fischer (1974).

    An insertion depends on its left neighbour in the same row. Counted from the row's start, with j
    taken off at place j, it costs nothing; so a running minimum finds it for the whole row.
    """
    x, wide = _filled(a, -1)
    y, tall = _filled(b, -2)
    places = np.arange(y.shape[1] + 1)
    row = np.broadcast_to(places, (len(a), len(places)))
    found = tall.copy()
    for step in range(x.shape[1]):
        above = row[:, :-1] + (x[:, step, None] != y)
        np.minimum(above, row[:, 1:] + 1, out=above)
        row = np.concatenate([np.full((len(a), 1), step + 1), above], axis=1)
        row -= places
        np.minimum.accumulate(row, axis=1, out=row)
        row += places
        ended = np.flatnonzero(wide == step + 1)
        found[ended] = row[ended, tall[ended]]
    return found


def _filled(sequences: Sequence[IntArray], filler: int) -> tuple[IntArray, IntArray]:
    """Return ids as a table (N, longest), and the lengths; what is filled in is never looked at."""
    lengths = np.array([len(sequence) for sequence in sequences], np.int64)
    table = np.full((len(sequences), int(lengths.max(initial=0))), filler, np.int64)
    table[np.arange(table.shape[1]) < lengths[:, None]] = np.concatenate(sequences)
    return table, lengths


def score_sequences(
    gold: Sequence[Sequence[Sequence[Hashable]]],
    predicted: Sequence[Sequence[Hashable]],
    *,
    unit: str = "token",
) -> Scoring:
    """Score sequences that were written, each against one or several right answers.

    The measures are exact match (the headline) and the token error rate: edits over the length of
    the answer, where of several answers the nearest one counts.

    Args:
        gold: N lists of answers, each with at least one; an answer is a sequence of tokens.
        predicted: N sequences.
        unit: what a token is called in the name of the rate: "token error rate".

    Returns:
        Statistics (N, 4): whether right, 1, edits, tokens of the answer.

    Raises:
        TypeError: the answers of an example are one string.
        ValueError: an example has no answer, or the two differ in number.
    """
    for answers in gold:
        refuse_string(answers)
    if len(gold) != len(predicted):
        raise ValueError(f"{len(gold)} examples have answers, {len(predicted)} were predicted")
    if not all(gold):
        raise ValueError("every example needs at least one answer")
    statistics = _count(gold, predicted)
    sums = statistics.sum(axis=0)
    return Scoring(
        statistics=statistics,
        measures=(
            Measure("exact match", lambda sums: ratio(sums[..., _RIGHT], sums[..., _EXAMPLES])),
            Measure(
                f"{unit} error rate",
                lambda sums: ratio(sums[..., _EDITS], sums[..., _TOKENS]),
                higher_is_better=False,
            ),
        ),
        counts={"sequences": len(gold), f"{unit}s": int(sums[_TOKENS])},
    )


def _count(
    gold: Sequence[Sequence[Sequence[Hashable]]], predicted: Sequence[Sequence[Hashable]]
) -> Array:
    """Count (N, 4), the columns named at the top."""
    owners = np.repeat(np.arange(len(gold)), [len(answers) for answers in gold])
    flat = [answer for answers in gold for answer in answers]
    edits = edit_distances([predicted[owner] for owner in owners.tolist()], flat)
    lengths = np.array([len(answer) for answer in flat], np.int64)
    # The first of the nearest answers of each example.
    order = np.lexsort((edits, owners))
    nearest = order[np.searchsorted(owners, np.arange(len(gold)))] if len(gold) else order
    statistics = np.ones((len(gold), 4))
    statistics[:, _RIGHT] = edits[nearest] == 0
    statistics[:, _EDITS] = edits[nearest]
    statistics[:, _TOKENS] = lengths[nearest]
    return statistics
