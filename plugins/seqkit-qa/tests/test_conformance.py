"""The task keeps what seqkit's contract promises, for both kinds of answer; one test each check."""

from seqkit.testing import CheckCase, task_checks

from seqkit_qa import SPEC


@task_checks(SPEC)
def test_closed_answers(check: CheckCase) -> None:
    check()


@task_checks(SPEC, "qa-spans", options={"answer": "span"})
def test_spans(check: CheckCase) -> None:
    check()
