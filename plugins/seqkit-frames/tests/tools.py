"""What several tests use: small data in memory, and models of each mode."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from seqkit.options import with_options

from seqkit_frames import FramesConfig
from seqkit_frames.examples import Example, Gold
from seqkit_frames.task import FramesTask

SMALL = {"units": 3, "embedding": 4, "dropout": 0.0}


def frames(steps: int, seed: int = 0, features: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(steps, features)).astype(np.float32)


def labelled() -> list[Example]:
    """Sequences of 5, 0, 1 and 2 frames, with two labels."""
    golds = [Gold(label, "label") for label in ("낮음", "높음", "낮음", "높음")]
    return [Example.of(frames(t, t), f"{t}", g) for t, g in zip((5, 0, 1, 2), golds, strict=True)]


def transcribed() -> list[Example]:
    """The same with texts, one of them empty."""
    golds = [Gold(text, "text") for text in ("바람 이 분다", "", "a", "바람 a")]
    return [Example.of(frames(t, t), f"{t}", g) for t, g in zip((5, 0, 1, 2), golds, strict=True)]


def described() -> list[Example]:
    """Single vectors with texts."""
    golds = [Gold(text, "text") for text in ("둥근 달", "a moon", "둥근 a", "")]
    return [Example.of(frames(1, i)[0], f"{i}", gold) for i, gold in enumerate(golds)]


def named() -> list[Example]:
    """Conditions with texts."""
    pairs = [("Korean", "지우"), ("English", "Ada"), ("Korean", "민지"), ("English", "Eva")]
    return [Example.of(kind, "line", Gold(name, "text")) for kind, name in pairs]


KINDS = {
    "classify": labelled,
    "transcribe": transcribed,
    "vectors": described,
    "conditions": named,
}


def task_of(**options: Any) -> FramesTask:
    return FramesTask(with_options(FramesConfig(), {**SMALL, **options}))


def model_of(examples: Sequence[Example], **options: Any) -> Any:
    task = task_of(**options)
    return task.build(task.fit(examples), rng=np.random.default_rng(0))
