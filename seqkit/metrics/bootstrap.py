"""Confidence intervals and paired comparisons by the bootstrap over examples.

The examples (sentences, texts, lines) are what was sampled from the world, so they are what is
resampled; tokens of one sentence hang together and are never drawn apart. A model is not run again:
see :mod:`seqkit.metrics.measures`.

Sources: Efron and Tibshirani, *An Introduction to the Bootstrap* (1993), chapters 13, 14 and 16;
Koehn, "Statistical significance tests for machine translation evaluation" (2004); Berg-Kirkpatrick,
Burkett and Klein, "An empirical investigation of statistical significance in NLP" (2012).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal, TypeAlias

import numpy as np

from seqkit.arrays import Array
from seqkit.metrics.measures import Interval, Measure
from seqkit.metrics.resampling import group_rows, resampled_sums

__all__ = [
    "Comparison",
    "IntervalMethod",
    "bootstrap_intervals",
    "paired_bootstrap",
]

IntervalMethod: TypeAlias = Literal["percentile", "bca"]
"""``percentile``, or bias-corrected and accelerated: better on small or skewed data, and slower."""


@dataclass(frozen=True)
class Comparison:
    """Two systems on the same examples.

    Attributes:
        name: of the measure.
        difference: the first system's value minus the second's.
        interval: percentile interval of the difference; None without resamples, where it is
            undefined, and where resampling moves the measure itself.
        p_value: two-sided, of no difference; nan where there is no interval.
        wins: share of the resamples on which the first system is the better one, a tie counted
            half; nan where there is no interval.
    """

    name: str
    difference: float
    interval: Interval | None
    p_value: float
    wins: float = math.nan


def bootstrap_intervals(
    statistics: Array,
    measures: Sequence[Measure],
    *,
    resamples: int = 1000,
    level: float = 0.95,
    method: IntervalMethod = "percentile",
    rng: np.random.Generator,
) -> tuple[Interval | None, ...]:
    """Estimate confidence intervals; all measures share the resamples.

    The percentile interval runs from the (1 - level)/2 to the (1 + level)/2 quantile of the measure
    over the resamples (linear interpolation). BCa moves these two probabilities by a bias that is
    read off the resamples and an acceleration from the jackknife (Efron 1987). A resample on which
    a measure is undefined, such as the accuracy on unseen words where none was drawn, is left out.

    Args:
        statistics: (N, K) one row for each example.
        measures: functions of their sum.
        resamples: how many; 0 means no intervals.
        level: of confidence, between 0 and 1.
        method: "percentile" or "bca".
        rng: draws the resamples.

    Returns:
        An interval for each measure; None with fewer than two examples, where the value is not
        finite, or where resampling moves the measure itself. It has no width where all examples are
        alike (a score of 100 %).

    Raises:
        ValueError: a level outside (0, 1), or a negative number of resamples.
    """
    _check_options(resamples, level)
    statistics = np.asarray(statistics, dtype=np.float64)
    if len(statistics) < 2 or not resamples or not np.isfinite(statistics).all():
        return (None,) * len(measures)
    drawn = _resampled_values(statistics, measures, resamples, rng)
    totals = statistics.sum(axis=0)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    intervals: list[Interval | None] = []
    for measure, values in zip(measures, drawn, strict=True):
        value, values = float(measure.values(totals)), values[~np.isnan(values)]
        if not measure.resampled or not np.isfinite(value) or not len(values):
            intervals.append(None)
            continue
        chosen = _bca_tails(tails, value, values, statistics, measure) if method == "bca" else tails
        intervals.append(_quantile_interval(values, chosen, level))
    return tuple(intervals)


def paired_bootstrap(
    a_statistics: Array,
    b_statistics: Array,
    measure: Measure,
    b_measure: Measure | None = None,
    *,
    resamples: int = 1000,
    level: float = 0.95,
    rng: np.random.Generator,
) -> Comparison:
    """Compare two systems on the same examples.

    Each resample draws the same examples for both, so what makes an example hard cancels. With d
    the observed difference and d* that on a resample, d* - d stands for the differences chance
    alone would give, and p = (1 + #{|d* - d| >= |d|}) / (1 + resamples).

    Args:
        a_statistics: (N, K) the first system's statistics.
        b_statistics: (N, K') the second's; row i is the same example.
        measure: to compare.
        b_measure: the same measure on the second's statistics, where their columns are others, as
            for two models with different labels; by default ``measure``, and K' is K.
        resamples: how many; p is at least 1 / (1 + resamples). 0 means the difference alone.
        level: of the interval, between 0 and 1.
        rng: draws the resamples.

    Raises:
        ValueError: the two do not have the same number of rows, or of columns for one measure; a
            level outside (0, 1), or a negative number of resamples.
    """
    _check_options(resamples, level)
    a, b = (np.asarray(s, dtype=np.float64) for s in (a_statistics, b_statistics))
    alike = a.shape == b.shape if b_measure is None else a.shape[:1] == b.shape[:1]
    if not alike or a.ndim != 2 or b.ndim != 2:
        raise ValueError(f"both must be statistics of the same examples: {a.shape} and {b.shape}")
    difference = _difference(measure, b_measure or measure, a.shape[1])
    both = np.concatenate([a, b], axis=1)
    observed = float(difference.values(both.sum(axis=0)))
    drawn = resamples > 0 and difference.resampled
    if not drawn or len(both) < 2 or not np.isfinite(both).all() or not np.isfinite(observed):
        return Comparison(measure.name, observed, None, math.nan)
    (values,) = _resampled_values(both, [difference], resamples, rng)
    values = values[~np.isnan(values)]
    # Differences of scores on few examples tie; rounding must not decide which side they fall.
    extreme = np.abs(values - observed) >= abs(observed) - 1e-12 * max(1.0, abs(observed))
    p_value = (1 + int(extreme.sum())) / (1 + len(values))
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    interval = _quantile_interval(values, tails, level) if len(values) else None
    return Comparison(measure.name, observed, interval, p_value, _share_of_wins(values, measure))


def _check_options(resamples: int, level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must be above 0 and below 1, found {level}")
    if resamples < 0:
        raise ValueError(f"resamples must be at least 0, found {resamples}")


def _share_of_wins(values: Array, measure: Measure) -> float:
    if not len(values):
        return math.nan
    gains = values if measure.higher_is_better else -values
    return float(np.mean(np.where(gains == 0, 0.5, gains > 0)))


def _difference(a_measure: Measure, b_measure: Measure, columns: int) -> Measure:
    """Build the measure on rows (a, b) end to end, a's columns first: that of a minus that of b."""

    def compute(sums: Array) -> Array:
        a, b = a_measure.compute(sums[..., :columns]), b_measure.compute(sums[..., columns:])
        return np.asarray(a - b)

    resampled = a_measure.resampled and b_measure.resampled
    return replace(a_measure, compute=compute, resampled=resampled)


def _resampled_values(
    statistics: Array, measures: Sequence[Measure], resamples: int, rng: np.random.Generator
) -> Array:
    """Compute (measures, resamples) values."""
    values = [
        [measure.values(sums) for measure in measures]
        for sums in resampled_sums(statistics, resamples, rng)
    ]
    return np.concatenate([np.stack(chunk) for chunk in values], axis=1)


def _quantile_interval(values: Array, tails: Array, level: float) -> Interval:
    if np.isinf(values).any():  # to interpolate towards infinity gives nan
        low, high = np.quantile(values, tails, method="nearest")
    else:
        low, high = np.quantile(values, tails)
    return Interval(float(low), float(high), level)


def _bca_tails(
    tails: Array, value: float, values: Array, statistics: Array, measure: Measure
) -> Array:
    """Correct the tails for bias and acceleration (Efron and Tibshirani, 14.9 to 14.15)."""
    normal = NormalDist()
    # Ties count half, or a score on few examples would look biased.
    below = ((values < value).sum() + 0.5 * (values == value).sum()) / len(values)
    if not 0 < below < 1:
        return tails
    bias, acceleration = normal.inv_cdf(below), _acceleration(statistics, measure)
    z = bias + np.array([normal.inv_cdf(tail) for tail in tails])
    return np.array([normal.cdf(shifted) for shifted in bias + z / (1 - acceleration * z)])


def _acceleration(statistics: Array, measure: Measure) -> float:
    """Skewness of the jackknife's values over 6; identical examples are left out once for all."""
    groups, counts = group_rows(statistics)
    without = measure.values(statistics.sum(axis=0) - groups)
    known = np.isfinite(without)
    without, weights = without[known], counts[known]
    if not len(without):
        return 0.0
    deviation = np.average(without, weights=weights) - without
    spread = float((weights * deviation**2).sum())
    return float((weights * deviation**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
