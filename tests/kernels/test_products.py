"""Products in blocks equal plain ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.kernels.products import RepeatedProduct, TallProduct, block_width
from tests.strategies import rngs


@given(
    rng=rngs(),
    rows=st.integers(1, 40),
    inner=st.sampled_from([1, 7, 200, 700]),
    units=st.sampled_from([1, 15, 16, 64, 65, 130, 650]),
    gates=st.integers(1, 3),
)
def test_repeated_product_equals_plain_ones(
    rng: np.random.Generator, rows: int, inner: int, units: int, gates: int
) -> None:
    matrix = rng.normal(size=(inner, gates * units))
    product = RepeatedProduct(matrix, rows, gates)
    parts = np.split(matrix, gates, axis=1)
    for n in {rows, max(1, rows // 2), 1}:
        a = rng.normal(size=(n, inner))
        room = np.full((gates + 1, n + 2, units), np.nan)
        product(a, room[:gates, 1:-1])
        np.testing.assert_allclose(room[:gates, 1:-1], [a @ part for part in parts], atol=1e-9)
        assert np.isnan(room[-1]).all()
        assert np.isnan(room[:, [0, -1]]).all()


@pytest.mark.parametrize("rows", [0, 1, 100, 384, 1000])
@pytest.mark.parametrize(("inner", "columns"), [(200, 200), (512, 100), (800, 31), (3000, 40)])
def test_tall_product_equals_a_plain_one(rows: int, inner: int, columns: int) -> None:
    rng = np.random.default_rng(0)
    wide, matrix = rng.normal(size=(rows, inner + 3)), rng.normal(size=(columns, inner)).T
    for a in (wide[:, :inner], wide[:, 3:], np.ascontiguousarray(wide[:, 2:-1])):
        product, out = TallProduct(matrix), np.full((rows, columns), np.nan)
        product(a, out)
        np.testing.assert_allclose(out, a @ matrix, atol=1e-9)


@pytest.mark.parametrize(
    ("rows", "inner", "columns", "width"),
    [
        (20, 200, 100, 100),
        (20, 200, 200, 64),
        (20, 200, 800, 64),
        (20, 800, 200, 32),
        (20, 2600, 650, 16),
        (64, 1024, 256, 256),
        (2, 3000, 1000, 64),
        (20, 200, 10, 10),
    ],
)
def test_widths(rows: int, inner: int, columns: int, width: int) -> None:
    assert block_width(rows, inner, columns) == width
