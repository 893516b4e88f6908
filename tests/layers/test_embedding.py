"""Lookup, word dropout and row-sparse gradients."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.layers.embedding import Embedding
from seqkit.parameters import Parameter
from seqkit.testing.gradients import check_layer_gradients
from tests.strategies import rngs, sizes


@given(rngs(), st.integers(0, 40), st.integers(1, 9), sizes(), st.sampled_from([None, 0]))
def test_gradients(
    rng: np.random.Generator, tokens: int, rows: Any, features: int, unknown: Any
) -> None:
    layer = Embedding(rows, features, rng=rng, dtype=np.float64, word_dropout=0.4, unknown=unknown)
    ids = rng.integers(0, rows, tokens)
    for train in (False, True):
        check_layer_gradients(layer, ids, train=train, seed=3)


def test_only_the_rows_that_were_looked_up_get_gradients() -> None:
    layer = Embedding(100, 2, rng=np.random.default_rng(0))
    y, backward = layer.forward(np.array([7, 3, 7]))
    assert y.dtype == np.float32
    assert backward(np.ones_like(y)) is None
    ids, rows = layer.table.sparse_rows()
    assert ids.tolist() == [3, 7]
    assert rows.tolist() == [[1, 1], [2, 2]]


def test_a_frozen_table_gets_no_gradient() -> None:
    vectors = np.arange(6.0).reshape(3, 2)
    layer = Embedding(3, 2, table=vectors, trainable=False, dtype=np.float64)
    y, backward = layer.forward(np.array([2, 0]))
    backward(y)
    assert not layer.table.has_grad
    layer.table.value[:] = 0
    assert vectors.any()


def test_word_dropout_reads_the_unknown_row() -> None:
    layer = Embedding(5, 2, rng=np.random.default_rng(0), word_dropout=0.3, unknown=4)
    ids = np.zeros(20_000, int)
    y, _ = layer.forward(ids, train=True, rng=np.random.default_rng(1))
    hidden = (y == layer.table.value[4]).all(axis=1)
    assert abs(hidden.mean() - 0.3) < 0.02
    assert (y[~hidden] == layer.table.value[0]).all()


def test_word_dropout_without_unknown_keeps_the_mean() -> None:
    layer = Embedding(5, 2, rng=np.random.default_rng(0), word_dropout=0.3)
    y, _ = layer.forward(np.zeros(20_000, int), train=True, rng=np.random.default_rng(1))
    dropped = ~y.any(axis=1)
    assert abs(dropped.mean() - 0.3) < 0.02
    np.testing.assert_allclose(y[~dropped] * 0.7, np.tile(layer.table.value[0], (sum(~dropped), 1)))


@pytest.mark.parametrize("dtype", ["i1", "u2", ">i4", "<i8", ">i8", ">u8"])
def test_ids_are_whole_numbers_of_any_kind(dtype: str) -> None:
    layer = Embedding(5, 2, rng=np.random.default_rng(0))
    found, _ = layer.forward(np.array([4, 0, 9, 3], dtype)[::-1][[0, 2, 3]])
    np.testing.assert_array_equal(found, layer.table.value[[3, 0, 4]])
    with pytest.raises(IndexError, match=r"0 .. 4, found \[5\]"):
        layer.forward(np.array([1, 5], dtype))
    if "i" in dtype:
        with pytest.raises(IndexError, match=r"0 .. 4, found \[-1\]"):
            layer.forward(np.array([1, -1], dtype))


def test_mistakes_are_named() -> None:
    rng = np.random.default_rng(0)
    layer = Embedding(5, 2, rng=rng, word_dropout=0.5)
    with pytest.raises(IndexError, match=r"0 .. 4, found \[-1, 5\]"):
        layer.forward(np.array([-1, 3, 5]))
    with pytest.raises(TypeError, match="ids must be whole numbers, found float64"):
        layer.forward(np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="rng"):
        layer.forward(np.array([1]), train=True)
    with pytest.raises(ValueError, match="rng"):
        Embedding(5, 2)
    with pytest.raises(ValueError, match=r"\(5, 2\), found \(4, 2\)"):
        Embedding(5, 2, table=Parameter(np.ones((4, 2))))
    with pytest.raises(ValueError, match="unknown"):
        Embedding(5, 2, rng=rng, unknown=5)
