"""What a model hands to the training loop for each batch."""

from collections.abc import Callable
from dataclasses import dataclass

from seqkit.errors import SeqkitError
from seqkit.layers.base import State

__all__ = ["NonFiniteError", "Step"]


@dataclass(frozen=True)
class Step:
    """The loss of one batch.

    Attributes:
        total: sum over the items, in nats.
        count: how many items (tokens or sequences) it was summed over.
        tokens: how many tokens were read, for the speed shown.
        backward: ``backward(scale)`` adds the gradient of ``scale * total`` to the parameters.
        state: what the next batch starts from (truncated BPTT), or None.
    """

    total: float
    count: int
    tokens: int
    backward: Callable[[float], None]
    state: State | None = None


class NonFiniteError(SeqkitError):
    """A loss or a gradient is infinite or not a number; the step was not taken.

    Attributes:
        epoch: from 1.
        step: within the epoch, from 1.
        value: the loss, or the norm of the gradient.
        parameter: whose gradient it is; None where the loss is meant.
    """

    def __init__(self, epoch: int, step: int, value: float, parameter: str | None = None) -> None:
        self.epoch = epoch
        self.step = step
        self.value = value
        self.parameter = parameter
        what = "the loss" if parameter is None else f"the norm of the gradient of {parameter}"
        advice = "lower learning_rate, set a clip_norm (or a lower one), or raise warmup"
        if (epoch, step) == (1, 1):
            advice = "no update was made yet: look at the loss, its inputs and the first weights"
        super().__init__(f"epoch {epoch}, step {step}: {what} is {value}; {advice}")

    def __reduce__(self) -> tuple[type["NonFiniteError"], tuple[int, int, float, str | None]]:
        return type(self), (self.epoch, self.step, self.value, self.parameter)
