"""Precision, recall and F1 of classes, from counts that add up over examples.

For each class c three counts are kept: tp_c, examples of c that were predicted as c; gold_c,
examples of c; predicted_c, predictions of c. They stand end to end in one row: (3C,).
"""

import numpy as np
from numpy.typing import ArrayLike

from seqkit.arrays import Array, IntArray
from seqkit.metrics.measures import Cell, Measure, Table, ratio

__all__ = [
    "as_ids",
    "class_measures",
    "class_table",
    "confusion_matrix",
    "confusion_table",
    "count_classes",
    "frequent_confusions",
    "pool_unknown",
]

_UNKNOWN = "(unknown label)"


def as_ids(values: ArrayLike) -> IntArray:
    """Return ids as int64.

    Raises:
        TypeError: they are labels or probabilities.
    """
    ids = np.asarray(values)
    if ids.size and ids.dtype.kind not in "biu":
        advice = "seqkit.metrics.encode_labels numbers labels"
        raise TypeError(f"classes are ids, whole numbers, found {ids.dtype}; {advice}")
    return ids.astype(np.int64)


def pool_unknown(
    gold: IntArray, predicted: IntArray, labels: tuple[str, ...]
) -> tuple[IntArray, IntArray, tuple[str, ...]]:
    """Give ids outside the label set a class of their own, where there are any.

    Such a gold label was never met in training; it can only be counted as wrong. See
    :func:`count_classes`, which never counts the pooled class as right: two unknown labels need
    not be the same.

    Args:
        gold: (M,) ids.
        predicted: (M,) ids.
        labels: C names.

    Returns:
        Both ids with every one outside [0, C) turned into C, and the labels, one longer if any was.

    Raises:
        TypeError: they are no ids.
        ValueError: the two do not have the same length.
    """
    gold, predicted = as_ids(gold), as_ids(predicted)
    if gold.shape != predicted.shape or gold.ndim != 1:
        raise ValueError(
            f"gold and predicted must be ids of the same examples: {gold.shape}, {predicted.shape}"
        )
    size = len(labels)
    pooled = [np.where((ids < 0) | (ids >= size), size, ids) for ids in (gold, predicted)]
    outside = any((ids == size).any() for ids in pooled)
    return pooled[0], pooled[1], (*labels, _UNKNOWN) if outside else labels


def count_classes(
    gold: IntArray,
    predicted: IntArray,
    example: IntArray,
    *,
    examples: int,
    classes: int,
    known: int | None = None,
) -> Array:
    """Count tp, gold and predicted for each class in each example.

    Args:
        gold: (M,) ids in [0, classes).
        predicted: (M,) likewise.
        example: (M,) the example to which each belongs.
        examples: N.
        classes: C.
        known: ids from here on are pooled and never right; by default there are none.

    Returns:
        (N, 3C) float64: tp, then gold, then predicted.
    """
    right = (gold == predicted) & (gold < (classes if known is None else known))
    size = examples * classes
    counts = np.empty((examples, 3, classes))
    for column, ids, rows in (
        (0, gold[right], example[right]),
        (1, gold, example),
        (2, predicted, example),
    ):
        counted = np.bincount(rows * classes + ids, minlength=size)
        counts[:, column] = counted.reshape(examples, classes)
    return counts.reshape(examples, 3 * classes)


def class_measures(classes: int, start: int = 0) -> tuple[Measure, Measure, Measure]:
    """Build macro F1, macro precision and macro recall.

    They are means over the classes that occur, in the gold labels or among the predictions, as in
    scikit-learn's ``f1_score(average="macro", zero_division=0)``:

        precision_c = tp_c / predicted_c     recall_c = tp_c / gold_c
        F1_c = 2 tp_c / (gold_c + predicted_c)

    where 0/0 counts as 0. Note that macro F1 is the mean of the F1s, not the F1 of the means.

    Args:
        classes: C.
        start: the column at which the 3C counts start.
    """
    tp, gold, predicted = (slice(start + i * classes, start + (i + 1) * classes) for i in range(3))

    def precision(sums: Array) -> Array:
        return _macro(sums[..., tp], sums[..., predicted], sums[..., gold] + sums[..., predicted])

    def recall(sums: Array) -> Array:
        return _macro(sums[..., tp], sums[..., gold], sums[..., gold] + sums[..., predicted])

    def f1(sums: Array) -> Array:
        both = sums[..., gold] + sums[..., predicted]
        return _macro(2 * sums[..., tp], both, both)

    return (
        Measure("macro F1", f1),
        Measure("macro precision", precision),
        Measure("macro recall", recall),
    )


def class_table(sums: Array, labels: tuple[str, ...], title: str, heading: str = "class") -> Table:
    """Tabulate precision, recall, F1 and support of the classes that occur, commonest first.

    Args:
        sums: (3C,) tp, gold and predicted.
        labels: C names.
        title: of the table.
        heading: of the first column.
    """
    tp, gold, predicted = np.asarray(sums).reshape(3, len(labels))
    columns = (_or_zero(tp, predicted), _or_zero(tp, gold), _or_zero(2 * tp, gold + predicted))
    rows: list[tuple[Cell, ...]] = [
        (labels[c], *(float(column[c]) for column in columns), int(gold[c]), int(predicted[c]))
        for c in np.argsort(-gold, kind="stable")
        if gold[c] + predicted[c]
    ]
    names = (heading, "precision", "recall", "F1", "support", "predicted")
    return Table(title, names, tuple(rows), percent=names[1:4])


def confusion_matrix(gold: IntArray, predicted: IntArray, classes: int) -> IntArray:
    """Count pairs.

    Args:
        gold: (M,) ids in [0, C).
        predicted: (M,) likewise.
        classes: C.

    Returns:
        (C, C): row gold, column predicted.
    """
    counted = np.bincount(gold * classes + predicted, minlength=classes * classes)
    return counted.reshape(classes, classes)


def confusion_table(matrix: IntArray, labels: tuple[str, ...]) -> Table:
    """Show a confusion matrix (C, C) whole, without classes that do not occur."""
    present = np.flatnonzero(matrix.sum(axis=0) + matrix.sum(axis=1))
    rows: list[tuple[Cell, ...]] = [
        (labels[row], *(int(matrix[row, column]) for column in present)) for row in present
    ]
    names = ("gold \\ predicted", *(labels[column] for column in present))
    return Table("Confusions", names, tuple(rows))


def frequent_confusions(matrix: IntArray, labels: tuple[str, ...], limit: int = 10) -> Table:
    """List the commonest errors of a confusion matrix (C, C), with their share of all errors."""
    errors = matrix.copy()
    np.fill_diagonal(errors, 0)
    if len(labels) > 1 and labels[-1] == _UNKNOWN:
        errors[-1, -1] = matrix[-1, -1]  # never right: see count_classes
    total = int(errors.sum())
    order = np.argsort(-errors, axis=None, kind="stable")[:limit]
    cells = [np.unravel_index(flat, errors.shape) for flat in order]
    rows: list[tuple[Cell, ...]] = [
        (labels[row], labels[column], int(errors[row, column]), int(errors[row, column]) / total)
        for row, column in cells
        if errors[row, column]
    ]
    names = ("gold", "predicted", "count", "share of errors")
    return Table("Most frequent confusions", names, tuple(rows), percent=names[3:])


def _or_zero(numerator: Array, denominator: Array) -> Array:
    return np.nan_to_num(ratio(numerator, denominator), nan=0.0)


def _macro(numerator: Array, denominator: Array, occurs: Array) -> Array:
    """Average (..., C) over the classes that occur; nan where none does."""
    per_class = _or_zero(numerator, denominator)
    return ratio(per_class.sum(axis=-1), (occurs > 0).sum(axis=-1))
