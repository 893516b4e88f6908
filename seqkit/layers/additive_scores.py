"""Scores of additive attention, ``v · tanh(q + k)`` for every pair of a query and a key.

The tanh takes A times the room of the scores, so it is made piece by piece, and made again in the
backward pass rather than kept.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from seqkit.arrays import Array
from seqkit.layers.pairing import Group, Pairing

__all__ = ["additive_scores"]

Backward: TypeAlias = Callable[[Array], tuple[Array, Array, Array]]

PIECE = 2**17
"""Numbers that are worked on at once: they stay in a core's own cache."""


def additive_scores(
    pairing: Pairing, queries: Array, keys: Array, v: Array
) -> tuple[Array, Backward]:
    """Score each pair.

    Args:
        pairing: which tokens meet.
        queries: (Mq', A) in the pairing's flat order.
        keys: (Mm', A) likewise.
        v: (A,).

    Returns:
        Scores (S,), and ``backward(d_scores) -> (d_queries, d_keys, d_v)``.
    """
    scores = np.empty(pairing.scores, np.result_type(queries, keys, v))
    for q, k, s in _pieces(pairing, queries, keys, scores):
        np.matmul(_tanh_of_sums(q, k), v, out=s)

    def backward(d_scores: Array) -> tuple[Array, Array, Array]:
        d_queries, d_keys = np.empty_like(queries), np.zeros_like(keys)
        d_v = np.zeros_like(v)
        places = _pieces(pairing, d_queries, d_keys, d_scores)
        for (q, k, _), (d_q, d_k, d) in zip(
            _pieces(pairing, queries, keys, scores), places, strict=True
        ):
            u = _tanh_of_sums(q, k)
            d_v += d.reshape(-1) @ u.reshape(-1, len(v))
            np.multiply(u, u, out=u)
            # The derivative of tanh is 1 - u u; both sums over it are products with d.
            d_q[...] = d.sum(axis=2)[..., None] - (d[:, :, None] @ u)[:, :, 0]
            across = d.swapaxes(1, 2)
            d_k += across.sum(axis=2)[..., None]
            d_k -= (across[:, :, None] @ u.swapaxes(1, 2))[:, :, 0]
        return d_queries * v, d_keys * v, d_v

    return scores, backward


def _pieces(
    pairing: Pairing, queries: Array, keys: Array, scores: Array
) -> Iterator[tuple[Array, Array, Array]]:
    """Yield queries (n, t, A), keys (n, Tm, A) and scores (n, t, Tm), few enough at a time."""
    for group in pairing.groups:
        q, k, s = group.of_queries(queries), group.of_memory(keys), group.of_scores(scores)
        steps, count = _piece_of(group, queries.shape[1])
        for first in range(0, group.sequences, count):
            some = slice(first, first + count)
            for step in range(0, group.queries, steps):
                these = slice(step, step + steps)
                yield q[some, these], k[some], s[some, these]


def _piece_of(group: Group, units: int) -> tuple[int, int]:
    """Return (queries of a sequence, sequences) that are worked on together."""
    of_query = group.memory * units
    steps = min(group.queries, max(1, PIECE // of_query))
    return steps, max(1, PIECE // (of_query * steps)) if steps == group.queries else 1


def _tanh_of_sums(queries: Array, keys: Array) -> Array:
    """Return tanh(q + k) for all pairs: (n, t, Tm, A)."""
    u: Array = queries[:, :, None] + keys[:, None]
    return np.tanh(u, out=u)
