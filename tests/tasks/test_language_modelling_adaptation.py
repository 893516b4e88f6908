"""Reading with a cache, and learning while reading: distributions, and honest scores."""

import math
from typing import Any

import numpy as np
import pytest

from seqkit.errors import UserError
from seqkit.parameters import unique_parameters
from seqkit_tasks.language_modelling import cache as cache_module
from seqkit_tasks.language_modelling.adaptation import Dynamic, read_text
from seqkit_tasks.language_modelling.adapted import Adaptation, score_adapted, tune
from seqkit_tasks.language_modelling.cache import Cache, CacheMemory
from seqkit_tasks.language_modelling.lines import encode_stream
from tests.tasks.language_models import TEXT, tiny_model

KOREAN = ("고양이 가 잔다", "", "개 가 고양이 를 본다", "고양이 가 잔다")


# --- the cache -----------------------------------------------------------------------------------


def by_hand(states: Any, words: Any, size: int, sharpness: float) -> list[float]:
    """The equation, one word after the other."""
    values = []
    for t, word in enumerate(words):
        seen = range(max(0, t - size), t)
        likeness = [math.exp(sharpness * states[t] @ states[i]) for i in seen]
        hits = sum(like for i, like in zip(seen, likeness, strict=True) if words[i] == word)
        values.append(hits / sum(likeness) if likeness else math.nan)
    return values


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("together", [1, 4, 256])
@pytest.mark.parametrize("pieces", [1, 3])
def test_the_cache_is_its_equation(
    size: int, together: int, pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "TOGETHER", together)
    rng = np.random.default_rng(0)
    states, words = rng.normal(size=(20, 3)), rng.integers(0, 4, 20)
    memory = CacheMemory(size, 0.7)
    parts = zip(np.array_split(states, pieces), np.array_split(words, pieces), strict=True)
    found = np.exp(np.concatenate([memory.read(*part) for part in parts]))
    np.testing.assert_allclose(found, by_hand(states, words, size, 0.7), rtol=1e-10)


def test_likeness_that_would_overflow() -> None:
    states = np.array([[1e3], [1e3], [-1e3], [1e3]])
    found = CacheMemory(10, 1.0).read(states, np.array([5, 6, 5, 6]))
    np.testing.assert_allclose(np.exp(found)[1:], [0.0, 0.5, 0.5], atol=1e-12)


def test_the_mixture_is_a_distribution() -> None:
    _, model, lines = tiny_model()
    ids, _ = encode_stream(model.vocabulary, lines)
    cache = Cache(size=7, weight=0.3, sharpness=0.5)
    total = 0.0
    for word in range(len(model.vocabulary)):
        changed = np.append(ids[:12], word)
        reading = read_text(model, changed, caches=[(7, 0.5)])
        total += math.exp(cache.mix(reading.model, reading.caches[0])[-1])
    assert total == pytest.approx(1.0, rel=1e-9)


def test_no_weight_is_the_model_alone() -> None:
    _, model, lines = tiny_model()
    ids, _ = encode_stream(model.vocabulary, lines)
    reading = read_text(model, ids, caches=[(5, 1.0)])
    np.testing.assert_array_equal(
        Cache(weight=0.0).mix(reading.model, reading.caches[0]), reading.model
    )
    np.testing.assert_array_equal(reading.model, model.log_probabilities(ids))


def test_a_repetitive_text_is_likelier_with_a_cache() -> None:
    _, model, lines = tiny_model(TEXT)
    ids, _ = encode_stream(model.vocabulary, [lines[2]] * 12)
    reading = read_text(model, ids, caches=[(50, 0.0)])
    mixed = Cache(weight=0.3, sharpness=0.0).mix(reading.model, reading.caches[0])
    assert mixed.mean() > reading.model.mean() + 0.1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "cache size: found 0, wanted at least 1"),
        ({"weight": 1.0}, "cache weight: found 1.0, wanted at least 0 and below 1"),
        ({"sharpness": -1.0}, "cache sharpness: found -1.0, wanted at least 0"),
    ],
)
def test_bad_caches_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Cache(**options)


# --- dynamic evaluation --------------------------------------------------------------------------


def weights(model: Any) -> dict[str, Any]:
    return {name: p.value.copy() for name, p in unique_parameters(model.parameters())}


@pytest.mark.parametrize("segment", [1, 4, 1000])
@pytest.mark.parametrize("sampled_words", [None, 4])
def test_a_model_that_does_not_move_reads_as_ever(segment: int, sampled_words: int | None) -> None:
    _, model, lines = tiny_model(sampled_words=sampled_words)
    ids, _ = encode_stream(model.vocabulary, lines)
    reading = read_text(model, ids, dynamic=Dynamic(learning_rate=0.0, segment=segment))
    np.testing.assert_allclose(reading.model, model.log_probabilities(ids), rtol=1e-12)


def test_a_word_is_scored_before_it_is_learnt_from() -> None:
    _, model, lines = tiny_model()
    ids, _ = encode_stream(model.vocabulary, lines)
    dynamic = Dynamic(learning_rate=0.5, segment=4)
    whole = read_text(model, ids, dynamic=dynamic).model
    other = ids.copy()
    other[13:] = other[13:][::-1]
    np.testing.assert_array_equal(read_text(model, other, dynamic=dynamic).model[:12], whole[:12])
    plain = model.log_probabilities(ids)
    np.testing.assert_allclose(whole[:4], plain[:4], rtol=1e-12)
    assert np.abs(whole[4:] - plain[4:]).max() > 1e-3


@pytest.mark.parametrize("options", [{}, {"tied": False}, {"sampled_words": 4}])
def test_reading_leaves_the_weights_as_they_were(options: dict[str, Any]) -> None:
    _, model, lines = tiny_model((*TEXT, *KOREAN), **options)
    before = weights(model)
    ids, _ = encode_stream(model.vocabulary, lines)
    read_text(model, ids, dynamic=Dynamic(learning_rate=1.0, decay=0.01))
    for name, value in weights(model).items():
        np.testing.assert_array_equal(value, before[name])
    assert not any(p.has_grad for _, p in model.parameters())


def test_a_failure_leaves_the_weights_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    _, model, lines = tiny_model()
    before = weights(model)
    ids, _ = encode_stream(model.vocabulary, lines)
    output_loss, calls = model.output_loss, iter(range(3))

    def failing(*arguments: Any) -> Any:
        if next(calls) == 2:
            raise RuntimeError("out of words")
        return output_loss(*arguments)

    monkeypatch.setattr(model, "output_loss", failing)
    with pytest.raises(RuntimeError, match="out of words"):
        read_text(model, ids, dynamic=Dynamic(learning_rate=1.0, segment=3))
    for name, value in weights(model).items():
        np.testing.assert_array_equal(value, before[name])


def test_a_repetitive_text_is_likelier_to_a_model_that_learns() -> None:
    _, model, lines = tiny_model(KOREAN)
    ids, _ = encode_stream(model.vocabulary, [lines[2]] * 12)
    learning = read_text(model, ids, dynamic=Dynamic(learning_rate=0.5, segment=5))
    assert learning.model.mean() > model.log_probabilities(ids).mean() + 0.1


def test_decay_holds_the_model_back() -> None:
    _, model, lines = tiny_model()
    ids, _ = encode_stream(model.vocabulary, lines)
    plain = model.log_probabilities(ids)
    away = [
        np.abs(read_text(model, ids, dynamic=Dynamic(decay=decay)).model - plain).max()
        for decay in (0.0, 0.5, 1.0)
    ]
    assert away[0] > away[1] > away[2]
    assert away[2] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    "options", [{"learning_rate": -1.0}, {"segment": 0}, {"clip_norm": 0.0}, {"decay": 1.5}]
)
def test_bad_settings_are_refused(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(UserError, match=f"dynamic {name}: found"):
        Dynamic(**options)


@pytest.mark.parametrize("dynamic", [None, Dynamic()])
def test_nothing_to_read(dynamic: Dynamic | None) -> None:
    _, model, _ = tiny_model()
    reading = read_text(model, np.array([1]), dynamic=dynamic, caches=[(5, 1.0), (9, 1.0)])
    assert reading.model.shape == (0,)
    assert reading.caches.shape == (2, 0)


# --- scores --------------------------------------------------------------------------------------


def test_the_first_score_is_the_plain_one() -> None:
    _, model, lines = tiny_model()
    scores = list(score_adapted(model, lines, Adaptation(), resamples=20))
    assert [score.name for score in scores] == ["plain", "cache", "dynamic", "dynamic + cache"]
    plain = model.evaluate(lines, resamples=0).headline.value
    assert scores[0].evaluation.headline.value == plain
    assert scores[0].settings == ""
    assert all(score.evaluation.headline.interval is not None for score in scores)
    assert all(s.evaluation.counts == scores[0].evaluation.counts for s in scores)


@pytest.mark.parametrize("rate", [1e4, 1e9, 1e38])
def test_a_rate_with_which_the_model_diverges_is_refused(rate: float) -> None:
    _, model, lines = tiny_model()
    how = Adaptation(dynamic=Dynamic(learning_rate=rate, segment=3))
    with pytest.raises(UserError, match="with which the model diverges as it reads"):
        list(score_adapted(model, lines * 4, how, resamples=20))


def test_tuning_is_no_worse_than_any_setting_that_it_tries() -> None:
    _, model, lines = tiny_model([*TEXT, *TEXT])
    found = tune(model, lines, Adaptation())
    tuned = [s.evaluation.headline.value for s in score_adapted(model, lines, found, resamples=0)]
    assert tuned[1] <= tuned[0]
    assert tuned[3] <= tuned[2]
    for weight, sharpness, rate in [(0.1, 0.3, 0.1), (0.4, 0.0, 1.0), (0.0, 0.5, 0.3)]:
        cache = Cache(weight=weight, sharpness=sharpness)
        tried = Adaptation(cache=cache, dynamic=Dynamic(learning_rate=rate), both=cache)
        scores = score_adapted(model, lines, tried, resamples=0)
        values = [score.evaluation.headline.value for score in scores]
        assert tuned[1] <= values[1] + 1e-12
        assert tuned[2] <= values[2] + 1e-12


def test_tuning_of_the_cache_alone_takes_one_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    _, model, lines = tiny_model()
    start = Adaptation(dynamic=Dynamic(learning_rate=0.123))
    found = tune(model, lines, start, dynamic=False)
    assert found.dynamic == start.dynamic
    names = [score.name for score in score_adapted(model, lines, found, dynamic=False)]
    assert names == ["plain", "cache"]
