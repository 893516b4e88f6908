"""Whether a classifier's probabilities mean what they say.

Source: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
binning" (2015); Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks" (2017).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from seqkit.arrays import Array, BoolArray, IntArray
from seqkit.metrics.classes import as_ids
from seqkit.metrics.measures import Cell, Measure, Scoring, Table, ratio

__all__ = ["score_calibration", "score_confidence"]


def score_calibration(
    probabilities: Array, gold: IntArray, *, bins: int = 10, unit: str = "texts"
) -> Scoring:
    """Compute the expected calibration error of the most probable class.

    Confidences, the probabilities of the predicted classes, fall into ``bins`` intervals of one
    width, (0, 1/bins], (1/bins, 2/bins] ...:

        ECE = sum over bins of (n_b / N) |accuracy_b - mean confidence_b|

    Chance deviations add up and never cancel, so on little data the error of even a perfectly
    calibrated model is above 0, and that on resamples lies above that on the data: percentiles of
    them may leave out the error itself, so it has no interval.

    Args:
        probabilities: (N, C) rows that add up to 1.
        gold: (N,) ids; one outside [0, C) counts as wrong.
        bins: how many.
        unit: what an example is, for the counts.

    Returns:
        Statistics (N, 3 * bins): examples, right ones and confidence in each bin; with the
        reliability table. :func:`seqkit.metrics.join_scorings` puts it beside other scores.

    Raises:
        TypeError: labels instead of ids.
        ValueError: shapes that do not fit, or no bin.
    """
    probabilities, gold = np.asarray(probabilities, dtype=np.float64), as_ids(gold)
    if probabilities.ndim != 2 or gold.shape != probabilities.shape[:1] or bins < 1:
        raise ValueError(
            f"probabilities must be (N, C), gold (N,) and bins at least 1: "
            f"{probabilities.shape}, {gold.shape}, {bins}"
        )
    confidence = probabilities.max(axis=1, initial=0.0)
    right = probabilities.argmax(axis=1) == gold if probabilities.shape[1] else gold != gold
    return _scoring(_statistics(confidence, right, bins), bins, {unit: len(gold)})


def score_confidence(
    confidence: Sequence[Array], right: Sequence[BoolArray], *, bins: int = 10
) -> Scoring:
    """Compute the expected calibration error of answers of which an example has several.

    Args:
        confidence: one array (T,) for each example: the probability of each answer, such as the
            tag of a word.
        right: likewise, whether the answer is right.
        bins: how many.

    Returns:
        What :func:`score_calibration` returns, a row for each example.

    Raises:
        ValueError: the numbers of answers differ.
    """
    lengths = [len(answers) for answers in confidence]
    if lengths != [len(answers) for answers in right]:
        raise ValueError("confidence and right must have as many answers for each example")
    nothing = np.empty(0)
    answers = _statistics(
        np.concatenate([nothing, *confidence]), np.concatenate([nothing, *right]) > 0, bins
    )
    statistics = np.zeros((len(lengths), answers.shape[1]))
    np.add.at(statistics, np.repeat(np.arange(len(lengths)), lengths), answers)
    return _scoring(statistics, bins, {})


def _scoring(statistics: Array, bins: int, counts: Mapping[str, int]) -> Scoring:
    table = _reliability(statistics.sum(axis=0), bins)
    return Scoring(statistics, (_error(bins),), counts, (table,))


def _statistics(confidence: Array, right: BoolArray, bins: int) -> Array:
    n = len(confidence)
    # A model that diverged gives NaN: its bin does not matter, for the error is NaN from any.
    numbers = np.nan_to_num(confidence)
    bin_of = np.clip(np.ceil(numbers * bins).astype(np.int64) - 1, 0, bins - 1)
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

    return Measure("calibration error", compute, higher_is_better=False, resampled=False)


def _reliability(sums: Array, bins: int) -> Table:
    count, right, confidence = sums.reshape(3, bins)
    accuracy, mean = ratio(right, count), ratio(confidence, count)
    rows: list[tuple[Cell, ...]] = [
        (
            f"{100 * b / bins:.0f} - {100 * (b + 1) / bins:.0f} %",
            int(count[b]),
            float(mean[b]),
            float(accuracy[b]),
        )
        for b in np.flatnonzero(count)
    ]
    names = ("confidence", "examples", "mean confidence", "accuracy")
    return Table("Reliability", names, tuple(rows), percent=names[2:])
