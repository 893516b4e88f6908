"""Clipping by norm and by value, dense and row-sparse."""

import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.arrays import DTypeLike
from seqkit.errors import SeqkitError
from seqkit.kernels.threads import use_threads
from seqkit.optim import (
    NonFiniteGradientError,
    clip_by_norm,
    clip_by_value,
    clipping,
    gradient_norm,
)
from seqkit.parameters import Parameter
from tests.strategies import rngs


def some_parameters(rng: np.random.Generator, dtype: DTypeLike = np.float64) -> Any:
    dense, sparse = Parameter(np.zeros((3, 2), dtype)), Parameter(np.zeros((5, 2), dtype))
    dense.grad += rng.normal(size=(3, 2)).astype(dtype)
    sparse.add_rows(np.array([4, 1, 4]), rng.normal(size=(3, 2)).astype(dtype))
    idle, frozen = Parameter(np.zeros(2, dtype)), Parameter(np.zeros(2, dtype), trainable=False)
    frozen.grad += 1e9
    return [("dense", dense), ("sparse", sparse), ("tied", dense), ("idle", idle), ("f", frozen)]


def whole(named: Any) -> Any:
    """The gradients that count, end to end."""
    return np.concatenate([named[i][1].grad.ravel() for i in (0, 1)])


def test_the_number_of_threads_does_not_change_the_norm() -> None:
    rng = np.random.default_rng(2)
    parameters = [Parameter(np.zeros((900, 700), np.float32)) for _ in range(3)]
    for parameter in parameters:
        parameter.add_grad(rng.normal(size=(900, 700)).astype(np.float32))
    named = [(str(number), parameter) for number, parameter in enumerate(parameters)]
    norms = set()
    for threads in (1, 2):
        with use_threads(threads):
            norms.add(gradient_norm(named))
    (norm,) = norms
    exact = math.sqrt(sum(float(np.square(p.grad, dtype=np.float64).sum()) for p in parameters))
    assert norm == pytest.approx(exact, rel=1e-12)


@given(rngs(), st.floats(0.01, 10))
def test_by_norm(rng: np.random.Generator, limit: float) -> None:
    seed = int(rng.integers(2**31))
    before = whole(some_parameters(np.random.default_rng(seed)))
    named = some_parameters(np.random.default_rng(seed))
    norm, clipped = clip_by_norm(named, limit)
    assert named[1][1].sparse_rows() is not None
    assert math.isclose(norm, np.linalg.norm(before))
    assert clipped == (norm > limit)
    np.testing.assert_allclose(whole(named), before * min(1, limit / norm))


@given(rngs(), st.floats(0.01, 10))
def test_by_value(rng: np.random.Generator, limit: float) -> None:
    seed = int(rng.integers(2**31))
    before = whole(some_parameters(np.random.default_rng(seed)))
    named = some_parameters(np.random.default_rng(seed))
    norm, clipped = clip_by_value(named, limit)
    assert named[1][1].sparse_rows() is not None
    assert math.isclose(norm, np.linalg.norm(before))
    assert clipped == bool((np.abs(before) > limit).any())
    np.testing.assert_array_equal(whole(named), np.clip(before, -limit, limit))


def test_the_norm_is_added_up_in_double_precision() -> None:
    many = Parameter(np.zeros(3_000_000, np.float32))
    many.grad += np.float32(0.1)
    expected = math.sqrt(3_000_000) * float(np.float32(0.1))
    assert math.isclose(gradient_norm([("w", many)]), expected, rel_tol=1e-12)
    huge = Parameter(np.zeros(2, np.float32))
    huge.grad += np.float32(1e30)
    assert math.isclose(clip_by_norm([("w", huge)], 1.0).norm, 1e30 * math.sqrt(2), rel_tol=1e-6)
    np.testing.assert_allclose(huge.grad, math.sqrt(0.5), rtol=1e-6)


def test_a_norm_that_is_known_is_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    named = some_parameters(np.random.default_rng(0))
    before = whole(named)
    norm = gradient_norm(named)
    monkeypatch.setattr(clipping, "gradient_norm", None)
    assert clip_by_norm(named, norm / 2, norm=norm) == (norm, True)
    np.testing.assert_allclose(whole(named), before / 2)
    assert clip_by_value(named, 1e9, norm=norm) == (norm, False)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
def test_gradients_that_are_no_numbers_are_named(bad: Any, clip: Any) -> None:
    named = some_parameters(np.random.default_rng(0))
    before = named[0][1].grad.copy()
    named[1][1].add_rows(np.array([0]), np.array([[bad, 0.0]]))
    with pytest.raises(
        NonFiniteGradientError, match=r"gradient of sparse is not finite \(norm (inf|nan)\)"
    ):
        clip(named, 0.01)
    np.testing.assert_array_equal(named[0][1].grad, before)


def test_the_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(NonFiniteGradientError("w", math.inf)))
    assert isinstance(error, SeqkitError)
    assert (error.parameter, error.norm) == ("w", math.inf)


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
def test_nothing_to_clip_and_no_limit(clip: Any) -> None:
    assert clip([], 1.0) == (0.0, False)
    for limit in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="above 0"):
            clip([], limit)
