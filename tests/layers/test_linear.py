"""The affine layer and its tied form."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.layers.embedding import Embedding
from seqkit.layers.linear import Linear, TiedLinear
from seqkit.parameters import Parameter
from seqkit.testing.gradients import check_gradients, check_layer_gradients
from tests.strategies import rngs, sizes


@given(rngs(), st.integers(0, 9), sizes(), sizes(), st.booleans(), st.booleans())
def test_gradients(
    rng: np.random.Generator, tokens: int, features: int, outputs: int, bias: bool, transposed: bool
) -> None:
    layer = Linear(features, outputs, bias=bias, transposed=transposed, rng=rng, dtype=np.float64)
    x = rng.normal(size=(tokens, features))
    y, _ = layer.forward(x)
    w = layer.w.value.T if transposed else layer.w.value
    np.testing.assert_allclose(y, x @ w)
    assert dict(layer.parameters()).keys() == ({"w", "bias"} if bias else {"w"})
    check_layer_gradients(layer, x)


def test_precision_is_kept_and_gradients_add() -> None:
    rng = np.random.default_rng(0)
    layer = Linear(3, 2, rng=rng)
    x = rng.normal(size=(4, 3)).astype(np.float32)
    y, backward = layer.forward(x)
    d_x = backward(np.ones_like(y))
    once = layer.w.grad.copy()
    backward(np.ones_like(y))
    assert y.dtype == d_x.dtype == layer.bias.grad.dtype == np.float32
    np.testing.assert_array_equal(layer.w.grad, 2 * once)


def test_a_tied_layer_shares_one_gradient_with_the_embedding() -> None:
    rng = np.random.default_rng(0)
    embedding = Embedding(7, 3, rng=rng, dtype=np.float64)
    output = TiedLinear(embedding.table)
    ids = np.array([1, 1, 6])

    def both() -> Any:
        x, back_embedding = embedding.forward(ids)
        y, back_output = output.forward(x)
        return y, lambda d_y: (back_embedding(back_output(d_y)), ())[1]

    assert output.w is embedding.table
    check_gradients(both, [], [("table", embedding.table), ("bias", output.bias)])


def test_mistakes_are_named() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"\(2, 3\), found \(3, 2\)"):
        Linear(3, 2, w=Parameter(np.ones((3, 2))), transposed=True)
    with pytest.raises(ValueError, match="rng"):
        Linear(3, 2)
    with pytest.raises(ValueError, match="reads 3 features, found 4"):
        Linear(3, 2, rng=rng).forward(np.ones((1, 4)))
