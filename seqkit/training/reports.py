"""What the training loop yields."""

from dataclasses import dataclass

__all__ = ["EpochReport", "StepReport"]


@dataclass(frozen=True)
class StepReport:
    """One optimiser step.

    Attributes:
        epoch: from 1.
        step: within the epoch, from 1.
        steps: of the epoch.
        loss: mean per item of this batch, in nats.
        gradient_norm: global, before clipping.
        clipped: whether the gradient was scaled down or cut.
        tokens: read in this batch.
        learning_rate: of this step.
    """

    epoch: int
    step: int
    steps: int
    loss: float
    gradient_norm: float
    clipped: bool
    tokens: int
    learning_rate: float


@dataclass(frozen=True)
class EpochReport:
    """One epoch.

    Attributes:
        epoch: from 1.
        train_loss: mean per item over the epoch, in nats, dropout on.
        score: headline metric on the validation split.
        metric: its name.
        best: whether this is the best epoch so far.
        gradient_norm: mean over the steps, before clipping.
        clipped_share: share of steps that were clipped, 0 to 1.
        learning_rate: of the last step.
        tokens: read in the epoch.
        seconds: of training, without validation.
        validation_seconds: of validation.
    """

    epoch: int
    train_loss: float
    score: float
    metric: str
    best: bool
    gradient_norm: float
    clipped_share: float
    learning_rate: float
    tokens: int
    seconds: float
    validation_seconds: float

    @property
    def tokens_per_second(self) -> float:
        """Training speed, without validation."""
        return self.tokens / self.seconds if self.seconds else 0.0
