"""Checks for layers and tasks: for seqkit's own tests, and for those of plugin authors.

The names below are imported when they are first used: the gradient checks need none of the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_PLACES = {
    "CheckCase": "seqkit.testing.pytest_checks",
    "CheckRecord": "seqkit.testing.checks",
    "LAYER_CHECKS": "seqkit.testing.layers",
    "TASK_CHECKS": "seqkit.testing.tasks",
    "check_layer": "seqkit.testing.layers",
    "check_task": "seqkit.testing.tasks",
    "layer_checks": "seqkit.testing.pytest_checks",
    "task_checks": "seqkit.testing.pytest_checks",
}

__all__ = [
    "LAYER_CHECKS",
    "TASK_CHECKS",
    "CheckCase",
    "CheckRecord",
    "check_layer",
    "check_task",
    "layer_checks",
    "task_checks",
]

if TYPE_CHECKING:
    from seqkit.testing.checks import CheckRecord
    from seqkit.testing.layers import LAYER_CHECKS, check_layer
    from seqkit.testing.pytest_checks import CheckCase, layer_checks, task_checks
    from seqkit.testing.tasks import TASK_CHECKS, check_task


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'seqkit.testing' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
