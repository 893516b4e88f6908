"""The options of ``seqkit run pos-tagging``."""

from dataclasses import dataclass

from seqkit.encoders import TaggerConfig
from seqkit.options import option
from seqkit.training.config import TrainingConfig

__all__ = ["PosTaggingConfig"]


@dataclass(frozen=True, kw_only=True)
class PosTaggingConfig(TaggerConfig, TrainingConfig):
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
