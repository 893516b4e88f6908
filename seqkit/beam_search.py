"""Beam search: the likeliest sequences of a model that writes one token after the other.

All hypotheses of all sequences of a batch take each step together, and a sequence that is done
takes no further part. With a beam of 1 this is greedy search.

Example:
    >>> import numpy as np
    >>> follows = np.log([[0.1, 0.6, 0.3], [0.7, 0.2, 0.1], [0.9, 0.05, 0.05]])  # 0 ends
    >>> found = beam_search(
    ...     lambda tokens, state, counts: (follows[tokens], state),
    ...     (),
    ...     batch=1, start=0, end=0, max_length=5, width=2, n_best=2,
    ... )
    >>> [(hypothesis.tokens, round(float(np.exp(hypothesis.score)), 2)) for hypothesis in found[0]]
    [((1,), 0.42), ((2,), 0.27)]
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from seqkit.arrays import Array, IntArray, tuple_like

__all__ = ["BeamStep", "Hypothesis", "beam_search", "length_penalty"]

S = TypeVar("S", bound=tuple[Any, ...])

BeamStep: TypeAlias = Callable[[IntArray, S, IntArray], tuple[Array, S]]
"""``step(tokens (K,), state, counts (N,)) -> (log_probabilities (K, V), state)``.

``tokens`` are the last ones of K hypotheses, those of the first sequence before those of the
second; ``counts`` says how many each sequence has, 0 when it is done. State arrays are (L, K, H).
"""


@dataclass(frozen=True)
class Hypothesis:
    """One way to write a sequence.

    Attributes:
        tokens: ids, without the end mark.
        log_probability: of the tokens and of the end mark where there is one, natural logarithm.
        score: ``log_probability / length_penalty``, by which hypotheses are ranked.
        ended: whether it came to an end; otherwise it was cut off at the maximum length.
    """

    tokens: tuple[int, ...]
    log_probability: float
    score: float
    ended: bool


def length_penalty(length: int | IntArray, alpha: float) -> Any:
    """Return ``((5 + length) / 6) ** alpha`` (Wu et al. 2016, equation 14); the end mark counts."""
    return ((5.0 + length) / 6.0) ** alpha


def beam_search(
    step: BeamStep[S],
    state: S,
    *,
    batch: int,
    start: int,
    end: int,
    max_length: int | ArrayLike,
    width: int = 1,
    n_best: int = 1,
    alpha: float = 0.0,
) -> list[list[Hypothesis]]:
    """Search for the likeliest sequences, all of a batch at once.

    Of all hypotheses of a sequence and their next tokens, the ``width`` likeliest go on; one that
    takes the end mark is finished. A sequence is done when nothing that goes on can come among its
    ``n_best`` any more, for log-probabilities only fall.

    Args:
        step: gives the log-probabilities of what comes next; see :data:`BeamStep`.
        state: before the first token, arrays (L, N, H); chosen and repeated along the second axis.
        batch: N.
        start: the token that stands before every sequence.
        end: the token that ends one.
        max_length: tokens of a hypothesis, the end mark counted, at most; or one number a sequence.
        width: hypotheses that go on at each step: the beam.
        n_best: how many to return for each sequence.
        alpha: of the length penalty; 0 prefers short sequences, 1 nearly takes the mean.

    Returns:
        For each sequence up to ``n_best`` hypotheses: ended ones before those that were cut off,
        and by score.

    Raises:
        ValueError: ``width`` is below ``n_best``, or a number is out of range.
    """
    limits = np.broadcast_to(np.asarray(max_length, np.int64), (batch,))
    _check(width, n_best, alpha, limits)
    search = _Search(limits, end, width, n_best, alpha)
    beams = _Beams(np.arange(batch), np.empty((batch, 0), np.int64), np.zeros(batch))
    last: IntArray = np.full(batch, start, np.int64)
    while len(last):
        counts = np.bincount(beams.owners, minlength=batch)
        log_probabilities, state = step(last, state, counts)
        beams, parents = search.advance(beams, log_probabilities)
        last = beams.tokens[:, -1]
        state = _selected(state, parents)
    return search.finished()


def _check(width: int, n_best: int, alpha: float, limits: IntArray) -> None:
    if not 1 <= n_best <= width:
        raise ValueError(f"n_best must be at least 1 and at most width={width}, found {n_best}")
    if alpha < 0:
        raise ValueError(f"alpha must be at least 0, found {alpha}")
    if len(limits) and limits.min() < 1:
        raise ValueError(f"max_length must be at least 1, found {limits.min()}")


def _selected(state: S, rows: IntArray) -> S:
    return tuple_like(state, (array.take(rows, axis=1) for array in state))


class _Beams(NamedTuple):
    """K hypotheses that go on, those of one sequence side by side.

    Attributes:
        owners: (K,) the sequence of each, ascending.
        tokens: (K, t).
        log_p: (K,) float64.
    """

    owners: IntArray
    tokens: IntArray
    log_p: Array


class _Search:
    """What a search has finished, and how it goes on."""

    def __init__(self, limits: IntArray, end: int, width: int, n_best: int, alpha: float) -> None:
        self.limits = limits
        self.end = end
        self.width = width
        self.n_best = n_best
        self.alpha = alpha
        self.found: list[list[Hypothesis]] = [[] for _ in limits]
        #: The score that a hypothesis must exceed to come among the best of its sequence.
        self.bar = np.full(len(limits), -np.inf)

    def advance(self, beams: _Beams, log_probabilities: Array) -> tuple[_Beams, IntArray]:
        """Take one step; returns the hypotheses that go on, and which each of them goes on from."""
        parents, tokens, log_p = self._best(beams, log_probabilities)
        grown = np.concatenate([beams.tokens[parents], tokens[:, None]], axis=1)
        after = _Beams(beams.owners[parents], grown, log_p)
        ended = tokens == self.end
        stopped = ended | (grown.shape[1] >= self.limits[after.owners])
        self._finish(after, ended, stopped)
        # The longest that a hypothesis may become divides its log-probability by the most.
        reachable = log_p / length_penalty(self.limits[after.owners], self.alpha)
        going = ~stopped & (reachable > self.bar[after.owners])
        return _Beams(*(array[going] for array in after)), parents[going]

    def _best(self, beams: _Beams, log_probabilities: Array) -> tuple[IntArray, IntArray, Array]:
        """Return the ``width`` likeliest continuations of each sequence, the likeliest first."""
        tokens = _top_tokens(log_probabilities, self.width)
        log_p = np.take_along_axis(log_probabilities, tokens, axis=1) + beams.log_p[:, None]
        parents = np.repeat(np.arange(len(tokens)), tokens.shape[1])
        tokens, log_p = tokens.reshape(-1), log_p.reshape(-1)
        order = np.lexsort((tokens, -log_p, beams.owners[parents]))
        owners = beams.owners[parents[order]]
        rank = np.arange(len(order)) - np.searchsorted(owners, owners)
        kept = order[(rank < self.width) & np.isfinite(log_p[order])]
        return parents[kept], tokens[kept], log_p[kept]

    def _finish(self, beams: _Beams, ended: Array, stopped: Array) -> None:
        """Put aside the hypotheses that end here or have become too long."""
        length = beams.tokens.shape[1]
        penalty = float(length_penalty(length, self.alpha))
        for row in np.flatnonzero(stopped).tolist():
            log_p, end = float(beams.log_p[row]), bool(ended[row])
            tokens = tuple(beams.tokens[row, : length - end].tolist())
            owner = int(beams.owners[row])
            self.found[owner].append(Hypothesis(tokens, log_p, log_p / penalty, end))
            if end:
                self._raise_bar(owner)

    def _raise_bar(self, owner: int) -> None:
        scores = sorted((h.score for h in self.found[owner] if h.ended), reverse=True)
        if len(scores) >= self.n_best:
            self.bar[owner] = scores[self.n_best - 1]

    def finished(self) -> list[list[Hypothesis]]:
        """Return the best of each sequence."""
        return [
            sorted(found, key=lambda h: (not h.ended, -h.score))[: self.n_best]
            for found in self.found
        ]


def _top_tokens(log_probabilities: Array, width: int) -> IntArray:
    """Return the ids of the ``width`` largest of each row (K, V), in no order; the smaller ids of
    equal ones.
    """
    tokens = log_probabilities.shape[1]
    if width >= tokens:
        return np.broadcast_to(np.arange(tokens), log_probabilities.shape)
    top: IntArray
    if width == 1:
        top = log_probabilities.argmax(axis=1)[:, None]
    else:
        top = np.argpartition(log_probabilities, tokens - width, axis=1)[:, tokens - width :]
        chosen = np.take_along_axis(log_probabilities, top, axis=1)
        least = chosen.min(axis=1, keepdims=True)
        left_out = (log_probabilities == least).sum(axis=1) > (chosen == least).sum(axis=1)
        for row in np.flatnonzero(left_out):
            top[row] = np.argsort(-log_probabilities[row], kind="stable")[:width]
    return top
