"""What a check is, whatever it checks; and the checks as tests of pytest."""

import numpy as np
import pytest

from seqkit.errors import UserError
from seqkit.testing import CheckCase, task_checks
from seqkit.testing.checks import Check, checks_of, require, run_check, run_checks, skip
from seqkit.testing.comparing import difference, impurity
from seqkit.testing.inputs import emptied, shortened, unknown
from tests.testing.broken_tasks import BROKEN
from tests.testing.toy import EXAMPLES, toy_spec


def is_even(number: int) -> None:
    """A number is even,
    and that is all.

    More is not said.
    """
    if number == 0:
        skip("nothing is neither")
    require(number % 2 == 0, f"{number} is odd")


def divides(number: int) -> None:
    """It divides."""
    assert 1 / number


CHECKS = checks_of(is_even, divides)


def test_a_check_is_named_and_described_by_its_function():
    assert [check.name for check in CHECKS] == ["is-even", "divides"]
    assert CHECKS[0].summary == "A number is even, and that is all."


@pytest.mark.parametrize(
    ("number", "status", "reason"),
    [(2, "passed", ""), (3, "failed", "3 is odd"), (0, "skipped", "nothing is neither")],
)
def test_a_record_says_what_was_found(number, status, reason):
    record = run_check(CHECKS[0], number)
    assert (record.name, record.status, record.reason) == ("is-even", status, reason)
    assert record.to_json()["status"] == status


def test_a_check_that_raises_does_not_stop_the_next():
    records = run_checks([*reversed(CHECKS)], 0)
    assert [record.status for record in records] == ["failed", "skipped"]
    assert "ZeroDivisionError: division by zero (test_checks.py, line" in records[0].reason


def leave(_: int) -> None:
    """It leaves."""
    raise SystemExit(3)


def test_a_task_that_exits_fails_its_check():
    assert run_check(Check.of(leave), 1).reason.startswith("SystemExit: 3")


def test_a_long_reason_is_cut():
    def long(_: int) -> None:
        """It is long."""
        require(False, "x" * 5000)

    assert len(run_check(Check.of(long), 1).reason) == 600


@pytest.mark.parametrize(
    ("found", "wanted", "said"),
    [
        ({"a": [1.0, 2.0]}, {"a": [1.0, 2.0]}, ""),
        ({"a": [1.0, 2.5]}, {"a": [1.0, 2.0]}, "x.a[1]: found 2.5, wanted 2.0"),
        ({"a": 1}, {"b": 1}, "x: found the keys ['a'], wanted ['b']"),
        ([1], [1, 2], "x: found 1 items, wanted 2"),
        (float("nan"), float("nan"), ""),
        (1.0 + 1e-9, 1.0, ""),
        (True, 1, ""),
        (np.arange(2), [0, 1], ""),
        ("a", "b", "x: found 'a', wanted 'b'"),
    ],
)
def test_difference(found, wanted, said):
    assert difference(found, wanted, tolerance=1e-6, place="x") == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": [1, "b", None, (2.0,)]}, ""),
        ({"a": float("inf")}, "x.a is inf"),
        ([np.float32(1)], "x[0] is a float32, np.float32(1.0)"),
        ({1: 2}, "x has the key 1, which is no text"),
        ({1, 2}, "x is a set, {1, 2}"),
    ],
)
def test_impurity(value, said):
    assert impurity(value, "x") == said


@task_checks(toy_spec(), EXAMPLES, excused={"import-is-light": "looked at elsewhere"})
def test_the_checks_as_tests(check: CheckCase):
    check()


def test_a_failed_check_is_a_failed_test():
    mark = task_checks(BROKEN["report-counts-the-data"](), EXAMPLES)
    (case,) = (case for case in mark.args[1] if case.name == "report-counts-the-data")
    with pytest.raises(AssertionError, match=r"report-counts-the-data: found \{\}, wanted what"):
        case()


def test_an_excuse_is_looked_at_when_the_tests_are_collected():
    with pytest.raises(ValueError, match="there is no check 'gradients'"):
        task_checks(toy_spec(), EXAMPLES, excused={"gradients": "?"})


def test_a_task_without_data_is_refused_once_when_the_tests_are_collected():
    with pytest.raises(UserError, match="the task 'toy' has no sample, wanted gold examples"):
        task_checks(toy_spec())


@pytest.mark.parametrize("change", [emptied, shortened, unknown])
def test_a_single_vector_has_no_tokens_to_take_away(change):
    with pytest.raises(TypeError, match="found a single vector"):
        change(np.zeros(3))


def test_frames_are_cut_as_tokens_are():
    frames = np.arange(6.0).reshape(3, 2)
    assert emptied(frames).shape == (0, 2)
    assert shortened(frames).tolist() == [[0.0, 1.0]]
    with pytest.raises(TypeError, match="none is an unknown word"):
        unknown(frames)
