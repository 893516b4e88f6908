"""The options of ``seqkit run sentiment``."""

from dataclasses import dataclass
from typing import Literal

from seqkit.encoders import EncoderConfig, TextConfig
from seqkit.errors import Problem, UserError
from seqkit.layers.pooling import POOLINGS
from seqkit.options import nearest, option
from seqkit.training.config import TrainingConfig

__all__ = ["SentimentConfig"]


@dataclass(frozen=True, kw_only=True)
class SentimentConfig(TextConfig, EncoderConfig, TrainingConfig):
    """Options of the sentiment task."""

    text_column: str | None = option(
        None, help="name or number of the text's column; found by itself where usual", group="data"
    )
    label_column: str | None = option(
        None, help="name or number of the label's column; found by itself where usual", group="data"
    )
    pooling: tuple[str, ...] = option(
        ("max",), help="last, max, mean, attention, or several of them side by side", group="head"
    )
    class_weights: Literal["none", "balanced"] = option(
        "none", help="balanced: rare labels weigh more in the loss", group="head"
    )
    label_smoothing: float = option(
        0.0, help="share of each target spread over all labels", group="head", minimum=0.0,
        maximum=0.9,
    )
    baseline_units: Literal["words", "characters"] = option(
        "words", help="n-grams of the TF-IDF baseline; characters suit Korean", group="output"
    )

    def __post_init__(self) -> None:
        wrong = [name for name in self.pooling if name not in POOLINGS]
        problems = [
            Problem(f"found {name!r}, wanted any of {', '.join(POOLINGS)}; {nearest(name, POOLINGS)}")
            for name in wrong
        ]
        if not self.pooling or len(set(self.pooling)) < len(self.pooling):
            problems.append(Problem("wanted one or more poolings, each once"))
        if problems:
            raise UserError([Problem(problem.message, "pooling") for problem in problems])
