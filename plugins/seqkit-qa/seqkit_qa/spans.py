"""The model for answers that stand in the text: where one starts, and where it ends."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from seqkit.arrays import Array, IntArray
from seqkit.layers.attention import DotAttention
from seqkit.layers.dropout import LockedDropout
from seqkit.layers.linear import Linear
from seqkit.layers.losses import Loss
from seqkit.layers.pointing import Pointer, best_spans, span_cross_entropy
from seqkit.plugins import create_encoder
from seqkit.sequences import PackedSequence, pack, pack_flat

from seqkit_qa.examples import Answer, Question
from seqkit_qa.model import QAModel

__all__ = ["SpanModel"]

Ends = tuple[PackedSequence, PackedSequence]
"""Scores (M,) of the tokens as the first and as the last of the answer."""


class SpanBatch(NamedTuple):
    """N questions about texts of M tokens.

    Attributes:
        texts: ids (M,).
        questions: ids of their tokens.
        places: (N, 2) first and last token of the gold answers; -1 where there is none.
        tokens: of all texts and questions.
    """

    texts: PackedSequence
    questions: PackedSequence
    places: IntArray
    tokens: int


class SpanModel(QAModel):
    """Each word of the text looks at the question, and then the question at the text.

    Text and question are encoded; each token p of the text attends over the question; a second
    encoder reads ``[p, a, p a]`` with what it attended to, a (Seo et al. 2017, Chen et al. 2017).
    In each hop the question attends over that and adds what it finds to itself; at last it points
    at the first and the last token of the answer.
    """

    spans = True
    reader = "words aligned with the question, attention of the question"

    def layers(self, rng: np.random.Generator) -> Mapping[str, Any]:
        """Make attention both ways, the second encoder, and the pointers."""
        width = self.features
        # One encoder reads both sides, so equal words are near from the beginning: no matrix.
        self.alignment = DotAttention(width, width, learnt=False)
        self.second = create_encoder(self.config, 3 * width, rng=rng)
        self.dropout = LockedDropout(self.config.dropout)
        read = self.second.output_features
        self.attention = DotAttention(width, read, rng=rng)
        self.found = Linear(read, width, rng=rng)
        self.start, self.end = (Pointer(width, read, rng=rng) for _ in range(2))
        named = {"second": self.second, "attention": self.attention, "found": self.found}
        return {**named, "start": self.start, "end": self.end}

    def encode(self, examples: Sequence[Question]) -> SpanBatch:
        """Look up the tokens of texts and questions."""
        parts = [e.tokens for e in examples], [e.asked for e in examples]
        texts, questions = (pack_flat(*self.words.encode_flat(part)) for part in parts)
        places = np.array([e.place or (-1, -1) for e in examples], dtype=np.int64).reshape(-1, 2)
        return SpanBatch(texts, questions, places, texts.tokens + questions.tokens)

    def forward(
        self, batch: SpanBatch, *, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Ends, Callable[[Ends], None]]:
        """Return the scores of the tokens as first and as last."""
        p, _, back_text = self.encoder.forward(batch.texts, train=train, rng=rng)
        q, _, back_question = self.encoder.forward(batch.questions, train=train, rng=rng)
        u, back_pooling = self.pooling.forward(q)
        aligned = self.alignment.forward(p, q)
        a = aligned.contexts.data
        both = p.with_data(np.concatenate([p.data, a, p.data * a], axis=1))
        read, _, back_read = self.second.forward(both, train=train, rng=rng)
        memory, back_dropout = self.dropout.forward(read, train=train, rng=rng)
        u, back_hops = self._ask(u, memory)
        start, back_start = self.start.forward(u, memory)
        end, back_end = self.end.forward(u, memory)

        def backward(d_ends: Ends) -> None:
            (d_u, d_memory), (d_end_u, d_end_memory) = back_start(d_ends[0]), back_end(d_ends[1])
            d_u, d_found = back_hops(d_u + d_end_u)
            d_read = memory.with_data(d_memory.data + d_end_memory.data + d_found)
            d_both, _ = back_read(back_dropout(d_read))
            d_p, d_a, d_product = np.split(d_both.data, 3, axis=1)
            d_text, d_question = aligned.backward(p.with_data(d_a + d_product * p.data))
            back_text(p.with_data(d_text.data + d_p + d_product * a))
            back_question(q.with_data(d_question.data + back_pooling(d_u).data))

        return (start, end), backward

    def _ask(
        self, u: Array, memory: PackedSequence
    ) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
        """Let the questions (N, D) attend over the texts (M, D'), and add what they find."""
        hops = []
        for _ in range(self.config.hops):
            attended = self.attention.forward(pack(list(u[:, None])), memory)
            found, back_found = self.found.forward(attended.contexts.data)
            u = u + found
            hops.append((attended, back_found))

        def backward(d_u: Array) -> tuple[Array, Array]:
            d_memory = np.zeros_like(memory.data)
            for attended, back_found in reversed(hops):
                d_context = attended.contexts.with_data(back_found(d_u))
                d_query, d_attended = attended.backward(d_context)
                d_u = d_u + d_query.data
                d_memory += d_attended.data
            return d_u, d_memory

        return u, backward

    def cross_entropy(self, scores: Ends, batch: SpanBatch) -> Loss[Ends]:
        """Return the losses of the first and of the last token, together."""
        return span_cross_entropy(*scores, batch.places)

    def best(self, scores: Ends, examples: Sequence[Question]) -> list[Answer]:
        """Return the most probable spans; of a text without tokens the empty one."""
        spans = best_spans(*scores, longest=self.config.longest_answer)
        return [
            Answer("", 1.0, 0, 0) if span is None else example.span(*span)
            for example, span in zip(examples, spans, strict=True)
        ]

    def counts(self, examples: Sequence[Question]) -> Mapping[str, int]:
        """Count as all models do, and answers that are too long to be found, if there are any."""
        longest = self.config.longest_answer
        lost = sum(e.place is not None and e.place[1] - e.place[0] >= longest for e in examples)
        beyond = {f"answers of more than {longest} tokens (longest_answer)": lost} if lost else {}
        return {**super().counts(examples), **beyond}
