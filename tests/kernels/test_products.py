"""Products in blocks of columns equal plain ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.kernels.products import RepeatedProduct, block_width
from tests.strategies import rngs


@given(
    rng=rngs(),
    rows=st.integers(1, 40),
    inner=st.sampled_from([1, 7, 200, 700]),
    columns=st.sampled_from([1, 15, 16, 64, 65, 130, 650]),
)
def test_equals_a_plain_product(
    rng: np.random.Generator, rows: int, inner: int, columns: int
) -> None:
    matrix = rng.normal(size=(inner, columns))
    product = RepeatedProduct(matrix, rows)
    for n in {rows, max(1, rows // 2), 1}:
        a, out = rng.normal(size=(n, inner)), np.full((n, columns), np.nan)
        product(a, out)
        np.testing.assert_allclose(out, a @ matrix, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("rows", "inner", "columns", "width"),
    [
        (20, 200, 200, 200),
        (20, 200, 800, 64),
        (20, 800, 200, 32),
        (20, 2600, 650, 16),
        (64, 1024, 256, 256),
        (1, 3000, 1000, 1000),
    ],
)
def test_widths(rows: int, inner: int, columns: int, width: int) -> None:
    assert block_width(rows, inner, columns) == width
