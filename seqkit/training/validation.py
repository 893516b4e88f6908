"""What an epoch is judged by: the model's own metric on validation, or on a part of it."""

from collections.abc import Sequence
from typing import Any, Protocol

from seqkit.metrics.measures import Metric
from seqkit.training.config import TrainingConfig

__all__ = ["Validated", "validate", "validation_metric"]


class Validated(Protocol):
    """A model that can tell how well it does."""

    def validate(self, dev: Sequence[Any]) -> Metric:
        """Return the metric by which epochs are compared."""
        ...


def validation_metric(model: Validated, dev: Sequence[Any], config: TrainingConfig) -> Metric:
    """Score a model on as many validation examples as the options allow."""
    return model.validate(dev[: config.validation_examples])


def validate(
    model: Validated, dev: Sequence[Any], config: TrainingConfig
) -> tuple[str, float, bool]:
    """Score a model on as many validation examples as the options allow.

    Returns:
        Name and value of the metric, and whether higher is better: what a
        :class:`~seqkit.training.trainer.Trainer` asks for.
    """
    metric = validation_metric(model, dev, config)
    return metric.name, metric.value, metric.higher_is_better
