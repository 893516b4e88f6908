"""Training: the loop, its options, its reports and its checkpoints.

The loop itself is imported when it is first used, so that tasks, which need the options only, load
fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seqkit.training.config import TrainingConfig
from seqkit.training.reports import EpochReport, StepReport
from seqkit.training.step import NonFiniteError, Step

_PLACES = {
    "Checkpoint": "seqkit.training.checkpoints",
    "Trainable": "seqkit.training.trainable",
    "Trainer": "seqkit.training.trainer",
    "load_checkpoint": "seqkit.training.checkpoints",
    "save_checkpoint": "seqkit.training.checkpoints",
}

__all__ = [
    "Checkpoint",
    "EpochReport",
    "NonFiniteError",
    "Step",
    "StepReport",
    "Trainable",
    "Trainer",
    "TrainingConfig",
    "load_checkpoint",
    "save_checkpoint",
]

if TYPE_CHECKING:
    from seqkit.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
    from seqkit.training.trainable import Trainable
    from seqkit.training.trainer import Trainer


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'seqkit.training' has no attribute {name!r}")
    value = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value
