"""A recurrent decoder that attends to what an encoder has read, after its own recurrence."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from seqkit.arrays import Array, DTypeLike, IntArray
from seqkit.layers.attention import Attention
from seqkit.layers.base import RecurrentLayer, State, prefixed
from seqkit.layers.linear import Linear
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence, pack_flat

__all__ = ["AttentionDecoder", "Decoded", "DecoderMemory"]


class DecoderMemory(NamedTuple):
    """What a decoder attends to, as it is used while decoding step by step.

    Attributes:
        tokens: (Mm, D), N sequences.
        keys: the same as attention compares it.
    """

    tokens: PackedSequence
    keys: Array


class Decoded(NamedTuple):
    """What a pass of the decoder gives.

    Attributes:
        outputs: (M, H).
        state: after each sequence's last token.
        weights: of attention, one matrix (T, Tm) for each sequence; empty without attention.
        backward: ``backward(d_outputs) -> (d_inputs, d_memory, d_state0)``; ``d_memory`` is None
            without attention.
    """

    outputs: PackedSequence
    state: Any
    weights: list[Array]
    backward: Callable[[PackedSequence], tuple[PackedSequence, PackedSequence | None, Any]]


class AttentionDecoder:
    """``h = recurrent(x)``, ``c = attention(h, memory)``, ``y = tanh([c, h] W + b)``.

    That is the global attention of Luong, Pham and Manning (2015), equations 5 and 7, without their
    "input feeding". The recurrence never waits for attention, so while the target is known it runs
    over all tokens at once.

    Args:
        recurrent: of any cell and number of layers, in one direction.
        attention: reads the recurrent layer's outputs as queries; without it ``y = h``.
        rng: draws W, Glorot uniform; b starts at zero.
        dtype: of W and b.

    Raises:
        ValueError: attention reads queries of another width.
    """

    def __init__(
        self,
        recurrent: RecurrentLayer[Any],
        attention: Attention | None,
        *,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.recurrent = recurrent
        self.attention = attention
        self.features = recurrent.features
        self._join: Linear | None = None
        if attention is not None:
            width = recurrent.output_features
            if attention.features != width:
                raise ValueError(
                    f"attention reads queries of {attention.features} features, "
                    f"the recurrent layer gives {width}"
                )
            self._join = Linear(attention.memory_features + width, width, rng=rng, dtype=dtype)

    @property
    def output_features(self) -> int:
        """H, width of the outputs."""
        return self.recurrent.output_features

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of ``recurrent.`` and, with attention, of ``attention.`` and ``join.``."""
        yield from prefixed("recurrent", self.recurrent.parameters())
        if self.attention is not None and self._join is not None:
            yield from prefixed("attention", self.attention.parameters())
            yield from prefixed("join", self._join.parameters())

    def forward(
        self,
        inputs: PackedSequence,
        memory: PackedSequence,
        state: State | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Decoded:
        """Run over whole sequences.

        Args:
            inputs: (M, E), N sequences: the vectors of the tokens before those to be written.
            memory: (Mm, D), N sequences in the same order; not looked at without attention.
            state: in which each sequence begins, arrays (L, N, H); zeros by default.
            train: as the recurrent layer takes it.
            rng: likewise.
        """
        hidden, final, recurrent_backward = self.recurrent.forward(
            inputs, state, train=train, rng=rng
        )
        outputs, weights, attended_backward = self._attend(hidden, memory, None)

        def backward(
            d_outputs: PackedSequence,
        ) -> tuple[PackedSequence, PackedSequence | None, Any]:
            d_hidden, d_memory = attended_backward(d_outputs)
            d_inputs, d_state = recurrent_backward(d_hidden)
            return d_inputs, d_memory, d_state

        return Decoded(outputs, final, weights, backward)

    def remember(self, memory: PackedSequence) -> DecoderMemory:
        """Prepare the memory for :meth:`step`."""
        keys = memory.data if self.attention is None else self.attention.keys(memory)
        return DecoderMemory(memory, keys)

    def step(
        self, inputs: Array, memory: DecoderMemory, counts: IntArray, state: State
    ) -> tuple[Array, Any]:
        """Take one step with K hypotheses, any number of them for each sequence of the memory.

        Args:
            inputs: (K, E), those of the first sequence before those of the second.
            memory: of N sequences.
            counts: (N,) how many hypotheses each sequence has; they add up to K.
            state: arrays (L, K, H).

        Returns:
            Outputs (K, H), and the state after the step.
        """
        column = pack_flat(inputs, np.ones(len(inputs), np.int64))
        hidden, final, _ = self.recurrent.forward(column, state)
        queries = pack_flat(hidden.flatten(), counts)
        return self._attend(queries, memory.tokens, memory.keys)[0].flatten(), final

    def _attend(
        self, hidden: PackedSequence, memory: PackedSequence, keys: Array | None
    ) -> tuple[PackedSequence, list[Array], Callable[..., Any]]:
        """Attend with what the recurrent layer gives, and join it with its contexts."""
        if self.attention is None or self._join is None:
            return hidden, [], lambda d_outputs: (d_outputs, None)
        contexts, weights, attention_backward = self.attention.forward(hidden, memory, keys=keys)
        width = contexts.data.shape[1]
        joined = np.concatenate([contexts.data, hidden.data], axis=1)
        y, join_backward = self._join.forward(joined)
        y = np.tanh(y)

        def backward(d_outputs: PackedSequence) -> tuple[PackedSequence, PackedSequence]:
            d_joined = join_backward(d_outputs.data * (1.0 - y * y))
            d_hidden, d_memory = attention_backward(hidden.with_data(d_joined[:, :width]))
            return hidden.with_data(d_hidden.data + d_joined[:, width:]), d_memory

        return hidden.with_data(y), weights, backward
