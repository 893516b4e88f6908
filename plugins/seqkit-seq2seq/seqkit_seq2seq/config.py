"""The options of ``seqkit run seq2seq``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from seqkit.encoders import EncoderConfig
from seqkit.errors import Problem
from seqkit.options import option
from seqkit.training.config import TrainingConfig

__all__ = ["Seq2SeqConfig", "WritingConfig"]

Units = Literal["words", "characters", "jamo", "whitespace"]


@dataclass(frozen=True, kw_only=True)
class WritingConfig(EncoderConfig, TrainingConfig):
    """How anything is read and written token by token; other tasks that write derive from it."""

    epochs: int = option(10, help="passes over the training split", group="training", minimum=0)
    patience: int | None = option(
        3, help="stop after this many epochs without a better score", group="training", minimum=1
    )
    batch_size: int = option(32, help="sequences in a batch", group="training", minimum=1)
    learning_rate: float = option(0.005, help="size of a step", group="training", minimum=0.0)
    embedding: int = option(64, help="width of a token's vector", group="encoder", minimum=1)
    dropout: float = option(
        0.1,
        help="dropout on token vectors, on what was read, and before the softmax",
        group="encoder",
        minimum=0.0,
        maximum=0.95,
    )
    decoder: Literal["lstm", "gru", "rnn"] = option("lstm", help="what writes", group="head")
    decoder_units: int | None = option(
        None, help="units of the decoder; else those of the encoder", group="head", minimum=1
    )
    decoder_layers: int = option(1, help="layers of the decoder", group="head", minimum=1)
    attention: Literal["additive", "dot", "none"] = option(
        "additive", help="how the decoder looks at what was read", group="head"
    )
    label_smoothing: float = option(
        0.0, help="share of each token given to all others", group="head", minimum=0.0, maximum=0.9
    )
    sampled: float = option(
        0.0,
        help="share of the tokens before that are the model's own in training",
        group="training",
        minimum=0.0,
        maximum=1.0,
    )
    sampling_schedule: Literal["constant", "linear"] = option(
        "linear", help="how that share comes about over the epochs", group="training"
    )
    sampling_epochs: int = option(
        10, help="epochs over which it rises (linear)", group="training", minimum=1
    )
    beam: int = option(4, help="hypotheses that go on at each step", group="output", minimum=1)
    length_penalty: float = option(
        0.6, help="0 prefers short ones, 1 nearly the mean", group="output", minimum=0, maximum=10
    )
    n_best: int = option(1, help="answers to give, the best first", group="output", minimum=1)
    max_length: int | None = option(
        None, help="tokens of an answer; else the longest of training", group="output", minimum=1
    )

    def problems(self) -> Iterator[Problem]:
        """Refuse more answers than the beam holds."""
        yield from super().problems()
        if self.n_best > self.beam:
            yield Problem(f"found {self.n_best}, wanted at most beam={self.beam}", "n_best")

    def sampled_in(self, epoch: int) -> float:
        """Return the share of the model's own tokens in an epoch, counted from 1.

        ``linear``: none in the first, the whole share after ``sampling_epochs``; ``constant``: the
        same in all of them.
        """
        rises = self.sampling_schedule == "linear"
        return self.sampled * (min(1.0, (epoch - 1) / self.sampling_epochs) if rises else 1.0)


@dataclass(frozen=True, kw_only=True)
class Seq2SeqConfig(WritingConfig):
    """Options: how texts are read and cut, and those of :class:`WritingConfig`."""

    format: Literal["auto", "tsv", "fixed", "cmudict"] = option(
        "auto", help="source<TAB>target, source _target, or the CMU dictionary's", group="data"
    )
    source_units: Units = option("characters", help="what a source is cut into", group="data")
    target_units: Units = option("characters", help="what a target is cut into", group="data")
    lowercase: bool = option(False, help="read capitals of the source as small", group="data")
    reverse_source: bool = option(False, help="read the source from its end", group="data")
    stress: bool = option(True, help="keep the stress digits of the CMU dictionary", group="data")
    min_count: int = option(1, help="rarer tokens are unknown", group="data", minimum=1)
    max_vocabulary: int | None = option(
        None, help="keep at most this many tokens a side, the commonest", group="data", minimum=3
    )
    shared_vocabulary: bool = option(
        False, help="one vocabulary and one table of vectors for both sides", group="data"
    )

    def problems(self) -> Iterator[Problem]:
        """Refuse one vocabulary for tokens of two kinds, of which none would be shared."""
        yield from super().problems()
        if self.shared_vocabulary and self.source_units != self.target_units:
            found = f"found source_units={self.source_units}, target_units={self.target_units}"
            yield Problem(f"{found}; wanted the same on both sides", "shared_vocabulary")
