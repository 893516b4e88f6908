"""Compiled kernels agree with the textbook, and are used only where somebody says so."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.kernels import dispatch, reference
from seqkit.kernels.compiled import (
    compiled,
    describe_kernels,
    missing,
    use_compiled,
    worth_compiling,
)
from seqkit.kernels.compiled_lstm import ranges
from seqkit.kernels.panels import panels, transposed
from seqkit.kernels.passes import Kernel
from seqkit.kernels.rows import reversed_rows, scale_rows, sum_repeated_rows
from seqkit.kernels.threads import parallel, use_threads
from seqkit.optim import SGD, Adam, Optimizer, gradient_norm
from seqkit.parameters import Parameter
from seqkit.sequences import pack
from tests.kernels.test_agreement import KERNELS, TOLERANCE, everything, problem
from tests.strategies import lengths, like, rngs, sizes

needs_numba = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def agree(found: list[np.ndarray], wanted: list[np.ndarray]) -> None:
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours.dtype == np.float32
        scale = 1 + np.abs(theirs).max(initial=0)
        np.testing.assert_allclose(ours / scale, theirs / scale, atol=TOLERANCE[np.float32], rtol=0)


@needs_numba
@given(
    rng=rngs(),
    lengths=lengths(12, 19, min_batch=1).filter(any),
    features=sizes(),
    units=sizes(),
    keep=st.booleans(),
    given_gradients=st.sampled_from(["both", "outputs", "state"]),
    threads=st.sampled_from([1, 2]),
)
def test_compiled_agrees_with_textbook(
    rng: Any,
    lengths: list[int],
    features: int,
    units: int,
    keep: bool,
    given_gradients: str,
    threads: int,
) -> None:
    arguments = problem("lstm", rng, lengths, features, units, np.float32)
    theirs = reference.lstm(*arguments, keep=True)
    d_outputs = None if given_gradients == "state" else like(rng, theirs.outputs)
    d_state = None if given_gradients == "outputs" else tuple(like(rng, a) for a in theirs.state)
    with use_compiled(), use_threads(threads):
        ours = everything(dispatch.lstm(*arguments, keep=keep), d_outputs, d_state)
    agree(ours, everything(theirs, d_outputs, d_state))


@needs_numba
@pytest.mark.parametrize(
    ("lengths", "features", "units"),
    [([3] * 20, 200, 200), ([2] * 3 + [1] * 64, 30, 130), ([900, 400, 1], 4, 20), ([2] * 70, 5, 9)],
)
def test_compiled_agrees_on_larger_shapes(lengths: list[int], features: int, units: int) -> None:
    rng = np.random.default_rng(0)
    arguments = problem("lstm", rng, lengths, features, units, np.float32)
    theirs = reference.lstm(*arguments, keep=True)
    d_outputs, d_state = like(rng, theirs.outputs), tuple(like(rng, a) for a in theirs.state)
    with use_compiled():
        ours = everything(dispatch.lstm(*arguments, keep=True), d_outputs, d_state)
    agree(ours, everything(theirs, d_outputs, d_state))


def same_bytes(kernel: Kernel, arguments: Any) -> None:
    """Hold one, two and five threads against each other."""
    found = []
    for threads in (1, 2, 5):
        with use_threads(threads), use_compiled():
            run = kernel(*arguments, keep=True)
            arrays = everything(run, np.ones_like(run.outputs), run.state)
        found.append([array.tobytes() for array in arrays])
    assert found[0] == found[1] == found[2]


@needs_numba
@pytest.mark.parametrize("name", ["gru-after", "gru-before", "rnn-tanh", "rnn-relu"])
@given(
    rng=rngs(),
    lengths=lengths(12, 19, min_batch=1).filter(any),
    features=sizes(),
    units=sizes(),
    keep=st.booleans(),
)
def test_other_cells_agree_with_compiled_products(
    name: str, rng: Any, lengths: list[int], features: int, units: int, keep: bool
) -> None:
    arguments = problem(name, rng, lengths, features, units, np.float32)
    fast, textbook, _, _ = KERNELS[name]
    theirs = textbook(*arguments, keep=True)
    d_outputs, d_state = like(rng, theirs.outputs), tuple(like(rng, a) for a in theirs.state)
    with use_compiled():
        ours = everything(fast(*arguments, keep=keep), d_outputs, d_state)
    agree(ours, everything(theirs, d_outputs, d_state))


@needs_numba
@pytest.mark.parametrize("name", ["gru-after", "gru-before", "rnn-tanh"])
def test_threads_do_not_change_a_byte_of_other_cells(name: str) -> None:
    arguments: Any = problem(name, np.random.default_rng(1), [30] * 70, 60, 130, np.float32)
    kernel = {
        "gru-after": dispatch.gru_after,
        "gru-before": dispatch.gru_before,
        "rnn-tanh": dispatch.rnn_tanh,
    }[name]
    same_bytes(kernel, arguments)


@needs_numba
@pytest.mark.parametrize("lengths", [[30] * 33, [60] * 20, [700], [*range(40, 1, -1)]])
def test_threads_do_not_change_a_byte(lengths: list[int]) -> None:
    arguments: Any = problem("lstm", np.random.default_rng(1), lengths, 20, 70, np.float32)
    same_bytes(dispatch.lstm, arguments)


@needs_numba
def test_a_second_backward_pass_gives_the_same() -> None:
    arguments: Any = problem("lstm", np.random.default_rng(2), [5, 5, 2], 4, 6, np.float32)
    with use_compiled():
        run = dispatch.lstm(*arguments, keep=True)
        first, second = (run.backward(np.ones_like(run.outputs), None) for _ in range(2))
    np.testing.assert_array_equal(first.x, second.x)
    for ours, theirs in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@needs_numba
def test_extreme_inputs_stay_finite() -> None:
    x, *rest = problem("lstm", np.random.default_rng(3), [4, 2], 3, 5, np.float32)
    with use_compiled():
        run = dispatch.lstm(1e4 * x, *rest, keep=True)
        for array in everything(run, np.ones_like(run.outputs), None):
            assert np.isfinite(array).all()


@needs_numba
@pytest.mark.parametrize("units", [1, 5, 8, 16, 64, 100])
def test_what_is_not_finite_is_not_hidden(units: int) -> None:
    x, *rest = problem("lstm", np.random.default_rng(4), [4, 2], 3, units, np.float32)
    x[0] = np.nan
    plain = dispatch.lstm(x, *rest, keep=True)
    with use_compiled():
        run = dispatch.lstm(x, *rest, keep=True)
        found = everything(run, np.ones_like(run.outputs), None)
    wanted = everything(plain, np.ones_like(plain.outputs), None)
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))


@needs_numba
def test_other_precisions_take_the_other_kernels() -> None:
    arguments: Any = problem("lstm", np.random.default_rng(5), [3, 2], 4, 6, np.float64)
    with use_compiled():
        found = dispatch.lstm(*arguments, keep=False).outputs
    np.testing.assert_array_equal(found, dispatch.lstm(*arguments, keep=False).outputs)


@needs_numba
def test_only_the_block_uses_them_and_its_threads() -> None:
    assert compiled() is None
    assert describe_kernels() == "NumPy"
    with use_compiled(), use_threads(2):
        assert all(parallel(*[lambda: compiled() is not None] * 3))
        assert "numba" in describe_kernels()
        with use_compiled(False):
            assert compiled() is None
    assert compiled() is None


def test_without_numba_the_block_changes_nothing() -> None:
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from seqkit.kernels.compiled import compiled, missing, use_compiled\n"
        "with use_compiled():\n"
        "    assert compiled() is None\n"
        "    print(missing())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "seqkit[fast]" in done.stdout


def said_without_kernels(before: str) -> str:
    """What is warned of in a process in which, after some code, there are no compiled kernels."""
    code = (
        f"import sys, warnings\n{before}\n"
        "from seqkit.kernels.compiled import compiled, use_compiled\n"
        "with warnings.catch_warnings(record=True) as said, use_compiled(), use_compiled():\n"
        "    assert compiled() is None\n"
        "print(*(warning.message for warning in said))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


@needs_numba
def test_a_numba_that_does_not_work_is_said_and_left_alone() -> None:
    said = said_without_kernels("sys.modules['seqkit.kernels.machine_code'] = None")
    assert said.startswith("numba cannot be used, so NumPy is: ")
    assert said.count("numba cannot") == 1


@needs_numba
def test_what_numba_kept_and_cannot_read_is_said_and_left_alone() -> None:
    said = said_without_kernels(
        "class CutOff:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.endswith('machine_rows'): raise EOFError('Ran out of input')\n"
        "sys.meta_path.insert(0, CutOff())"
    )
    assert "so NumPy is: EOFError: Ran out of input; if this goes on, delete" in said
    assert "__pycache__" in said


def test_nothing_imports_numba_unasked() -> None:
    code = (
        "import sys, seqkit.loading, seqkit.runs, seqkit.kernels.dispatch, seqkit.cli.app\n"
        "assert not {'numba', 'llvmlite'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_short_runs_do_without() -> None:
    assert not worth_compiling(1_000)
    assert worth_compiling(100_000)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([20] * 5, [(0, 10), (10, 20)]),
        ([7] * 5, [(0, 7)]),
        ([8], [(0, 4), (4, 8)]),
        ([30, 3, 3, 3, 3, 1], [(0, 9), (9, 30)]),
    ],
)
def test_ranges_hold_as_many_tokens(sizes: list[int], expected: list[tuple[int, int]]) -> None:
    for threads in (1, 2):
        with use_threads(threads):
            assert ranges(np.array(sizes)) == expected
            assert parallel(lambda: ranges(np.array([20])), lambda: 0)[0] == [(0, 20)]


@needs_numba
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_repeated_rows_are_summed(dtype: Any) -> None:
    rng = np.random.default_rng(6)
    ids, rows = rng.zipf(1.3, 300) % 40, rng.normal(size=(300, 7)).astype(dtype)
    distinct, expected = sum_repeated_rows(ids, rows)
    with use_compiled():
        found_ids, found = sum_repeated_rows(ids, rows)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found_ids, distinct)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@needs_numba
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_are_scaled_by_the_factors_of_their_owners(dtype: Any) -> None:
    rng = np.random.default_rng(7)
    rows, factors = rng.normal(size=(50, 9)).astype(dtype), rng.normal(size=(4, 9)).astype(dtype)
    owners = rng.integers(0, 4, 50)
    expected = scale_rows(rows, factors, owners)
    with use_compiled():
        found = scale_rows(rows, factors, owners)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected)


SHAPES = [(1, 1), (16, 16), (15, 17), (37, 131), (128, 512), (700, 800)]


@needs_numba
@given(lengths=lengths(9, 12, min_batch=0))
def test_compiled_rows_reverse_as_numpys_do(lengths: list[int]) -> None:
    sizes = pack([np.zeros(n) for n in lengths]).batch_sizes
    wanted = reversed_rows(sizes)
    with use_compiled():
        found = reversed_rows(sizes)
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(found[found], np.arange(sum(lengths)))


def in_panels(matrix: np.ndarray) -> np.ndarray:
    """The columns of a matrix, 64 after 64, each panel in one piece."""
    starts = range(0, matrix.shape[1], 64)
    return np.concatenate([matrix[:, start : start + 64].ravel() for start in starts])


@needs_numba
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("threads", [1, 2])
def test_panels_hold_the_columns_of_matrices_under_each_other(
    shape: tuple[int, int], threads: int
) -> None:
    rng = np.random.default_rng(8)
    first, second = rng.normal(size=(2, *shape)).astype(np.float32)
    with use_compiled(), use_threads(threads):
        found = compiled()
        assert found is not None
        laid = panels(found, first, second, into=np.empty(2 * first.size, np.float32))
        laid.unwritten(alone=False)
    np.testing.assert_array_equal(laid.numbers, in_panels(np.concatenate([first, second])))


@needs_numba
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rows", [False, True])
def test_matrices_are_transposed_whatever_their_shape(
    shape: tuple[int, int], threads: int, rows: bool
) -> None:
    matrix = np.random.default_rng(9).normal(size=shape).astype(np.float32)
    with use_compiled(), use_threads(threads):
        found = compiled()
        assert found is not None
        laid = transposed(found, matrix, rows=rows, into=np.empty(matrix.size, np.float32))
        laid.unwritten(alone=False)
    np.testing.assert_array_equal(laid.numbers, matrix.T.ravel() if rows else in_panels(matrix.T))


def steps(
    kind: type[Optimizer], values: np.ndarray, *, sparse: bool, gradient: float = 1.0, decay: float
) -> np.ndarray:
    rng = np.random.default_rng(7)
    parameter = Parameter(values.copy() if values.flags.c_contiguous else values[:])
    optimiser = kind([("a", parameter)], learning_rate=0.1, weight_decay=decay)
    for _ in range(3):
        optimiser.zero_grad()
        rows = (gradient * rng.normal(size=(6, *values.shape[1:]))).astype(values.dtype)
        if sparse:
            parameter.add_rows(np.array([0, 3, 3, 5, 1, 0]), rows)
        else:
            parameter.grad += np.resize(rows, values.shape)
        optimiser.step()
    return parameter.value


@needs_numba
@pytest.mark.parametrize("kind", [Adam, SGD])
@pytest.mark.parametrize("shape", [(8, 5), (40, 900), (9,)])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("decay", [0.0, 0.01])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_optimisers_agree(
    kind: type[Optimizer], shape: tuple[int, ...], sparse: bool, decay: float, dtype: Any
) -> None:
    values = np.random.default_rng(8).normal(size=shape).astype(dtype)
    expected = steps(kind, values, sparse=sparse, decay=decay)
    with use_compiled():
        found = steps(kind, values, sparse=sparse, decay=decay)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@needs_numba
@pytest.mark.parametrize("kind", [Adam, SGD])
def test_optimisers_take_any_layout_and_hide_no_nan(kind: type[Optimizer]) -> None:
    plain = np.ones((9, 2), np.float32)
    with use_compiled():
        for sparse in (False, True):
            strided = np.ones((9, 4), np.float32)[:, ::2]
            np.testing.assert_allclose(
                steps(kind, strided, sparse=sparse, decay=0.0),
                steps(kind, plain, sparse=sparse, decay=0.0),
                rtol=1e-5,
            )
            broken = steps(kind, plain, sparse=sparse, decay=0.0, gradient=np.nan)
            assert np.isnan(broken).any()


@needs_numba
@pytest.mark.parametrize("shape", [(1,), (15,), (16,), (3, 700), (9, 4)])
def test_norms_agree(shape: tuple[int, ...]) -> None:
    gradient = np.random.default_rng(9).normal(size=shape).astype(np.float32)
    parameter = Parameter(np.zeros(shape, np.float32))
    parameter.grad += gradient
    with use_compiled():
        found = gradient_norm([("a", parameter)])
    np.testing.assert_allclose(found, np.linalg.norm(gradient.astype(np.float64)), rtol=1e-14)
