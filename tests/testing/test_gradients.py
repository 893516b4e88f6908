"""The gradient checks find what is wrong, and pass what is right."""

from typing import Any

import numpy as np
import pytest

from seqkit.layers.linear import Linear
from seqkit.layers.recurrent import GRU
from seqkit.parameters import Parameter
from seqkit.testing.gradients import (
    central_difference_gradient,
    check_gradients,
    check_layer_gradients,
    check_recurrent_layer,
    complex_step_gradient,
    gradient_error,
)
from tests.strategies import random_batch


def cubes(x: Any) -> Any:
    return (x**3).sum()


def test_numeric_gradients() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3))
    np.testing.assert_allclose(complex_step_gradient(cubes, x), 3 * x**2, rtol=1e-14)
    np.testing.assert_allclose(central_difference_gradient(cubes, x), 3 * x**2, rtol=1e-7)


@pytest.mark.parametrize("method", ["complex", "central"])
@pytest.mark.parametrize("entries", [0, 200])
def test_a_right_gradient_passes_and_a_wrong_one_does_not(method: Any, entries: int) -> None:
    x, y = np.random.default_rng(1).normal(size=(2, 3, 4))

    def product(wrong: float) -> Any:
        return lambda x, y: (x * y, lambda d: (d * y, d * x * (1 + wrong)))

    assert check_gradients(product(0), [x, y], method=method, entries=entries) < 1e-8
    with pytest.raises(AssertionError, match=r"input 0 .*, input 1 [0-9.]+e-0[456]"):
        check_gradients(product(1e-5), [x, y], method=method, entries=entries)
    with pytest.raises(AssertionError, match="nan"):
        check_gradients(product(np.nan), [x, y], method=method, entries=entries)


def test_several_outputs_and_ids() -> None:
    table = np.random.default_rng(2).normal(size=(5, 2))
    ids = np.array([1, 3, 1])

    def lookup(table: Any, ids: Any) -> Any:
        def backward(d_rows: Any, d_total: Any) -> Any:
            d_table = np.zeros_like(table)
            np.add.at(d_table, ids, d_rows)
            return d_table + d_total, None

        return (table[ids], table.sum()), backward

    assert check_gradients(lookup, [table, ids]) < 1e-14


def test_a_gradient_of_another_shape_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"shape \(3,\), its gradient \(1,\)"):
        check_gradients(lambda x: (2 * x, lambda d: d[:1]), [np.ones(3)])


def test_layers() -> None:
    rng = np.random.default_rng(3)
    linear = Linear(3, 2, rng=rng, dtype=np.float64)
    assert check_layer_gradients(linear, rng.normal(size=(4, 3))) < 1e-12
    gru = GRU(3, 2, rng=rng, dtype=np.float64)
    assert check_recurrent_layer(gru, random_batch(rng, [2, 0, 1], 3), method="central") < 1e-7
    with pytest.raises(ValueError, match=r"w: float32.*dtype=np\.float64"):
        check_layer_gradients(Linear(3, 2, rng=rng), rng.normal(size=(4, 3)))


def test_parameters_of_a_model_are_restored() -> None:
    parameter = Parameter(np.array([1.0, 2.0]))
    value = parameter.value
    parameter.grad += 2 * value
    errors = gradient_error(lambda: (parameter.value**2).sum(), [("w", parameter)])
    assert errors == {"w": 0.0}
    assert parameter.value is value
    parameter.grad[0] += 1
    assert gradient_error(lambda: (parameter.value**2).sum(), [("w", parameter)])["w"] > 0.1
