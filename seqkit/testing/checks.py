"""What a check is: a named function that looks at one thing, and the record of what it found.

A check never stops the others. It passes, it fails with a reason, or it is skipped with one::

    for record in check_task(spec):
        print(record.name, record.status, record.reason)
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Generic, Literal, NoReturn, TypeAlias, TypeVar

from seqkit.suggestions import suggest

__all__ = [
    "Check",
    "CheckFailure",
    "CheckRecord",
    "CheckSkipped",
    "Status",
    "checks_of",
    "require",
    "require_known",
    "run_check",
    "run_checks",
    "skip",
]

Status: TypeAlias = Literal["passed", "failed", "skipped"]

SubjectT = TypeVar("SubjectT")

LONGEST_REASON = 600


class CheckFailure(AssertionError):  # noqa: N818 - tests call it a failure
    """What a check looked for is not so."""


class CheckSkipped(Exception):  # noqa: N818 - it is no error
    """A check does not apply."""


@dataclass(frozen=True)
class CheckRecord:
    """What one check found.

    Attributes:
        name: of the check, in words with hyphens.
        status: "passed", "failed" or "skipped".
        reason: why it failed or was skipped; empty where it passed.
        seconds: how long it took.
    """

    name: str
    status: Status
    reason: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Check(Generic[SubjectT]):
    """A named question about a subject.

    Attributes:
        name: in words with hyphens.
        summary: what must hold, in a sentence.
        look: returns where it holds, and raises where it does not.
    """

    name: str
    summary: str
    look: Callable[[SubjectT], None]

    @classmethod
    def of(cls, look: Callable[[SubjectT], None]) -> "Check[SubjectT]":
        """Make a check of a function, whose name and docstring are those of the check."""
        name = str(getattr(look, "__name__", "")).replace("_", "-")
        return cls(name, " ".join((look.__doc__ or "").partition("\n\n")[0].split()), look)


def checks_of(*functions: Callable[[SubjectT], None]) -> tuple[Check[SubjectT], ...]:
    """Make checks of functions, in their order."""
    return tuple(Check.of(function) for function in functions)


def require(condition: object, message: str) -> None:
    """Fail the check where a condition does not hold.

    Raises:
        CheckFailure: it does not.
    """
    if not condition:
        raise CheckFailure(message)


def skip(reason: str) -> NoReturn:
    """Say that the check does not apply.

    Raises:
        CheckSkipped: always.
    """
    raise CheckSkipped(reason)


def run_check(check: Check[SubjectT], subject: SubjectT) -> CheckRecord:
    """Look, and record what was found; nothing that the subject raises gets through."""
    started = time.perf_counter()
    status: Status = "passed"
    reason = ""
    try:
        check.look(subject)
    except CheckSkipped as skipped:
        status, reason = "skipped", str(skipped)
    except CheckFailure as failure:
        status, reason = "failed", str(failure)
    except (Exception, SystemExit) as error:
        status, reason = "failed", _described(error)
    return CheckRecord(check.name, status, _short(reason), time.perf_counter() - started)


def run_checks(
    checks: Sequence[Check[SubjectT]],
    subject: SubjectT,
    *,
    excused: Mapping[str, str] | None = None,
) -> tuple[CheckRecord, ...]:
    """Run checks one after the other.

    Args:
        checks: what to look for.
        subject: what to look at.
        excused: checks to leave out, by name, each with the reason; they are recorded as skipped.

    Raises:
        ValueError: an excuse for a check that does not exist, or without a reason.
    """
    excused = dict(excused or {})
    require_known(excused, [check.name for check in checks])
    return tuple(
        CheckRecord(check.name, "skipped", f"excused: {excused[check.name]}")
        if check.name in excused
        else run_check(check, subject)
        for check in checks
    )


def require_known(excused: Mapping[str, str], names: Iterable[str]) -> None:
    """Refuse excuses for what is not checked: a misspelt one would excuse nothing, silently.

    Raises:
        ValueError: a name that no check has, or an empty reason.
    """
    known = list(names)
    for name, reason in excused.items():
        if name not in known:
            raise ValueError(f"excused: there is no check {name!r}; {suggest(name, known)}")
        if not reason:
            raise ValueError(f"excused: {name!r} needs a reason")


def _described(error: BaseException) -> str:
    """Name an error and the innermost line that it came from."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
        place = f" ({file}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(error).__name__}: {error}".rstrip(": ") + place


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 3] + "..."
