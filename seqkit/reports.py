"""What a run has to say: all that ``report.json`` holds and the terminal shows."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from seqkit.metrics.evaluation import Evaluation
from seqkit.training.reports import EpochReport

__all__ = [
    "BaselineReport",
    "DataSummary",
    "ModelSummary",
    "RunReport",
    "SplitSummary",
    "plain_values",
]


@dataclass(frozen=True)
class SplitSummary:
    """One split: where it came from and what it holds.

    Attributes:
        name: train, dev or test.
        source: file it was read from, or how it was split off.
        counts: examples, tokens, unknown tokens, labels ...
        seen_in_train: examples whose text also stands in the training split.
    """

    name: str
    source: str
    counts: Mapping[str, int]
    seen_in_train: int


@dataclass(frozen=True)
class DataSummary:
    """The data of a run.

    Attributes:
        name: of the data set, file or folder.
        sample: whether it is a built-in sample: for trying out, not for measuring.
        splits: train, dev and, where there is one, test.
        notices: how it was split, what stands out.
    """

    name: str
    sample: bool
    splits: tuple[SplitSummary, ...]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelSummary:
    """The network of a run.

    Attributes:
        parts: what it is made of, in words, by part.
        parameters: number of weights, tied ones once.
        megabytes: estimate of weights, gradients and optimiser state.
    """

    parts: Mapping[str, str]
    parameters: int
    megabytes: float


@dataclass(frozen=True)
class BaselineReport:
    """A classical method's scores on the split that the report scores."""

    name: str
    evaluation: Evaluation
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """A finished run.

    Attributes:
        task: its name.
        config: every option, resolved.
        seed: of everything random.
        threads: that computed it; the result does not depend on it.
        kernels: that computed it; another choice rounds in another way.
        data: what was read.
        model: what was trained.
        epochs: one report an epoch.
        best_epoch: whose weights were kept; 0 where nothing was trained.
        stopped: why training ended: "all epochs done", "no better score for 5 epochs",
            "interrupted".
        split: which split was scored: "test", or "dev" where there is no test split.
        evaluation: scores, with intervals.
        baselines: classical methods on the same split.
        seconds: of the whole run; where it was resumed, since then.
        peak_megabytes: peak resident memory of the process.
        machine: processor and number of cores.
        versions: of seqkit, Python, NumPy, and the plugin.
        notices: all that a careful reader should know.
    """

    task: str
    config: Mapping[str, Any]
    seed: int
    threads: int
    data: DataSummary
    model: ModelSummary
    epochs: tuple[EpochReport, ...]
    best_epoch: int
    stopped: str
    split: str
    evaluation: Evaluation
    baselines: tuple[BaselineReport, ...] = ()
    seconds: float = 0.0
    peak_megabytes: float = 0.0
    machine: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    kernels: str = "NumPy"

    def __repr__(self) -> str:
        score = f"{self.evaluation.headline} on {self.split}"
        epochs = f"best epoch {self.best_epoch} of {len(self.epochs)}"
        return f"{type(self).__name__}({self.task!r}, {self.data.name!r}: {score}, {epochs})"

    @property
    def training_seconds(self) -> float:
        """Of all epochs with their validation, those before an interruption too."""
        return sum(epoch.seconds + epoch.validation_seconds for epoch in self.epochs)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for ``report.json`` and ``--json``."""
        plain = {**plain_values(asdict(self)), "evaluation": self.evaluation.to_json()}
        plain["training_seconds"] = self.training_seconds
        plain["baselines"] = [
            {"name": b.name, "seconds": b.seconds, "evaluation": b.evaluation.to_json()}
            for b in self.baselines
        ]
        return plain


def plain_values(value: Any) -> Any:
    """Return what JSON can hold: an undefined number becomes None, an infinite one a string."""
    if isinstance(value, Mapping):
        return {str(key): plain_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(item) for item in value]
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return None if math.isnan(value) else str(value)
