"""The network that the options ask for; other plugins that write build theirs with it too."""

import numpy as np
from seqkit.arrays import DTypeLike
from seqkit.layers.attention import build_attention
from seqkit.layers.bridge import Bridge, flatten_state
from seqkit.layers.decoder import AttentionDecoder
from seqkit.layers.embedding import Embedding
from seqkit.layers.encoder_decoder import EncoderDecoder
from seqkit.layers.softmax import SoftmaxOutput
from seqkit.layers.stack import build_recurrent
from seqkit.layers.token_decoder import TokenDecoder
from seqkit.parameters import Parameter
from seqkit.plugins import create_encoder
from seqkit.sequences import pack_flat

from seqkit_seq2seq.config import WritingConfig

__all__ = ["EncoderDecoder", "build_encoder_decoder"]


def build_encoder_decoder(
    config: WritingConfig,
    features: int,
    words: int,
    end: int,
    *,
    single: bool = False,
    table: Parameter | None = None,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float32,
) -> EncoderDecoder:
    """Build the network that the options ask for.

    Args:
        config: the options.
        features: D, width of what is read.
        words: V, tokens that may be written.
        end: id of the end mark.
        single: one vector is read for each sequence, rather than a sequence of them.
        table: (V, E) vectors of the tokens written, to share with what is read.
        rng: draws the weights.
        dtype: of the weights.
    """
    encoder = None if single else create_encoder(config, features, rng=rng, dtype=dtype)
    units = config.decoder_units or config.units
    recurrent = build_recurrent(
        config.decoder,
        config.embedding,
        units,
        layers=config.decoder_layers,
        dropout=config.layer_dropout,
        recurrent_dropout=config.recurrent_dropout,
        rng=rng,
        dtype=dtype,
    )
    attention, width = None, features
    if encoder is not None:
        empty = pack_flat(np.empty((0, features), dtype), [0])
        width = flatten_state(encoder.forward(empty)[1])[0].shape[1]
        if config.attention != "none":
            attention = build_attention(
                config.attention, units, encoder.output_features, rng=rng, dtype=dtype
            )
    decoder = TokenDecoder(
        Embedding(words, config.embedding, rng=rng, table=table, dtype=dtype),
        AttentionDecoder(recurrent, attention, rng=rng, dtype=dtype),
        SoftmaxOutput(units, words, rng=rng, dtype=dtype),
        end=end,
        dropout=config.dropout,
    )
    bridge = Bridge(width, recurrent, rng=rng, dtype=dtype)
    return EncoderDecoder(encoder, bridge, decoder, dropout=config.dropout)
