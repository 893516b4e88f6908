"""The options of ``seqkit run language-modelling``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from seqkit.encoders import EncoderConfig
from seqkit.errors import Problem
from seqkit.options import option
from seqkit.tokens import SubwordConfig
from seqkit.training.config import TrainingConfig

__all__ = ["LanguageModellingConfig"]


@dataclass(frozen=True, kw_only=True)
class LanguageModellingConfig(SubwordConfig, EncoderConfig, TrainingConfig):
    """Options of the language modelling task.

    Raises:
        UserError: a bidirectional encoder, or tied weights whose shapes differ.
    """

    lowercase: bool = option(False, help="read capitals as small letters", group="data")
    min_count: int | None = option(
        None,
        group="data",
        minimum=1,
        help="rarer tokens are unknown; 2 for words where the text has no <unk>, otherwise 1",
    )
    blank_lines: bool = option(
        True, help="a blank line is a line, whose end mark counts", group="data"
    )
    embedding: int | None = option(
        None,
        help="width of a token's vector; as many as units where not set",
        group="encoder",
        minimum=1,
    )
    units: int = option(200, help="units of each layer", group="encoder", minimum=1)
    bidirectional: bool = option(
        False,
        help="refused: a model that reads ahead would be told what it is to predict",
        group="encoder",
    )
    dropout: float = option(
        0.5,
        help="dropout before and after the encoder, one mask a window",
        group="encoder",
        minimum=0.0,
        maximum=0.95,
    )
    word_dropout: float = option(
        0.0,
        help="share of tokens read as unknown in training",
        group="encoder",
        minimum=0.0,
        maximum=0.95,
    )
    tied: bool = option(
        True, help="the output layer shares its weights with the token vectors", group="head"
    )
    sampled_words: int | None = option(
        None,
        help="words that the softmax learns from at each step, drawn by frequency; all where not "
        "set. Scores always come from all",
        group="head",
        minimum=1,
    )
    activity_penalty: float = option(
        0.0,
        help="pull of the encoder's outputs towards zero (activation regularisation)",
        group="training",
        minimum=0.0,
    )
    slowness_penalty: float = option(
        0.0,
        help="pull of the encoder's outputs towards those one step before",
        group="training",
        minimum=0.0,
    )
    batch_size: int = option(
        20,
        help="streams that the text is cut into and read side by side",
        group="training",
        minimum=1,
    )
    window: int = option(
        35,
        help="steps after which the gradient is cut; the state goes on",
        group="training",
        minimum=1,
    )
    epochs: int = option(30, help="passes over the training split", group="training", minimum=0)
    learning_rate: float = option(0.005, help="size of a step", group="training", minimum=0.0)
    schedule: Literal["constant", "step", "plateau", "cosine"] = option(
        "plateau", help="how the learning rate changes over the epochs", group="training"
    )
    clip_norm: float | None = option(
        1.0, help="scale the gradient down to this global norm", group="training", minimum=0.0
    )

    def problems(self) -> Iterator[Problem]:
        """Yield what makes no sense in these options."""
        yield from super().problems()
        if self.bidirectional:
            yield Problem(
                "a language model predicts each token from those before it; an encoder that reads "
                "from the end too has already seen the token, and its scores would mean nothing. "
                "Leave it off",
                "bidirectional",
            )
        if self.tied and self.embedding not in (None, self.units):
            yield Problem(
                f"found {self.embedding} with {self.units} units: tied weights are one table, a "
                "row of which is both a token's vector and what the last layer is compared with, "
                f"so its width must be that of the units. Leave embedding out, or set tied = false",
                "embedding",
            )

    @property
    def embedding_width(self) -> int:
        """Width of a token's vector."""
        return self.units if self.embedding is None else self.embedding
