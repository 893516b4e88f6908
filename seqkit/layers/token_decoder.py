"""A decoder of tokens: learns to write sequences of ids, and searches for the likeliest ones."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from seqkit.arrays import Array, IntArray, tuple_like
from seqkit.beam_search import Hypothesis, beam_search
from seqkit.layers.base import State, prefixed
from seqkit.layers.decoder import AttentionDecoder
from seqkit.layers.dropout import Dropout, LockedDropout, dropped
from seqkit.layers.embedding import Embedding
from seqkit.layers.losses import Loss
from seqkit.layers.softmax import SoftmaxOutput
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence, pack_flat

__all__ = ["TokenDecoder"]


class TokenDecoder:
    """Token vectors, dropout, :class:`AttentionDecoder`, dropout, softmax.

    Args:
        embedding: of the tokens; the end mark also stands before the first token.
        decoder: reads the vectors.
        output: scores the next token; may share the embedding's table.
        end: id of the end mark.
        dropout: rate on the token vectors (one mask a sequence) and before the softmax.

    Raises:
        ValueError: widths that do not fit, or an end mark outside the vocabulary.
    """

    def __init__(
        self,
        embedding: Embedding,
        decoder: AttentionDecoder,
        output: SoftmaxOutput,
        *,
        end: int,
        dropout: float = 0.0,
    ) -> None:
        found = embedding.features, decoder.output_features, embedding.rows
        wanted = decoder.features, output.features, output.words
        if found != wanted or not 0 <= end < output.words:
            raise ValueError(
                f"embedding, decoder and output do not fit: widths and words {found} and {wanted}, "
                f"end mark {end}"
            )
        self.embedding = embedding
        self.decoder = decoder
        self.output = output
        self.end = end
        self._locked = LockedDropout(dropout)
        self._dropout = Dropout(dropout)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of ``embedding.``, of the decoder, and of ``output.``."""
        yield from prefixed("embedding", self.embedding.parameters())
        yield from self.decoder.parameters()
        yield from prefixed("output", self.output.parameters())

    def loss(
        self,
        targets: Sequence[IntArray],
        memory: PackedSequence,
        state: State | None = None,
        *,
        sampled: float = 0.0,
        label_smoothing: float = 0.0,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Loss[tuple[PackedSequence | None, Any]]:
        """Return how surprising the targets are, each token given the true ones before it.

        With ``sampled`` some of the tokens before are the model's own (scheduled sampling: Bengio
        et al. 2015), found by a first pass over the true ones (Mihaylova and Martins 2019), so that
        both passes run over all tokens at once. No gradient flows through what was found.

        Args:
            targets: N arrays of ids, without the end mark.
            memory: (Mm, D), N sequences.
            state: in which the decoder begins; zeros by default.
            sampled: share of the tokens before that are the model's own, in training.
            label_smoothing: see :func:`~seqkit.layers.losses.softmax_cross_entropy`.
            train: apply dropout and ``sampled``.
            rng: draws both.

        Returns:
            The loss of M tokens, end marks included; log-probabilities sequence by sequence. Its
            backward gives (d_memory, d_state0); ``d_memory`` is None without attention.
        """
        before, after = self._shift(targets)
        if train and sampled > 0.0:
            before = self._mix(before, memory, state, sampled, rng)
        vectors, back_embedding = self.embedding.forward(before.data, train=train, rng=rng)
        x, back_locked = self._locked.forward(before.with_data(vectors), train=train, rng=rng)
        outputs, _, _, back_decoder = self.decoder.forward(x, memory, state, train=train, rng=rng)
        y, back_dropout = self._dropout.forward(outputs.data, train=train, rng=rng)
        loss = self.output.loss(y, after.data, label_smoothing=label_smoothing)

        def backward(d_total: float = 1.0) -> tuple[PackedSequence | None, Any]:
            d_outputs = outputs.with_data(back_dropout(loss.backward(d_total)))
            d_x, d_memory, d_state = back_decoder(d_outputs)
            back_embedding(back_locked(d_x).data)
            return d_memory, d_state

        log_p = after.with_data(loss.log_probabilities).flatten()
        return Loss(loss.total, loss.count, loss.weight, log_p, backward)

    def _shift(self, targets: Sequence[IntArray]) -> tuple[PackedSequence, PackedSequence]:
        """Return the tokens before, which begin with the end mark, and those to be written."""
        lengths = np.array([len(target) + 1 for target in targets], np.int64)
        flat = np.concatenate([np.empty(0, np.int64), *targets])
        ends = np.cumsum(lengths) - 1
        inside = np.ones(int(lengths.sum()), np.bool_)
        inside[ends] = False
        after = np.full(len(inside), self.end, np.int64)
        after[inside] = flat
        before = np.roll(after, 1)
        packed = pack_flat(before, lengths)
        return packed, pack_flat(after, lengths)

    def _mix(
        self,
        before: PackedSequence,
        memory: PackedSequence,
        state: State | None,
        share: float,
        rng: np.random.Generator | None,
    ) -> PackedSequence:
        """Replace a share of the tokens before by what the model would have written there."""
        if rng is None:
            raise ValueError("scheduled sampling needs rng= in training")
        vectors, _ = self.embedding.forward(before.data)
        outputs = self.decoder.forward(before.with_data(vectors), memory, state).outputs
        written = self.output.logits(outputs.data).argmax(axis=1)
        later, earlier = before.neighbours
        mixed = before.data.copy()
        chosen = dropped(later.shape, share, rng)
        mixed[later[chosen]] = written[earlier[chosen]]
        return before.with_data(mixed)

    def sample(
        self,
        memory: PackedSequence,
        state: State,
        choose: Callable[[int, Array], int],
        *,
        max_length: int,
    ) -> list[list[int]]:
        """Write one text for each sequence, token by token as ``choose`` takes them.

        Args:
            memory: (Mm, D), N sequences.
            state: in which the decoder begins, arrays (L, N, H).
            choose: takes the number of a sequence and the log-probabilities (V,) of what may come
                next, and returns an id.
            max_length: tokens at most, the end mark counted.

        Returns:
            The ids of each text, without the end mark.
        """
        remembered = self.decoder.remember(memory)
        written: list[list[int]] = [[] for _ in range(memory.batch)]
        going, tokens = np.arange(memory.batch), np.full(memory.batch, self.end, np.int64)
        while len(going) and max_length:
            max_length -= 1
            vectors, _ = self.embedding.forward(tokens)
            counts = np.bincount(going, minlength=memory.batch)
            outputs, after = self.decoder.step(vectors, remembered, counts, state)
            pairs = zip(going.tolist(), self.output.log_softmax(outputs), strict=True)
            tokens = np.array([choose(number, row) for number, row in pairs], np.int64)
            alive = tokens != self.end
            going, tokens = going[alive], tokens[alive]
            state = tuple_like(after, (array[:, alive] for array in after))
            for number, token in zip(going.tolist(), tokens.tolist(), strict=True):
                written[number].append(token)
        return written

    def attention(
        self, targets: Sequence[IntArray], memory: PackedSequence, state: State | None = None
    ) -> list[Array]:
        """Return where each token of the targets looked: a matrix (T + 1, Tm) for each sequence.

        The last row is the end mark's; without attention the list is empty.
        """
        before, _ = self._shift(targets)
        vectors, _ = self.embedding.forward(before.data)
        return self.decoder.forward(before.with_data(vectors), memory, state).weights

    def search(
        self,
        memory: PackedSequence,
        state: State,
        *,
        max_length: int | IntArray,
        width: int = 1,
        n_best: int = 1,
        alpha: float = 0.0,
        banned: Sequence[int] = (),
    ) -> list[list[Hypothesis]]:
        """Search for the likeliest targets; see :func:`~seqkit.beam_search.beam_search`.

        Args:
            memory: (Mm, D), N sequences.
            state: in which the decoder begins, arrays (L, N, H).
            max_length: tokens, the end mark counted, at most; or one number a sequence.
            width: the beam; 1 is greedy.
            n_best: hypotheses for each sequence.
            alpha: of the length penalty.
            banned: ids that must not be written, such as the unknown mark; the others keep their
                log-probabilities.
        """
        remembered = self.decoder.remember(memory)

        def step(tokens: IntArray, state: State, counts: IntArray) -> tuple[Array, Any]:
            vectors, _ = self.embedding.forward(tokens)
            outputs, after = self.decoder.step(vectors, remembered, counts, state)
            log_probabilities = self.output.log_softmax(outputs)
            log_probabilities[:, list(banned)] = -np.inf
            return log_probabilities, after

        return beam_search(
            step,
            state,
            batch=memory.batch,
            start=self.end,
            end=self.end,
            max_length=max_length,
            width=width,
            n_best=n_best,
            alpha=alpha,
        )
