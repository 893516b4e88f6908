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
from seqkit.layers.additive_scores import additive_scores
from seqkit.layers.dropout import unchanged
from seqkit.layers.linear import Linear
from seqkit.layers.pairing import Pairing
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
        contexts = pairing.sum_memory(weights, m)

        def backward(d_contexts: PackedSequence) -> tuple[PackedSequence, PackedSequence]:
            d_c = d_contexts.data.take(pairing.query_rows, axis=0)
            d_scores = pairing.softmax_backward(weights, pairing.dots(d_c, m))
            d_q, d_k = scores_backward(d_scores)
            d_queries = q_backward(_scattered(d_q, pairing.query_rows, queries.tokens))
            d_m = pairing.sum_queries(weights, d_c)
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
        return (queries, unchanged) if self._query is None else self._query.forward(queries)

    def _project_memory(self, memory: Array) -> tuple[Array, Callable[[Array], Array]]:
        return memory, unchanged

    def _score(self, pairing: Pairing, queries: Array, keys: Array) -> tuple[Array, ScoresBackward]:
        def backward(d_scores: Array) -> tuple[Array, Array]:
            return pairing.sum_memory(d_scores, keys), pairing.sum_queries(d_scores, queries)

        return pairing.dots(queries, keys), backward


class AdditiveAttention(Attention):
    """Additive attention (Bahdanau, Cho and Bengio 2015): ``score = v · tanh(q W + m U + b)``.

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
        scores, scores_backward = additive_scores(pairing, queries, keys, self.v.value)

        def backward(d_scores: Array) -> tuple[Array, Array]:
            d_queries, d_keys, d_v = scores_backward(d_scores)
            self.v.grad += d_v
            return d_queries, d_keys

        return scores, backward


def _scattered(rows: Array, places: Array, count: int) -> Array:
    """Put rows into an array of zeros with ``count`` rows."""
    scattered = np.zeros((count, rows.shape[1]), rows.dtype)
    scattered[places] = rows
    return scattered


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
