"""The task keeps what seqkit's contract promises, for both kinds of answer; one test each check."""

from seqkit.testing import CheckCase, task_checks

from seqkit_qa import SPEC

NO_CLASSIFIER = {"probabilities-are-probabilities": "answers are no fixed set of labels for spans"}


@task_checks(SPEC, excused=NO_CLASSIFIER)
def test_closed_answers(check: CheckCase) -> None:
    check()


@task_checks(SPEC, "qa-spans", options={"answer": "span"}, excused=NO_CLASSIFIER)
def test_spans(check: CheckCase) -> None:
    check()
