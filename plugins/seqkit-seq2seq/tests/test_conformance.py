"""The task keeps what seqkit's contract promises, in several of its forms; one test a check."""

from seqkit.testing import CheckCase, task_checks

from seqkit_seq2seq import SPEC


@task_checks(SPEC, options={"n_best": 2, "sampled": 0.3, "sampling_schedule": "constant"})
def test_contract(check: CheckCase) -> None:
    check()


@task_checks(
    SPEC,
    options={"attention": "dot", "reverse_source": True, "decoder": "gru", "decoder_layers": 2},
)
def test_contract_of_the_other_attention(check: CheckCase) -> None:
    check()


@task_checks(
    SPEC,
    options={"attention": "none", "encoder": "gru", "decoder": "rnn", "shared_vocabulary": True},
)
def test_contract_without_attention(check: CheckCase) -> None:
    check()
