"""Two batches side by side: which tokens of the one meet which of the other.

Attention multiplies the queries of each sequence with its memory. Sequences of the same two lengths
are put next to each other, so that one stacked product serves them all; nothing is padded, and the
scores of all pairs stand in one flat array, over which a softmax needs a handful of calls.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.sequences import PackedSequence

__all__ = ["Group", "Pairing"]


class Group(NamedTuple):
    """Neighbours of the same two lengths: views of flat arrays as stacks of matrices.

    Attributes:
        sequences: n, the number of sequences.
        queries: Tq, tokens of each on the querying side.
        memory: Tm, tokens of each on the other side.
        query_start: row at which the group starts among all queries.
        memory_start: likewise among the memories.
        score_start: likewise among the scores.
    """

    sequences: int
    queries: int
    memory: int
    query_start: int
    memory_start: int
    score_start: int

    def of_queries(self, rows: Array) -> Array:
        """View rows (Mq, A) of this group as (n, Tq, A)."""
        stop = self.query_start + self.sequences * self.queries
        return rows[self.query_start : stop].reshape(self.sequences, self.queries, -1)

    def of_memory(self, rows: Array) -> Array:
        """View rows (Mm, A) of this group as (n, Tm, A)."""
        stop = self.memory_start + self.sequences * self.memory
        return rows[self.memory_start : stop].reshape(self.sequences, self.memory, -1)

    def of_scores(self, scores: Array) -> Array:
        """View scores (S,) of this group as (n, Tq, Tm)."""
        stop = self.score_start + self.sequences * self.queries * self.memory
        return scores[self.score_start : stop].reshape(self.sequences, self.queries, self.memory)


class Pairing:
    """How the sequences of two batches pair up; those that are empty on either side are left out.

    The flat order of all arrays here: by the length of the memory, then by that of the queries.

    Args:
        queries: N sequences.
        memory: N sequences, in the same order.

    Attributes:
        sequences: (K,) the caller's sequences that have tokens on both sides, in the flat order.
        query_rows: rows of ``queries.data`` in the flat order.
        memory_rows: rows of ``memory.data`` in the flat order.
        groups: the runs of sequences of the same two lengths.

    Raises:
        ValueError: the batches differ in the number of sequences.
    """

    def __init__(self, queries: PackedSequence, memory: PackedSequence) -> None:
        if queries.batch != memory.batch:
            raise ValueError(
                f"queries of {queries.batch} sequences cannot attend to a memory of {memory.batch}"
            )
        wide, tall = queries.lengths, memory.lengths
        both = np.flatnonzero((wide > 0) & (tall > 0))
        self.sequences: IntArray = both[np.lexsort((wide[both], tall[both]))]
        self._shape = wide, tall
        self.query_rows = queries.rows_of(self.sequences)
        self.memory_rows = memory.rows_of(self.sequences)
        self.groups = list(self._group(wide[self.sequences], tall[self.sequences]))
        #: (Mq',) scores of each query, and the first of them.
        self._row_lengths = np.repeat(tall[self.sequences], wide[self.sequences])
        self._row_starts = np.cumsum(self._row_lengths) - self._row_lengths

    def _group(self, wide: IntArray, tall: IntArray) -> Iterator[Group]:
        changes = np.flatnonzero((np.diff(wide) != 0) | (np.diff(tall) != 0)) + 1
        query = memory = score = 0
        for start, stop in pairwise([0, *changes.tolist(), len(wide)]):
            if start == stop:
                return
            group = Group(stop - start, int(wide[start]), int(tall[start]), query, memory, score)
            yield group
            query += group.sequences * group.queries
            memory += group.sequences * group.memory
            score += group.sequences * group.queries * group.memory

    @property
    def scores(self) -> int:
        """S, how many (query, memory) pairs of tokens there are."""
        return int(self._row_lengths.sum())

    def dots(self, queries: Array, memory: Array) -> Array:
        """Return the dot product of each pair, in the flat order: (Mq', A), (Mm', A) to (S,)."""
        scores = np.empty(self.scores, np.result_type(queries, memory))
        for group in self.groups:
            q, m = group.of_queries(queries), group.of_memory(memory)
            np.matmul(q, m.swapaxes(1, 2), out=group.of_scores(scores))
        return scores

    def sum_memory(self, weights: Array, memory: Array) -> Array:
        """Return for each query the weighted sum of its memory: (S,) and (Mm', A) to (Mq', A)."""
        dtype = np.result_type(weights, memory)
        sums = np.empty((len(self.query_rows), memory.shape[1]), dtype)
        for group in self.groups:
            w, m = group.of_scores(weights), group.of_memory(memory)
            np.matmul(w, m, out=group.of_queries(sums))
        return sums

    def sum_queries(self, weights: Array, queries: Array) -> Array:
        """Return for each token of the memory the weighted sum of its queries: (Mm', A)."""
        dtype = np.result_type(weights, queries)
        sums = np.empty((len(self.memory_rows), queries.shape[1]), dtype)
        for group in self.groups:
            w, q = group.of_scores(weights), group.of_queries(queries)
            np.matmul(w.swapaxes(1, 2), q, out=group.of_memory(sums))
        return sums

    def softmax(self, scores: Array) -> Array:
        """Turn scores (S,) into weights that add up to 1 over the memory of each query."""
        if not len(scores):
            return scores
        weights: Array = scores - self._of_rows(np.maximum.reduceat(scores, self._row_starts))
        np.exp(weights, out=weights)
        weights /= self._of_rows(np.add.reduceat(weights, self._row_starts))
        return weights

    def softmax_backward(self, weights: Array, d_weights: Array) -> Array:
        """Turn gradients (S,) of the weights into those of the scores."""
        if not len(weights):
            return d_weights
        d_scores: Array = weights * d_weights
        d_scores -= weights * self._of_rows(np.add.reduceat(d_scores, self._row_starts))
        return d_scores

    def _of_rows(self, values: Array) -> Array:
        return values.repeat(self._row_lengths)

    def matrices(self, scores: Array) -> list[Array]:
        """Return scores (S,) as one (Tq, Tm) matrix for each of the N sequences."""
        found = [np.zeros(shape, scores.dtype) for shape in zip(*self._shape, strict=True)]
        views = (matrix for group in self.groups for matrix in group.of_scores(scores))
        for sequence, matrix in zip(self.sequences.tolist(), views, strict=True):
            found[sequence] = matrix
        return found
