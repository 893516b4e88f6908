"""Cross-entropy on logits."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.layers.losses import log_softmax, softmax, softmax_cross_entropy
from seqkit.testing.gradients import check_gradients
from tests.strategies import rngs


def plain(logits: Any, targets: Any, weights: Any, smoothing: float) -> Any:
    """Sum over tokens and classes, term by term."""
    total, classes = 0.0, logits.shape[1]
    for row, target in zip(logits, targets, strict=True):
        log_z = math.log(sum(math.exp(value) for value in row))
        total -= (1 - smoothing) * weights[target] * (row[target] - log_z)
        total -= (
            smoothing / classes * sum(w * (v - log_z) for w, v in zip(weights, row, strict=True))
        )
    return total


@given(
    rngs(),
    st.integers(0, 7),
    st.integers(1, 6),
    st.booleans(),
    st.sampled_from([0.0, 0.1, 0.9]),
)
def test_value_and_gradient(
    rng: np.random.Generator, tokens: int, classes: int, weighted: bool, smoothing: float
) -> None:
    logits, targets = rng.normal(size=(tokens, classes)), rng.integers(0, classes, tokens)
    weights = rng.random(classes) if weighted else np.ones(classes)
    options = {"weights": weights if weighted else None, "label_smoothing": smoothing}
    loss = softmax_cross_entropy(logits, targets, **options)
    assert math.isclose(loss.total, plain(logits, targets, weights, smoothing), abs_tol=1e-12)
    assert loss.count == tokens
    assert math.isclose(loss.weight, weights[targets].sum(), abs_tol=1e-12)
    expected = np.log(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(loss.log_probabilities, expected[np.arange(tokens), targets])

    def function(x: Any) -> Any:
        loss = softmax_cross_entropy(x, targets, **options)
        return loss.total, loss.backward

    check_gradients(function, [logits])


def test_precision_and_scale_of_the_gradient() -> None:
    logits = np.zeros((2, 4), np.float32)
    loss = softmax_cross_entropy(logits, np.array([0, 1]))
    d_logits = loss.backward(np.float64(0.5))
    assert d_logits.dtype == loss.log_probabilities.dtype == np.float32
    np.testing.assert_allclose(d_logits[0], [-0.375, 0.125, 0.125, 0.125])
    assert math.isclose(loss.mean, math.log(4), rel_tol=1e-6)
    assert isinstance(loss.total, float)


def test_great_logits() -> None:
    loss = softmax_cross_entropy(np.array([[1e4, 0.0], [-1e4, 0.0]]), np.array([0, 0]))
    assert loss.total == 1e4
    np.testing.assert_array_equal(loss.backward(), [[0, 0], [-1, 1]])


def test_no_targets_cost_nothing() -> None:
    loss = softmax_cross_entropy(np.zeros((0, 3)), np.zeros(0, int))
    assert (loss.total, loss.mean, loss.count) == (0.0, 0.0, 0)
    assert loss.backward().shape == (0, 3)


@given(rngs())
def test_softmax_and_its_logarithm(rng: np.random.Generator) -> None:
    logits = rng.normal(size=(2, 3, 4)) * 100
    np.testing.assert_allclose(softmax(logits).sum(axis=-1), 1)
    np.testing.assert_allclose(np.exp(log_softmax(logits)), softmax(logits), atol=1e-15)


@pytest.mark.parametrize("kind", [bool, float])
def test_targets_that_are_no_whole_numbers_are_refused(kind: type) -> None:
    # Truth values would choose some of the classes' weights instead of naming classes.
    with pytest.raises(TypeError, match=r"targets must be whole numbers, found (bool|float64)"):
        softmax_cross_entropy(np.zeros((2, 2)), np.array([1, 0], kind))


def test_mistakes_are_named() -> None:
    logits, targets = np.zeros((2, 3)), np.array([0, 3])
    with pytest.raises(IndexError, match=r"0 .. 2, found \[3\]"):
        softmax_cross_entropy(logits, targets)
    targets = np.array([0, 1])
    with pytest.raises(ValueError, match=r"label_smoothing .* found 1"):
        softmax_cross_entropy(logits, targets, label_smoothing=1.0)
    for weights in ([1, 2], [1, -1, 1]):
        with pytest.raises(ValueError, match="3 numbers"):
            softmax_cross_entropy(logits, targets, weights=weights)
    with pytest.raises(ValueError, match="logits must be"):
        softmax_cross_entropy(logits[:1], targets)
