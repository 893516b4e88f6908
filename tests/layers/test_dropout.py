"""Dropout of values, of features for a whole sequence, and of tokens."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from seqkit.arrays import DTypeLike
from seqkit.layers.dropout import Dropout, LockedDropout, WordDropout
from seqkit.sequences import PackedSequence, pack_flat
from seqkit.testing.gradients import check_gradients, check_layer_gradients
from tests.strategies import batches, rngs

LAYERS = [Dropout, WordDropout]


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_share_mean_and_precision(kind: Any, dtype: DTypeLike) -> None:
    x = np.ones((20_000, 3), dtype)
    y, _ = kind(0.25).forward(x, train=True, rng=np.random.default_rng(0))
    assert y.dtype == dtype
    assert abs((y == 0).mean() - 0.25) < 0.01
    np.testing.assert_allclose(y[y != 0], 1 / 0.75, rtol=1e-6)
    whole_rows = ((y == 0).sum(axis=1) % 3 == 0).all()
    assert whole_rows == (kind is WordDropout)


@pytest.mark.parametrize("kind", LAYERS)
@given(batches(4))
def test_flat_gradients(kind: Any, batch: PackedSequence) -> None:
    check_layer_gradients(kind(0.4), batch.data, train=True, seed=1)


@given(batches(4))
def test_locked_gradients(batch: PackedSequence) -> None:
    layer = LockedDropout(0.4)

    def function(x: Any) -> Any:
        y, backward = layer.forward(batch.with_data(x), train=True, rng=np.random.default_rng(5))
        return y.data, lambda d_y: backward(batch.with_data(d_y)).data

    check_gradients(function, [batch.data])


@given(batches(8, min_length=1), rngs())
def test_one_mask_for_each_sequence(batch: PackedSequence, rng: np.random.Generator) -> None:
    y, _ = LockedDropout(0.5).forward(
        batch.with_data(np.ones_like(batch.data)), train=True, rng=rng
    )
    for sequence in y.unpack():
        assert (sequence == sequence[0]).all()


def test_masks_do_not_depend_on_the_packing() -> None:
    data = np.ones((6, 5))
    (first, *_), (other, *_) = (
        LockedDropout(0.5).forward(
            pack_flat(data, lengths), train=True, rng=np.random.default_rng(0)
        )
        for lengths in ([1, 5], [5, 1])
    )
    assert (first.unpack()[0][0] == other.unpack()[0][0]).all()


@pytest.mark.parametrize("kind", LAYERS)
def test_nothing_is_drawn_where_nothing_is_dropped(kind: Any) -> None:
    x, rng = np.ones((3, 2)), np.random.default_rng(0)
    before = rng.bit_generator.state
    for layer, train in ((kind(0.0), True), (kind(0.5), False)):
        y, backward = layer.forward(x, train=train, rng=rng)
        assert y is x
        assert backward(x) is x
    assert rng.bit_generator.state == before
    batch = pack_flat(x, [3])
    assert LockedDropout(0.0).forward(batch, train=True)[0] is batch
    assert not list(kind(0.5).parameters())


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match=r"below 1, found 1\.0"):
        Dropout(1.0)
    with pytest.raises(ValueError, match="Dropout needs rng"):
        Dropout(0.5).forward(np.ones((1, 1)), train=True)
