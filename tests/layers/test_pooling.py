"""Poolings: against a plain loop over sequences, and their gradients."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.layers.pooling import POOLINGS, AttentionPooling, Pooling
from seqkit.sequences import PackedSequence, pack_flat
from seqkit.testing.gradients import check_gradients
from tests.strategies import batches, random_batch, rngs


def plain(name: str, sequence: Any, bidirectional: bool) -> Any:
    if not len(sequence):
        return np.zeros(sequence.shape[1:])
    if name == "last" and bidirectional:
        half = sequence.shape[1] // 2
        return np.concatenate([sequence[-1, :half], sequence[0, half:]])
    return {"last": sequence[-1], "max": sequence.max(axis=0), "mean": sequence.mean(axis=0)}[name]


@pytest.mark.parametrize("name", ["last", "max", "mean"])
@given(batches(4), st.booleans())
def test_as_one_sequence_at_a_time(name: str, batch: PackedSequence, bidirectional: bool) -> None:
    pooled, _ = Pooling([name], 4, bidirectional=bidirectional).forward(batch)
    expected = [plain(name, sequence, bidirectional) for sequence in batch.unpack()]
    np.testing.assert_allclose(pooled, np.reshape(expected, (batch.batch, 4)))


@given(batches(3), rngs())
def test_attention_as_one_sequence_at_a_time(
    batch: PackedSequence, rng: np.random.Generator
) -> None:
    layer = AttentionPooling(3, units=2, rng=rng, dtype=np.float64)
    pooled, _ = layer.forward(batch)
    for vector, h in zip(pooled, batch.unpack(), strict=True):
        weights = np.exp(np.tanh(h @ layer.w.value + layer.bias.value) @ layer.query.value)
        expected = (weights / weights.sum()) @ h if len(h) else np.zeros(3)
        np.testing.assert_allclose(vector, expected, atol=1e-12)


def gradient_check(pooling: Any, batch: PackedSequence) -> Any:
    def function(x: Any) -> Any:
        pooled, backward = pooling.forward(batch.with_data(x))
        return pooled, lambda d_pooled: backward(d_pooled).data

    return check_gradients(function, [batch.data], pooling.parameters())


@given(
    batches(4),
    st.lists(st.sampled_from(POOLINGS), unique=True, min_size=1),
    st.booleans(),
    rngs(),
)
def test_gradients(
    batch: PackedSequence, names: Any, bidirectional: bool, rng: np.random.Generator
) -> None:
    pooling = Pooling(names, 4, bidirectional=bidirectional, rng=rng, dtype=np.float64)
    assert pooling.output_features == 4 * len(names)
    gradient_check(pooling, batch)


def test_of_equal_maxima_the_first_takes_the_gradient() -> None:
    batch = pack_flat(np.array([[1.0], [2.0], [2.0], [5.0], [5.0]]), [3, 2])
    _, backward = Pooling(["max"], 1).forward(batch)
    d_batch = backward(np.ones((2, 1)))
    assert [d[:, 0].tolist() for d in d_batch.unpack()] == [[0, 1, 0], [1, 0]]


@pytest.mark.parametrize("lengths", [[], [0], [0, 0], [2, 0, 3]])
def test_empty_sequences_give_zeros(lengths: Any) -> None:
    rng = np.random.default_rng(0)
    batch = random_batch(rng, lengths, 2, np.float32)
    pooling = Pooling(POOLINGS, 2, rng=rng)
    pooled, backward = pooling.forward(batch)
    d_batch = backward(np.ones_like(pooled))
    assert pooled.shape == (len(lengths), 8)
    assert pooled.dtype == d_batch.data.dtype == np.float32
    assert not pooled[np.array(lengths, int) == 0].any()
    assert d_batch.data.shape == batch.data.shape


def test_great_scores_do_not_overflow() -> None:
    layer = AttentionPooling(1, rng=np.random.default_rng(0))
    layer.w.value[:] = 1
    layer.query.value[:] = 1e4
    pooled, _ = layer.forward(pack_flat(np.array([[5.0], [-5.0]], np.float32), [2]))
    assert pooled.tolist() == [[5.0]]


def test_mistakes_are_named() -> None:
    for names in ([], ["sum"], ["max", "max"]):
        with pytest.raises(ValueError, match="one or more of last, max, mean, attention"):
            Pooling(names, 2)
    with pytest.raises(ValueError, match="rng"):
        Pooling(["attention"], 2)
    batch = pack_flat(np.ones((1, 3)), [1])
    with pytest.raises(ValueError, match="even number of features, found 3"):
        Pooling(["last"], 3, bidirectional=True).forward(batch)
