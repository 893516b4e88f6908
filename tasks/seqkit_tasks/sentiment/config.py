"""The options of ``seqkit run sentiment``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from seqkit.encoders import TextEncoderConfig
from seqkit.errors import Problem
from seqkit.layers.pooling import pooling_problems
from seqkit.options import option
from seqkit.tokens import SubwordConfig
from seqkit.training.config import TrainingConfig

__all__ = ["SentimentConfig"]


@dataclass(frozen=True, kw_only=True)
class SentimentConfig(SubwordConfig, TextEncoderConfig, TrainingConfig):
    """Options of the sentiment task."""

    epochs: int = option(15, help="passes over the training split", group="training", minimum=0)
    dropout: float = option(
        0.65,
        help="dropout before and after the encoder and before the output",
        group="encoder",
        minimum=0.0,
        maximum=0.95,
    )
    word_dropout: float = option(
        0.1,
        help="share of tokens read as unknown in training",
        group="encoder",
        minimum=0.0,
        maximum=0.95,
    )
    text_column: str | None = option(
        None, help="name or number of the text's column; found by itself where usual", group="data"
    )
    label_column: str | None = option(
        None, help="name or number of the label's column; found by itself where usual", group="data"
    )
    pooling: tuple[str, ...] = option(
        ("max",), help="last, max, mean, attention, or several of them side by side", group="head"
    )
    word_ngrams: int = option(
        2,
        help="longest n-gram of words that a linear classifier weighs beside the encoder; 0: none",
        group="head",
        minimum=0,
        maximum=6,
    )
    character_ngrams: int = option(
        4,
        help="longest n-gram of characters that it weighs; 0: none",
        group="head",
        minimum=0,
        maximum=8,
    )
    count_vectors: bool = option(
        False,
        help="count token vectors in the training split, as seqkit vectors does, and keep them",
        group="encoder",
    )
    token_evidence: bool = option(
        True,
        help="the encoder reads beside each token's vector what n-grams say of it",
        group="encoder",
    )
    class_weights: Literal["none", "balanced"] = option(
        "none", help="balanced: rare labels weigh more in the loss", group="head"
    )
    label_smoothing: float = option(
        0.0,
        help="share of each target spread over all labels",
        group="head",
        minimum=0.0,
        maximum=0.9,
    )
    baseline_units: Literal["words", "characters"] = option(
        "words", help="n-grams of the TF-IDF baseline; characters suit Korean", group="output"
    )

    def problems(self) -> Iterator[Problem]:
        """Yield what makes no sense in these options."""
        yield from super().problems()
        if self.text_column is not None and self.text_column == self.label_column:
            yield Problem("found the column that is text_column too", "label_column")
        yield from pooling_problems(self.pooling)
        if self.count_vectors and not (self.vectors is None and self.init_from is None):
            yield Problem("found beside vectors or init_from: they fill one table", "count_vectors")
