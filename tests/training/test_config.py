"""The training options refuse what each other option makes senseless."""

import pytest

from seqkit.errors import UserError
from seqkit.options import parse
from seqkit.training import TrainingConfig


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"averaging": 1.0}, "averaging: found 1.0, wanted less"),
        ({"schedule": "step", "schedule_factor": 0.0}, "more than 0 for the step schedule"),
        ({"schedule": "plateau", "schedule_factor": 0.0}, "more than 0 for the plateau schedule"),
        ({"schedule": "plateau", "schedule_factor": 1.0}, "less than 1 for the plateau schedule"),
        ({"averaging": 0.9, "averaging_patience": 2}, "averaging_patience: found 2 with averaging"),
        ({"epochs": -1}, "at least 0"),
        ({"learning_rate": "nan"}, "at least 0"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
    ],
)
def test_refused(values, words):
    with pytest.raises(UserError, match=words):
        parse(TrainingConfig, values)


def test_several_at_once():
    values = {"averaging": 1.0, "schedule": "plateau", "schedule_factor": 1.0, "epoch": 1}
    with pytest.raises(UserError) as caught:
        parse(TrainingConfig, values)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("factor", [0.0, 1.0])
def test_the_factor_is_free_where_no_schedule_uses_it(factor):
    assert parse(TrainingConfig, {"schedule_factor": factor}).schedule_factor == factor
