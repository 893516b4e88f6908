"""What is demanded of predictions, whatever their task."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from seqkit.errors import NotANumberError
from seqkit.predictions import refuse_nan


@dataclass(frozen=True)
class Found:
    words: tuple[str, ...]
    value: Any


@pytest.mark.parametrize(
    "value",
    [math.nan, np.float64("nan"), [0.5, math.nan], (math.nan,), {"a": 1.0, "b": math.nan}],
    ids=str,
)
def test_a_prediction_that_holds_nan_is_refused(value: Any) -> None:
    with pytest.raises(NotANumberError, match="runs/mine: predicts nan, wanted numbers"):
        refuse_nan([Found(("a",), 1.0), Found(("b",), value)], "runs/mine")


def test_probabilities_that_hold_nan_are_refused() -> None:
    with pytest.raises(ValueError, match="predicts nan"):
        refuse_nan([np.array([[0.5, math.nan]])])


@pytest.mark.parametrize(
    "value",
    [None, -math.inf, 1.0, (), [0.5, -math.inf], [0.5, None], {}, {"a": 1.0}, "nan"],
    ids=str,
)
def test_a_prediction_of_numbers_infinities_and_missing_ones_is_not(value: Any) -> None:
    refuse_nan([Found((), value), Found((), 1.0)])


def test_no_predictions_and_those_that_are_no_dataclasses_are_let_through() -> None:
    refuse_nan([])
    refuse_nan(["text", "nan"])
    refuse_nan([np.array([1, 2])])
