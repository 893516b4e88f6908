"""Scores of found spans, such as named entities: right is what agrees in start, end and type."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np

from seqkit.arrays import Array
from seqkit.metrics.classes import class_measures, class_table
from seqkit.metrics.measures import Measure, Scoring, ratio
from seqkit.text.tag_schemes import Span

__all__ = ["score_entities"]


def score_entities(
    gold: Sequence[Collection[Span]],
    predicted: Sequence[Collection[Span]],
    *,
    unseen: Sequence[Collection[Span]] | None = None,
    types: Iterable[str] = (),
    notes: Sequence[str] = (),
) -> Scoring:
    """Score entities as the CoNLL shared tasks did (Tjong Kim Sang and De Meulder 2003).

    ``precision = right / predicted``, ``recall = right / gold``,
    ``F1 = 2 right / (gold + predicted)``, over the entities of all types (micro). Where one of them
    would divide by 0 it is 0, as in ``conlleval``; where there is no entity at all, neither gold
    nor predicted, all are undefined.

    Args:
        gold: the distinct spans of each sentence.
        predicted: likewise.
        unseen: those of the gold spans that training never met; without it, the recall of such
            entities is left out.
        types: in the order in which the statistics have them; others that occur come after them.
        notes: sentences to show below the table, such as how the tags were read.

    Returns:
        Statistics (sentences, 3C + 2): right, gold and predicted entities of each type, then right
        unseen and unseen ones. The headline is the micro F1. With a table of the types.

    Raises:
        ValueError: different numbers of sentences.
    """
    sentences = len(gold)
    given = [gold, predicted, [()] * sentences if unseen is None else unseen]
    if len({len(spans) for spans in given}) > 1:
        raise ValueError(f"numbers of sentences differ: {[len(spans) for spans in given]}")
    names = _names(types, [*gold, *predicted])
    right = [set(a) & set(b) for a, b in zip(gold, predicted, strict=True)]
    columns = [_count(spans, names) for spans in (right, gold, predicted)]
    met = [
        [len(set(spans) & found), len(spans)] for spans, found in zip(given[2], right, strict=True)
    ]
    classes = np.concatenate(columns, axis=1)
    counts = {"sentences": sentences, "entities": int(columns[1].sum())}
    if unseen is not None:
        counts["unseen entities"] = sum(map(len, unseen))
    table = class_table(classes.sum(axis=0), names, "Entities", "type")
    return Scoring(
        statistics=np.concatenate([classes, np.array(met, np.float64).reshape(-1, 2)], axis=1),
        measures=tuple(_measures(len(names), split=unseen is not None)),
        counts=counts,
        tables=(replace(table, notes=(*table.notes, *notes)),),
    )


def _names(types: Iterable[str], spans: Iterable[Collection[Span]]) -> tuple[str, ...]:
    known = tuple(types)
    return (*known, *sorted({span.type for some in spans for span in some} - set(known)))


def _count(spans: Sequence[Collection[Span]], types: Sequence[str]) -> Array:
    """Count the spans of each type in each sentence: (N, C)."""
    counts = np.zeros((len(spans), len(types)))
    for row, some in zip(counts, spans, strict=True):
        found = Counter(span.type for span in some)
        row[:] = [found[kind] for kind in types]
    return counts


def _measures(classes: int, *, split: bool) -> Iterable[Measure]:
    def totals(sums: Array) -> tuple[Array, Array, Array]:
        right, gold, predicted = (
            sums[..., part * classes : (part + 1) * classes].sum(axis=-1) for part in range(3)
        )
        return right, gold, predicted

    def share(right: Array, of: Array, any_entity: Array) -> Array:
        value: Array = np.where(any_entity > 0, np.nan_to_num(ratio(right, of)), np.nan)
        return value

    def f1(sums: Array) -> Array:
        right, gold, predicted = totals(sums)
        return ratio(2 * right, gold + predicted)

    def precision(sums: Array) -> Array:
        right, gold, predicted = totals(sums)
        return share(right, predicted, gold + predicted)

    def recall(sums: Array) -> Array:
        right, gold, predicted = totals(sums)
        return share(right, gold, gold + predicted)

    def recall_of_unseen(sums: Array) -> Array:
        return ratio(sums[..., -2], sums[..., -1])

    yield Measure("entity F1", f1)
    yield Measure("precision", precision)
    yield Measure("recall", recall)
    if split:
        yield Measure("recall of unseen entities", recall_of_unseen)
    yield class_measures(classes)[0]
