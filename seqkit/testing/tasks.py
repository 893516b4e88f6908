"""The conformance checks of a task, all together."""

from collections.abc import Mapping
from typing import Any

from seqkit.tasks import TaskSpec
from seqkit.testing.checks import Check, CheckRecord, run_checks
from seqkit.testing.contract_checks import CONTRACT_CHECKS
from seqkit.testing.data_checks import DATA_CHECKS
from seqkit.testing.learning_checks import LEARNING_CHECKS
from seqkit.testing.subject import TaskData, TaskSubject
from seqkit.testing.using_checks import USING_CHECKS

__all__ = ["TASK_CHECKS", "check_task"]

TASK_CHECKS: tuple[Check[TaskSubject], ...] = (
    *CONTRACT_CHECKS,
    *DATA_CHECKS,
    *LEARNING_CHECKS,
    *USING_CHECKS,
)
"""What every task is held to, in the order in which it is looked at."""


def check_task(
    spec: TaskSpec[Any],
    examples: TaskData = None,
    *,
    excused: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> tuple[CheckRecord, ...]:
    """Check that a task keeps what the contract promises to everything that builds on it.

    Args:
        spec: as the plugin yields it; it need not be installed.
        examples: gold examples, files, a path or a dataset's name; by default the task's sample.
            About twenty examples of it are used.
        excused: checks to leave out, each with the reason.
        options: of the task; by default its own, with widths cut down to 8 and 2 epochs.

    Returns:
        A record for each of :data:`TASK_CHECKS`, in their order; one never stops the others.

    Raises:
        ValueError: an excuse for a check that does not exist, or without a reason.
        UserError: no examples, and the task has no sample.
    """
    subject = TaskSubject(spec, examples, options=dict(options or {}))
    return run_checks(TASK_CHECKS, subject, excused=excused)
