"""Scores of a tagger: one gold and one predicted tag for each word of each sentence."""

from collections.abc import Sequence

import numpy as np

from seqkit.arrays import Array, BoolArray, IntArray
from seqkit.digests import short_digest
from seqkit.metrics.classes import (
    as_ids,
    class_measures,
    class_table,
    confusion_matrix,
    count_classes,
    frequent_confusions,
    pool_unknown,
)
from seqkit.metrics.measures import Measure, Scoring, ratio

__all__ = ["score_tagging"]

_RIGHT, _WORDS, _UNSEEN_RIGHT, _UNSEEN, _WHOLE, _SENTENCES = range(6)


def score_tagging(
    gold: Sequence[IntArray],
    predicted: Sequence[IntArray],
    tags: Sequence[str],
    *,
    unseen: Sequence[BoolArray] | None = None,
) -> Scoring:
    """Score predicted tags.

    The measures are accuracy over all words (the headline), over seen and over unseen words, the
    share of sentences without an error, macro F1, precision and recall over tags.

    Args:
        gold: one array (T,) of tag ids for each sentence; an id outside [0, C) is a tag that
            training never met, and counts as wrong.
        predicted: likewise.
        tags: C names.
        unseen: one array (T,) for each sentence, true at words that training never met; without it,
            the two accuracies are left out.

    Returns:
        Statistics (sentences, 6 + 3C): right words, words, right unseen words, unseen words, whole
        sentences right, sentences with any word, then tp, gold and predicted of each tag. Empty
        sentences count for nothing. With a table of the tags, and of the commonest confusions.

    Raises:
        TypeError: tags instead of ids.
        ValueError: sentences of gold, predicted and unseen differ in number or length.
    """
    lengths = _lengths(gold)
    given = [predicted] if unseen is None else [predicted, unseen]
    for name, other in zip(("predicted", "unseen"), given, strict=False):
        _check_lengths(lengths, _lengths(other), name)
    known = len(tags)
    flat_gold, flat_predicted, names = pool_unknown(_join(gold), _join(predicted), tuple(tags))
    flat_unseen = np.zeros(len(flat_gold), np.bool_) if unseen is None else _join(unseen) != 0
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    right = (flat_gold == flat_predicted) & (flat_gold < known)
    classes = count_classes(
        flat_gold,
        flat_predicted,
        sentence,
        examples=len(lengths),
        classes=len(names),
        known=known,
    )
    words = _count_words(right, flat_unseen, sentence, lengths)
    return Scoring(
        statistics=np.concatenate([words, classes], axis=1),
        measures=_measures(len(names), None if unseen is None else flat_unseen),
        counts=_counts(words, flat_gold, known, split=unseen is not None),
        tables=(
            class_table(classes.sum(axis=0), names, "Tags", "tag"),
            frequent_confusions(confusion_matrix(flat_gold, flat_predicted, len(names)), names),
        ),
    )


def _count_words(
    right: BoolArray, unseen: BoolArray, sentence: IntArray, lengths: IntArray
) -> Array:
    """Count (sentences, 6), the columns named at the top."""
    counts = np.zeros((len(lengths), 6))
    for column, words in ((_RIGHT, right), (_UNSEEN_RIGHT, right & unseen), (_UNSEEN, unseen)):
        counts[:, column] = np.bincount(sentence[words], minlength=len(lengths))
    counts[:, _WORDS] = lengths
    counts[:, _SENTENCES] = lengths > 0
    counts[:, _WHOLE] = (counts[:, _RIGHT] == lengths) & (lengths > 0)
    return counts


def _name_words(unseen: BoolArray) -> str:
    digest = short_digest(np.packbits(unseen).tobytes())
    return f"its own {int(unseen.sum()):,} unseen words ({digest})"


def _measures(classes: int, unseen: BoolArray | None) -> tuple[Measure, ...]:
    # Which words are unseen is a matter of what a model was trained on.
    basis = "" if unseen is None else _name_words(unseen)
    by_word = (
        Measure(
            "accuracy on seen words",
            lambda sums: ratio(
                sums[..., _RIGHT] - sums[..., _UNSEEN_RIGHT], sums[..., _WORDS] - sums[..., _UNSEEN]
            ),
            basis=basis,
        ),
        Measure(
            "accuracy on unseen words",
            lambda sums: ratio(sums[..., _UNSEEN_RIGHT], sums[..., _UNSEEN]),
            basis=basis,
        ),
    )
    return (
        Measure("accuracy", lambda sums: ratio(sums[..., _RIGHT], sums[..., _WORDS])),
        *(() if unseen is None else by_word),
        Measure("whole sentences", lambda sums: ratio(sums[..., _WHOLE], sums[..., _SENTENCES])),
        *class_measures(classes, start=6),
    )


def _counts(words: Array, gold: IntArray, known: int, *, split: bool) -> dict[str, int]:
    counts = {"sentences": len(words), "words": int(words[:, _WORDS].sum())}
    if split:
        counts["unseen words"] = int(words[:, _UNSEEN].sum())
    if unseen_tags := int((gold >= known).sum()):
        counts["words with an unseen tag"] = unseen_tags
    return counts


def _lengths(sequences: Sequence[Array]) -> IntArray:
    return np.array([len(sequence) for sequence in sequences], dtype=np.int64)


def _join(sequences: Sequence[Array]) -> Array:
    return np.concatenate([np.empty(0, np.int64), *map(as_ids, sequences)])


def _check_lengths(wanted: IntArray, found: IntArray, name: str) -> None:
    if len(wanted) != len(found):
        raise ValueError(f"{len(wanted)} gold sentences, {len(found)} in {name}")
    if len(wrong := np.flatnonzero(wanted != found)):
        first = int(wrong[0])
        raise ValueError(
            f"sentence {first} has {wanted[first]} gold tags, {found[first]} in {name}"
        )
