"""Optimisers and schedules by name."""

import numpy as np
import pytest

from seqkit.errors import UserError
from seqkit.optim import OPTIMIZERS, SCHEDULES, create_optimizer, create_schedule
from seqkit.parameters import Parameter


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_by_name(name: str) -> None:
    parameter = Parameter(np.ones((2, 2)))
    optimizer = create_optimizer(name, [("w", parameter)], learning_rate=0.1, weight_decay=0.0)
    parameter.grad += 1
    optimizer.step()
    assert (parameter.value < 1).all()


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_by_name(name: str) -> None:
    options = {"updates": 10} if name == "cosine" else {}
    assert create_schedule(name, 0.5, **options).rate(0) == 0.5


def test_unknown_names_give_the_nearest() -> None:
    with pytest.raises(UserError, match=r"unknown optimizer 'adams'; did you mean 'adam'\?"):
        create_optimizer("adams", [])
    with pytest.raises(UserError, match="valid: constant, step, plateau, cosine"):
        create_schedule("xyz", 1.0)
    with pytest.raises(
        UserError, match=r"option 'beta_1' of optimizer 'adamw'; did you mean 'beta1'"
    ):
        create_optimizer("adamw", [], beta_1=0.9)
    with pytest.raises(UserError, match="'warm_up' of schedule 'step'; did you mean 'warmup'"):
        create_schedule("step", 1.0, warm_up=3)
