"""Encoder and decoder in one: reads tokens, feature frames or a vector, and writes tokens."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from seqkit.arrays import Array, DTypeLike, IntArray
from seqkit.beam_search import Hypothesis
from seqkit.layers.attention import AttentionKind, build_attention
from seqkit.layers.base import RecurrentLayer, prefixed
from seqkit.layers.bridge import Bridge, flatten_state
from seqkit.layers.decoder import AttentionDecoder
from seqkit.layers.dropout import LockedDropout
from seqkit.layers.embedding import Embedding
from seqkit.layers.losses import Loss
from seqkit.layers.softmax import SoftmaxOutput
from seqkit.layers.stack import Cell, build_recurrent
from seqkit.layers.token_decoder import TokenDecoder
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence, pack_flat

__all__ = ["Encoded", "EncoderDecoder", "Source"]

Source: TypeAlias = PackedSequence | Array
"""What is read: packed vectors (M, D), or one vector for each sequence (N, D)."""


@dataclass(frozen=True)
class Encoded:
    """What the encoder has read.

    Attributes:
        memory: (M, D') what the decoder attends to; N empty sequences for single vectors.
        state: in which the decoder begins.
        backward: ``backward(d_memory or None, d_state) -> d_source``.
    """

    memory: PackedSequence
    state: Any
    backward: Callable[[PackedSequence | None, Any], Any]


class EncoderDecoder:
    """Reads packed vectors, or one vector for each sequence, and writes tokens.

    Args:
        encoder: a recurrent layer; None for single vectors, which then pass through the bridge.
        bridge: from the encoder's final state, or from the vectors, to the decoder's first state.
        decoder: writes; without attention where there is no encoder.
        dropout: rate on what is read and on the encoder's outputs, one mask a sequence.
    """

    def __init__(
        self,
        encoder: RecurrentLayer[Any] | None,
        bridge: Bridge,
        decoder: TokenDecoder,
        *,
        dropout: float = 0.0,
    ) -> None:
        self.encoder = encoder
        self.bridge = bridge
        self.decoder = decoder
        self._dropout = LockedDropout(dropout)

    @classmethod
    def build(
        cls,
        encoder: RecurrentLayer[Any] | None,
        features: int,
        words: int,
        *,
        end: int,
        embedding: int,
        units: int,
        cell: Cell = "lstm",
        layers: int = 1,
        attention: AttentionKind | None = "additive",
        dropout: float = 0.0,
        layer_dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        table: Parameter | None = None,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> "EncoderDecoder":
        """Build the decoder and the bridge for an encoder.

        Args:
            encoder: reads packed vectors; None where each source is a single vector.
            features: D, width of what is read.
            words: V, tokens that may be written.
            end: id of the end mark.
            embedding: E, width of the vectors of the tokens written.
            units: H of each layer of the decoder.
            cell: of the decoder.
            layers: of the decoder.
            attention: how the decoder looks at the encoder's outputs; None for not at all.
            dropout: rate before and after the encoder, on token vectors and before the softmax.
            layer_dropout: between layers of the decoder.
            recurrent_dropout: on the recurrent weights of the decoder.
            table: (V, E) vectors of the tokens written, to share with what is read.
            rng: draws the weights.
            dtype: of the weights.
        """
        recurrent = build_recurrent(
            cell,
            embedding,
            units,
            layers=layers,
            dropout=layer_dropout,
            recurrent_dropout=recurrent_dropout,
            rng=rng,
            dtype=dtype,
        )
        attending, width = None, features
        if encoder is not None:
            _, nothing, _ = encoder.forward(pack_flat(np.empty((0, features), dtype), [0]))
            width = flatten_state(nothing)[0].shape[1]
            if attention is not None:
                reads = encoder.output_features
                attending = build_attention(attention, units, reads, rng=rng, dtype=dtype)
        decoder = TokenDecoder(
            Embedding(words, embedding, rng=rng, table=table, dtype=dtype),
            AttentionDecoder(recurrent, attending, rng=rng, dtype=dtype),
            SoftmaxOutput(units, words, rng=rng, dtype=dtype),
            end=end,
            dropout=dropout,
        )
        bridge = Bridge(width, recurrent, rng=rng, dtype=dtype)
        return cls(encoder, bridge, decoder, dropout=dropout)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of ``encoder.``, ``bridge.`` and ``decoder.``."""
        if self.encoder is not None:
            yield from prefixed("encoder", self.encoder.parameters())
        yield from prefixed("bridge", self.bridge.parameters())
        yield from prefixed("decoder", self.decoder.parameters())

    def encode(
        self, source: Source, *, train: bool = False, rng: np.random.Generator | None = None
    ) -> Encoded:
        """Read packed vectors (M, D), or with no encoder vectors (N, D)."""
        if self.encoder is None:
            vectors = np.asarray(source)
            state, back_bridge = self.bridge.forward(vectors)
            nothing = pack_flat(vectors[:0], np.zeros(len(vectors), np.int64))
            return Encoded(nothing, state, lambda d_memory, d_state: back_bridge(d_state))
        assert isinstance(source, PackedSequence)
        x, back_before = self._dropout.forward(source, train=train, rng=rng)
        outputs, final, back_encoder = self.encoder.forward(x, train=train, rng=rng)
        memory, back_after = self._dropout.forward(outputs, train=train, rng=rng)
        flat, back_flat = flatten_state(final)
        state, back_bridge = self.bridge.forward(flat)

        def backward(d_memory: PackedSequence | None, d_state: Any) -> PackedSequence:
            d_outputs = None if d_memory is None else back_after(d_memory)
            d_x, _ = back_encoder(d_outputs, back_flat(back_bridge(d_state)))
            return back_before(d_x)

        return Encoded(memory, state, backward)

    def loss(
        self,
        source: Source,
        targets: Sequence[IntArray],
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
        **options: Any,
    ) -> Loss[Any]:
        """Return the loss of the targets; its backward gives d_source.

        Args:
            source: see :meth:`encode`.
            targets: N arrays of ids, without end marks.
            train: apply dropout and scheduled sampling.
            rng: draws both.
            options: of :meth:`~seqkit.layers.token_decoder.TokenDecoder.loss`.
        """
        encoded = self.encode(source, train=train, rng=rng)
        loss = self.decoder.loss(
            targets, encoded.memory, encoded.state, train=train, rng=rng, **options
        )

        def backward(d_total: float = 1.0) -> Any:
            return encoded.backward(*loss.backward(d_total))

        return Loss(loss.total, loss.count, loss.weight, loss.log_probabilities, backward)

    def search(self, source: Source, **options: Any) -> list[list[Hypothesis]]:
        """Search for the likeliest targets; options as of :meth:`TokenDecoder.search`."""
        encoded = self.encode(source)
        return self.decoder.search(encoded.memory, encoded.state, **options)

    def attention(self, source: Source, targets: Sequence[IntArray]) -> list[Array]:
        """Return where each token of the targets, and its end, looked: matrices (T + 1, Tm)."""
        encoded = self.encode(source)
        return self.decoder.attention(targets, encoded.memory, encoded.state)
