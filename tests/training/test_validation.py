from collections.abc import Sequence

import pytest

from seqkit.metrics.measures import Metric
from seqkit.training.config import TrainingConfig
from seqkit.training.validation import validate


class Counting:
    """Its score is the number of examples that it sees."""

    def validate(self, dev: Sequence[str]) -> Metric:
        return Metric("examples", float(len(dev)), higher_is_better=False)


@pytest.mark.parametrize(("limit", "seen"), [(None, 3), (2, 2), (9, 3)])
def test_epochs_are_compared_on_as_many_examples_as_allowed(limit: int | None, seen: int) -> None:
    config = TrainingConfig(validation_examples=limit)
    assert validate(Counting(), ["a", "b", "c"], config) == ("examples", seen, False)
