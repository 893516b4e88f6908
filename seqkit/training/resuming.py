"""Whether a checkpoint belongs to a run: the model's shapes, the options and the seed."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from seqkit.arrays import Array
from seqkit.bundle import array_differences
from seqkit.errors import Problem, UserError
from seqkit.parameters import Parameter
from seqkit.training.checkpoints import Checkpoint
from seqkit.training.config import TrainingConfig
from seqkit.training.updates import Updates

__all__ = ["check_fits", "restored_updates", "trajectory_options"]

LENGTH = {"epochs", "patience"}
"""Options that decide how long a run is, and may be changed when it is resumed: but for the epochs
of a cosine schedule, which has its whole course from them."""


def trajectory_options(config: TrainingConfig) -> dict[str, Any]:
    """Return the training options that decide where the weights go."""
    free = LENGTH - {"epochs"} if config.schedule == "cosine" else LENGTH
    names = [field.name for field in dataclasses.fields(TrainingConfig) if field.name not in free]
    return {name: getattr(config, name) for name in names}


def check_fits(
    checkpoint: Checkpoint, parameters: Mapping[str, Parameter], config: TrainingConfig, seed: int
) -> None:
    """Compare a checkpoint with the run that is to take it up.

    Raises:
        UserError: it belongs to another; every difference is named.
    """
    values = {name: parameter.value for name, parameter in parameters.items()}
    trainable = {name: values[name] for name, p in parameters.items() if p.trainable}
    messages = [
        *_different_options(checkpoint, config, seed),
        *_different_arrays("weights", values, checkpoint),
        *_different_arrays("best", trainable if checkpoint.progress.history else {}, checkpoint),
        *_missing_state(checkpoint),
    ]
    if messages:
        raise UserError(Problem(message, "checkpoint") for message in messages)


def _different_options(checkpoint: Checkpoint, config: TrainingConfig, seed: int) -> Iterator[str]:
    saved = {"seed": checkpoint.progress.seed, **checkpoint.progress.options}
    own = {"seed": seed, **trajectory_options(config)}
    for name, value in own.items():
        if saved.get(name) != value:
            yield f"it was made with {name} = {saved.get(name)}, found {value}; use the same"


def _different_arrays(
    part: str, wanted: Mapping[str, Array], checkpoint: Checkpoint
) -> Iterator[str]:
    for message in array_differences(wanted, checkpoint.part(part)):
        yield f"{part}: {message}"


def _missing_state(checkpoint: Checkpoint) -> Iterator[str]:
    found = set(checkpoint.part("carried"))
    wanted = {str(i) for i in range(checkpoint.progress.carried or 0)}
    if found != wanted:
        yield f"carried: {len(found)} arrays, wanted {len(wanted)}"


def restored_updates(
    checkpoint: Checkpoint, parameters: Mapping[str, Parameter], config: TrainingConfig
) -> Updates:
    """Make the optimiser, schedule and average of a checkpoint.

    Raises:
        UserError: their state does not fit the parameters or the options.
    """
    updates = Updates(parameters, config)
    state = {
        part: checkpoint.part(part) for part in ("optimizer", "schedule", "average", "trigger")
    }
    try:
        updates.load_state(state, checkpoint.progress.steps_per_epoch)
    except ValueError as error:
        raise UserError(Problem(str(error), "checkpoint")) from error
    return updates
