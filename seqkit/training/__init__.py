"""Training: the loop, its options, its reports and its checkpoints.

The loop itself is imported when it is first used, so that tasks, which need the options only, load
fast.
"""

from typing import TYPE_CHECKING

from seqkit.lazy import lazy_names
from seqkit.training.config import TrainingConfig
from seqkit.training.reports import EpochReport, StepReport
from seqkit.training.step import NonFiniteError, Step

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
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "checkpoints": ["Checkpoint", "load_checkpoint", "save_checkpoint"],
            "trainable": ["Trainable"],
            "trainer": ["Trainer"],
        },
    )
