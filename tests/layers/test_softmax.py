"""The blocked output layer against the loss on whole logits."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.arrays import DTypeLike
from seqkit.kernels.threads import use_threads
from seqkit.layers import blocked_softmax, softmax
from seqkit.layers.blocked_softmax import split_words
from seqkit.layers.losses import softmax_cross_entropy
from seqkit.layers.softmax import SoftmaxOutput, linear_cross_entropy
from seqkit.parameters import Parameter
from seqkit.testing.gradients import check_gradients
from tests.strategies import rngs


@pytest.fixture(params=[0, 2000, 2**26], ids=["keep-none", "keep-some", "keep-all"])
def small_blocks(request: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Small blocks in two parts, and all budgets of memory."""
    monkeypatch.setattr(blocked_softmax, "BLOCK_FLOATS", 1)
    monkeypatch.setattr(blocked_softmax, "PARALLEL_WORK", 1)
    monkeypatch.setattr(softmax, "KEPT_BYTES", request.param)


def output(
    rng: np.random.Generator,
    features: int,
    words: Any,
    *,
    bias: bool = True,
    dtype: DTypeLike = np.float64,
) -> Any:
    layer = SoftmaxOutput(features, words, bias=bias, rng=rng, dtype=dtype)
    if bias:
        layer.bias.value[:] = rng.normal(size=words)
    return layer


CASES = [(5, 3, 300), (0, 3, 7), (1, 1, 1), (4, 2, 700), (3, 3, 300), (2, 5, 300)]


@pytest.mark.parametrize("shape", CASES, ids=str)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.usefixtures("small_blocks")
def test_equals_the_loss_on_whole_logits(shape: Any, smoothing: float, weighted: bool) -> None:
    tokens, features, words = shape
    rng = np.random.default_rng(tokens)
    layer, hidden = output(rng, features, words), rng.normal(size=(tokens, features))
    targets = rng.integers(0, words, tokens)
    options = {
        "weights": rng.random(words) if weighted else None,
        "label_smoothing": smoothing,
    }
    loss = layer.loss(hidden, targets, **options)
    whole = softmax_cross_entropy(layer.logits(hidden), targets, **options)
    assert math.isclose(loss.total, whole.total, rel_tol=1e-12, abs_tol=1e-12)
    assert (loss.count, loss.weight) == (whole.count, whole.weight)
    np.testing.assert_allclose(loss.log_probabilities, whole.log_probabilities)
    np.testing.assert_allclose(layer.log_probabilities(hidden, targets), whole.log_probabilities)
    np.testing.assert_allclose(loss.backward(0.5), whole.backward(0.5) @ layer.w.value, atol=1e-12)

    def function(x: Any) -> Any:
        loss = layer.loss(x, targets, **options)
        return loss.total, loss.backward

    check_gradients(function, [hidden], layer.parameters())


@given(rngs(), st.integers(0, 5), st.integers(1, 4), st.integers(1, 40), st.booleans())
def test_gradients(
    rng: np.random.Generator, tokens: int, features: int, words: Any, bias: bool
) -> None:
    layer = output(rng, features, words, bias=bias)
    targets = rng.integers(0, words, tokens)

    def function(x: Any) -> Any:
        loss = layer.loss(x, targets)
        return loss.total, loss.backward

    check_gradients(function, [rng.normal(size=(tokens, features))], layer.parameters())


@pytest.mark.usefixtures("small_blocks")
def test_a_second_backward_gives_the_same_and_adds() -> None:
    rng = np.random.default_rng(0)
    layer, hidden = output(rng, 3, 300), rng.normal(size=(4, 3))
    loss = layer.loss(hidden, np.array([0, 5, 5, 299]))
    d_hidden = loss.backward()
    d_w = layer.w.grad.copy()
    np.testing.assert_array_equal(loss.backward(), d_hidden)
    np.testing.assert_array_equal(layer.w.grad, 2 * d_w)


@pytest.mark.usefixtures("small_blocks")
def test_two_passes_do_not_share_memory() -> None:
    rng = np.random.default_rng(0)
    layer, hidden = output(rng, 3, 300), rng.normal(size=(2, 4, 3))
    targets = rng.integers(0, 300, (2, 4))
    alone = [layer.loss(*pair).backward() for pair in zip(hidden, targets, strict=True)]
    losses = [layer.loss(*pair) for pair in zip(hidden, targets, strict=True)]
    for loss, expected in zip(losses, alone, strict=True):
        np.testing.assert_array_equal(loss.backward(), expected)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("features", [3, 6])
def test_a_gradient_that_comes_between_is_kept(features: int) -> None:
    # What waits in the gradient's memory is lost then, and has to be computed again.
    rng = np.random.default_rng(0)
    layer, hidden = output(rng, features, 300), rng.normal(size=(4, features))
    targets = np.array([0, 5, 5, 299])
    expected = layer.loss(hidden, targets).backward()
    d_w = layer.w.grad.copy()
    layer.w.zero_grad()
    loss = layer.loss(hidden, targets)
    layer.w.grad += 7.0
    np.testing.assert_array_equal(loss.backward(), expected)
    np.testing.assert_allclose(layer.w.grad, d_w + 7.0, rtol=1e-12)


@pytest.mark.usefixtures("small_blocks")
def test_a_gradient_that_was_there_before_stays() -> None:
    rng = np.random.default_rng(0)
    layer, hidden = output(rng, 6, 300), rng.normal(size=(4, 6))
    layer.w.grad += 7.0
    layer.loss(hidden, np.array([0, 5, 5, 299]))
    np.testing.assert_array_equal(layer.w.grad, np.full((300, 6), 7.0))


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e3, 1e6])
def test_logits_that_overflow_plain_exponentials(scale: float) -> None:
    rng = np.random.default_rng(0)
    layer = output(rng, 3, 300, dtype=np.float32)
    hidden = (rng.normal(size=(9, 3)) * scale).astype(np.float32)
    targets = rng.integers(0, 300, 9)
    loss = layer.loss(hidden, targets)
    whole = softmax_cross_entropy(layer.logits(hidden), targets)
    np.testing.assert_allclose(
        loss.log_probabilities, whole.log_probabilities, rtol=1e-4, atol=1e-4
    )
    d_hidden = loss.backward()
    assert d_hidden.dtype == layer.w.grad.dtype == loss.log_probabilities.dtype == np.float32
    np.testing.assert_allclose(d_hidden, whole.backward() @ layer.w.value, atol=1e-4)


def test_an_overflow_that_is_mended_warns_nobody() -> None:
    rng = np.random.default_rng(0)
    layer = output(rng, 30, 1000, dtype=np.float32)
    layer.w.value *= 100
    hidden = rng.normal(size=(300, 30)).astype(np.float32)
    loss = layer.loss(hidden, rng.integers(0, 1000, 300))  # a warning is an error here
    assert np.isfinite(loss.log_probabilities).all()


def test_the_number_of_threads_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    layer = output(rng, 40, 3000, dtype=np.float32)
    hidden = rng.normal(size=(100, 40)).astype(np.float32)
    targets = rng.integers(0, 3000, 100)
    assert len(split_words(100, 40, 3000)) == 2
    results = []
    for threads in (1, 2):
        layer.w.zero_grad()
        with use_threads(threads):
            loss = layer.loss(hidden, targets)
            results.append((loss.total, loss.backward().tobytes(), layer.w.grad.tobytes()))
    assert results[0] == results[1]


@given(st.integers(0, 5000), st.integers(1, 700), st.integers(1, 60_000))
def test_every_word_is_in_one_block(tokens: int, features: int, words: Any) -> None:
    parts = split_words(tokens, features, words)
    blocks = sorted((block.start, block.stop) for part in parts for block in part)
    assert all(parts)
    assert blocks[0][0] == 0
    assert blocks[-1][1] == words
    assert all(stop == start for (_, stop), (start, _) in itertools.pairwise(blocks))


def test_a_tied_weight_gathers_both_gradients() -> None:
    rng = np.random.default_rng(0)
    table = Parameter(rng.normal(size=(6, 2)))
    layer = SoftmaxOutput(2, 6, w=table)
    assert layer.w is table
    table.add_rows(np.array([1, 1]), np.ones((2, 2)))
    hidden = rng.normal(size=(3, 2))
    targets = np.array([0, 1, 2])
    layer.loss(hidden, targets).backward()
    other = Parameter(table.value)
    linear_cross_entropy(hidden, other, None, targets).backward()
    other.grad[1] += 2
    np.testing.assert_allclose(table.grad, other.grad)


def test_log_softmax_of_all_words() -> None:
    rng = np.random.default_rng(0)
    layer, hidden = output(rng, 3, 20), rng.normal(size=(4, 3))
    rows = layer.log_softmax(hidden)
    np.testing.assert_allclose(np.exp(rows).sum(axis=1), 1)
    targets = np.array([3, 0, 19, 3])
    expected = rows[np.arange(4), targets]
    np.testing.assert_allclose(layer.log_probabilities(hidden, targets), expected)


def test_mistakes_are_named() -> None:
    layer = output(np.random.default_rng(0), 3, 5)
    hidden = np.zeros((2, 3))
    with pytest.raises(IndexError, match=r"0 .. 4, found \[5\]"):
        layer.loss(hidden, np.array([0, 5]))
    with pytest.raises(IndexError, match=r"0 .. 4, found \[-1\]"):
        layer.log_probabilities(hidden, np.array([0, -1]))
    with pytest.raises(ValueError, match=r"hidden must be \(M, 3\)"):
        layer.loss(np.zeros((2, 4)), np.array([0, 1]))
    with pytest.raises(ValueError, match=r"\(5, 3\), found"):
        SoftmaxOutput(3, 5, w=Parameter(np.ones((3, 5))))
