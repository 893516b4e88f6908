"""Scores of a classifier: one gold and one predicted label for each text."""

from collections.abc import Hashable, Sequence

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.metrics.classes import (
    class_measures,
    class_table,
    confusion_matrix,
    confusion_table,
    count_classes,
    frequent_confusions,
    pool_unknown,
)
from seqkit.metrics.measures import Measure, Scoring, Table, ratio

__all__ = ["encode_labels", "score_classification"]

_WHOLE_MATRIX = 12
"""Up to so many classes the confusion matrix fits a terminal; beyond, the commonest errors do."""


def encode_labels(
    labels: Sequence[str], *encoded: Sequence[str]
) -> tuple[tuple[str, ...], tuple[IntArray, ...]]:
    """Number labels, those outside the label set too.

    A gold label that training never met then counts as a class of its own, whose recall is 0, which
    is what scikit-learn makes of it.

    Args:
        labels: the known ones; they keep their places.
        encoded: sequences of labels, such as gold and predicted.

    Returns:
        The labels, unseen ones appended in the order met, and the ids (N,) of each sequence.
    """
    ids: dict[Hashable, int] = {label: i for i, label in enumerate(labels)}
    numbered = tuple(
        np.array([ids.setdefault(label, len(ids)) for label in sequence], dtype=np.int64)
        for sequence in encoded
    )
    return tuple(str(label) for label in ids), numbered


def score_classification(
    gold: IntArray, predicted: IntArray, labels: Sequence[str], *, unit: str = "texts"
) -> Scoring:
    """Score predicted classes.

    The measures are accuracy (the headline), macro F1, macro precision and macro recall; see
    :func:`seqkit.metrics.classes.class_measures` for the formulas and for what is 0/0. All equal
    scikit-learn's.

    Args:
        gold: (N,) ids; one outside [0, C), of a label that training never met, counts as wrong and
            as one more class.
        predicted: (N,) ids.
        labels: C names.
        unit: what an example is, for the counts.

    Returns:
        Statistics (N, 3C): tp, gold and predicted of each class, 24 N C bytes; with a table of the
        classes, and the confusions, whole or with many classes the commonest.

    Raises:
        TypeError: labels instead of ids.
        ValueError: gold and predicted differ in length.
    """
    known = len(labels)
    gold, predicted, names = pool_unknown(gold, predicted, tuple(labels))
    n, classes = len(gold), len(names)
    statistics = count_classes(
        gold, predicted, np.arange(n), examples=n, classes=classes, known=known
    )
    counts = {unit: n}
    if unseen := int((gold >= known).sum()):
        counts["unseen labels"] = unseen
    matrix = confusion_matrix(gold, predicted, classes)
    return Scoring(
        statistics=statistics,
        measures=(_accuracy(classes), *class_measures(classes)),
        counts=counts,
        tables=(class_table(statistics.sum(axis=0), names, "Classes"), _errors(matrix, names)),
    )


def _accuracy(classes: int) -> Measure:
    def compute(sums: Array) -> Array:
        right = sums[..., :classes].sum(axis=-1)
        return ratio(right, sums[..., classes : 2 * classes].sum(axis=-1))

    return Measure("accuracy", compute)


def _errors(matrix: IntArray, names: tuple[str, ...]) -> Table:
    if len(names) <= _WHOLE_MATRIX:
        return confusion_table(matrix, names)
    return frequent_confusions(matrix, names)
