"""Pointing at tokens: a softmax over the tokens of each sequence rather than over classes.

Whoever selects words of a text, such as the span that answers a question, chooses among as many as
the text happens to have: pointer networks (Vinyals, Fortunato and Jaitly 2015). A span is pointed
at by its first and its last token (Wang and Jiang 2017).
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, DTypeLike, IntArray
from seqkit.layers.linear import Linear
from seqkit.layers.losses import Loss, sum_exactly
from seqkit.layers.pooling import sum_steps, token_log_softmax
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence

__all__ = [
    "PointedSpan",
    "Pointer",
    "best_spans",
    "pointer_cross_entropy",
    "span_cross_entropy",
]


class PointedSpan(NamedTuple):
    """A stretch of a sequence.

    Attributes:
        first: its first token, from 0.
        last: its last token; not before the first.
        probability: of its first token times that of its last one.
    """

    first: int
    last: int
    probability: float


class Pointer:
    """Scores each token of a sequence for one query: ``score = q W m`` (Luong et al. 2015).

    Args:
        features: Q, width of the queries.
        memory_features: D, width of the tokens.
        rng: draws ``w`` (Q, D), Glorot uniform.
        dtype: of ``w``.
    """

    def __init__(
        self,
        features: int,
        memory_features: int,
        *,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self._query = Linear(features, memory_features, bias=False, rng=rng, dtype=dtype)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``w``."""
        return self._query.parameters()

    def forward(
        self, queries: Array, memory: PackedSequence
    ) -> tuple[PackedSequence, Callable[[PackedSequence], tuple[Array, PackedSequence]]]:
        """Score the tokens of N sequences.

        Args:
            queries: (N, Q), in the caller's order of sequences.
            memory: (M, D).

        Returns:
            Scores (M,), and ``backward(d_scores) -> (d_queries, d_memory)``.
        """
        owners = memory.sequence_of_token
        projected, back_query = self._query.forward(queries)
        q = projected[owners]

        def backward(d_scores: PackedSequence) -> tuple[Array, PackedSequence]:
            d = d_scores.data[:, None]
            d_queries = back_query(sum_steps(memory.with_data(d * memory.data)))
            return d_queries, memory.with_data(d * q)

        return memory.with_data((memory.data * q).sum(axis=1)), backward


def pointer_cross_entropy(scores: PackedSequence, targets: IntArray) -> Loss[PackedSequence]:
    """Return the cross-entropy of one token of each sequence: ``-sum(log softmax[target])``.

    Args:
        scores: (M,), N sequences.
        targets: (N,) which token is wanted of each, from 0, in the caller's order of sequences.

    Returns:
        The loss; its backward gives d_scores, of the structure of ``scores``.

    Raises:
        IndexError: a sequence does not have the token that is wanted of it.
        ValueError: another number of targets than sequences.
    """
    if targets.shape != (scores.batch,):
        raise ValueError(f"wanted a target for each of {scores.batch}, found {targets.shape}")
    outside = np.flatnonzero((targets < 0) | (targets >= scores.lengths))
    if len(outside):
        found = [(int(targets[n]), int(scores.lengths[n])) for n in outside[:10]]
        raise IndexError(f"targets must lie in their sequences, found (target, length) {found}")
    rows = scores.offsets[targets] + scores.inverse_order
    log_p = token_log_softmax(scores)

    def backward(d_total: float = 1.0) -> PackedSequence:
        d_scores = np.exp(log_p.data)
        d_scores[rows] -= 1.0
        d_scores *= d_total
        return scores.with_data(d_scores)

    wanted = log_p.data[rows]
    return Loss(-sum_exactly(wanted), len(targets), float(len(targets)), wanted, backward)


def span_cross_entropy(
    starts: PackedSequence, ends: PackedSequence, places: IntArray
) -> Loss[tuple[PackedSequence, PackedSequence]]:
    """Return the cross-entropy of the first plus that of the last token of a span.

    Args:
        starts: scores (M,) of the tokens as the first one; N sequences.
        ends: scores (M,) as the last one.
        places: (N, 2) the wanted first and last tokens, in the caller's order of sequences.

    Returns:
        The loss; its backward gives the gradients of both. Errors are those of
        :func:`pointer_cross_entropy`.
    """
    first, last = (
        pointer_cross_entropy(starts, places[:, 0]),
        pointer_cross_entropy(ends, places[:, 1]),
    )
    return Loss(
        first.total + last.total,
        first.count,
        first.weight,
        first.log_probabilities + last.log_probabilities,
        lambda d_total=1.0: (first.backward(d_total), last.backward(d_total)),
    )


def best_spans(
    starts: PackedSequence, ends: PackedSequence, *, longest: int
) -> list[PointedSpan | None]:
    """Return the most probable span of each sequence, in the caller's order.

    A span is as probable as its ends together. Of equally probable ones the shortest wins, and of
    these the first.

    Args:
        starts: scores (M,) of the tokens as the first one.
        ends: scores (M,) as the last one.
        longest: tokens that a span may have, at least 1.

    Returns:
        A span for each sequence; None for an empty one.
    """
    texts = zip(*(token_log_softmax(each).unpack() for each in (starts, ends)), strict=True)
    return [_best_span(first, last, longest) for first, last in texts]


def _best_span(starts: Array, ends: Array, longest: int) -> PointedSpan | None:
    if not len(starts):
        return None
    # One row of candidates for each length: the sums of a start and the end so much later.
    sums = [starts[: len(starts) - n] + ends[n:] for n in range(min(longest, len(starts)))]
    longer = int(np.argmax([row.max() for row in sums]))
    first = int(sums[longer].argmax())
    return PointedSpan(first, first + longer, float(np.exp(sums[longer][first])))
