"""Compiled products equal plain ones, however the matrices lie and whatever they are cut into."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.arrays import Array
from seqkit.kernels import dispatch
from seqkit.kernels.compiled import Compiled, compiled, missing, use_compiled
from seqkit.kernels.compiled_product import matmul, product, right_side
from seqkit.kernels.panels import panels
from seqkit.kernels.products import RepeatedProduct, TallProduct
from seqkit.kernels.threads import use_threads
from tests.kernels.test_agreement import everything, problem
from tests.strategies import rngs

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

COUNTS = st.sampled_from([1, 2, 5, 6, 7, 13, 16, 33, 64, 65, 100, 130, 400])
DEPTHS = st.sampled_from([1, 2, 31, 128, 511, 512, 513, 1100])


def whole(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """Draw numbers whose sums are exact in float32, in whatever order they are added."""
    return rng.integers(-8, 9, (rows, columns)).astype(np.float32)


def drawn(rng: np.random.Generator, rows: int, columns: int) -> Array:
    return rng.standard_normal((rows, columns), np.float32)


def lying(matrix: Array, how: str) -> Array:
    """Return the same numbers, lying in another way."""
    rows, columns = matrix.shape
    if how == "turned":
        return np.asfortranarray(matrix)
    if how == "part":
        room = np.full((rows, columns + 5), np.nan, np.float32)
        room[:, 2:-3] = matrix
        return room[:, 2:-3]
    if how == "every other":
        room = np.full((rows, 2 * columns), np.nan, np.float32)
        room[:, ::2] = matrix
        return room[:, ::2]
    return matrix


WAYS = st.sampled_from(["in rows", "turned", "part", "every other"])


@given(rng=rngs(), rows=COUNTS, inner=DEPTHS, columns=COUNTS, left=WAYS, right=WAYS)
def test_a_product_is_exact_on_whole_numbers(
    rng: np.random.Generator, rows: int, inner: int, columns: int, left: str, right: str
) -> None:
    a, b = whole(rng, rows, inner), whole(rng, inner, columns)
    room = np.full((rows + 2, columns + 9), np.nan, np.float32)
    out = room[1:-1, 4:-5]
    with use_compiled():
        matmul(lying(a, left), lying(b, right), out)
        np.testing.assert_array_equal(out, a @ b)
        matmul(lying(a, left), lying(b, right), out, add=True)
        np.testing.assert_array_equal(out, 2 * (a @ b))
    assert np.isnan(room[[0, -1]]).all()
    assert np.isnan(room[:, :4]).all()
    assert np.isnan(room[:, -5:]).all()


@given(rng=rngs(), rows=COUNTS, inner=DEPTHS, columns=COUNTS)
def test_a_number_does_not_depend_on_where_rows_and_columns_are_cut(
    rng: np.random.Generator, rows: int, inner: int, columns: int
) -> None:
    a, b = drawn(rng, rows, inner), drawn(rng, inner, columns)
    with use_compiled():
        found = loaded()
        together = product(found, a, b)
        for r in {0, rows // 2, rows - 1}:
            for c in {0, columns // 3, columns - 1}:
                alone = product(found, a[r : r + 1], b[:, c : c + 1])
                assert alone[0, 0] == together[r, c]


@given(rng=rngs(), rows=COUNTS, inner=DEPTHS, columns=COUNTS)
def test_panels_give_what_rows_give(
    rng: np.random.Generator, rows: int, inner: int, columns: int
) -> None:
    a, b = drawn(rng, rows, inner), drawn(rng, inner, columns)
    with use_compiled():
        found = loaded()
        laid = panels(found, b, into=np.empty(b.size, np.float32))
        laid.unwritten(alone=False)
        as_panels = np.empty((rows, columns), np.float32)
        multiply_panels(found, a, laid.numbers, as_panels)
        np.testing.assert_array_equal(as_panels, product(found, a, b))


def multiply_panels(found: Compiled, a: Array, numbers: Array, out: Array) -> None:
    """Call what compiled code calls, by the same address."""
    import ctypes

    sizes = [ctypes.c_int64] * 3
    places = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64]
    kind = ctypes.CFUNCTYPE(None, *sizes, *places, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    multiply = kind(found.multiply)
    rows, inner = a.shape
    columns = out.shape[1]
    multiply(
        *(rows, inner, columns, a.ctypes.data, inner, 1, numbers.ctypes.data, 0),
        *(out.ctypes.data, columns, 0),
    )


def loaded() -> Compiled:
    found = compiled()
    assert found is not None
    return found


@pytest.mark.parametrize("shape", [(700, 300, 500), (40, 4000, 900), (3000, 70, 64)])
def test_threads_do_not_change_a_byte_of_a_product(shape: tuple[int, int, int]) -> None:
    rows, inner, columns = shape
    rng = np.random.default_rng(0)
    a, b = drawn(rng, rows, inner), drawn(rng, inner, columns)
    found = []
    for threads in (1, 2, 5):
        with use_threads(threads), use_compiled():
            found.append(product(loaded(), a, b).tobytes())
    assert found[0] == found[1] == found[2]


def test_what_is_not_finite_stays_so() -> None:
    a, b = np.ones((7, 40), np.float32), np.ones((40, 70), np.float32)
    a[3, 5], a[6, 0], b[2, 69] = np.nan, np.inf, -np.inf
    with use_compiled():
        found = product(loaded(), a, b)
    with np.errstate(invalid="ignore"):
        plain = a @ b
    np.testing.assert_array_equal(np.isnan(found), np.isnan(plain))
    np.testing.assert_array_equal(np.isinf(found), np.isinf(plain))


def test_a_row_that_stands_for_many_is_no_panel() -> None:
    one = np.broadcast_to(np.arange(70, dtype=np.float32), (9, 70))
    with use_compiled():
        found = product(loaded(), np.ones((4, 9), np.float32), one)
    np.testing.assert_array_equal(found, np.ones((4, 9)) @ one)


def test_a_backward_pass_outside_of_the_block_gives_the_same() -> None:
    arguments: Any = problem("lstm", np.random.default_rng(3), [9, 9, 2], 20, 650, np.float32)
    with use_compiled():
        run = dispatch.lstm(*arguments, keep=True)
        inside = everything(run, np.ones_like(run.outputs), None)
        run = dispatch.lstm(*arguments, keep=True)
    outside = everything(run, np.ones_like(run.outputs), None)
    for ours, theirs in zip(outside, inside, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_right_matrix_that_lies_otherwise_is_refused() -> None:
    a, b = np.ones((3, 4), np.float32), np.ones((5, 4), np.float32).T
    with use_compiled():
        found = loaded()
    with pytest.raises(ValueError, match="in one piece"):
        found.code.product(found.multiply, a, b, np.empty((3, 5), np.float32), 0)


@pytest.mark.parametrize("gates", [1, 3])
def test_repeated_and_tall_products_are_compiled_where_they_may_be(gates: int) -> None:
    rng = np.random.default_rng(0)
    matrix = whole(rng, 30, 70 * gates)
    a = whole(rng, 400, 30)
    with use_compiled():
        out = np.empty((gates, 21, 70), np.float32)
        RepeatedProduct(matrix, 21, gates)(a[:21], out)
        np.testing.assert_array_equal(out, [a[:21] @ m for m in np.split(matrix, gates, axis=1)])
        tall = np.empty((400, 30), np.float32)
        TallProduct(matrix.T)(whole(rng, 400, 70 * gates), tall)
        with right_side(loaded(), matrix.T) as turned, right_side(loaded(), matrix) as same:
            assert turned.flags.c_contiguous
            assert same is matrix
        nothing = np.empty((0, 30), np.float32)
        TallProduct(matrix.T)(np.empty((0, 70 * gates), np.float32), nothing)


def test_other_numbers_than_float32_are_left_to_numpy() -> None:
    a, b = np.full((2, 3), 1 / 3), np.full((3, 4), 1 / 7)
    out = np.empty((2, 4))
    with use_compiled():
        matmul(a, b, out)
    np.testing.assert_array_equal(out, a @ b)


PROCESSORS = {
    "with AVX2": ("haswell", "+sse2,+sse4.2,+avx,+avx2,+fma"),
    "without": ("generic", ""),
}


@pytest.mark.parametrize("processor", PROCESSORS)
def test_products_agree_for_other_processors(
    processor: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Tiles are made for registers of other widths, and give the same whole numbers."""
    from numba.core.codegen import get_host_cpu_features

    name, features = PROCESSORS[processor]
    here = set(get_host_cpu_features().split(","))
    if not set(filter(None, features.split(","))) <= here:
        pytest.skip(f"this processor lacks some of {features}")
    program = """
import numpy as np
from seqkit.kernels import tiles
from tests.kernels.test_tiles import multiply_panels, whole
from types import SimpleNamespace
rng = np.random.default_rng(0)
for rows, inner, columns in [(1, 3, 1), (1, 70, 300), (7, 33, 150), (13, 600, 65), (40, 20, 64)]:
    a, b = whole(rng, rows, inner), whole(rng, inner, columns)
    cut = [b[:, c : c + tiles.PANEL].ravel() for c in range(0, columns, tiles.PANEL)]
    out = np.full((rows, columns), np.nan, np.float32)
    found = SimpleNamespace(multiply=tiles.multiply.address)
    multiply_panels(found, a, np.concatenate(cut), out)
    np.testing.assert_array_equal(out, a @ b)
print(tiles.LANES)
"""
    cache = tmp_path_factory.mktemp("compiled")
    environment = os.environ | {
        "NUMBA_CPU_NAME": name,
        "NUMBA_CPU_FEATURES": features,
        "NUMBA_CACHE_DIR": str(cache),
    }
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == {"with AVX2": "8", "without": "4"}[processor]
