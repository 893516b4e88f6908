"""Arrays that begin where a line of the cache does."""

import pickle

import numpy as np
import pytest

from seqkit.arrays import LINE, aligned_empty, aligned_zeros
from seqkit.kernels.spare import Spare
from seqkit.parameters import Parameter, uniform, zeros


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 5), (2, 0, 4), (100, 7)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128, np.uint8])
def test_they_are_like_others(shape: tuple[int, ...], dtype: type) -> None:
    array = aligned_zeros(shape, dtype)
    assert array.shape == shape
    assert array.dtype == dtype
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert not array.any()
    assert aligned_empty(shape, dtype).shape == shape
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(array)), array)


@pytest.mark.parametrize("size", [1, 15, 16, 1000, 10**6])
def test_they_begin_with_a_line(size: int) -> None:
    for _ in range(5):
        assert aligned_empty((size,), np.float32).ctypes.data % LINE == 0
        assert Spare().lend((size,)).ctypes.data % LINE == 0


def test_weights_and_their_gradients_do() -> None:
    parameter = Parameter.draw((7, 9), uniform(1.0), np.random.default_rng(0))
    assert parameter.value.ctypes.data % LINE == 0
    assert parameter.grad.ctypes.data % LINE == 0


def test_drawn_values_are_rounded_from_float64() -> None:
    drawn = np.random.default_rng(3).uniform(-1, 1, (4, 5))
    found = Parameter.draw((4, 5), uniform(1.0), np.random.default_rng(3)).value
    np.testing.assert_array_equal(found, drawn.astype(np.float32))
    assert Parameter.draw((2,), zeros, np.random.default_rng(0), np.float64).value.dtype == "f8"
