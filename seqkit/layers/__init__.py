"""Layers: they own parameters, and their forward pass returns its backward.

``softmax`` is the one function that has to be asked for where it lives, in ``layers.losses``: here
the name is a module's.
"""

from typing import TYPE_CHECKING

from seqkit.lazy import lazy_names

__all__ = [
    "CRF",
    "GRU",
    "LSTM",
    "RNN",
    "AdditiveAttention",
    "AttentionDecoder",
    "AttentionPooling",
    "Bidirectional",
    "CharacterEncoder",
    "DotAttention",
    "Dropout",
    "DropoutWrapper",
    "Embedding",
    "EncoderDecoder",
    "HiddenState",
    "Highway",
    "LSTMState",
    "LastPooling",
    "Linear",
    "LockedDropout",
    "MaxPooling",
    "MeanPooling",
    "Pointer",
    "Pooling",
    "RecurrentLayer",
    "Residual",
    "SoftmaxOutput",
    "Stack",
    "Temperature",
    "TextEncoder",
    "TiedLinear",
    "TokenDecoder",
    "WordDropout",
    "WordSampler",
    "build_recurrent",
    "linear_cross_entropy",
    "log_softmax",
    "parameters_of",
    "pointer_cross_entropy",
    "sampled_cross_entropy",
    "softmax_cross_entropy",
    "span_cross_entropy",
]

if TYPE_CHECKING:
    from seqkit.layers.attention import AdditiveAttention, DotAttention
    from seqkit.layers.base import HiddenState, LSTMState, RecurrentLayer, parameters_of
    from seqkit.layers.bidirectional import Bidirectional
    from seqkit.layers.characters import CharacterEncoder
    from seqkit.layers.connections import Highway, Residual
    from seqkit.layers.crf import CRF
    from seqkit.layers.decoder import AttentionDecoder
    from seqkit.layers.dropout import Dropout, LockedDropout, WordDropout
    from seqkit.layers.dropout_wrapper import DropoutWrapper
    from seqkit.layers.embedding import Embedding
    from seqkit.layers.encoder_decoder import EncoderDecoder
    from seqkit.layers.linear import Linear, TiedLinear
    from seqkit.layers.losses import log_softmax, softmax_cross_entropy
    from seqkit.layers.pointing import Pointer, pointer_cross_entropy, span_cross_entropy
    from seqkit.layers.pooling import (
        AttentionPooling,
        LastPooling,
        MaxPooling,
        MeanPooling,
        Pooling,
    )
    from seqkit.layers.recurrent import GRU, LSTM, RNN
    from seqkit.layers.sampled_softmax import WordSampler, sampled_cross_entropy
    from seqkit.layers.softmax import SoftmaxOutput, linear_cross_entropy
    from seqkit.layers.stack import Stack, build_recurrent
    from seqkit.layers.temperature import Temperature
    from seqkit.layers.text_encoder import TextEncoder
    from seqkit.layers.token_decoder import TokenDecoder
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "attention": ["AdditiveAttention", "DotAttention"],
            "base": ["HiddenState", "LSTMState", "RecurrentLayer", "parameters_of"],
            "bidirectional": ["Bidirectional"],
            "characters": ["CharacterEncoder"],
            "connections": ["Highway", "Residual"],
            "crf": ["CRF"],
            "decoder": ["AttentionDecoder"],
            "dropout": ["Dropout", "LockedDropout", "WordDropout"],
            "dropout_wrapper": ["DropoutWrapper"],
            "embedding": ["Embedding"],
            "encoder_decoder": ["EncoderDecoder"],
            "linear": ["Linear", "TiedLinear"],
            "losses": ["log_softmax", "softmax_cross_entropy"],
            "pointing": ["Pointer", "pointer_cross_entropy", "span_cross_entropy"],
            "pooling": ["AttentionPooling", "LastPooling", "MaxPooling", "MeanPooling", "Pooling"],
            "recurrent": ["GRU", "LSTM", "RNN"],
            "sampled_softmax": ["WordSampler", "sampled_cross_entropy"],
            "softmax": ["SoftmaxOutput", "linear_cross_entropy"],
            "stack": ["Stack", "build_recurrent"],
            "temperature": ["Temperature"],
            "text_encoder": ["TextEncoder"],
            "token_decoder": ["TokenDecoder"],
        },
    )
