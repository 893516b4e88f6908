"""Whether a classifier's probabilities mean what they say.

Source: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
binning" (2015); Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks" (2017).
"""

import numpy as np

from seqkit.arrays import Array, BoolArray, IntArray
from seqkit.metrics.measures import Cell, Measure, Scoring, Table, ratio

__all__ = ["score_calibration"]


def score_calibration(
    probabilities: Array, gold: IntArray, *, bins: int = 10, unit: str = "texts"
) -> Scoring:
    """Compute the expected calibration error of the most probable class.

    Confidences, the probabilities of the predicted classes, fall into ``bins`` intervals of one
    width, (0, 1/bins], (1/bins, 2/bins] ...:

        ECE = sum over bins of (n_b / N) |accuracy_b - mean confidence_b|

    Chance deviations add up and never cancel, so on little data the error of even a perfectly
    calibrated model is above 0, and that on resamples lies above that on the data.

    Args:
        probabilities: (N, C) rows that add up to 1.
        gold: (N,) ids; one outside [0, C) counts as wrong.
        bins: how many.
        unit: what an example is, for the counts.

    Returns:
        Statistics (N, 3 * bins): examples, right ones and confidence in each bin; with the
        reliability table. :func:`seqkit.metrics.join_scorings` puts it beside other scores.

    Raises:
        ValueError: shapes that do not fit, or no bin.
    """
    probabilities, gold = np.asarray(probabilities, dtype=np.float64), np.asarray(gold)
    if probabilities.ndim != 2 or gold.shape != probabilities.shape[:1] or bins < 1:
        raise ValueError(
            f"probabilities must be (N, C), gold (N,) and bins at least 1: "
            f"{probabilities.shape}, {gold.shape}, {bins}"
        )
    confidence = probabilities.max(axis=1, initial=0.0)
    right = probabilities.argmax(axis=1) == gold if probabilities.shape[1] else gold != gold
    statistics = _statistics(confidence, right, bins)
    return Scoring(
        statistics=statistics,
        measures=(_error(bins),),
        counts={unit: len(gold)},
        tables=(_reliability(statistics.sum(axis=0), bins),),
    )


def _statistics(confidence: Array, right: BoolArray, bins: int) -> Array:
    n = len(confidence)
    bin_of = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    statistics = np.zeros((n, 3, bins))
    rows = np.arange(n)
    statistics[rows, 0, bin_of] = 1
    statistics[rows, 1, bin_of] = right
    statistics[rows, 2, bin_of] = confidence
    return statistics.reshape(n, 3 * bins)


def _error(bins: int) -> Measure:
    def compute(sums: Array) -> Array:
        gaps = np.abs(sums[..., bins : 2 * bins] - sums[..., 2 * bins : 3 * bins])
        return ratio(gaps.sum(axis=-1), sums[..., :bins].sum(axis=-1))

    return Measure("calibration error", compute, higher_is_better=False)


def _reliability(sums: Array, bins: int) -> Table:
    count, right, confidence = sums.reshape(3, bins)
    accuracy, mean = ratio(right, count), ratio(confidence, count)
    rows: list[tuple[Cell, ...]] = [
        (
            f"{b / bins:.2f} - {(b + 1) / bins:.2f}",
            int(count[b]),
            float(mean[b]),
            float(accuracy[b]),
        )
        for b in np.flatnonzero(count)
    ]
    names = ("confidence", "examples", "mean confidence", "accuracy")
    return Table("Reliability", names, tuple(rows), percent=names[2:])
