"""The encoder options that tasks share, and the layers they stand for."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from seqkit.arrays import DTypeLike
from seqkit.layers.base import RecurrentLayer
from seqkit.layers.stack import build_recurrent
from seqkit.options import option

__all__ = ["EncoderConfig", "build_cell"]


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """What reads the tokens in time; a task's config derives from it and may set other defaults."""

    encoder: str = option("lstm", help="rnn, lstm, gru, or one that a plugin offers", group="encoder")
    units: int = option(128, help="units of each layer and direction", group="encoder", minimum=1)
    layers: int = option(1, help="layers, one above the other", group="encoder", minimum=1)
    bidirectional: bool = option(True, help="read from both ends", group="encoder")
    connection: Literal["none", "residual", "dense", "highway"] = option(
        "none", help="how layers are joined", group="encoder"
    )
    layer_dropout: float = option(
        0.0, help="dropout between layers, one mask a sequence", group="encoder", minimum=0.0,
        maximum=0.95,
    )
    recurrent_dropout: float = option(
        0.0, help="dropout on the recurrent weights, one mask a batch", group="encoder", minimum=0.0,
        maximum=0.95,
    )


def build_cell(
    cell: Literal["rnn", "lstm", "gru"],
    config: EncoderConfig,
    features: int,
    *,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float32,
) -> RecurrentLayer[Any]:
    """Build a stack of one kind of cell as the options ask for it.

    Args:
        cell: kind of recurrent layer.
        config: the encoder options.
        features: D, width of the inputs.
        rng: draws the weights.
        dtype: of the weights.
    """
    return build_recurrent(
        cell,
        features,
        config.units,
        layers=config.layers,
        bidirectional=config.bidirectional,
        connection=config.connection,
        dropout=config.layer_dropout,
        recurrent_dropout=config.recurrent_dropout,
        rng=rng,
        dtype=dtype,
    )
