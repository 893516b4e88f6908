"""What is searched: ranges and choices, read from text or from an option's type and limits."""

from dataclasses import dataclass
from typing import Literal

import pytest

from seqkit.errors import UserError
from seqkit.options import option
from seqkit.training.config import TrainingConfig
from seqkit.tuning.spaces import Choices, Range, default_space, read_dimension


@dataclass(frozen=True, kw_only=True)
class Config(TrainingConfig):
    units: int = option(100, help="width", group="encoder", minimum=1)
    dropout: float = option(0.5, help="rate", group="encoder", minimum=0.0, maximum=0.9)
    lowercase: bool = option(True, help="as small letters")
    cell: Literal["lstm", "gru"] = option("lstm", help="kind")
    pooling: tuple[str, ...] = option(("max",), help="list")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("units=10..20", Range("units", 10, 20, whole=True)),
        ("learning-rate=1e-4..1e-2", Range("learning_rate", 1e-4, 1e-2, whole=False)),
        ("units=8,16", Choices("units", ("8", "16"))),
        ("cell=gru, lstm", Choices("cell", ("gru", "lstm"))),
        ("pooling=max,max+mean", Choices("pooling", ("max", "max,mean"))),
        ("dropout", Range("dropout", 0.0, 0.6, whole=False)),
        ("units", Range("units", 50, 200, whole=True)),
        ("learning_rate", Range("learning_rate", 0.0001, 0.01, whole=False)),
        ("cell", Choices("cell", ("lstm", "gru"))),
        ("lowercase", Choices("lowercase", ("true", "false"))),
    ],
)
def test_a_dimension_is_read(text, expected):
    found = read_dimension(Config, text)
    assert found == expected or (
        isinstance(expected, Range)
        and isinstance(found, Range)
        and (found.low, found.high) == pytest.approx((expected.low, expected.high))
    )


def test_wide_ranges_are_searched_by_factors():
    assert read_dimension(Config, "learning_rate=1e-4..1e-2").by_factors
    assert not read_dimension(Config, "units=100..200").by_factors
    assert not read_dimension(Config, "dropout=0..0.5").by_factors


def test_by_default_learning_rate_units_and_dropout_are_searched():
    assert [dimension.name for dimension in default_space(Config)] == [
        "units",
        "dropout",
        "learning_rate",
    ]


def test_what_is_fixed_is_not_searched_by_default():
    left = default_space(Config, fixed={"units", "lowercase"})
    assert [dimension.name for dimension in left] == ["dropout", "learning_rate"]


def test_where_all_is_fixed_the_options_are_named():
    fixed = {"units", "dropout", "learning_rate"}
    with pytest.raises(UserError, match=r"default is fixed \(units, dropout, learning_rate\)"):
        default_space(Config, fixed=fixed)


def test_a_higher_rate_of_dropout_is_tried_where_it_is_asked_for():
    assert read_dimension(Config, "dropout=0..0.9") == Range("dropout", 0.0, 0.9, whole=False)


def test_a_dimension_is_shown_as_it_is_written():
    for text in ("units=10..20", "cell=gru,lstm"):
        assert str(read_dimension(Config, text)) == text
