import math

import pytest

from benchmarks import harness
from benchmarks.harness import Effort, Spread, alternate, alternate_calls, geometric_mean


def test_statistics() -> None:
    spread = Spread((4.0, 1.0, 3.0, 2.0, 100.0))
    assert (spread.median, spread.least) == (3.0, 1.0)
    assert (spread.quantile(0.25), spread.quantile(0.75)) == (2.0, 4.0)
    assert spread.quantile(0.99) == pytest.approx(4.0 + 0.96 * 96.0)
    assert Spread((7.0,)).quantile(0.25) == 7.0


def test_nothing_measured_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Spread(())


def test_a_spread_survives_json() -> None:
    spread = Spread((2.0, 1.0))
    assert Spread.from_json(spread.to_json()) == spread
    assert spread.to_json()["median"] == 1.5


def test_twice_as_fast_and_twice_as_slow_cancel() -> None:
    assert geometric_mean([2.0, 0.5]) == pytest.approx(1.0)
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4.0)
    assert math.isnan(geometric_mean([]))


def test_sides_alternate_and_take_turns_to_begin() -> None:
    calls: list[str] = []
    sides = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    found = alternate(sides, Effort(rounds=3, sample=0.0))
    assert {name: len(spread.values) for name, spread in found.items()} == {"a": 3, "b": 3}
    # Twice to warm up; then a call that does not count before each that does.
    assert "".join(calls) == "aabb" + "aabb" + "bbaa" + "aabb"


def test_long_work_is_called_once_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "LONG", 0.0)
    calls: list[str] = []
    alternate({"a": lambda: calls.append("a")}, Effort(rounds=3, sample=0.0))
    assert "".join(calls) == "aa" + "aaa"


def test_short_work_is_repeated() -> None:
    calls: list[int] = []
    alternate({"a": lambda: calls.append(1)}, Effort(rounds=1, sample=0.001))
    assert len(calls) > 10


def test_calls_are_timed_one_by_one_in_blocks() -> None:
    calls: list[str] = []
    sides = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    found = alternate_calls(sides, blocks=2, calls=3)
    assert len(found["a"].values) == 6
    assert "".join(calls) == "aaaaabbbbb" * 2
