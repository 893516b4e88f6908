"""Pointers: against a plain loop over sequences, and their gradients."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.layers.pointing import (
    Pointer,
    best_spans,
    pointer_cross_entropy,
    span_cross_entropy,
)
from seqkit.layers.pooling import token_log_softmax
from seqkit.sequences import pack, pack_flat
from seqkit.testing.gradients import check_gradients
from tests.strategies import lengths, random_batch, rngs


def random_scores(rng: np.random.Generator, counts: list[int]) -> Any:
    return pack_flat(rng.normal(size=sum(counts)), counts)


@given(rngs(), lengths())
def test_probabilities_of_each_sequence_add_up_to_1(
    rng: np.random.Generator, counts: list[int]
) -> None:
    scores = random_scores(rng, counts)
    for row, found in zip(scores.unpack(), token_log_softmax(scores).unpack(), strict=True):
        np.testing.assert_allclose(np.exp(found), np.exp(row) / np.exp(row).sum(), rtol=1e-12)


def test_large_scores_do_not_overflow() -> None:
    scores = pack([np.array([1e4, 0.0], np.float32), np.array([-1e4], np.float32)])
    found = token_log_softmax(scores).unpack()
    np.testing.assert_array_equal(found[0], [0.0, -1e4])
    np.testing.assert_array_equal(found[1], [0.0])


@given(rngs(), lengths())
def test_pointer_scores_each_token_for_its_own_query(
    rng: np.random.Generator, counts: list[int]
) -> None:
    pointer = Pointer(3, 4, rng=rng, dtype=np.float64)
    ((_, w),) = pointer.parameters()
    queries, memory = rng.normal(size=(len(counts), 3)), random_batch(rng, counts, 4)
    scores, _ = pointer.forward(queries, memory)
    for query, tokens, found in zip(queries, memory.unpack(), scores.unpack(), strict=True):
        np.testing.assert_allclose(found, tokens @ (query @ w.value), rtol=1e-9, atol=1e-12)


@given(rngs(), lengths())
def test_gradients_of_the_pointer(rng: np.random.Generator, counts: list[int]) -> None:
    pointer = Pointer(3, 4, rng=rng, dtype=np.float64)
    memory = random_batch(rng, counts, 4)

    def function(queries: Any, data: Any) -> Any:
        scores, backward = pointer.forward(queries, memory.with_data(data))

        def flat_backward(d_scores: Any) -> Any:
            d_queries, d_memory = backward(scores.with_data(d_scores))
            return d_queries, d_memory.data

        return scores.data, flat_backward

    check_gradients(
        function, [rng.normal(size=(len(counts), 3)), memory.data], pointer.parameters()
    )


@given(rngs(), lengths(min_length=1))
def test_value_and_gradients_of_the_losses(rng: np.random.Generator, counts: list[int]) -> None:
    starts, ends = random_scores(rng, counts), random_scores(rng, counts)
    places = np.array([sorted(rng.integers(0, n, 2)) for n in counts], dtype=np.int64).reshape(
        -1, 2
    )
    loss = span_cross_entropy(starts, ends, places)
    rows = zip(token_log_softmax(starts).unpack(), token_log_softmax(ends).unpack(), strict=True)
    wanted = [a[i] + b[j] for (a, b), (i, j) in zip(rows, places, strict=True)]
    np.testing.assert_allclose(loss.total, -sum(wanted), atol=1e-12)
    np.testing.assert_allclose(loss.log_probabilities, wanted)
    assert loss.count == len(counts)

    def function(a: Any, b: Any) -> Any:
        made = span_cross_entropy(starts.with_data(a), ends.with_data(b), places)
        return made.total, lambda d: tuple(part.data for part in made.backward(d))

    check_gradients(function, [starts.data, ends.data])


def test_a_target_outside_its_sequence_is_refused() -> None:
    scores = pack([np.zeros(3), np.zeros(1)])
    with pytest.raises(IndexError, match=r"\[\(1, 1\)\]"):
        pointer_cross_entropy(scores, np.array([2, 1]))
    with pytest.raises(IndexError, match=r"\[\(-1, 3\)\]"):
        pointer_cross_entropy(scores, np.array([-1, 0]))
    with pytest.raises(ValueError, match="a target for each of 2"):
        pointer_cross_entropy(scores, np.array([0]))


@given(rngs(), lengths(), st.integers(1, 9))
def test_the_best_span_is_the_best_of_all(
    rng: np.random.Generator, counts: list[int], longest: int
) -> None:
    starts, ends = random_scores(rng, counts), random_scores(rng, counts)
    rows = zip(token_log_softmax(starts).unpack(), token_log_softmax(ends).unpack(), strict=True)
    for (a, b), span in zip(rows, best_spans(starts, ends, longest=longest), strict=True):
        allowed = [(i, j) for i in range(len(a)) for j in range(i, min(i + longest, len(a)))]
        if not allowed:
            assert span is None
            continue
        assert span is not None
        assert (span.first, span.last) == max(allowed, key=lambda ij: a[ij[0]] + b[ij[1]])
        np.testing.assert_allclose(span.probability, np.exp(a[span.first] + b[span.last]))


def test_of_equal_spans_the_shortest_and_first_wins() -> None:
    flat = pack([np.zeros(4)])
    (span,) = best_spans(flat, flat, longest=3)
    assert span is not None
    assert (span.first, span.last) == (0, 0)
