"""Attention: each query's weighted mean of the memory of its own sequence.

Queries and memory are two packed batches of the same N sequences, of any lengths: the tokens that a
decoder writes and those that the encoder read, or a question and a text. A query without a memory
gets a context of zeros, and gives no gradient.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from seqkit.arrays import Array, DTypeLike
from seqkit.layers.linear import Linear
from seqkit.layers.pairing import Group, Pairing
from seqkit.parameters import Parameter, glorot_uniform
from seqkit.sequences import PackedSequence

__all__ = [
    "AdditiveAttention",
    "Attended",
    "Attention",
    "AttentionKind",
    "DotAttention",
    "build_attention",
]

AttentionKind: TypeAlias = Literal["additive", "dot"]
"""How a query and a token of the memory are scored."""

ScoresBackward: TypeAlias = Callable[[Array], tuple[Array, Array]]
"""``backward(d_scores (S,)) -> (d_queries, d_keys)``, rows in the pairing's flat order."""

PIECE = 2**17
"""Numbers that additive attention holds at once: they stay in a core's own cache."""


class Attended(NamedTuple):
    """What a pass of attention gives.

    Attributes:
        contexts: (Mq, D), of the structure of the queries.
        weights: one matrix (Tq, Tm) for each sequence, in the caller's order; rows add up to 1.
        backward: ``backward(d_contexts) -> (d_queries, d_memory)``; adds parameter gradients.
    """

    contexts: PackedSequence
    weights: list[Array]
    backward: Callable[[PackedSequence], tuple[PackedSequence, PackedSequence]]


class Attention(ABC):
    """What both kinds share: softmax the scores over the memory, and take its weighted mean.

    Attributes:
        features: Q, width of the queries.
        memory_features: D, width of the memory and of the contexts.
    """

    features: int
    memory_features: int

    @abstractmethod
    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield (name, parameter)."""

    @abstractmethod
    def _project_queries(self, queries: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Map (Mq, Q) to what is compared with keys."""

    @abstractmethod
    def _project_memory(self, memory: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Map (Mm, D) to keys."""

    @abstractmethod
    def _score(self, pairing: Pairing, queries: Array, keys: Array) -> tuple[Array, ScoresBackward]:
        """Score each pair: projected queries and keys, in the flat order, to (S,)."""

    def keys(self, memory: PackedSequence) -> Array:
        """Return the memory as it is compared with queries, to be computed once while decoding."""
        return self._project_memory(memory.data)[0]

    def forward(
        self, queries: PackedSequence, memory: PackedSequence, *, keys: Array | None = None
    ) -> Attended:
        """Attend with each query to the memory of its own sequence.

        Args:
            queries: (Mq, Q), N sequences.
            memory: (Mm, D), N sequences in the same caller's order.
            keys: what :meth:`keys` gave for this memory; no gradient flows into it.

        Raises:
            ValueError: a width does not fit, or the batches differ in the number of sequences.
        """
        self._check(queries, memory)
        pairing = Pairing(queries, memory)
        q, q_backward = self._project_queries(queries.data)
        k, k_backward = (keys, None) if keys is not None else self._project_memory(memory.data)
        scores, scores_backward = self._score(
            pairing, q.take(pairing.query_rows, axis=0), k.take(pairing.memory_rows, axis=0)
        )
        weights = pairing.softmax(scores)
        m = memory.data.take(pairing.memory_rows, axis=0)
        contexts = _of_both(pairing, weights, m)

        def backward(d_contexts: PackedSequence) -> tuple[PackedSequence, PackedSequence]:
            d_c = d_contexts.data.take(pairing.query_rows, axis=0)
            d_weights, d_m = _of_both_backward(pairing, weights, m, d_c)
            d_q, d_k = scores_backward(pairing.softmax_backward(weights, d_weights))
            d_queries = q_backward(_scattered(d_q, pairing.query_rows, queries.tokens))
            d_memory = _scattered(d_m, pairing.memory_rows, memory.tokens)
            if k_backward is not None:
                d_memory += k_backward(_scattered(d_k, pairing.memory_rows, memory.tokens))
            return queries.with_data(d_queries), memory.with_data(d_memory)

        scattered = _scattered(contexts, pairing.query_rows, queries.tokens)
        return Attended(queries.with_data(scattered), pairing.matrices(weights), backward)

    def _check(self, queries: PackedSequence, memory: PackedSequence) -> None:
        found = queries.data.shape[1:], memory.data.shape[1:]
        if found != ((self.features,), (self.memory_features,)):
            raise ValueError(
                f"{type(self).__name__} wants queries of {self.features} and a memory of "
                f"{self.memory_features} features, found the shapes {found[0]} and {found[1]}"
            )


class DotAttention(Attention):
    """Multiplicative attention (Luong, Pham and Manning 2015): ``score = q W m``, or ``q · m``.

    Args:
        features: Q, width of the queries.
        memory_features: D, width of the memory.
        learnt: whether to learn W (Q, D), which the paper calls "general"; without it ("dot") both
            widths must be equal.
        rng: draws W, Glorot uniform; needed only there.
        dtype: of W.

    Raises:
        ValueError: widths that differ without W, or W without ``rng``.
    """

    def __init__(
        self,
        features: int,
        memory_features: int,
        *,
        learnt: bool = True,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.features = features
        self.memory_features = memory_features
        if not learnt and features != memory_features:
            raise ValueError(
                "the dot product wants queries as wide as the memory, "
                f"found {features} and {memory_features}; learnt=True puts a matrix between them"
            )
        self._query = (
            Linear(features, memory_features, bias=False, rng=rng, dtype=dtype) if learnt else None
        )

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``w``, if it is learnt."""
        if self._query is not None:
            yield from self._query.parameters()

    def _project_queries(self, queries: Array) -> tuple[Array, Callable[[Array], Array]]:
        return (queries, _unchanged) if self._query is None else self._query.forward(queries)

    def _project_memory(self, memory: Array) -> tuple[Array, Callable[[Array], Array]]:
        return memory, _unchanged

    def _score(self, pairing: Pairing, queries: Array, keys: Array) -> tuple[Array, ScoresBackward]:
        scores = np.empty(pairing.scores, np.result_type(queries, keys))
        for group in pairing.groups:
            q, k = group.of_queries(queries), group.of_memory(keys)
            np.matmul(q, k.swapaxes(1, 2), out=group.of_scores(scores))

        def backward(d_scores: Array) -> tuple[Array, Array]:
            d_queries, d_keys = np.empty_like(queries), np.empty_like(keys)
            for group in pairing.groups:
                d = group.of_scores(d_scores)
                np.matmul(d, group.of_memory(keys), out=group.of_queries(d_queries))
                q = group.of_queries(queries)
                np.matmul(d.swapaxes(1, 2), q, out=group.of_memory(d_keys))
            return d_queries, d_keys

        return scores, backward


class AdditiveAttention(Attention):
    """Additive attention (Bahdanau, Cho and Bengio 2015): ``score = v · tanh(q W + m U + b)``.

    The tanh of every pair of tokens takes A times the room of the scores, so it is made piece by
    piece and made again in the backward pass rather than kept.

    Args:
        features: Q, width of the queries.
        memory_features: D, width of the memory.
        units: A, width of what the tanh is taken of; Q by default.
        rng: draws W (Q, A), U (D, A) and v (A,), Glorot uniform; b (A,) starts at zero.
        dtype: of the parameters.
    """

    def __init__(
        self,
        features: int,
        memory_features: int,
        *,
        units: int | None = None,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.features = features
        self.memory_features = memory_features
        self.units = units or features
        self._query = Linear(features, self.units, rng=rng, dtype=dtype)
        self._memory = Linear(memory_features, self.units, bias=False, rng=rng, dtype=dtype)
        self.v = Parameter.draw((self.units,), glorot_uniform, rng, dtype)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``w_query``, ``bias``, ``w_memory`` and ``v``."""
        yield "w_query", self._query.w
        if self._query.bias is not None:
            yield "bias", self._query.bias
        yield "w_memory", self._memory.w
        yield "v", self.v

    def _project_queries(self, queries: Array) -> tuple[Array, Callable[[Array], Array]]:
        return self._query.forward(queries)

    def _project_memory(self, memory: Array) -> tuple[Array, Callable[[Array], Array]]:
        return self._memory.forward(memory)

    def _score(self, pairing: Pairing, queries: Array, keys: Array) -> tuple[Array, ScoresBackward]:
        v = self.v.value
        dtype = np.result_type(queries, keys, v)
        scores = np.empty(pairing.scores, dtype)
        for q, k, s in _pieces(pairing, queries, keys, scores):
            np.matmul(_tanh_of_sums(q, k), v, out=s)

        def backward(d_scores: Array) -> tuple[Array, Array]:
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
            self.v.grad += d_v
            return d_queries * v, d_keys * v

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


def _of_both(pairing: Pairing, weights: Array, memory: Array) -> Array:
    """Return the weighted means (Mq', D)."""
    dtype = np.result_type(weights, memory)
    contexts = np.empty((len(pairing.query_rows), memory.shape[1]), dtype)
    for group in pairing.groups:
        w, m = group.of_scores(weights), group.of_memory(memory)
        np.matmul(w, m, out=group.of_queries(contexts))
    return contexts


def _of_both_backward(
    pairing: Pairing, weights: Array, memory: Array, d_contexts: Array
) -> tuple[Array, Array]:
    """Return the gradients of the weights (S,) and of the memory (Mm', D)."""
    d_weights, d_memory = np.empty_like(weights), np.empty_like(memory)
    for group in pairing.groups:
        d = group.of_queries(d_contexts)
        m, w = group.of_memory(memory), group.of_scores(weights)
        np.matmul(d, m.swapaxes(1, 2), out=group.of_scores(d_weights))
        np.matmul(w.swapaxes(1, 2), d, out=group.of_memory(d_memory))
    return d_weights, d_memory


def _scattered(rows: Array, places: Array, count: int) -> Array:
    """Put rows into an array of zeros with ``count`` rows."""
    scattered = np.zeros((count, rows.shape[1]), rows.dtype)
    scattered[places] = rows
    return scattered


def _unchanged(d_x: Array) -> Array:
    return d_x


def build_attention(
    kind: AttentionKind,
    features: int,
    memory_features: int,
    *,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float32,
) -> Attention:
    """Build attention of a kind: ``"additive"``, or ``"dot"`` with a learnt matrix.

    Args:
        kind: how tokens are compared.
        features: Q, width of the queries.
        memory_features: D, width of the memory.
        rng: draws the parameters.
        dtype: of the parameters.

    Raises:
        ValueError: an unknown kind.
    """
    if kind == "additive":
        return AdditiveAttention(features, memory_features, rng=rng, dtype=dtype)
    if kind == "dot":
        return DotAttention(features, memory_features, rng=rng, dtype=dtype)
    raise ValueError(f"kind must be one of {list(get_args(AttentionKind))}, found {kind!r}")
