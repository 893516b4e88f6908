"""Gradients that add, dense and row-sparse; initialisers."""

import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import UserError
from seqkit.kernels.compiled import use_compiled
from seqkit.optim import create_optimizer
from seqkit.parameters import (
    Parameter,
    glorot_uniform,
    normal,
    orthogonal,
    sum_repeated_rows,
    undrawn,
    uniform,
    unique_parameters,
    zeros,
)
from tests.strategies import rngs


def dense_rows(ids: Any, rows: Any, count: int) -> Any:
    total = np.zeros((count, rows.shape[1]))
    for i, row in zip(ids, rows, strict=True):
        total[i] += row
    return total


@given(rngs(), st.integers(0, 60), st.sampled_from([1, 2, 9]))
def test_repeated_rows_are_summed(rng: np.random.Generator, tokens: int, count: int) -> None:
    ids, rows = rng.integers(0, count, tokens), rng.normal(size=(tokens, 3))
    if not tokens:
        return
    distinct, sums = sum_repeated_rows(ids, rows)
    assert distinct.tolist() == sorted(set(ids.tolist()))
    np.testing.assert_allclose(sums, dense_rows(ids, rows, count)[distinct], atol=1e-12)


def test_unsigned_ids_are_summed() -> None:
    distinct, sums = sum_repeated_rows(np.array([3, 0, 3], np.uint16), np.ones((3, 1)))
    assert distinct.tolist() == [0, 3]
    assert sums.tolist() == [[1.0], [2.0]]


@given(rngs())
def test_sparse_and_dense_pieces_add_up_in_any_order(rng: np.random.Generator) -> None:
    parameter = Parameter(np.zeros((5, 2)))
    expected = np.zeros((5, 2))
    for kind in rng.integers(0, 3, 6):
        ids, rows = rng.integers(0, 5, 4), rng.normal(size=(4, 2))
        piece = rng.normal(size=(5, 2))
        if kind == 0:
            parameter.add_rows(ids, rows)
            expected += dense_rows(ids, rows, 5)
        elif kind == 1:
            parameter.grad += piece
            expected += piece
        else:
            parameter.add_product(np.eye(5), piece)
            expected += piece
    np.testing.assert_allclose(parameter.grad, expected, atol=1e-12)


def test_rows_stay_sparse_until_the_gradient_is_read() -> None:
    parameter = Parameter(np.zeros((4, 2)))
    parameter.add_rows(np.array([2, 0, 2]), np.ones((3, 2)))
    parameter.add_rows(np.array([3, 2]), np.ones((2, 2)))
    ids, rows = parameter.sparse_rows()
    assert ids.tolist() == [0, 2, 3]
    assert rows[:, 0].tolist() == [1.0, 3.0, 1.0]
    assert parameter.grad[:, 0].tolist() == [1.0, 0.0, 3.0, 1.0]
    assert parameter.sparse_rows() is None


def test_rows_belong_to_the_parameter() -> None:
    parameter, rows = Parameter(np.zeros((2, 2))), np.ones((1, 2))
    parameter.add_rows(np.array([1]), rows)
    rows[:] = 7
    parameter.scale_grad(0.5)
    assert rows.tolist() == [[7, 7]]
    assert parameter.grad.tolist() == [[0, 0], [0.5, 0.5]]


def test_zeroing_forgets_and_keeps_the_memory() -> None:
    parameter = Parameter(np.ones((2, 2)))
    assert not parameter.has_grad
    parameter.grad += 1
    memory = parameter.grad
    parameter.zero_grad()
    assert not parameter.has_grad
    assert parameter.grad is memory
    assert not memory.any()
    parameter.zero_grad()
    parameter.add_rows(np.array([0]), np.ones((1, 2)))
    assert parameter.has_grad
    parameter.zero_grad()
    assert not parameter.grad.any()


@pytest.mark.parametrize("compiled", [False, True])
def test_no_rows_have_no_sums(compiled: bool) -> None:
    with use_compiled(compiled):
        ids, sums = sum_repeated_rows(np.array([], np.int64), np.ones((0, 3), np.float32))
    assert (ids.shape, sums.shape) == ((0,), (0, 3))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_rows_are_updated_whatever_the_ids_are(optimizer: str, compiled: bool) -> None:
    found = []
    for dtype in (np.int64, np.int32, np.uint8):
        parameter = Parameter(np.ones((4, 2), np.float32))
        with use_compiled(compiled):
            parameter.add_rows(np.array([2, 0, 2], dtype), np.ones((3, 2), np.float32))
            create_optimizer(optimizer, [("w", parameter)], learning_rate=0.1).step()
        found.append(parameter.value)
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])


def test_empty_rows_leave_no_gradient() -> None:
    parameter = Parameter(np.ones((2, 2)))
    parameter.add_rows(np.array([], int), np.ones((0, 2)))
    assert not parameter.has_grad


def test_a_gradient_may_be_set_but_not_with_another_shape() -> None:
    parameter = Parameter(np.ones((2, 2), np.float32))
    mine = np.full((2, 2), 3.0)
    parameter.grad = mine
    parameter.grad += 1
    assert parameter.grad.dtype == np.float32
    assert mine.max() == 3.0
    with pytest.raises(ValueError, match="shape"):
        parameter.grad = np.ones(2)


@pytest.mark.parametrize("sparse", [True, False])
def test_scaling(sparse: bool) -> None:
    parameter = Parameter(np.zeros((3, 1)))
    if sparse:
        parameter.add_rows(np.array([1]), np.ones((1, 1)))
    else:
        parameter.grad[1] = 1.0
    parameter.scale_grad(0.25)
    assert (parameter.sparse_rows() is not None) == sparse
    assert parameter.grad[:, 0].tolist() == [0, 0.25, 0]


def test_tied_parameters_come_once_and_equal_ones_twice() -> None:
    one, other = Parameter(np.ones(2)), Parameter(np.ones(2))
    named = [("a", one), ("b", other), ("c", one)]
    assert [name for name, _ in unique_parameters(named)] == ["a", "b"]


def test_initialisers() -> None:
    rng = np.random.default_rng(0)
    assert not zeros((2, 3), rng).any()
    assert np.abs(uniform(0.1)((50, 50), rng)).max() <= 0.1
    assert abs(normal(2.0)((100, 100), rng).std() - 2.0) < 0.1
    glorot = glorot_uniform((300, 100), rng)
    assert abs(glorot.var() - 2 / 400) < 2e-4
    for shape in ((5, 3), (3, 5)):
        q = orthogonal(shape, rng)
        small = q.T @ q if shape[0] > shape[1] else q @ q.T
        np.testing.assert_allclose(small, np.eye(3), atol=1e-12)


def test_both_precisions_draw_the_same_values() -> None:
    single, double = (
        Parameter.draw((3, 4), uniform(1.0), np.random.default_rng(1), dtype)
        for dtype in (np.float32, np.float64)
    )
    np.testing.assert_array_equal(single.value, double.value.astype(np.float32))


def test_undrawn_parameters_are_zeros_and_leave_the_generator_alone() -> None:
    rng = np.random.default_rng(3)
    with undrawn(100):
        parameter = Parameter.draw((2, 3), orthogonal, rng)
    np.testing.assert_array_equal(parameter.value, np.zeros((2, 3), np.float32))
    assert parameter.value.dtype == np.float32
    assert rng.random() == np.random.default_rng(3).random()
    assert Parameter.draw((2, 3), orthogonal, rng).value.any()


def test_far_more_undrawn_numbers_than_expected_are_refused() -> None:
    rng = np.random.default_rng(3)
    with undrawn(100), pytest.raises(UserError, match="more weights than the 100 it has"):
        Parameter.draw((10**6, 10**6), orthogonal, rng)


@pytest.mark.parametrize("rng", [0, None, np.random.RandomState(0)])
def test_weights_are_drawn_by_a_generator(rng: Any) -> None:
    with pytest.raises(TypeError, match=r"rng must be numpy\.random\.default_rng\(SEED\), found"):
        Parameter.draw((2, 3), normal(1.0), rng)


def test_gradients_add_whether_the_first_is_copied_or_not() -> None:
    parameter = Parameter(np.zeros((2, 3), np.float32))
    for _ in range(2):
        parameter.zero_grad()
        parameter.add_grad(np.full((2, 3), 2.0))
        parameter.add_grad(np.ones((2, 3)))
        parameter.add_rows(np.array([1]), np.ones((1, 3), np.float32))
        np.testing.assert_array_equal(parameter.grad, [[3, 3, 3], [4, 4, 4]])


def test_a_gradient_that_is_given_away_is_not_copied() -> None:
    parameter = Parameter(np.zeros((2, 3), np.float32))
    for _ in range(2):
        parameter.zero_grad()
        gradient = np.full((2, 3), 2.0, np.float32)
        parameter.add_grad(gradient, given=True)
        assert parameter.grad is gradient
        parameter.add_grad(np.ones((2, 3), np.float32), given=True)
        np.testing.assert_array_equal(parameter.grad, np.full((2, 3), 3.0))


def test_the_memory_of_a_gradient_that_was_given_away_goes_with_the_step() -> None:
    parameter = Parameter(np.zeros((2, 3), np.float32))
    gradient = np.ones((2, 3), np.float32)
    alive = weakref.ref(gradient)
    parameter.add_grad(gradient, given=True)
    del gradient
    assert alive() is not None
    parameter.zero_grad()
    assert alive() is None
    assert not parameter.has_grad
    np.testing.assert_array_equal(parameter.grad, np.zeros((2, 3)))


@pytest.mark.parametrize("gradient", [np.ones((2, 3)), np.ones((3, 2), np.float32).T])
def test_a_gradient_of_another_kind_is_copied_though_given(gradient: np.ndarray) -> None:
    parameter = Parameter(np.zeros((2, 3), np.float32))
    parameter.add_grad(gradient, given=True)
    assert parameter.grad.dtype == np.float32
    assert parameter.grad.flags.c_contiguous
    np.testing.assert_array_equal(parameter.grad, gradient)


def test_a_gradients_memory_is_lent_until_there_is_a_gradient() -> None:
    parameter = Parameter(np.zeros((2, 3), np.float32))
    loan = parameter.lend_grad()
    assert loan is not None
    assert loan.memory.shape == (2, 3)
    parameter.add_rows(np.array([1]), np.ones((1, 3), np.float32))  # these stand apart
    assert loan.valid
    assert parameter.sparse_rows() is not None
    parameter.add_grad(np.ones((2, 3), np.float32))
    assert not loan.valid
    assert parameter.lend_grad() is None
    np.testing.assert_array_equal(parameter.grad, [[1, 1, 1], [2, 2, 2]])


def test_a_new_loan_ends_the_one_before() -> None:
    parameter = Parameter(np.zeros((2, 3), np.float32))
    first, second = parameter.lend_grad(), parameter.lend_grad()
    assert first is not None
    assert second is not None
    assert not first.valid
    assert second.valid
    parameter.zero_grad()
    assert second.valid
