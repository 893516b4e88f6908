"""Where a run stands: the step within the epoch, and the sums that its report is made of."""

import dataclasses
from dataclasses import dataclass

from seqkit.errors import UserError
from seqkit.training.reports import EpochReport, StepReport

__all__ = ["EpochProgress", "better"]


@dataclass
class EpochProgress:
    """Sums over the steps of one epoch, so far.

    Attributes:
        epoch: from 1.
        step: how many steps are done.
        steps: how many the epoch has; 0 before it begins.
        updates: steps that changed the weights; a batch without items changes nothing.
        loss: sum over the items, in nats.
        count: items.
        tokens: read.
        norm: sum of the gradient norms.
        clipped: how many gradients were clipped.
        learning_rate: of the last step.
        seconds: of training.
    """

    epoch: int = 1
    step: int = 0
    steps: int = 0
    updates: int = 0
    loss: float = 0.0
    count: int = 0
    tokens: int = 0
    norm: float = 0.0
    clipped: int = 0
    learning_rate: float = 0.0
    seconds: float = 0.0

    def copy(self) -> "EpochProgress":
        """Return the sums so far, which do not go on growing."""
        return dataclasses.replace(self)

    def begin(self, steps: int) -> None:
        """Note how many steps the epoch has.

        Raises:
            UserError: it is under way, with another number of steps.
        """
        if self.step and steps != self.steps:
            raise UserError(
                f"epoch {self.epoch} had {self.steps} batches when training was stopped, and now "
                f"has {steps}; resume with the same data and options"
            )
        self.steps = steps

    def add(self, report: StepReport, total: float, count: int) -> None:
        """Count a finished step."""
        self.step = report.step
        self.updates += count > 0
        self.loss += total
        self.count += count
        self.tokens += report.tokens
        self.norm += report.gradient_norm
        self.clipped += report.clipped
        self.learning_rate = report.learning_rate

    def report(
        self, metric: str, score: float, *, best: bool, validation_seconds: float
    ) -> EpochReport:
        """Sum up the finished epoch."""
        return EpochReport(
            epoch=self.epoch,
            train_loss=self.loss / max(self.count, 1),
            score=score,
            metric=metric,
            best=best,
            gradient_norm=self.norm / max(self.updates, 1),
            clipped_share=self.clipped / max(self.updates, 1),
            learning_rate=self.learning_rate,
            tokens=self.tokens,
            seconds=self.seconds,
            validation_seconds=validation_seconds,
        )


def better(score: float, than: float | None, *, higher_is_better: bool) -> bool:
    """Say whether a score is strictly better; any is better than none, and NaN than none only."""
    if than is None:
        return True
    if score != score:
        return False
    return than != than or (score > than if higher_is_better else score < than)
