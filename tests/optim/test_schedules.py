"""Learning rates over time."""

import math

import numpy as np
import pytest

from seqkit.optim import (
    ConstantSchedule,
    CosineSchedule,
    PlateauSchedule,
    StepSchedule,
    create_schedule,
)


def test_constant() -> None:
    schedule = ConstantSchedule(0.2)
    assert {schedule.rate(update, epoch) for update in (0, 9) for epoch in (0, 3)} == {0.2}


@pytest.mark.parametrize("name", ["constant", "step", "plateau", "cosine"])
def test_warmup_rises_linearly_to_the_rate(name: str) -> None:
    options = {"updates": 100} if name == "cosine" else {}
    schedule = create_schedule(name, 1.0, warmup=4, **options)
    rates = [schedule.rate(update) for update in range(5)]
    np.testing.assert_allclose(rates, [0.25, 0.5, 0.75, 1.0, 1.0])


def test_step() -> None:
    schedule = StepSchedule(1.0, every=2, factor=0.1, start=3)
    rates = [schedule.rate(0, epoch) for epoch in range(8)]
    np.testing.assert_allclose(rates, [1, 1, 1, 0.1, 0.1, 0.01, 0.01, 0.001])
    default = StepSchedule(1.0, every=2)
    np.testing.assert_allclose(
        [default.rate(0, epoch) for epoch in range(5)], [1, 1, 0.5, 0.5, 0.25]
    )


def test_cosine() -> None:
    schedule = CosineSchedule(1.0, updates=110, final=0.1, warmup=10)
    assert schedule.rate(10) == 1.0
    np.testing.assert_allclose(schedule.rate(60), 0.55)
    np.testing.assert_allclose([schedule.rate(110), schedule.rate(500)], 0.1)
    assert CosineSchedule(1.0, updates=5, warmup=5).rate(9) == 0.0


def test_plateau_falls_when_the_score_does_not_rise() -> None:
    schedule = PlateauSchedule(1.0, patience=2, tolerance=0.1, minimum=0.25)
    scores = [1.0, 1.05, 2.0, 2.0, 1.0, math.nan, 0.0, 3.0, 0.0, 0.0]
    changes = [schedule.observe(score) for score in scores]
    assert changes == [False] * 4 + [True, False, True, False, False, False]
    assert schedule.rate(0) == 0.25


def test_plateau_state_goes_on_where_it_was() -> None:
    schedule, other = PlateauSchedule(1.0, patience=2), PlateauSchedule(1.0, patience=2)
    for score in (2.0, 1.0, 1.0, 1.0):
        schedule.observe(score)
    other.load_state(schedule.state())
    assert other.state() == schedule.state()
    assert other.observe(1.0)
    assert other.rate(0) == 0.25
    with pytest.raises(ValueError, match="found best"):
        other.load_state({"best": np.array(1.0)})


def test_the_others_remember_nothing() -> None:
    schedule = StepSchedule(1.0)
    assert schedule.state() == {}
    assert not schedule.observe(1.0)
    schedule.load_state({})
    with pytest.raises(ValueError, match="remembers nothing, found best"):
        schedule.load_state({"best": np.array(1.0)})


def test_mistakes_are_named() -> None:
    for make, message in (
        (lambda: ConstantSchedule(-1.0), "learning_rate"),
        (lambda: StepSchedule(1.0, every=0), "every"),
        (lambda: StepSchedule(1.0, factor=0.0), "factor"),
        (lambda: CosineSchedule(1.0, updates=0), "updates"),
        (lambda: PlateauSchedule(1.0, factor=1.0, patience=0), "factor must .*; patience must "),
    ):
        with pytest.raises(ValueError, match=message):
            make()
