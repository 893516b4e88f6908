"""The softmax over a sample of the words: estimates that are right on average, exact gradients."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.arrays import DTypeLike
from seqkit.kernels.threads import use_threads
from seqkit.layers.sampled_softmax import WordSample, WordSampler
from seqkit.layers.softmax import SoftmaxOutput
from seqkit.testing.gradients import check_gradients
from tests.strategies import rngs


def output(
    rng: np.random.Generator,
    features: int,
    words: int,
    *,
    bias: bool = True,
    dtype: DTypeLike = np.float64,
) -> SoftmaxOutput:
    layer = SoftmaxOutput(features, words, bias=bias, rng=rng, dtype=dtype)
    if layer.bias is not None:
        layer.bias.value[:] = rng.normal(size=words)
    return layer


# --- the sampler ---------------------------------------------------------------------------------


@given(
    rngs(),
    st.lists(st.integers(0, 10_000), min_size=1, max_size=40),
    st.integers(1, 40),
    st.sampled_from([0.0, 0.5, 0.75, 1.0]),
)
def test_samples_have_their_size_and_no_word_twice(
    rng: np.random.Generator, counts: list[int], size: int, power: float
) -> None:
    size = min(size, len(counts))
    sampler = WordSampler(counts, size, power=power)
    assert sampler.probabilities.sum() == pytest.approx(size)
    sample = sampler.draw(rng)
    assert len(sample.ids) == size
    assert (np.diff(sample.ids) > 0).all()
    np.testing.assert_allclose(sample.weights, 1 / sampler.probabilities[sample.ids])


def test_words_come_as_often_as_their_probability_says() -> None:
    sampler = WordSampler([1000, 100, 30, 10, 3, 3, 1, 0], 4)
    assert sampler.probabilities[0] == 1.0
    rng = np.random.default_rng(0)
    times = np.zeros(8)
    for _ in range(4000):
        times[sampler.draw(rng).ids] += 1
    np.testing.assert_allclose(times / 4000, sampler.probabilities, atol=0.03)


def test_a_power_of_zero_draws_all_words_alike() -> None:
    np.testing.assert_allclose(WordSampler([900, 5, 0, 0], 2, power=0.0).probabilities, 0.5)


def test_a_sample_of_all_words_is_all_words() -> None:
    sample = WordSampler([5, 3, 0], 3).draw(np.random.default_rng(0))
    assert sample.ids.tolist() == [0, 1, 2]
    assert sample.weights.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(("size", "power"), [(0, 1.0), (4, 1.0), (2, -0.5)])
def test_bad_sizes_and_powers_are_refused(size: int, power: float) -> None:
    with pytest.raises(ValueError, match=r"size must be in 1 \.\. 3"):
        WordSampler([3, 2, 1], size, power=power)


# --- the loss ------------------------------------------------------------------------------------


@given(
    rngs(), st.integers(0, 5), st.integers(1, 4), st.integers(2, 40), st.booleans(), st.booleans()
)
def test_gradients(
    rng: np.random.Generator, tokens: int, features: int, words: int, bias: bool, few: bool
) -> None:
    layer = output(rng, features, words, bias=bias)
    targets = rng.integers(0, words, tokens)
    sampler = WordSampler(np.arange(words)[::-1], 1 if few else words // 2 + 1)
    sample = sampler.draw(rng)

    def function(x: Any) -> Any:
        loss = layer.sampled_loss(x, targets, sample)
        return loss.total, loss.backward

    check_gradients(function, [rng.normal(size=(tokens, features))], layer.parameters())


def everything(words: int) -> WordSample:
    return WordSample(np.arange(words), np.ones(words))


@pytest.mark.parametrize("bias", [True, False])
def test_with_all_words_it_is_the_exact_loss(bias: bool) -> None:
    rng = np.random.default_rng(0)
    layer, hidden = output(rng, 3, 300, bias=bias), rng.normal(size=(9, 3))
    targets = rng.integers(0, 300, 9)
    found, exact = layer.sampled_loss(hidden, targets, everything(300)), layer.loss(hidden, targets)
    assert math.isclose(found.total, exact.total, rel_tol=1e-12)
    assert (found.count, found.weight) == (exact.count, exact.weight)
    np.testing.assert_allclose(found.log_probabilities, exact.log_probabilities, rtol=1e-12)
    np.testing.assert_allclose(found.backward(0.5), exact.backward(0.5), atol=1e-12)


def test_normalisers_are_right_on_average() -> None:
    rng = np.random.default_rng(0)
    layer, hidden = output(rng, 3, 60), rng.normal(size=(5, 3))
    # Sure to be drawn, seldom drawn, and in between.
    targets = np.array([0, 59, 30, 30, 1])
    sampler = WordSampler(1000 // np.arange(1, 61), 15)
    assert sampler.probabilities[0] == 1.0 > sampler.probabilities[59]
    estimates = [
        np.exp(-layer.sampled_loss(hidden, targets, sampler.draw(rng)).log_probabilities)
        for _ in range(3000)
    ]
    exact = np.exp(-layer.log_probabilities(hidden, targets))
    np.testing.assert_allclose(np.mean(estimates, axis=0), exact, rtol=0.03)


def test_only_the_sample_and_the_targets_get_gradients() -> None:
    rng = np.random.default_rng(0)
    layer = output(rng, 3, 50)
    sample = WordSampler(np.ones(50), 5).draw(rng)
    layer.sampled_loss(rng.normal(size=(4, 3)), np.array([7, 7, 9, 11]), sample).backward()
    assert layer.bias is not None
    for parameter in (layer.w, layer.bias):
        rows = parameter.sparse_rows()
        assert rows is not None
        assert set(rows[0]) == {7, 9, 11, *sample.ids.tolist()}


def test_a_second_backward_gives_the_same_and_adds() -> None:
    rng = np.random.default_rng(0)
    layer, hidden = output(rng, 3, 50), rng.normal(size=(4, 3))
    sample = WordSampler(np.ones(50), 5).draw(rng)
    loss = layer.sampled_loss(hidden, np.array([0, 5, 5, 49]), sample)
    d_hidden = loss.backward()
    d_w = layer.w.grad.copy()
    np.testing.assert_array_equal(loss.backward(), d_hidden)
    np.testing.assert_allclose(layer.w.grad, 2 * d_w, rtol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e3, 1e6])
def test_logits_that_overflow_plain_exponentials(scale: float) -> None:
    rng = np.random.default_rng(0)
    layer = output(rng, 3, 300, dtype=np.float32)
    hidden = (rng.normal(size=(9, 3)) * scale).astype(np.float32)
    targets = rng.integers(0, 300, 9)
    # Half of the words stand for themselves, and some of the targets are among the others.
    sample = WordSample(np.arange(150), np.ones(150))
    loss = layer.sampled_loss(hidden, targets, sample)
    expected = []
    for row, target in zip(layer.logits(hidden).astype(np.float64), targets, strict=True):
        counted = row[[*range(150), *([target] if target >= 150 else [])]]
        expected.append(row[target] - np.logaddexp.reduce(counted))
    np.testing.assert_allclose(loss.log_probabilities, expected, rtol=1e-4, atol=1e-4)
    assert np.isfinite(loss.backward()).all()
    assert np.isfinite(layer.w.grad).all()


def test_the_number_of_threads_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    layer = output(rng, 40, 6000, dtype=np.float32)
    hidden = rng.normal(size=(100, 40)).astype(np.float32)
    targets = rng.integers(0, 6000, 100)
    sample = WordSampler(np.ones(6000), 3000).draw(rng)
    results = []
    for threads in (1, 2):
        layer.w.zero_grad()
        with use_threads(threads):
            loss = layer.sampled_loss(hidden, targets, sample)
            results.append((loss.total, loss.backward().tobytes(), layer.w.grad.tobytes()))
    assert results[0] == results[1]


def test_a_target_beyond_the_vocabulary_is_refused() -> None:
    layer = output(np.random.default_rng(0), 3, 10)
    with pytest.raises(IndexError, match=r"0 \.\. 9, found \[10\]"):
        layer.sampled_loss(np.zeros((1, 3)), np.array([10]), everything(10))
