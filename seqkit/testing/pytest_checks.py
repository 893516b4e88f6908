"""The checks as tests: one test id for each, by an import that whoever wants them writes.

::

    from seqkit.testing import CheckCase, task_checks

    @task_checks(SPEC)
    def test_contract(check: CheckCase) -> None:
        check()

No plugin of pytest is registered, so nobody's test run changes because seqkit is installed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from seqkit.tasks import TaskSpec
from seqkit.testing.checks import Check, CheckRecord, require_known, run_checks
from seqkit.testing.layers import LAYER_CHECKS, LayerSubject
from seqkit.testing.subject import TaskData, TaskSubject
from seqkit.testing.tasks import TASK_CHECKS

__all__ = ["CheckCase", "layer_checks", "task_checks"]

SubjectT = TypeVar("SubjectT")


@dataclass(frozen=True)
class CheckCase:
    """One check of one subject, as the argument of a test.

    Attributes:
        name: of the check; the test's id.
        look: runs it.
    """

    name: str
    look: Callable[[], CheckRecord]

    def __call__(self) -> None:
        """Run the check: return where it passes, skip the test where it does not apply.

        Raises:
            AssertionError: it failed; the message says why.
        """
        record = self.look()
        if record.status == "skipped":
            pytest.skip(record.reason)
        if record.status == "failed":
            raise AssertionError(f"{record.name}: {record.reason}")


def task_checks(
    spec: TaskSpec[Any],
    examples: TaskData = None,
    *,
    excused: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> pytest.MarkDecorator:
    """Return a mark that runs a test once for each check of a task, as its argument ``check``.

    Args:
        spec: as the plugin yields it.
        examples: as for :func:`~seqkit.testing.tasks.check_task`.
        excused: checks to skip, each with the reason.
        options: as for :func:`~seqkit.testing.tasks.check_task`.

    Raises:
        ValueError: an excuse for a check that does not exist, or without a reason.
        UserError: no examples, and the task has no sample.
    """
    subject = TaskSubject(spec, examples, options=dict(options or {}))
    return _parametrized(TASK_CHECKS, subject, excused)


def layer_checks(
    make: Callable[..., Any],
    *,
    features: int = 5,
    excused: Mapping[str, str] | None = None,
) -> pytest.MarkDecorator:
    """Return a mark that runs a test once for each check of a recurrent layer.

    Arguments and errors are those of :func:`~seqkit.testing.layers.check_layer`.
    """
    return _parametrized(LAYER_CHECKS, LayerSubject(make, features), excused)


def _parametrized(
    checks: Sequence[Check[SubjectT]], subject: SubjectT, excused: Mapping[str, str] | None
) -> pytest.MarkDecorator:
    """One case a check; all share the subject, which trains its models once."""
    require_known(excused or {}, [check.name for check in checks])
    cases = [_case(check, subject, excused or {}) for check in checks]
    return pytest.mark.parametrize("check", cases, ids=[case.name for case in cases])


def _case(check: Check[SubjectT], subject: SubjectT, excused: Mapping[str, str]) -> CheckCase:
    own = {name: reason for name, reason in excused.items() if name == check.name}
    return CheckCase(check.name, lambda: run_checks([check], subject, excused=own)[0])
