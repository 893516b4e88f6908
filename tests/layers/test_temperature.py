"""Temperature scaling: the minimum of the loss, where it ends, and what it leaves alone."""

import numpy as np
import pytest

from seqkit.layers.losses import softmax
from seqkit.layers.temperature import HIGHEST, LOWEST, Temperature
from seqkit.metrics.calibration import score_calibration


def sure_of_itself(times: float, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, 3) that are ``times`` too large, and labels drawn from the honest ones."""
    rng = np.random.default_rng(0)
    honest = rng.normal(scale=2.0, size=(count, 3))
    gold = np.array([rng.choice(3, p=row) for row in softmax(honest)])
    return times * honest, gold


@pytest.mark.parametrize("times", [0.3, 1.0, 4.0])
def test_it_finds_how_much_too_large_the_logits_are(times: float) -> None:
    temperature = Temperature()
    temperature.fit(*sure_of_itself(times))
    assert float(temperature) == pytest.approx(times, rel=0.06)


def test_no_other_temperature_has_a_lower_loss() -> None:
    logits, gold = sure_of_itself(2.5, count=300)
    temperature = Temperature()
    before, after = temperature.fit(logits, gold)
    assert after < before
    for factor in (0.99, 1.01):
        probabilities = softmax(logits / (factor * float(temperature)))
        assert -np.log(probabilities[np.arange(300), gold]).mean() > after


def test_it_lowers_the_calibration_error_and_changes_no_answer() -> None:
    logits, gold = sure_of_itself(3.0)
    temperature = Temperature()
    temperature.fit(logits, gold)
    before, after = softmax(logits), softmax(temperature.scale(logits))
    errors = [
        s.measures[0].compute(s.statistics.sum(axis=0))
        for s in (score_calibration(p, gold) for p in (before, after))
    ]
    assert errors[1] < 0.02 < errors[0]
    assert (before.argmax(axis=1) == after.argmax(axis=1)).all()


@pytest.mark.parametrize(("gold", "end"), [([0, 1], LOWEST), ([1, 0], HIGHEST)])
def test_it_ends_somewhere_where_every_answer_is_right_or_wrong(gold, end) -> None:
    temperature = Temperature()
    temperature.fit(np.array([[2.0, 0.0], [0.0, 2.0]]), np.array(gold))
    assert float(temperature) == pytest.approx(end, rel=0.2)  # where the loss is 0 in float64


def test_a_loss_of_nothing_has_no_sign() -> None:
    temperature = Temperature()
    losses = temperature.fit(np.array([[2000.0, 0.0], [0.0, 2000.0]]), np.array([0, 1]))
    assert "loss 0.0000 per text there instead of 0.0000" in temperature.report(*losses, "text")[0]


def test_without_known_labels_it_stays_at_one() -> None:
    temperature = Temperature()
    before, after = temperature.fit(np.ones((2, 2)), np.array([-1, -1]))
    assert np.isnan([before, after]).all()
    assert float(temperature) == 1.0
    assert temperature.report(before, after, "text") == ()
