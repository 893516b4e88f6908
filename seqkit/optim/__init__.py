"""Optimisers, learning-rate schedules, gradient clipping and weight averages."""

from seqkit.optim.averaging import AVERAGES, AveragingTrigger, WeightAverage
from seqkit.optim.base import Optimizer
from seqkit.optim.clipping import (
    Clipping,
    NonFiniteGradientError,
    clip_by_norm,
    clip_by_value,
    gradient_norm,
)
from seqkit.optim.factories import OPTIMIZERS, SCHEDULES, create_optimizer, create_schedule
from seqkit.optim.optimizers import SGD, AdaGrad, Adam, AdamW, RMSprop
from seqkit.optim.schedules import (
    ConstantSchedule,
    CosineSchedule,
    PlateauSchedule,
    Schedule,
    StepSchedule,
)

__all__ = [
    "AVERAGES",
    "OPTIMIZERS",
    "SCHEDULES",
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "AveragingTrigger",
    "Clipping",
    "ConstantSchedule",
    "CosineSchedule",
    "NonFiniteGradientError",
    "Optimizer",
    "PlateauSchedule",
    "RMSprop",
    "Schedule",
    "StepSchedule",
    "WeightAverage",
    "clip_by_norm",
    "clip_by_value",
    "create_optimizer",
    "create_schedule",
    "gradient_norm",
]
