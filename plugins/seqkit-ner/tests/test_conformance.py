"""The task keeps what seqkit's contract promises; one test for each check."""

from seqkit.testing import CheckCase, task_checks

from seqkit_ner import SPEC


@task_checks(SPEC)
def test_contract(check: CheckCase) -> None:
    check()
