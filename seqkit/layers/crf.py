"""A linear-chain conditional random field: tags of a sequence that are chosen together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqkit.arrays import Array, BoolArray, DTypeLike, IntArray
from seqkit.layers.base import constructor_call
from seqkit.layers.chains import Chains, best_paths
from seqkit.layers.embedding import check_ids
from seqkit.layers.losses import Loss, sum_exactly
from seqkit.parameters import Parameter, uniform
from seqkit.sequences import PackedSequence

__all__ = ["CRF", "TagConstraints"]


@dataclass(frozen=True, eq=False)
class TagConstraints:
    """Which tags may begin, follow one another and end.

    Attributes:
        start: (C,) true where a sequence may begin with the tag.
        transitions: (C, C) true where the column's tag may follow the row's.
        end: (C,) true where a sequence may end with the tag.

    Raises:
        ValueError: shapes that do not fit.
    """

    start: BoolArray
    transitions: BoolArray
    end: BoolArray

    def __post_init__(self) -> None:
        classes = len(self.start)
        shapes = (self.start.shape, self.transitions.shape, self.end.shape)
        if shapes != ((classes,), (classes, classes), (classes,)):
            raise ValueError(f"constraints must be (C,), (C, C) and (C,), found {shapes}")

    @classmethod
    def where(
        cls, tags: Sequence[str], allowed: Callable[[str | None, str | None], bool]
    ) -> "TagConstraints":
        """Ask a rule for each pair of tags.

        Args:
            tags: C names, in the order of their ids.
            allowed: whether the second may follow the first; None stands for what is before the
                first tag and after the last. ``TagScheme.allows`` of
                :mod:`seqkit.text.tag_schemes` is such a rule.
        """
        table = np.array(
            [[allowed(before, after) for after in (*tags, None)] for before in (*tags, None)],
            np.bool_,
        )
        return cls(table[-1, :-1], table[:-1, :-1], table[:-1, -1])


class CRF:
    """Scores whole paths of tags (Lafferty et al. 2001; over an LSTM: Huang et al. 2015).

    ``score(y) = start[y_1] + sum_t emission_t[y_t] + sum_t transitions[y_t-1, y_t] + end[y_T]``,
    ``p(y) = exp(score(y)) / sum over all paths``. An empty sequence has one path, of probability 1.

    Args:
        classes: C.
        constraints: which tags may begin, follow and end; all by default. What is forbidden has
            probability 0 in training as in decoding, and its scores are not learnt.
        rng: draws ``start`` (C,), ``transitions`` (C, C; from row to column) and ``end`` (C,),
            uniform in [-0.1, 0.1).
        dtype: of the parameters.

    Raises:
        ValueError: constraints for another number of classes.
    """

    def __init__(
        self,
        classes: int,
        *,
        constraints: TagConstraints | None = None,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if constraints is not None and len(constraints.start) != classes:
            raise ValueError(f"constraints for {len(constraints.start)} classes, not {classes}")
        self.classes = classes
        self.constraints = constraints
        self.start = Parameter.draw((classes,), uniform(0.1), rng, dtype)
        self.transitions = Parameter.draw((classes, classes), uniform(0.1), rng, dtype)
        self.end = Parameter.draw((classes,), uniform(0.1), rng, dtype)

    def __repr__(self) -> str:
        return constructor_call(self, self.classes)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``start``, ``transitions`` and ``end``."""
        yield "start", self.start
        yield "transitions", self.transitions
        yield "end", self.end

    def loss(self, emissions: PackedSequence, tags: IntArray) -> Loss[PackedSequence]:
        """Return the exact negative log-likelihood of the tags.

        Args:
            emissions: (M, C).
            tags: (M,) ids, aligned with ``emissions.data``.

        Returns:
            The loss: ``count`` is M, ``log_probabilities`` (N,) are those of whole sequences in the
            caller's order. Its backward gives d_emissions and adds to the parameters' gradients.

        Raises:
            IndexError: a tag is not in 0 .. C-1.
            TypeError: tags that are not whole numbers.
            ValueError: the tags of a sequence break the constraints, or shapes do not fit.
        """
        self._check_tags(emissions, tags)
        chains = self._chains(emissions)
        scores = chains.path_scores(tags)
        if np.isneginf(scores.real).any():
            broken = np.flatnonzero(np.isneginf(scores.real))
            raise ValueError(f"the tags of sequences {broken[:10].tolist()} break the constraints")
        log_p = scores - chains.log_partition

        def backward(d_total: float = 1.0) -> PackedSequence:
            return emissions.with_data(self._add_gradients(chains, tags, float(d_total)))

        return Loss(-sum_exactly(log_p), len(tags), float(len(tags)), log_p, backward)

    def _add_gradients(self, chains: Chains, tags: IntArray, d_total: float) -> Array:
        """Add (expected - observed) counts to the gradients; return those at the tokens (M, C)."""
        d_emissions = chains.marginals()
        d_emissions[np.arange(len(tags)), tags] -= 1.0
        d_emissions *= d_total
        d_transitions = chains.expected_transitions()
        later, earlier = chains.batch.neighbours
        np.subtract.at(d_transitions, (tags[earlier], tags[later]), 1.0)
        last = chains.batch.last_rows
        self.start.grad += d_emissions[: len(last)].sum(axis=0)
        self.transitions.grad += d_transitions * d_total
        self.end.grad += d_emissions[last].sum(axis=0)
        return d_emissions

    def decode(self, emissions: PackedSequence) -> tuple[PackedSequence, Array]:
        """Find each sequence's most probable tags (Viterbi).

        Args:
            emissions: (M, C).

        Returns:
            The tags (M,), with the structure of ``emissions``, and their log-probabilities (N,) in
            the caller's order. Of equally good paths, the one with the smaller last tag.

        Raises:
            ValueError: the constraints allow no path for some sequence.
        """
        chains = self._chains(emissions)
        tags, scores = best_paths(chains)
        return emissions.with_data(tags[:, 0]), scores[:, 0] - chains.log_partition

    def decode_with_marginals(self, emissions: PackedSequence) -> tuple[IntArray, Array]:
        """Find each sequence's most probable tags, and how sure each of them is.

        Returns:
            The tags (M,) of :meth:`decode`, and each one's probability over all paths (M,).

        Raises:
            ValueError: the constraints allow no path for some sequence.
        """
        chains = self._chains(emissions)
        tags = best_paths(chains)[0][:, 0]
        return tags, np.take_along_axis(chains.marginals(), tags[:, None], axis=1)[:, 0]

    def n_best(self, emissions: PackedSequence, count: int) -> list[list[tuple[IntArray, float]]]:
        """Find each sequence's ``count`` most probable paths, best first.

        Returns:
            For each sequence, in the caller's order, (tags, log-probability); fewer where there are
            fewer possible paths.

        Raises:
            ValueError: ``count`` is below 1, or no path is possible for some sequence.
        """
        if count < 1:
            raise ValueError(f"count must be at least 1, found {count}")
        chains = self._chains(emissions)
        tags, scores = best_paths(chains, count)
        log_p = scores - chains.log_partition[:, None]
        paths = emissions.with_data(tags).unpack()
        return [
            [(path[:, k], float(p)) for k, p in enumerate(row) if p > -np.inf]
            for path, row in zip(paths, log_p, strict=True)
        ]

    def marginals(self, emissions: PackedSequence) -> PackedSequence:
        """Return each tag's probability at each token: (M, C) to (M, C).

        Raises:
            ValueError: the constraints allow no path for some sequence.
        """
        return emissions.with_data(self._chains(emissions).marginals())

    def _chains(self, emissions: PackedSequence) -> Chains:
        if emissions.data.ndim != 2 or emissions.data.shape[1] != self.classes:
            raise ValueError(f"emissions must be (M, {self.classes}), found {emissions.data.shape}")
        start, transitions, end = self.start.value, self.transitions.value, self.end.value
        if self.constraints is not None:
            start = np.where(self.constraints.start, start, -np.inf).astype(start.dtype)
            transitions = np.where(self.constraints.transitions, transitions, -np.inf).astype(
                transitions.dtype
            )
            end = np.where(self.constraints.end, end, -np.inf).astype(end.dtype)
        return Chains(emissions, start, transitions, end)

    def _check_tags(self, emissions: PackedSequence, tags: IntArray) -> None:
        if tags.shape != (emissions.tokens,):
            raise ValueError(f"tags must be ({emissions.tokens},), found {tags.shape}")
        check_ids(tags, self.classes, what="tags")
