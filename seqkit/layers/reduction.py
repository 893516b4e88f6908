"""Reading the sentences of a story in time, with a question in mind."""

from collections.abc import Callable, Iterator
from functools import reduce
from operator import add
from typing import TypeAlias

import numpy as np

from seqkit.arrays import Array, DTypeLike
from seqkit.kernels.reference import sigmoid
from seqkit.layers.base import prefixed
from seqkit.layers.linear import Linear
from seqkit.layers.pooling import LastPooling, sum_steps
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence

__all__ = ["QueryReduction", "QueryReductionNetwork"]

UnitBackward: TypeAlias = Callable[[Array], tuple[Array, Array, Array]]
"""``backward(d_h) -> (d_sentences, d_asked, d_start)``; adds parameter gradients."""


class QueryReduction:
    """The query-reduction unit with a reset gate (Seo, Min, Farhadi and Hajishirzi 2017).

    For sentence x and question u at each step, and the question h before it::

        z = sigmoid((x u) w_z + b_z)      how much the sentence has to do with the question
        r = sigmoid((x u) w_r + b_r)      how much of it is let through
        c = tanh([x, u] W + b)            the question that remains once it is read
        h' = z r c + (1 - z) h

    The gate z is attention without a softmax: each sentence is weighed alone, and a later one has
    the last word. Before the first sentence, h is the question itself (the paper: zeros).

    Args:
        features: D, width of sentences and questions.
        rng: draws the weights.
        dtype: of the weights.
    """

    def __init__(
        self, features: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        self._gates = Linear(features, 2, rng=rng, dtype=dtype)
        self._candidate = Linear(2 * features, features, rng=rng, dtype=dtype)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of the gates (z, then r) and of the candidate."""
        yield from prefixed("gates", self._gates.parameters())
        yield from prefixed("candidate", self._candidate.parameters())

    def forward(
        self, sentences: PackedSequence, asked: Array, start: Array, *, backwards: bool = False
    ) -> tuple[Array, UnitBackward]:
        """Reduce the question, sentence by sentence.

        Args:
            sentences: (M, D), N stories.
            asked: (M, D) the question as it stands at each sentence.
            start: (N, D) the question before any sentence, in the caller's order.
            backwards: whether to read each story from its end.

        Returns:
            h after each sentence (M, D), and ``backward(d_h) -> (d_sentences, d_asked, d_start)``.
        """
        x, u = sentences.data, asked
        logits, back_gates = self._gates.forward(x * u)
        gates = sigmoid(logits)
        z, r = gates[:, :1], gates[:, 1:]
        linear, back_candidate = self._candidate.forward(np.concatenate([x, u], axis=1))
        c = np.tanh(linear)
        order = sentences.reversal if backwards else slice(None)
        h, before = _blend(sentences, (z * r * c)[order], (1.0 - z)[order], start)
        h, before = h[order], before[order]

        def backward(d_h: Array) -> tuple[Array, Array, Array]:
            d_new, d_start = _blend_backward(sentences, d_h[order], (1.0 - z)[order])
            d_new = d_new[order]
            of_c = (d_new * c).sum(axis=1, keepdims=True)
            d_z = r * of_c - (d_new * before).sum(axis=1, keepdims=True)
            d_gates = np.concatenate([d_z, z * of_c], axis=1)
            d_product = back_gates(d_gates * gates * (1.0 - gates))
            d_both = back_candidate(d_new * z * r * (1.0 - c * c))
            width = x.shape[1]
            return d_product * u + d_both[:, :width], d_product * x + d_both[:, width:], d_start

        return h, backward


class QueryReductionNetwork:
    """Some hops of query reduction, one above the other (the same paper).

    What a hop leaves of the question at each sentence is what the next hop asks there. Each hop but
    the last reads the sentences from both ends and takes the mean of the two (the paper: the sum);
    the last one reads forwards, and what it leaves after the last sentence is the result. Where
    there is no sentence, that is the question as it was.

    Args:
        features: D, width of sentences and questions.
        hops: how many, at least 1.
        rng: draws the weights.
        dtype: of the weights.
    """

    def __init__(
        self,
        features: int,
        *,
        hops: int,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if hops < 1:
            raise ValueError(f"hops must be at least 1, found {hops}")
        ways = [("forward", "backward")] * (hops - 1) + [("forward",)]
        self.hops = [
            {name: QueryReduction(features, rng=rng, dtype=dtype) for name in names}
            for names in ways
        ]

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of ``0.forward.``, ``0.backward.`` and so on."""
        for number, hop in enumerate(self.hops):
            for name, unit in hop.items():
                yield from prefixed(f"{number}.{name}", unit.parameters())

    def forward(
        self, sentences: PackedSequence, questions: Array
    ) -> tuple[Array, Callable[[Array], tuple[PackedSequence, Array]]]:
        """Read N stories, each with its question in mind.

        Args:
            sentences: (M, D).
            questions: (N, D), in the caller's order of stories.

        Returns:
            What is left of the questions (N, D), and
            ``backward(d_left) -> (d_sentences, d_questions)``.
        """
        asked, backs = questions[sentences.sequence_of_token], []
        for hop in self.hops:
            passes = [
                unit.forward(sentences, asked, questions, backwards=name == "backward")
                for name, unit in hop.items()
            ]
            asked = reduce(add, (left for left, _ in passes)) / len(passes)
            backs.append([back for _, back in passes])
        last, back_last = LastPooling().forward(sentences.with_data(asked))
        unread = (sentences.lengths == 0)[:, None]

        def backward(d_left: Array) -> tuple[PackedSequence, Array]:
            d_asked, d_questions = back_last(d_left).data, np.where(unread, d_left, 0)
            d_sentences = np.zeros_like(sentences.data)
            for hop in reversed(backs):
                gradients = [back(d_asked / len(hop)) for back in hop]
                d_asked = reduce(add, (d for _, d, _ in gradients))
                for d_read, _, d_start in gradients:
                    d_sentences += d_read
                    d_questions += d_start
            d_questions += sum_steps(sentences.with_data(d_asked))
            return sentences.with_data(d_sentences), d_questions

        return np.where(unread, questions, last), backward


def _blend(batch: PackedSequence, new: Array, kept: Array, start: Array) -> tuple[Array, Array]:
    """Run ``h' = new + kept h`` in time; return h' and h, (M, D) each."""
    h = np.empty(new.shape, np.result_type(new, start))
    before = np.empty_like(h)
    state = start[batch.order]
    for first, last in zip(batch.offsets[:-1].tolist(), batch.offsets[1:].tolist(), strict=True):
        before[first:last] = state[: last - first]
        state = new[first:last] + kept[first:last] * state[: last - first]
        h[first:last] = state
    return h, before


def _blend_backward(batch: PackedSequence, d_h: Array, kept: Array) -> tuple[Array, Array]:
    """Return the gradients of ``new`` (M, D) and of the start (N, D)."""
    d_new = np.empty_like(d_h)
    d_state = np.zeros((batch.batch, d_h.shape[1]), d_h.dtype)
    offsets = batch.offsets.tolist()
    for first, last in zip(offsets[-2::-1], offsets[:0:-1], strict=True):
        alive = last - first
        d_new[first:last] = d_h[first:last] + d_state[:alive]
        d_state[:alive] = kept[first:last] * d_new[first:last]
    return d_new, d_state[batch.inverse_order]
