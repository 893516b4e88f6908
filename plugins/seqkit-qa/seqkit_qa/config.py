"""The options of ``seqkit run qa``."""

from dataclasses import dataclass
from typing import Literal

from seqkit.encoders import TextEncoderConfig
from seqkit.options import option
from seqkit.training.config import TrainingConfig

__all__ = ["QAConfig"]


@dataclass(frozen=True, kw_only=True)
class QAConfig(TextEncoderConfig, TrainingConfig):
    """Options: those of every text encoder, those of training, and our own."""

    answer: Literal["auto", "closed", "span"] = option(
        "auto",
        help="closed: one of the training answers; span: words of the text; auto: as the file says",
        group="head",
    )
    hops: int = option(
        2, help="how often the question reads the text", group="head", minimum=1, maximum=10
    )
    longest_answer: int = option(16, help="most tokens of a span", group="head", minimum=1)
    encoder: str = option("gru", help="rnn, lstm, gru, or one of a plugin", group="encoder")
    units: int = option(40, help="units of each layer and direction", group="encoder", minimum=1)
    embedding: int = option(40, help="width of a token's vector", group="encoder", minimum=1)
    dropout: float = option(
        0.2,
        help="dropout before and after the encoder, one mask a sequence",
        group="encoder",
        minimum=0.0,
        maximum=0.95,
    )
    epochs: int = option(40, help="passes over the training split", group="training", minimum=0)
    patience: int | None = option(
        None, help="stop after this many epochs without a better score", group="training", minimum=1
    )
    learning_rate: float = option(0.01, help="size of a step", group="training", minimum=0.0)
    schedule: Literal["constant", "step", "plateau", "cosine"] = option(
        "cosine", help="how the learning rate changes over the epochs", group="training"
    )
