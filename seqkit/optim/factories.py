"""Optimisers and schedules by name, as options and configuration files give them."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from seqkit.errors import Problem, UserError
from seqkit.optim.base import Optimizer
from seqkit.optim.optimizers import SGD, AdaGrad, Adam, AdamW, RMSprop
from seqkit.optim.schedules import (
    ConstantSchedule,
    CosineSchedule,
    PlateauSchedule,
    Schedule,
    StepSchedule,
)
from seqkit.parameters import Parameter
from seqkit.suggestions import suggest

__all__ = ["OPTIMIZERS", "SCHEDULES", "create_optimizer", "create_schedule"]

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": SGD,
    "adagrad": AdaGrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
"""Optimiser classes by name."""

SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "constant": ConstantSchedule,
    "step": StepSchedule,
    "plateau": PlateauSchedule,
    "cosine": CosineSchedule,
}
"""Schedule classes by name."""


def create_optimizer(
    name: str, parameters: Iterable[tuple[str, Parameter]], **options: Any
) -> Optimizer:
    """Create an optimiser by name.

    Args:
        name: of :data:`OPTIMIZERS`.
        parameters: (name, parameter).
        options: keyword arguments of the class, such as ``learning_rate``.

    Raises:
        UserError: the name or an option is unknown; it says which was probably meant.
        ValueError: an option is out of range.
    """
    _check("optimizer", OPTIMIZERS, name, options)
    return OPTIMIZERS[name](parameters, **options)


def create_schedule(name: str, learning_rate: float, **options: Any) -> Schedule:
    """Create a schedule by name.

    Args:
        name: of :data:`SCHEDULES`.
        learning_rate: the rate that it starts from, after warm-up.
        options: keyword arguments of the class, such as ``warmup``.

    Raises:
        UserError: the name or an option is unknown; it says which was probably meant.
        ValueError: an option is out of range.
    """
    _check("schedule", SCHEDULES, name, options)
    return SCHEDULES[name](learning_rate, **options)


def _check(
    what: str, known: Mapping[str, Callable[..., Any]], name: str, options: Iterable[str]
) -> None:
    """Raise UserError where a name or the name of an option is unknown."""
    if name not in known:
        raise UserError(f"unknown {what} {name!r}; {suggest(name, known)}")
    valid = _options(known[name])
    problems = [
        Problem(f"unknown option {option!r} of {what} {name!r}; {suggest(option, valid)}")
        for option in options
        if option not in valid
    ]
    if problems:
        raise UserError(problems)


def _options(factory: Callable[..., Any]) -> list[str]:
    """List the keyword options of a class and of the bases to which it passes the rest."""
    names: dict[str, None] = {}
    for base in inspect.getmro(factory) if inspect.isclass(factory) else (factory,):
        parameters = inspect.signature(base).parameters.values()
        names |= {p.name: None for p in parameters if p.kind is p.KEYWORD_ONLY}
        if all(p.kind is not p.VAR_KEYWORD for p in parameters):
            break
    return list(names)
