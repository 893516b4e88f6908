"""The network that the options ask for; other plugins that write build theirs here too."""

import numpy as np
from seqkit.arrays import DTypeLike
from seqkit.layers.encoder_decoder import EncoderDecoder
from seqkit.parameters import Parameter
from seqkit.plugins import create_encoder

from seqkit_seq2seq.config import WritingConfig

__all__ = ["build_encoder_decoder"]


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
    """Build an encoder, and a decoder that writes ``words`` tokens, of which ``end`` ends a text.

    Vectors ``features`` wide are read: a sequence of them, or with ``single`` one for each text.
    ``table`` (words, E) is shared with what reads. Errors as of ``seqkit.plugins.create_encoder``.
    """
    return EncoderDecoder.build(
        None if single else create_encoder(config, features, rng=rng, dtype=dtype),
        features,
        words,
        end=end,
        embedding=config.embedding,
        units=config.decoder_units or config.units,
        cell=config.decoder,
        layers=config.decoder_layers,
        attention=None if config.attention == "none" else config.attention,
        dropout=config.dropout,
        layer_dropout=config.layer_dropout,
        recurrent_dropout=config.recurrent_dropout,
        table=table,
        rng=rng,
        dtype=dtype,
    )
