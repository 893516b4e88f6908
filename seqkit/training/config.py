"""The options that every task shares: how it is trained."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from seqkit.errors import Problem, UserError
from seqkit.options import option

__all__ = ["TrainingConfig"]


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained; a task's config derives from it and may set other defaults.

    Options that cannot be combined are refused by overriding :meth:`problems`.

    Raises:
        UserError: values that are each within their limits but make no sense.
    """

    epochs: int = option(10, help="passes over the training split", group="training", minimum=0)
    patience: int | None = option(
        5,
        help="stop after this many epochs without a better validation score",
        group="training",
        minimum=1,
    )
    validation_examples: int | None = option(
        None,
        help="choose the epoch by so many of the first validation examples, where all take long",
        group="training",
        minimum=1,
    )
    batch_size: int = option(32, help="sequences in a batch", group="training", minimum=1)
    optimizer: Literal["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"] = (
        option("adam", help="how gradients become steps", group="training")
    )
    learning_rate: float = option(0.001, help="size of a step", group="training", minimum=0.0)
    schedule: Literal["constant", "step", "plateau", "cosine"] = option(
        "constant", help="how the learning rate changes over the epochs", group="training"
    )
    schedule_factor: float = option(
        0.5,
        help="factor at each drop of the step and plateau schedules",
        group="training",
        minimum=0.0,
        maximum=1.0,
    )
    schedule_epochs: int = option(
        1,
        help="epochs between drops (step), or without gain before one (plateau)",
        group="training",
        minimum=1,
    )
    warmup: int = option(
        0, help="steps in which the learning rate rises to its size", group="training", minimum=0
    )
    clip_norm: float | None = option(
        5.0,
        help="scale the gradient down to this global norm (0: off)",
        group="training",
        minimum=0.0,
    )
    clip_value: float | None = option(
        None,
        help="cut each gradient entry to at most this size (0: off)",
        group="training",
        minimum=0.0,
    )
    weight_decay: float | None = option(
        None,
        help="pull of weights (not biases) towards zero; 0.01 for adamw where not set, otherwise 0",
        group="training",
        minimum=0.0,
    )
    init_from: str | None = option(
        None,
        help="start from the token vectors and recurrent weights of a trained model: its run",
        group="training",
    )
    averaging: float | None = option(
        None,
        help="decay of the running average of the weights, used for scoring, such as 0.999",
        group="training",
        minimum=0.0,
        maximum=1.0,
    )
    averaging_patience: int | None = option(
        None,
        help="score with the plain average of the weights, begun after so many epochs without gain",
        group="training",
        minimum=1,
    )

    def __post_init__(self) -> None:
        problems = list(self.problems())
        if problems:
            raise UserError(problems)

    def problems(self) -> Iterator[Problem]:
        """Yield what makes no sense in these options, each within its limits; all are told at once.

        A config that overrides this begins with ``yield from super().problems()``.
        """
        if self.averaging == 1.0:
            yield Problem("found 1.0, wanted less: it would stay at the start", "averaging")
        if self.averaging is not None and self.averaging_patience is not None:
            yield Problem(
                f"found {self.averaging_patience} with averaging = {self.averaging}: one begins a "
                "plain average late, the other is a running average; set one of them",
                "averaging_patience",
            )
        lowest_open = self.schedule in ("step", "plateau") and self.schedule_factor == 0.0
        highest_open = self.schedule == "plateau" and self.schedule_factor == 1.0
        if lowest_open or highest_open:
            wanted = "more than 0 and less than 1" if highest_open else "more than 0"
            found = f"found {self.schedule_factor}, wanted {wanted}"
            yield Problem(f"{found} for the {self.schedule} schedule", "schedule_factor")
