"""Drawing from a distribution: what temperature, top-k and top-p leave, and how often it comes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import UserError
from seqkit.sampling import Sampling, draw

SHARES = np.array([0.1, 0.4, 0.2, 0.3])
LOGS = np.log(SHARES)


def test_plain_sampling_is_the_distribution() -> None:
    np.testing.assert_allclose(Sampling().restrict(LOGS), SHARES)
    np.testing.assert_allclose(Sampling().restrict(LOGS + 700.0), SHARES)


def test_temperature() -> None:
    cold = SHARES**2 / (SHARES**2).sum()
    np.testing.assert_allclose(Sampling(temperature=0.5).restrict(LOGS), cold)
    assert Sampling(temperature=0.0).restrict(LOGS).tolist() == [0, 1, 0, 0]
    assert Sampling(temperature=1e-300).restrict(LOGS).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"top_k": 1}, [0, 1, 0, 0]),
        ({"top_k": 2}, [0, 4 / 7, 0, 3 / 7]),
        ({"top_k": 9}, [0.1, 0.4, 0.2, 0.3]),
        ({"top_p": 0.01}, [0, 1, 0, 0]),
        ({"top_p": 0.4}, [0, 1, 0, 0]),
        ({"top_p": 0.41}, [0, 4 / 7, 0, 3 / 7]),
        ({"top_p": 0.75}, [0, 4 / 9, 2 / 9, 3 / 9]),
        ({"top_p": 1.0}, [0.1, 0.4, 0.2, 0.3]),
        # Of the two that top-k leaves, the first has four sevenths.
        ({"top_k": 2, "top_p": 0.55}, [0, 1, 0, 0]),
        ({"top_k": 2, "top_p": 0.6}, [0, 4 / 7, 0, 3 / 7]),
    ],
)
def test_top_k_and_top_p(options: dict[str, float], expected: list[float]) -> None:
    np.testing.assert_allclose(Sampling(**options).restrict(LOGS), expected)  # type: ignore[arg-type]


def test_of_equals_the_lower_id_stays() -> None:
    assert Sampling(top_k=2).restrict(np.zeros(4)).tolist() == [0.5, 0.5, 0, 0]
    assert Sampling(temperature=0.0).restrict(np.zeros(3)).tolist() == [1, 0, 0]


def test_what_is_banned_never_comes() -> None:
    np.testing.assert_allclose(Sampling().restrict(LOGS, banned=[1, 0]), [0, 0, 0.4, 0.6])
    assert Sampling(temperature=0.0).restrict(LOGS, banned=[1]).tolist() == [0, 0, 0, 1]
    assert Sampling(top_k=1).restrict(LOGS, banned=[1]).tolist() == [0, 0, 0, 1]
    with pytest.raises(ValueError, match="every token is banned"):
        Sampling().restrict(LOGS, banned=range(4))


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_scores_of_a_model_that_diverged_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match=r"token 1 is (nan|inf); did the model diverge"):
        Sampling().restrict(np.array([0.0, wrong, 0.0]))


def test_the_caller_keeps_its_scores() -> None:
    scores = LOGS.copy()
    Sampling(top_k=1).restrict(scores, banned=[0])
    np.testing.assert_array_equal(scores, LOGS)


def test_single_precision_is_enough() -> None:
    probabilities = Sampling(top_p=0.9).restrict(LOGS.astype(np.float32))
    assert probabilities.dtype == np.float64
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-15)


@given(
    st.lists(st.floats(-50, 50), min_size=1, max_size=30),
    st.floats(0, 5),
    st.none() | st.integers(1, 40),
    st.none() | st.floats(0.001, 1),
)
def test_a_distribution_always(
    scores: list[float], temperature: float, top_k: int | None, top_p: float | None
) -> None:
    sampling = Sampling(temperature=temperature, top_k=top_k, top_p=top_p)
    probabilities = sampling.restrict(np.array(scores))
    assert probabilities.sum() == pytest.approx(1.0)
    assert (probabilities >= 0).all()
    assert np.count_nonzero(probabilities) <= (top_k or len(scores))
    assert probabilities[int(np.argmax(scores))] == probabilities.max() > 0


def test_draws_have_the_right_shares() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw(np.array([0.0, 0.5, 0.0, 0.25, 0.25, 0.0]), rng) for _ in range(4000)]
    shares = np.bincount(drawn, minlength=6) / len(drawn)
    np.testing.assert_allclose(shares, [0, 0.5, 0, 0.25, 0.25, 0], atol=0.03)
    assert set(drawn) == {1, 3, 4}


class _Highest:
    def random(self) -> float:
        return float(np.nextafter(1.0, 0.0))


class _Lowest:
    def random(self) -> float:
        return 0.0


def test_draws_at_the_edges() -> None:
    probabilities = np.array([0.0, 0.7, 0.3, 0.0])
    assert draw(probabilities, _Lowest()) == 1  # type: ignore[arg-type]
    assert draw(probabilities, _Highest()) == 2  # type: ignore[arg-type]
    assert draw(np.array([1e-320]), _Highest()) == 0  # type: ignore[arg-type]


def test_mistakes_are_named_together() -> None:
    with pytest.raises(UserError) as caught:
        Sampling(temperature=-1.0, top_k=0, top_p=1.5)
    assert [problem.where for problem in caught.value.problems] == ["temperature", "top-k", "top-p"]
    for temperature in (float("nan"), float("inf")):
        with pytest.raises(UserError, match="temperature: found"):
            Sampling(temperature=temperature)
