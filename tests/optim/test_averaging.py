"""Averages of weights."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from seqkit.optim import AveragingTrigger, WeightAverage
from seqkit.parameters import Parameter
from tests.strategies import rngs


def run(average: Any, parameter: Any, values: Any) -> Any:
    for value in values:
        parameter.value[...] = value
        average.update()
    return average.averages()["w"]


@given(rngs())
def test_polyak_is_the_mean(rng: np.random.Generator) -> None:
    parameter, values = Parameter(np.zeros((3, 2))), rng.normal(size=(5, 3, 2))
    average = WeightAverage([("w", parameter), ("tied", parameter)])
    np.testing.assert_allclose(run(average, parameter, values), values.mean(axis=0), atol=1e-12)


@given(rngs())
def test_ema_is_corrected_for_its_start(rng: np.random.Generator) -> None:
    parameter, values = Parameter(np.zeros((3, 2))), rng.normal(size=(5, 3, 2))
    average = WeightAverage([("w", parameter)], kind="ema", decay=0.9)
    shares = 0.9 ** np.arange(5)[::-1]
    expected = np.average(values, axis=0, weights=shares)
    np.testing.assert_allclose(run(average, parameter, values), expected, atol=1e-12)


def test_applied_and_put_back_even_after_an_error() -> None:
    parameter = Parameter(np.zeros(2, np.float32))
    average = WeightAverage([("w", parameter)])
    with average.applied():
        assert parameter.value.tolist() == [0, 0]
    run(average, parameter, [np.ones(2), np.full(2, 3)])
    value = parameter.value

    def fail() -> Any:
        with average.applied():
            assert parameter.value is value
            assert value.tolist() == [2, 2]
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert value.tolist() == [3, 3]


def test_a_saved_average_goes_on() -> None:
    parameter = Parameter(np.zeros(1))
    average = WeightAverage([("w", parameter)])
    run(average, parameter, [1.0, 2.0])
    other = WeightAverage([("w", parameter)])
    other.load_state(average.state())
    assert run(other, parameter, [6.0]).tobytes() == run(average, parameter, [6.0]).tobytes()
    assert other.averages()["w"].tolist() == [3.0]
    assert other.updates == 3


def test_frozen_parameters_are_left_out() -> None:
    average = WeightAverage([("w", Parameter(np.zeros(1), trainable=False))])
    average.update()
    assert not average.averages()


def test_mistakes_are_named() -> None:
    parameter = Parameter(np.zeros(1))
    with pytest.raises(ValueError, match="one of polyak, ema, found 'mean'"):
        WeightAverage([], kind="mean")
    with pytest.raises(ValueError, match="decay"):
        WeightAverage([], kind="ema", decay=1.0)
    average = WeightAverage([("w", parameter)])
    with pytest.raises(ValueError, match="no number of updates"):
        average.load_state({})
    with pytest.raises(ValueError, match=r"other parameters than are averaged here.* v, w"):
        average.load_state({"updates": np.array(1), "v": np.zeros(1)})
    with pytest.raises(ValueError, match=r"other parameters than are averaged here.* w"):
        average.load_state({"updates": np.array(1)})
    with pytest.raises(ValueError, match="must be float64"):
        average.load_state({"updates": np.array(1), "w": np.zeros(1, np.float32)})


@pytest.mark.parametrize(
    ("patience", "scores", "begins"),
    [
        (1, [1.0, 2.0, 3.0, 4.0], None),
        (1, [1.0, 3.0, 2.0, 4.0], 2),
        (1, [1.0, 1.0, 1.0], None),
        (2, [1.0, 3.0, 2.0, 4.0, 2.5, 2.9], 4),
        (2, [3.0, 1.0, 2.0, 0.0], 2),
        (1, [1.0, float("nan")], 1),
        (1, [float("nan"), 5.0, 4.0], 2),
        (1, [float("nan"), 1.0, float("nan")], 2),
        (2, [1.0, float("nan"), 0.0], 2),
        (3, [3.0, 2.0, 1.0], None),
        (5, [3.0, 2.0, 1.0, 0.0, -1.0, -2.0], 5),
    ],
)
def test_averaging_begins_once_the_score_has_stopped_rising(
    patience: int, scores: list[float], begins: int | None
) -> None:
    trigger = AveragingTrigger(patience)
    answers = [trigger.observe(score) for score in scores]
    assert answers == [place == begins for place in range(len(scores))]
    assert trigger.triggered == (begins is not None)


def test_a_trigger_goes_on_where_it_was() -> None:
    scores = [1.0, 3.0, 2.5, 2.0, 5.0]
    whole = AveragingTrigger(1)
    wanted = [whole.observe(score) for score in scores]
    for stop in range(len(scores)):
        first, second = AveragingTrigger(1), AveragingTrigger(1)
        answers = [first.observe(score) for score in scores[:stop]]
        second.load_state(first.state())
        assert answers + [second.observe(score) for score in scores[stop:]] == wanted
    with pytest.raises(ValueError, match="expected scores and triggered, found none"):
        first.load_state({})
    with pytest.raises(ValueError, match="patience"):
        AveragingTrigger(0)
