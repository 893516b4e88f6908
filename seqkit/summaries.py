"""What a run tells about its data, its network and the machine, before and after training."""

import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqkit import __version__
from seqkit.parameters import unique_parameters
from seqkit.reports import DataSummary, ModelSummary, SplitSummary
from seqkit.splits import Splits
from seqkit.tasks import Model, Task
from seqkit.training.config import TrainingConfig

__all__ = [
    "machine",
    "peak_megabytes",
    "summarise_data",
    "summarise_model",
    "unlearnt_notices",
    "versions",
]

MOMENTS = {
    "sgd": 0,
    "momentum": 1,
    "nesterov": 1,
    "adagrad": 1,
    "rmsprop": 1,
    "adam": 2,
    "adamw": 2,
}
"""Arrays of the size of the weights that each optimiser keeps."""


MOST_LABELS = 20
"""Labels that a notice names."""


def summarise_data(
    task: Task[Any, Any, Any],
    model: Model[Any, Any],
    splits: Splits[Any],
    *,
    name: str,
    sample: bool,
) -> DataSummary:
    """Count each split, and the texts, blank ones aside, that stand in train too; name what stands
    out.
    """
    seen = {key for example in splits.train if (key := task.key(example)).strip()}
    summaries = tuple(
        SplitSummary(
            name=split,
            source=splits.sources[split],
            counts=model.counts(examples),
            seen_in_train=0
            if split == "train"
            else sum(task.key(example) in seen for example in examples),
        )
        for split, examples in splits.named()
    )
    notices = [_fitted(task.config)]
    notices += [_repeated(summary) for summary in summaries if summary.seen_in_train]
    notices += _blank(task, splits)
    return DataSummary(name, sample, summaries, tuple(notices))


def _blank(task: Task[Any, Any, Any], splits: Splits[Any]) -> Iterator[str]:
    """Tell of empty texts; where texts stand in order, such as lines, they part paragraphs."""
    for name, examples in splits.named() if task.splits_shuffled else ():
        count = sum(not task.key(example).strip() for example in examples)
        if count:
            has = (
                "example of {} has an empty text"
                if count == 1
                else "examples of {} have empty texts"
            )
            yield f"{count:,} {has.format(name)}"


def _fitted(config: TrainingConfig) -> str:
    fitted = "vocabularies and labels were fitted on the training split only"
    if not getattr(config, "extend_vocabulary", False):
        return fitted
    source = getattr(config, "vectors", None) or config.init_from
    return f"{fitted}; then the vocabulary was extended by the tokens of {source}"


def _repeated(summary: SplitSummary) -> str:
    if summary.seen_in_train == 1:
        return f"1 example of {summary.name} also stands in train"
    return f"{summary.seen_in_train:,} examples of {summary.name} also stand in train"


def unlearnt_notices(model: Model[Any, Any], examples: Sequence[Any]) -> tuple[str, ...]:
    """Say which gold labels of scored examples the model cannot give, if there are any."""
    labels = [*model.unlearnt_labels(examples)]
    if not labels:
        return ()
    shown = ", ".join(labels[:MOST_LABELS])
    more = f" and {len(labels) - MOST_LABELS} more" if len(labels) > MOST_LABELS else ""
    return (f"gold labels that training did not have, which count as wrong: {shown}{more}",)


def summarise_model(model: Model[Any, Any], config: TrainingConfig) -> ModelSummary:
    """Count the weights, and what training keeps beside them.

    That is the weights themselves, their gradient, the best ones so far, the optimiser's moments,
    and the running average where there is one.
    """
    values = [parameter.value for _, parameter in unique_parameters(model.parameters())]
    averaged = config.averaging is not None or config.averaging_patience is not None
    copies = 3 + MOMENTS[config.optimizer] + averaged
    return ModelSummary(
        parts=model.describe(),
        parameters=sum(value.size for value in values),
        megabytes=copies * sum(value.nbytes for value in values) / 1e6,
    )


def versions(distribution: str, version: str) -> Mapping[str, str]:
    """Name seqkit, Python, NumPy and the distribution that brought the task."""
    own = {"seqkit": __version__, "python": platform.python_version(), "numpy": np.__version__}
    return own if distribution in own else {**own, distribution: version}


def machine() -> str:
    """Name the processor and the number of cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    name = platform.processor() or platform.machine()
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        found = re.search(r"^model name\s*: (.+)$", listed.read_text("utf-8"), flags=re.MULTILINE)
        name = found[1] if found else name
    return f"{name}, {cores} cores"


def peak_megabytes() -> float:
    """Return the peak resident memory of this process; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage would count what the process that started this one had in memory.
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="ascii"))
        if found:
            return int(found[1]) * 1024 / 1e6
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6
