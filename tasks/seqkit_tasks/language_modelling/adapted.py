"""Scores of a model that adapts to what it reads, with settings found on a validation text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.errors import Problem, UserError
from seqkit.metrics.evaluation import Evaluation, evaluate
from seqkit.optim import NonFiniteGradientError
from seqkit_tasks.language_modelling.adaptation import Dynamic, Reading, read_text
from seqkit_tasks.language_modelling.cache import Cache
from seqkit_tasks.language_modelling.lines import Line, encode_stream
from seqkit_tasks.language_modelling.model import LanguageModel

__all__ = ["Adaptation", "AdaptedScore", "score_adapted", "tune"]

SHARPNESSES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2)
WEIGHTS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
RATES = (0.1, 0.3, 1.0, 3.0)
"""What :func:`tune` tries."""


@dataclass(frozen=True, kw_only=True)
class Adaptation:
    """How a model adapts.

    Attributes:
        cache: beside the model as it is.
        dynamic: how the model learns as it reads.
        both: the cache beside the model that learns.
    """

    cache: Cache = field(default_factory=Cache)
    dynamic: Dynamic = field(default_factory=Dynamic)
    both: Cache = field(default_factory=Cache)


@dataclass(frozen=True)
class AdaptedScore:
    """How a text was scored.

    Attributes:
        name: "plain", "cache", "dynamic" or "dynamic + cache".
        settings: in words; empty for the plain model.
        evaluation: the scores.
    """

    name: str
    settings: str
    evaluation: Evaluation


def tune(
    model: LanguageModel, lines: Sequence[Line], start: Adaptation, *, dynamic: bool = True
) -> Adaptation:
    """Find weight and sharpness of the caches, and the learning rate, on a validation text.

    Args:
        model: what reads.
        lines: of the validation text; a few thousand tokens will do.
        start: what is not searched: the caches' sizes, the segment, the clipping, the decay.
        dynamic: whether the model may learn as it reads, which takes a reading for each rate.
    """
    ids, _ = encode_stream(model.vocabulary, lines)
    plain = read_text(model, ids, caches=_candidates(start.cache))
    found = replace(start, cache=_best_cache(plain, start.cache))
    if not dynamic:
        return found
    rates = [replace(start.dynamic, learning_rate=rate) for rate in RATES]
    best = max(rates, key=lambda d: _mean(read_text(model, ids, dynamic=d).model))
    learning = read_text(model, ids, dynamic=best, caches=_candidates(start.both))
    return replace(found, dynamic=best, both=_best_cache(learning, start.both))


def _candidates(cache: Cache) -> list[tuple[int, float]]:
    return [(cache.size, sharpness) for sharpness in SHARPNESSES]


def _best_cache(reading: Reading, start: Cache) -> Cache:
    tried = {
        replace(start, sharpness=sharpness, weight=weight): log_cache
        for sharpness, log_cache in zip(SHARPNESSES, reading.caches, strict=True)
        for weight in WEIGHTS
    }
    return max(tried, key=lambda cache: _mean(cache.mix(reading.model, tried[cache])))


def _mean(log_probabilities: Array) -> float:
    return float(log_probabilities.mean()) if len(log_probabilities) else 0.0


def score_adapted(
    model: LanguageModel,
    lines: Sequence[Line],
    adaptation: Adaptation,
    *,
    dynamic: bool = True,
    resamples: int = 1000,
) -> Iterator[AdaptedScore]:
    """Score a text as it is, and in every way of adapting to it.

    Yields:
        The plain score first: what ``model.evaluate(lines)`` gives.

    Raises:
        UserError: the model diverges as it learns from what it reads.
    """
    ids, _ = encode_stream(model.vocabulary, lines)

    def scored(name: str, settings: str, log_probabilities: Array) -> AdaptedScore:
        evaluation = _evaluate(model, lines, ids, log_probabilities, resamples)
        return AdaptedScore(name, settings, evaluation)

    cache, both = adaptation.cache, adaptation.both
    plain = read_text(model, ids, caches=[(cache.size, cache.sharpness)])
    yield scored("plain", "", plain.model)
    yield scored("cache", _describe(cache), cache.mix(plain.model, plain.caches[0]))
    if dynamic:
        how = adaptation.dynamic
        learning = _read_learning(model, ids, how, [(both.size, both.sharpness)])
        settings = f"rate {how.learning_rate:g}, a step every {how.segment} tokens"
        yield scored("dynamic", settings, learning.model)
        mixed = both.mix(learning.model, learning.caches[0])
        yield scored("dynamic + cache", f"{settings}; {_describe(both)}", mixed)


def _read_learning(
    model: LanguageModel, ids: IntArray, dynamic: Dynamic, caches: Sequence[tuple[int, float]]
) -> Reading:
    """Read a text with a model that learns.

    Raises:
        UserError: it diverges: a gradient that is not finite, or a perplexity beyond all numbers.
    """
    with np.errstate(all="ignore"):  # of a model that diverges, which is told of below
        try:
            reading = read_text(model, ids, dynamic=dynamic, caches=caches)
            finite = bool(np.isfinite(np.exp(-_mean(reading.model))))
        except NonFiniteGradientError:
            finite = False
    if not finite:
        found = f"found {dynamic.learning_rate:g}, with which the model diverges as it reads"
        raise UserError(Problem(f"{found}; wanted a lower one", "dynamic learning_rate"))
    return reading


def _describe(cache: Cache) -> str:
    return f"last {cache.size:,} tokens, weight {cache.weight:g}, sharpness {cache.sharpness:g}"


def _evaluate(
    model: LanguageModel,
    lines: Sequence[Line],
    ids: IntArray,
    log_probabilities: Array,
    resamples: int,
) -> Evaluation:
    scoring = model.score(lines, model.scored(lines, ids, log_probabilities))
    return evaluate(scoring, resamples=resamples, rng=np.random.default_rng(0))
