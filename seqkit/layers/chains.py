"""Sums and maxima over all tag paths of a batch of chains: what a CRF computes.

A chain scores a path of tags: a start score, an emission for each token, a transition between
neighbours, an end score. All chains alive at a step move together. Everything is in logarithms, and
an impossible start, transition or end is minus infinity.

A step is a product with the exponentials of the transitions, which is fast but can lose a path
whose score lies far below the best. Where a result is small enough for that, the step is done again
as an exact ``logsumexp`` over (N, C, C).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.layers.pooling import sum_steps
from seqkit.sequences import PackedSequence

__all__ = ["Chains", "best_paths"]


@dataclass(frozen=True, eq=False)
class Chains:
    """The scores of a batch.

    Attributes:
        batch: emissions (M, C).
        start: (C,).
        transitions: (C, C) from row to column.
        end: (C,).
    """

    batch: PackedSequence
    start: Array
    transitions: Array
    end: Array

    @cached_property
    def dtype(self) -> np.dtype:
        """The dtype of all results."""
        return np.result_type(self.batch.data, self.start, self.transitions, self.end)

    def path_scores(self, tags: IntArray) -> Array:
        """Score one path for each chain: tags (M,) to (N,), in the caller's order; 0 if empty."""
        batch = self.batch
        scores = batch.data[np.arange(batch.tokens), tags].astype(self.dtype)
        scores[: len(batch.last_rows)] += self.start[tags[: len(batch.last_rows)]]
        later, earlier = batch.neighbours
        scores[later] += self.transitions[tags[earlier], tags[later]]
        scores[batch.last_rows] += self.end[tags[batch.last_rows]]
        return sum_steps(batch.with_data(scores))

    @cached_property
    def forward(self) -> Array:
        """(M, C) log-sums over all paths up to and with each token."""
        batch, product = self.batch, _LogProduct(self.transitions)
        alpha = np.empty(batch.data.shape, self.dtype)
        offsets = batch.offsets
        for step, alive in enumerate(batch.batch_sizes):
            here = slice(offsets[step], offsets[step + 1])
            if step == 0:
                alpha[here] = self.start
            else:
                alpha[here] = product(alpha[offsets[step - 1] : offsets[step - 1] + alive])
            alpha[here] += batch.data[here]
        return alpha

    @cached_property
    def backward(self) -> Array:
        """(M, C) log-sums over all ways to go on after each token."""
        batch, product = self.batch, _LogProduct(self.transitions.T)
        beta = np.empty(batch.data.shape, self.dtype)
        beta[batch.last_rows] = self.end
        offsets = batch.offsets
        for step in reversed(range(batch.steps - 1)):
            after = slice(offsets[step + 1], offsets[step + 2])
            alive = batch.batch_sizes[step + 1]
            beta[offsets[step] : offsets[step] + alive] = product(beta[after] + batch.data[after])
        return beta

    @cached_property
    def log_partition(self) -> Array:
        """(N,) log-sums over all paths, in the caller's order; 0 for an empty chain.

        Raises:
            ValueError: no path of some chain is possible.
        """
        log_z = np.zeros(self.batch.batch, self.dtype)
        last = self.batch.last_rows
        log_z[self.batch.order[: len(last)]] = log_sum_exp(self.forward[last] + self.end, axis=1)
        impossible = np.flatnonzero(np.isneginf(log_z.real))
        if len(impossible):
            raise ValueError(f"no path of tags is allowed for sequences {impossible[:10].tolist()}")
        return log_z

    def marginals(self) -> Array:
        """Return the probability of each tag at each token: (M, C)."""
        log_z = self.log_partition[self.batch.sequence_of_token]
        probabilities: Array = np.exp(self.forward + self.backward - log_z[:, None])
        return probabilities

    def expected_transitions(self) -> Array:
        """Return how often each transition is expected, over the whole batch: (C, C)."""
        later, earlier = self.batch.neighbours
        before = self.forward[earlier]
        after = (self.backward + self.batch.data)[later]
        log_z = self.log_partition[self.batch.sequence_of_token[later]]
        largest = _finite(self.transitions.max())
        a, b = _finite(before.max(axis=1)), _finite(after.max(axis=1))
        rest = a + b + largest - log_z
        # A term that underflows here is below 1e-38 e^rest (1e-308 in float64): nothing, if rest
        # is small. It is large where the likeliest neighbours have an unlikely transition.
        plain = rest < -0.3 * np.log(np.finfo(self.dtype).tiny)
        left = np.exp(before[plain] + (rest - a)[plain, None])
        right = np.exp(after[plain] - b[plain, None])
        expected: Array = np.exp(self.transitions - largest) * (left.T @ right)
        for k in np.flatnonzero(~plain):
            path = before[k][:, None] + self.transitions + after[k] - log_z[k]
            expected += np.exp(path)
        return expected


class _LogProduct:
    """``log(exp(scores) @ exp(matrix))`` for scores (N, C), with nothing lost."""

    def __init__(self, matrix: Array) -> None:
        self.matrix = matrix
        self.largest = _finite(matrix.max(initial=-np.inf))
        self.exponentials = np.exp(matrix - self.largest)

    def __call__(self, scores: Array) -> Array:
        largest = _finite(scores.max(axis=1, keepdims=True))
        sums = np.exp(scores - largest) @ self.exponentials
        # What underflowed on the way is below the square of this limit.
        if (sums.real > np.sqrt(np.finfo(sums.dtype).tiny)).all():
            logarithms: Array = np.log(sums, out=sums)
            logarithms += largest + self.largest
            return logarithms
        return log_sum_exp(scores[:, :, None] + self.matrix, axis=1)


def log_sum_exp(scores: Array, axis: int) -> Array:
    """Return ``log(sum(exp(scores)))`` along an axis; minus infinity where all are."""
    largest = _finite(scores.max(axis=axis, keepdims=True))
    with np.errstate(divide="ignore"):
        total: Array = np.log(np.exp(scores - largest).sum(axis=axis))
    total += largest.squeeze(axis)
    return total


def _finite(largest: Array) -> Array:
    """Replace minus infinity by 0, so that subtracting it gives no NaN."""
    return np.where(np.isneginf(largest.real), 0.0, largest).astype(largest.dtype)


def best_paths(chains: Chains, count: int = 1) -> tuple[Array, Array]:
    """Find the best paths of each chain (Viterbi 1967; with ``count``, the n best).

    Of paths with equal scores, the one with the smaller tags from the end comes first.

    Args:
        chains: scores of a batch.
        count: K, how many paths of each chain.

    Returns:
        Tags (M, K), best first, aligned with the batch's data, and scores (N, K) in the caller's
        order. Where a chain has fewer than K possible paths the rest score minus infinity, and
        their tags mean nothing. An empty chain has one path, of score 0.
    """
    batch, classes = chains.batch, chains.batch.data.shape[1]
    last = batch.last_rows
    scores = np.full((batch.batch, count), -np.inf, chains.dtype)
    scores[:, 0] = 0.0
    partial, came_from = _search(chains, count)
    final = partial[last] + chains.end[:, None]
    states, scores[batch.order[: len(last)]] = _largest(
        final.reshape(len(last), classes * count), count
    )
    tags = np.empty((batch.tokens, count), np.int64)
    rows = np.arange(len(last))[:, None]
    offsets = batch.offsets
    for step in reversed(range(batch.steps)):
        alive = int(batch.batch_sizes[step])
        here = states[:alive]
        tags[offsets[step] : offsets[step + 1]] = here // count
        # A chain that ends at this step has had its last state from the start.
        if step:
            states[:alive] = came_from[offsets[step] + rows[:alive], here]
    return tags, scores


def _search(chains: Chains, count: int) -> tuple[Array, IntArray]:
    """Return scores (M, C, K) of the best paths to each tag, and where each came from (M, C K)."""
    batch, offsets = chains.batch, chains.batch.offsets
    tokens, classes = batch.data.shape
    partial = np.full((tokens, classes, count), -np.inf, chains.dtype)
    came_from = np.zeros((tokens, classes * count), np.int64)
    # (to, from, 1), so that the maximum runs over contiguous memory.
    transitions = np.ascontiguousarray(chains.transitions.T)[:, :, None]
    for step, alive in enumerate(batch.batch_sizes.tolist()):
        here = slice(offsets[step], offsets[step + 1])
        if step == 0:
            partial[here, :, 0] = chains.start
        else:
            before = partial[offsets[step - 1] : offsets[step - 1] + alive]
            candidates = (before[:, None] + transitions).reshape(alive, classes, classes * count)
            states, partial[here] = _largest(candidates, count)
            came_from[here] = states.reshape(alive, classes * count)
        partial[here] += batch.data[here][:, :, None]
    return partial, came_from


def _largest(scores: Array, count: int) -> tuple[IntArray, Array]:
    """Return (indices, values) of the largest of the last axis; of equals, the first is first."""
    # One argmax for each is several times as fast as sorting, and keeps equals in order.
    best = np.empty((*scores.shape[:-1], count), np.int64)
    values = np.empty(best.shape, scores.dtype)
    left = scores.copy() if count > 1 else scores
    for k in range(count):
        place = left.argmax(axis=-1)[..., None]
        best[..., k : k + 1] = place
        # From what is left, so that an entry which was taken is not taken again.
        values[..., k : k + 1] = np.take_along_axis(left, place, axis=-1)
        if k + 1 < count:
            np.put_along_axis(left, place, -np.inf, axis=-1)
    return best, values
