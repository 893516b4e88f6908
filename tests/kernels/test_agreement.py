"""The fast kernels agree with the textbook on random shapes, lengths and dtypes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.kernels import dispatch, gru, lstm, reference, rnn
from seqkit.kernels.passes import Arrays, Kernel, Pass
from seqkit.kernels.threads import single_blas
from tests.strategies import lengths, like, random_batch, rngs, sizes

# Name: fast, textbook, gates, arrays of state.
KERNELS: dict[str, tuple[Kernel, Kernel, int, int]] = {
    "rnn-tanh": (rnn.rnn_tanh, reference.rnn_tanh, 1, 1),
    "rnn-relu": (rnn.rnn_relu, reference.rnn_relu, 1, 1),
    "lstm": (lstm.lstm, reference.lstm, 4, 2),
    "gru-after": (gru.gru_after, reference.gru_after, 3, 1),
    "gru-before": (gru.gru_before, reference.gru_before, 3, 1),
}
every_kernel = pytest.mark.parametrize("name", KERNELS)
TOLERANCE = {np.float64: 1e-11, np.float32: 3e-4}


def problem(
    name: str, rng: np.random.Generator, lengths: list[int], features: int, units: int, dtype: Any
) -> tuple[Any, ...]:
    """Arguments of a kernel."""
    _, _, gates, arrays = KERNELS[name]
    batch = random_batch(rng, lengths, features, dtype)
    alive = int(batch.batch_sizes[0])
    shapes: list[tuple[int, ...]] = [(features, gates * units), (units, gates * units)]
    shapes.append((gates * units,))
    if name == "gru-after":
        shapes.append((units,))
    scale = [features**-0.5, units**-0.5, 1, 1]
    weights = tuple(
        (s * rng.normal(size=shape)).astype(dtype) for s, shape in zip(scale, shapes, strict=False)
    )
    state = tuple(rng.normal(size=(alive, units)).astype(dtype) for _ in range(arrays))
    return batch.data, batch.batch_sizes, state, weights


def everything(run: Pass, d_outputs: np.ndarray | None, d_state: Arrays | None) -> list[np.ndarray]:
    back = run.backward(d_outputs, d_state)
    return [run.outputs, *run.state, back.x, *back.state, *back.weights]


@every_kernel
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_fast_agrees_with_textbook(name: str, dtype: Any) -> None:
    fast, textbook, _, _ = KERNELS[name]

    @given(
        rng=rngs(),
        lengths=lengths(12, 9, min_batch=1).filter(any),
        features=sizes(),
        units=sizes(),
        keep=st.booleans(),
        given_gradients=st.sampled_from(["both", "outputs", "state"]),
    )
    def check(
        rng: Any, lengths: list[int], features: int, units: int, keep: bool, given_gradients: str
    ) -> None:
        arguments = problem(name, rng, lengths, features, units, dtype)
        ours, theirs = fast(*arguments, keep=keep), textbook(*arguments, keep=True)
        d_outputs = None if given_gradients == "state" else like(rng, ours.outputs)
        d_state = None if given_gradients == "outputs" else tuple(like(rng, a) for a in ours.state)
        for found, wanted in zip(
            everything(ours, d_outputs, d_state),
            everything(theirs, d_outputs, d_state),
            strict=True,
        ):
            assert found.dtype == dtype
            scale = 1 + np.abs(wanted).max(initial=0)
            np.testing.assert_allclose(found / scale, wanted / scale, atol=TOLERANCE[dtype], rtol=0)

    check()


@every_kernel
@pytest.mark.parametrize(
    ("lengths", "features", "units"),
    [
        ([3] * 20, 200, 200),  # products cut into blocks of columns, with a rest
        ([2] * 3 + [1] * 64, 30, 130),
        ([40] * 30, 7, 16),  # several projections
        ([900, 400, 1], 4, 20),  # long
        ([70], 30, 20),  # alone
    ],
)
def test_fast_agrees_on_larger_shapes(
    name: str, lengths: list[int], features: int, units: int
) -> None:
    fast, textbook, _, _ = KERNELS[name]
    rng = np.random.default_rng(0)
    arguments = problem(name, rng, lengths, features, units, np.float64)
    if name == "rnn-relu":
        arguments = (*arguments[:3], tuple(0.5 * w for w in arguments[3]))
    runs = [fast(*arguments, keep=True), textbook(*arguments, keep=True)]
    d_outputs = like(rng, runs[0].outputs)
    d_state = tuple(like(rng, array) for array in runs[0].state)
    for found, wanted in zip(*(everything(run, d_outputs, d_state) for run in runs), strict=True):
        scale = 1 + np.abs(wanted).max()
        np.testing.assert_allclose(found / scale, wanted / scale, atol=1e-11, rtol=0)


@pytest.mark.parametrize("name", [name for name in KERNELS if name != "rnn-relu"])
def test_extreme_inputs_neither_warn_nor_spoil(name: str) -> None:
    fast, *_ = KERNELS[name]
    rng = np.random.default_rng(1)
    x, *rest = problem(name, rng, [4, 2], 3, 5, np.float32)
    run = fast(1e4 * x, *rest, keep=True)
    for array in everything(run, np.ones_like(run.outputs), None):
        assert np.isfinite(array).all()


@every_kernel
def test_kept_memory_is_not_shared_between_passes(name: str) -> None:
    fast, *_ = KERNELS[name]
    rng = np.random.default_rng(2)
    small = problem(name, rng, [3, 1], 4, 6, np.float64)
    large = problem(name, rng, [30, 30, 9], 4, 6, np.float64)
    first = fast(*small, keep=True)
    d = np.ones_like(first.outputs)
    expected = [array.copy() for array in everything(first, d, None)]
    second = fast(*large, keep=True)
    second.backward(np.ones_like(second.outputs), None)
    for found, wanted in zip(everything(first, d, None), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


@every_kernel
def test_outputs_may_be_changed_before_the_backward_pass(name: str) -> None:
    fast, *_ = KERNELS[name]
    arguments = problem(name, np.random.default_rng(3), [5, 5, 2], 4, 6, np.float64)
    run = fast(*arguments, keep=True)
    d = np.ones_like(run.outputs)
    expected = run.backward(d, None)
    run = fast(*arguments, keep=True)
    run.outputs[...] = 9
    for array in run.state:
        array[...] = 9
    found = run.backward(d, None)
    np.testing.assert_array_equal(found.x, expected.x)
    for ours, theirs in zip(found.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_dispatch_goes_by_dtype() -> None:
    arguments = problem("lstm", np.random.default_rng(4), [3, 2], 4, 6, np.float32)
    x, batch_sizes, state, weights = arguments
    run = dispatch.lstm(*arguments, keep=True)
    with single_blas():
        np.testing.assert_array_equal(run.outputs, lstm.lstm(*arguments, keep=True).outputs)
    # The weights decide on the precision of real numbers; one complex array makes all complex.
    assert (
        dispatch.lstm(x.astype(np.float64), batch_sizes, state, weights, keep=False).outputs.dtype
        == np.float32
    )
    assert (
        dispatch.lstm(x.astype(complex), batch_sizes, state, weights, keep=False).outputs.dtype
        == complex
    )
    empty = dispatch.lstm(x[:0], batch_sizes[:0], tuple(s[:0] for s in state), weights, keep=True)
    assert empty.outputs.shape == (0, 6)
    assert empty.backward(None, None).x.shape == (0, 4)
