"""The options of ``seqkit run ner``."""

from dataclasses import dataclass
from typing import Literal

from seqkit.encoders import TaggerConfig
from seqkit.options import option
from seqkit.training.config import TrainingConfig

__all__ = ["NerConfig"]


@dataclass(frozen=True, kw_only=True)
class NerConfig(TaggerConfig, TrainingConfig):
    """Options: those of every tagger and of training, and our own."""

    epochs: int = option(40, help="passes over the training split", group="training", minimum=0)
    patience: int | None = option(
        10,
        help="stop after this many epochs without a better validation score",
        group="training",
        minimum=1,
    )
    batch_size: int = option(16, help="sentences in a batch", group="training", minimum=1)
    learning_rate: float = option(0.003, help="size of a step", group="training", minimum=0.0)
    word_dropout: float = option(
        2.0,
        help="a: a word met n times is read as unknown in a / (a + n) of the training cases",
        group="encoder",
        minimum=0.0,
    )
    shape_embedding: int = option(
        10,
        help="width of a vector for a word's shape: capitals, digits, marks (0: none)",
        group="encoder",
        minimum=0,
    )
    token_column: str | None = option(
        None, help="number of the words' column; the first", group="data"
    )
    tag_column: str | None = option(None, help="number of the tags' column; the last", group="data")
    scheme: Literal["iob1", "iob2", "iobes"] = option(
        "iob2", help="how the files tag entities; answers are written so too", group="data"
    )
    illegal: Literal["repair", "refuse"] = option(
        "repair", help="what becomes of tags that the scheme does not allow", group="data"
    )
    coding: Literal["iob1", "iob2", "iobes"] = option(
        "iobes", help="the tags that the network chooses from", group="head"
    )
    output: Literal["softmax", "crf"] = option(
        "crf", help="each tag on its own, or the best legal sequence of tags", group="head"
    )
    mode: Literal["conll", "strict"] = option(
        "conll",
        help="predicted tags that are illegal: read as the CoNLL script does, or no entity",
        group="head",
    )
    outside_bias: float = option(
        0.0,
        help="added to the score of O when names are looked for; below 0 finds more, and errs more",
        group="head",
    )
