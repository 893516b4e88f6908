"""Checks for layers and tasks: for seqkit's own tests, and for those of plugin authors.

The names below are imported when they are first used: the gradient checks need none of the rest.
"""

from typing import TYPE_CHECKING

from seqkit.lazy import lazy_names

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

__getattr__ = lazy_names(
    __name__,
    {
        "checks": ["CheckRecord"],
        "layers": ["LAYER_CHECKS", "check_layer"],
        "pytest_checks": ["CheckCase", "layer_checks", "task_checks"],
        "tasks": ["TASK_CHECKS", "check_task"],
    },
)
