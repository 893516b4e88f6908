"""The options of ``seqkit run pos-tagging``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from seqkit.encoders import EncoderConfig, TextConfig
from seqkit.options import option
from seqkit.training.config import TrainingConfig

__all__ = ["PosTaggingConfig"]


@dataclass(frozen=True, kw_only=True)
class PosTaggingConfig(TextConfig, EncoderConfig, TrainingConfig):
    """Options of the POS-tagging task."""

    epochs: int = option(30, help="passes over the training split", group="training", minimum=0)
    patience: int | None = option(
        10,
        help="stop after this many epochs without a better validation score",
        group="training",
        minimum=1,
    )
    batch_size: int = option(16, help="sentences in a batch", group="training", minimum=1)
    learning_rate: float = option(0.003, help="size of a step", group="training", minimum=0.0)
    token_column: str | None = option(
        None, help="CoNLL columns: number of the words' column; the first", group="data"
    )
    tag_column: str | None = option(
        None,
        help="CoNLL-U: upos (usual), xpos or feats; CoNLL columns: a number; the last",
        group="data",
    )
    word_dropout: float = option(
        0.25,
        help="a: a word met n times is read as unknown in a / (a + n) of the training cases",
        group="encoder",
        minimum=0.0,
    )
    character_embedding: int = option(
        25, help="width of a character's vector", group="encoder", minimum=1
    )
    character_units: int = option(
        25, help="units of each direction of the character encoder", group="encoder", minimum=1
    )
    character_cell: Literal["rnn", "lstm", "gru"] = option(
        "lstm", help="what reads the characters of a word", group="encoder"
    )
    output: Literal["softmax", "crf"] = option(
        "softmax", help="choose each tag on its own, or the best sequence of tags", group="head"
    )

    def as_read(self, words: Sequence[str]) -> list[str]:
        """Return the words as the vocabulary knows them."""
        return [word.lower() for word in words] if self.lowercase else list(words)
