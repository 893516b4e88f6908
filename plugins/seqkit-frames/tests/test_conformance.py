"""The task keeps what seqkit's contract promises, in each of its modes; one test a check."""

from seqkit.testing import CheckCase, task_checks

from seqkit_frames import SPEC


@task_checks(SPEC, "tones-glide", options={"stack": 2})
def test_contract_of_classifying(check: CheckCase) -> None:
    check()


@task_checks(SPEC, "tones-melody")
def test_contract_of_transcribing(check: CheckCase) -> None:
    check()


@task_checks(SPEC, "names", options={"unit": "jamo"})
def test_contract_of_generating(check: CheckCase) -> None:
    check()
