"""From scores of tags to a loss and to answers: each word on its own, or whole sentences."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from seqkit.arrays import Array, BoolArray, IntArray
from seqkit.layers.crf import CRF
from seqkit.layers.losses import Loss, softmax, softmax_cross_entropy
from seqkit.layers.temperature import Temperature
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence

__all__ = ["CRFHead", "Head", "SoftmaxHead"]


class Head(Protocol):
    """What turns the scores of tags, packed (M, C), into a loss and into answers."""

    def loss(self, scores: PackedSequence, tags: IntArray) -> Loss[PackedSequence]:
        """Return the negative log-likelihood of gold tags.

        Args:
            scores: (M, C).
            tags: (M,) ids, in the order of the scores; what a tag of -1 stands for was not in
                training and has no likelihood, so it is left out.
        """
        ...

    def decode(self, scores: PackedSequence) -> tuple[IntArray, Array]:
        """Return the best tag of each word (M,), and its probability (M,)."""
        ...

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield (name, parameter)."""
        ...


class SoftmaxHead:
    """A softmax over the tags at each word."""

    def __init__(self) -> None:
        self.temperature = Temperature()

    def loss(self, scores: PackedSequence, tags: IntArray) -> Loss[PackedSequence]:
        """Return the cross-entropy of the tags that are known."""
        known = np.flatnonzero(tags >= 0)
        loss = softmax_cross_entropy(scores.data[known], tags[known])

        def backward(d_total: float = 1.0) -> PackedSequence:
            d_scores = np.zeros_like(scores.data)
            d_scores[known] = loss.backward(d_total)
            return scores.with_data(d_scores)

        return Loss(loss.total, loss.count, loss.weight, loss.log_probabilities, backward)

    def decode(self, scores: PackedSequence) -> tuple[IntArray, Array]:
        """Return the tag of the highest score, and its share of the softmax."""
        probabilities = softmax(self.temperature.scale(scores.data.astype(np.float64)))
        best = probabilities.argmax(axis=1)
        return best, _at(probabilities, best)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the temperature."""
        yield from self.temperature.parameters()


class CRFHead:
    """A conditional random field over the tags of a sentence.

    Args:
        crf: scores how tags follow one another.
    """

    def __init__(self, crf: CRF) -> None:
        self.crf = crf

    def loss(self, scores: PackedSequence, tags: IntArray) -> Loss[PackedSequence]:
        """Return the loss of the sentences whose tags are all known."""
        unknown = np.zeros(scores.batch, np.bool_)
        unknown[scores.sequence_of_token[tags < 0]] = True
        if not unknown.any():
            return self.crf.loss(scores, tags)
        rows, chosen = _without(scores, unknown)
        loss = self.crf.loss(chosen, tags[rows])

        def backward(d_total: float = 1.0) -> PackedSequence:
            d_scores = np.zeros_like(scores.data)
            d_scores[rows] = loss.backward(d_total).data
            return scores.with_data(d_scores)

        return Loss(loss.total, loss.count, loss.weight, loss.log_probabilities, backward)

    def decode(self, scores: PackedSequence) -> tuple[IntArray, Array]:
        """Return the tags of the best path, and the share of all paths that agree on each."""
        exact = scores.with_data(scores.data.astype(np.float64))
        return self.crf.decode_with_marginals(exact)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of the random field."""
        yield from self.crf.parameters()


def _at(probabilities: Array, tags: IntArray) -> Array:
    chosen: Array = probabilities[np.arange(len(tags)), tags]
    return chosen


def _without(batch: PackedSequence, left_out: BoolArray) -> tuple[IntArray, PackedSequence]:
    """Return the rows of the other sequences, and these sequences as a batch of their own."""
    kept = ~left_out[batch.sequence_of_token]
    steps = np.repeat(np.arange(batch.steps), batch.batch_sizes)[kept]
    numbers = np.cumsum(~left_out) - 1
    order = numbers[batch.order[~left_out[batch.order]]]
    rows = np.flatnonzero(kept)
    return rows, PackedSequence(batch.data[rows], np.bincount(steps), order)
