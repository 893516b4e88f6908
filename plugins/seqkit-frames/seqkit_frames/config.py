"""The options of ``seqkit run frames``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from seqkit.errors import Problem
from seqkit.layers.pooling import pooling_problems
from seqkit.options import option
from seqkit_seq2seq import WritingConfig

__all__ = ["AudioConfig", "FramesConfig"]


@dataclass(frozen=True, kw_only=True)
class AudioConfig:
    """How the samples of a WAV file become frames."""

    sample_rate: int = option(16000, help="audio of another rate is resampled to it", minimum=100)
    window_ms: float = option(25.0, help="length of a window of audio", minimum=1.0)
    hop_ms: float = option(10.0, help="from one window of audio to the next", minimum=0.1)
    mels: int = option(40, help="bands on the mel scale: features of a frame", minimum=1)
    lowest_hz: float = option(20.0, help="where the lowest band begins", minimum=0.0)
    highest_hz: float | None = option(
        None, help="where the highest band ends; by default half the sample rate", minimum=1.0
    )
    preemphasis: float = option(
        0.97, help="share of the last sample taken off the next (0: off)", minimum=0.0, maximum=1.0
    )

    def audio_problems(self) -> Iterator[Problem]:
        """Yield what makes no sense in these options."""
        if self.hop_ms > self.window_ms:
            wanted = f"wanted at most the window's {self.window_ms} ms, or samples would be skipped"
            yield Problem(f"found {self.hop_ms} ms, {wanted}", "hop_ms")
        half = self.sample_rate / 2
        if not self.lowest_hz < (self.highest_hz or half) <= half:
            found = f"found bands from {self.lowest_hz:g} to {self.highest_hz or half:g} Hz"
            yield Problem(f"{found}, wanted them to rise to at most {half:g}", "highest_hz")


@dataclass(frozen=True, kw_only=True)
class FramesConfig(AudioConfig, WritingConfig):
    """Options of the task ``frames``."""

    mode: Literal["auto", "classify", "transcribe", "generate"] = option(
        "auto", help="what is learnt; auto: as the data say", group="data"
    )
    unit: Literal["whitespace", "words", "characters", "jamo"] = option(
        "whitespace", help="what a text is cut into", group="data"
    )
    stack: int = option(1, help="frames read at once, side by side", group="encoder", minimum=1)
    units: int = option(64, help="units of each layer and direction", group="encoder", minimum=1)
    epochs: int = option(25, help="passes over the training split", group="training", minimum=0)
    patience: int | None = option(8, help="idle epochs until it stops", group="training", minimum=1)
    batch_size: int = option(16, help="sequences in a batch", group="training", minimum=1)
    pooling: tuple[str, ...] = option(
        ("max", "mean"), help="classify: last, max, mean, attention, or several", group="head"
    )

    def problems(self) -> Iterator[Problem]:
        """Yield what makes no sense in these options."""
        yield from super().problems()
        yield from self.audio_problems()
        yield from pooling_problems(self.pooling)
