"""Attention: against a plain loop over sequences, and its gradients."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.layers import additive_scores
from seqkit.layers.attention import AdditiveAttention, Attention, DotAttention, build_attention
from seqkit.sequences import PackedSequence, pack_flat
from seqkit.testing.gradients import check_gradients
from tests.strategies import random_batch, rngs

KINDS = ["additive", "dot", "plain dot"]
PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), max_size=6)


def make(kind: str, rng: np.random.Generator, dtype: Any = np.float64) -> Attention:
    """Attention that reads queries of 4 and a memory of 4 features."""
    if kind == "plain dot":
        return DotAttention(4, 4, learnt=False)
    return build_attention(kind, 4, 4, rng=rng, dtype=dtype)  # type: ignore[arg-type]


def make_batches(
    rng: np.random.Generator, pairs: Any, dtype: Any = np.float64
) -> tuple[PackedSequence, PackedSequence]:
    return (
        random_batch(rng, [wide for wide, _ in pairs], 4, dtype),
        random_batch(rng, [tall for _, tall in pairs], 4, dtype),
    )


def plain_scores(layer: Attention, queries: Any, memory: Any) -> Any:
    parameters = {name: parameter.value for name, parameter in layer.parameters()}
    if isinstance(layer, AdditiveAttention):
        sums = (queries @ parameters["w_query"] + parameters["bias"])[:, None] + (
            memory @ parameters["w_memory"]
        )
        return np.tanh(sums) @ parameters["v"]
    return queries @ parameters.get("w", np.eye(4)) @ memory.T


@pytest.mark.parametrize("kind", KINDS)
@given(PAIRS, rngs())
def test_as_one_sequence_at_a_time(kind: str, pairs: Any, rng: np.random.Generator) -> None:
    layer = make(kind, rng)
    queries, memory = make_batches(rng, pairs)
    contexts, weights, _ = layer.forward(queries, memory)
    sequences = zip(queries.unpack(), memory.unpack(), contexts.unpack(), weights, strict=True)
    for q, m, context, weight in sequences:
        scores = np.exp(plain_scores(layer, q, m))
        expected = scores / scores.sum(axis=1, keepdims=True)
        assert weight.shape == (len(q), len(m))
        np.testing.assert_allclose(weight, expected, rtol=1e-12)
        np.testing.assert_allclose(context, expected @ m, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("piece", [1, 40, 10**6])
@given(pairs=PAIRS, rng=rngs())
def test_gradients(kind: str, piece: int, pairs: Any, rng: np.random.Generator) -> None:
    layer = make(kind, rng)
    queries, memory = make_batches(rng, pairs)

    def function(q: Any, m: Any) -> Any:
        contexts, _, backward = layer.forward(queries.with_data(q), memory.with_data(m))

        def flat_backward(d_contexts: Any) -> Any:
            d_queries, d_memory = backward(contexts.with_data(d_contexts))
            return d_queries.data, d_memory.data

        return contexts.data, flat_backward

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(additive_scores, "PIECE", piece)
        check_gradients(function, [queries.data, memory.data], layer.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_memory_the_context_is_zero_and_so_is_the_gradient(kind: str) -> None:
    rng = np.random.default_rng(0)
    layer = make(kind, rng, np.float32)
    queries, memory = make_batches(rng, [(2, 0), (0, 3), (1, 2)], np.float32)
    contexts, weights, backward = layer.forward(queries, memory)
    d_queries, d_memory = backward(contexts.with_data(np.ones_like(contexts.data)))
    assert [weight.shape for weight in weights] == [(2, 0), (0, 3), (1, 2)]
    assert not contexts.unpack()[0].any()
    assert not d_queries.unpack()[0].any()
    assert not d_memory.unpack()[1].any()
    assert d_memory.unpack()[2].any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pairs", [[], [(0, 0)], [(3, 0), (0, 2)]])
def test_nothing_to_attend_to_is_legal_in_float32(kind: str, pairs: Any) -> None:
    rng = np.random.default_rng(0)
    layer = make(kind, rng, np.float32)
    queries, memory = make_batches(rng, pairs, np.float32)
    contexts, weights, backward = layer.forward(queries, memory)
    d_queries, d_memory = backward(contexts)
    assert contexts.data.dtype == d_queries.data.dtype == d_memory.data.dtype == np.float32
    assert contexts.data.shape == queries.data.shape
    assert d_memory.data.shape == memory.data.shape
    assert [weight.shape for weight in weights] == pairs


@given(PAIRS, rngs())
def test_a_sequence_alone_gets_what_it_gets_in_a_batch(
    pairs: Any, rng: np.random.Generator
) -> None:
    layer = make("additive", rng)
    queries, memory = make_batches(rng, pairs)
    contexts, _, _ = layer.forward(queries, memory)
    alone = [
        layer.forward(pack_flat(q, [len(q)]), pack_flat(m, [len(m)])).contexts.data
        for q, m in zip(queries.unpack(), memory.unpack(), strict=True)
    ]
    for together, own in zip(contexts.unpack(), alone, strict=True):
        np.testing.assert_allclose(together, own, rtol=1e-10, atol=1e-12)


def test_great_scores_do_not_overflow() -> None:
    layer = DotAttention(1, 1, learnt=False)
    queries = pack_flat(np.array([[1e4], [-1e4]], np.float32), [2])
    memory = pack_flat(np.array([[5.0], [-5.0]], np.float32), [2])
    contexts, weights, _ = layer.forward(queries, memory)
    assert contexts.data.tolist() == [[5.0], [-5.0]]
    assert weights[0].tolist() == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize("kind", KINDS)
def test_keys_may_be_computed_once(kind: str) -> None:
    rng = np.random.default_rng(0)
    layer = make(kind, rng)
    queries, memory = make_batches(rng, [(2, 3), (1, 4)])
    again = layer.forward(queries, memory, keys=layer.keys(memory)).contexts
    np.testing.assert_array_equal(again.data, layer.forward(queries, memory).contexts.data)


def test_mistakes_are_named() -> None:
    rng = np.random.default_rng(0)
    layer = make("dot", rng)
    queries, _ = make_batches(rng, [(1, 1), (1, 1)])
    with pytest.raises(ValueError, match="2 sequences cannot attend to a memory of 1"):
        layer.forward(queries, random_batch(rng, [2], 4))
    with pytest.raises(ValueError, match=r"found the shapes \(4,\) and \(5,\)"):
        layer.forward(queries, random_batch(rng, [1, 1], 5))
    with pytest.raises(ValueError, match="found 3 and 4; learnt=True"):
        DotAttention(3, 4, learnt=False)
    with pytest.raises(ValueError, match=r"one of \['additive', 'dot'\], found 'cosine'"):
        build_attention("cosine", 4, 4, rng=rng)  # type: ignore[arg-type]
