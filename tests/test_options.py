import re
import tomllib
from dataclasses import dataclass, make_dataclass, replace
from pathlib import Path
from typing import Any, Literal, Optional

import numpy as np
import pytest

from seqkit.errors import Problem, UserError
from seqkit.options import GROUPS, as_recipe, option, options_of, parse, with_options
from seqkit.plugins import PluginHost, default_host


@dataclass(frozen=True, kw_only=True)
class Config:
    units: int = option(128, help="units", group="encoder", minimum=1, maximum=512)
    rate: float = option(0.1, help="rate", group="training", minimum=0.0)
    lowercase: bool = option(True, help="small letters", group="data")
    patience: int | None = option(5, help="patience", group="training", minimum=1)
    column: str | None = option(None, help="a column", group="data")
    name: str = option("plain", help="a name", group="output")
    cell: Literal["rnn", "lstm", "gru"] = option("lstm", help="the cell", group="encoder")
    schedule: Literal["step", "cosine"] | None = option("step", help="schedule", group="training")
    pooling: tuple[str, ...] = option(("max",), help="poolings", group="head")

    def __post_init__(self) -> None:
        if self.cell == "rnn" and self.lowercase:
            raise UserError(Problem("an rnn wants capitals", "lowercase"))


def problems_of(values: dict[str, Any], *, where: str = "") -> list[str]:
    with pytest.raises(UserError) as caught:
        parse(Config, values, where=where)
    return [str(problem) for problem in caught.value.problems]


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        ("units", "64", 64),
        ("units", 64.0, 64),
        ("rate", "1e-3", 0.001),
        ("rate", 1, 1.0),
        ("lowercase", "false", False),
        ("lowercase", "TRUE", True),
        ("lowercase", "0", False),
        ("patience", "none", None),
        ("patience", "", None),
        ("patience", None, None),
        ("patience", "3", 3),
        ("column", "none", None),
        ("column", "document", "document"),
        ("column", 2, "2"),
        ("name", "none", "none"),
        ("cell", "gru", "gru"),
        ("schedule", "none", None),
        ("schedule", "cosine", "cosine"),
        ("pooling", "last, mean", ("last", "mean")),
        ("pooling", ["last", "mean"], ("last", "mean")),
        ("pooling", ("last",), ("last",)),
        ("pooling", "", ()),
    ],
)
def test_a_value_is_converted_to_the_type_of_its_option(name: str, given: Any, wanted: Any) -> None:
    value = getattr(parse(Config, {name: given}), name)
    assert (value, type(value)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        ("units", np.int64(64), 64),
        ("rate", np.logspace(-3, -1, 3)[0], 0.001),
        ("rate", np.int32(1), 1.0),
        ("lowercase", np.bool_(False), False),
        ("patience", np.arange(3)[2], 2),
        ("cell", np.array(["gru"])[0], "gru"),
        ("pooling", np.array(["last", "mean"]), ("last", "mean")),
        ("pooling", [np.str_("last")], ("last",)),
        ("column", Path("runs") / "first", str(Path("runs", "first"))),
    ],
)
def test_a_value_may_come_from_an_array_or_be_a_path(name: str, given: Any, wanted: Any) -> None:
    value = getattr(parse(Config, {name: given}), name)
    assert (value, type(value)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("units", "many", "units: found 'many', wanted a whole number from 1 to 512"),
        ("units", "0", "units: found '0', wanted a whole number from 1 to 512"),
        ("units", 513, "units: found 513, wanted a whole number from 1 to 512"),
        ("units", 1.5, "units: found 1.5, wanted a whole number from 1 to 512"),
        ("units", True, "units: found True, wanted a whole number from 1 to 512"),
        ("units", None, "units: found None, wanted a whole number from 1 to 512"),
        ("rate", -0.1, "rate: found -0.1, wanted a number, at least 0"),
        ("rate", "nan", "rate: found 'nan', wanted a number, at least 0"),
        ("rate", float("inf"), "rate: found inf, wanted a number, at least 0"),
        ("lowercase", "perhaps", "lowercase: found 'perhaps', wanted true or false"),
        ("patience", "0", "patience: found '0', wanted a whole number, at least 1"),
        ("name", ["a"], "name: found ['a'], wanted text"),
        ("pooling", [1], "pooling: found [1], wanted a list of names"),
        ("cell", "x", "cell: found 'x', wanted one of rnn, lstm, gru"),
        (
            "cell",
            "ltsm",
            "cell: found 'ltsm', wanted one of rnn, lstm, gru; did you mean 'lstm'?",
        ),
        ("schedule", "x", "schedule: found 'x', wanted one of step, cosine"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_was_wanted(
    name: str, given: Any, message: str
) -> None:
    assert problems_of({name: given}) == [message]


def test_a_limit_itself_is_allowed() -> None:
    assert parse(Config, {"units": 1}).units == 1
    assert parse(Config, {"units": "512"}).units == 512


def test_names_may_have_hyphens() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Hyphens:
        min_count: int = option(1, help="count")

    assert parse(Hyphens, {"min-count": 3}).min_count == 3
    assert options_of(Hyphens)[0].flag == "--min-count"


def test_what_is_not_given_keeps_its_default() -> None:
    assert parse(Config, {}) == Config()


# --- mistakes -------------------------------------------------------------------------------------


def test_an_unknown_name_comes_with_the_nearest_valid_one() -> None:
    assert problems_of({"unit": 3}) == ["unit: no such option; did you mean 'units'?"]


def test_all_valid_names_are_listed_once_however_many_names_are_unknown() -> None:
    first, second = problems_of({"xxxx": 1, "zzzz": 2})
    assert first.startswith("xxxx: no such option; valid: ")
    assert second == "zzzz: no such option"


def test_an_unknown_name_like_no_other_comes_with_all_valid_ones() -> None:
    (message,) = problems_of({"zzz": 3})
    assert all(item.name in message for item in options_of(Config))


def test_all_mistakes_are_reported_together_and_in_order() -> None:
    given = {"unit": 1, "rate": "fast", "units": 0, "cell": "ltsm"}
    assert [message.partition(":")[0] for message in problems_of(given)] == [*given]


def test_what_the_config_itself_refuses_is_reported_with_the_rest() -> None:
    messages = problems_of({"unit": 1, "cell": "rnn"}, where="recipe.toml")
    assert messages == [
        "recipe.toml: unit: no such option; did you mean 'units'?",
        "recipe.toml: lowercase: an rnn wants capitals",
    ]


def test_with_options_changes_some_and_checks_the_result() -> None:
    changed = with_options(Config(patience=None, name="x"), {"units": "64"})
    assert changed == Config(patience=None, name="x", units=64)
    with pytest.raises(UserError, match="an rnn wants capitals"):
        with_options(Config(), {"cell": "rnn"})


# --- what a config may be -------------------------------------------------------------------------


def test_options_come_by_group_in_the_order_of_their_fields() -> None:
    groups = [item.group for item in options_of(Config)]
    assert groups == sorted(groups, key=GROUPS.index)
    data = [item.name for item in options_of(Config) if item.group == "data"]
    assert data == ["lowercase", "column"]


def test_a_field_that_is_no_option_is_refused_by_name() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Bare:
        units: int = 3

    with pytest.raises(TypeError, match=r"Bare\.units needs option"):
        options_of(Bare)


@pytest.mark.parametrize(
    "kind", [list[int], dict[str, int], int | str | None, bytes, tuple[int], Literal[1, 2]]
)
def test_a_field_of_a_type_that_is_no_option_is_refused_by_name(kind: Any) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Odd:
        sizes: kind = option(None, help="sizes")  # noqa: RUF009

    with pytest.raises(TypeError, match=r"Odd\.sizes: an option cannot be of type .*, wanted int"):
        options_of(Odd)


def test_a_default_that_can_be_changed_is_refused_with_what_takes_its_place() -> None:
    with pytest.raises(TypeError, match=r"found the default \['max'\], wanted a tuple"):
        option(["max"], help="poolings")


def test_an_optional_of_any_spelling_is_optional() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Spellings:
        old: Optional[int] = option(1, help="old")  # noqa: UP045
        new: int | None = option(1, help="new")

    assert parse(Spellings, {"old": "none", "new": "none"}) == Spellings(old=None, new=None)


def test_only_dataclasses_have_options() -> None:
    with pytest.raises(TypeError, match="int is not a dataclass"):
        options_of(int)


def test_a_config_without_its_own_decorator_is_refused_since_it_would_lose_options() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Other:
        beam: int = option(1, help="beam")

    class Both(Config, Other):
        pass

    mend = r"put @dataclass\(frozen=True, kw_only=True\) above it"
    with pytest.raises(TypeError, match=f"Both is not a dataclass of its own: {mend}"):
        options_of(Both)


@pytest.mark.parametrize(
    ("kind", "default", "wanted"),
    [
        (int, ",.?!", "a whole number"),
        (int, True, "a whole number"),
        (float, "0.1", "a number"),
        (bool, 1, "true or false"),
        (str, None, "text"),
        (int | None, 1.5, "a whole number"),
        (tuple[str, ...], "max", "a list of names"),
        (Literal["rnn", "lstm"], "lstn", "one of rnn, lstm; did you mean 'lstm'"),
    ],
)
def test_a_default_must_be_of_the_options_type(kind: Any, default: Any, wanted: str) -> None:
    made = make_dataclass("Odd", [("marks", kind, option(default, help="marks"))])
    said = re.escape(f"Odd.marks: found the default {default!r}, wanted {wanted}")
    with pytest.raises(TypeError, match=said):
        options_of(made)


def test_a_group_that_there_is_not_is_refused_with_those_there_are() -> None:
    made = make_dataclass("Odd", [("marks", str, option("", help="marks", group="marking"))])
    said = "found the group 'marking', wanted one of data, encoder, head, training, output"
    with pytest.raises(TypeError, match=rf"Odd\.marks: {said}"):
        options_of(made)


# --- recipes --------------------------------------------------------------------------------------


def read_back(config: Any) -> Any:
    return parse(type(config), tomllib.loads(as_recipe(config)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"patience": None},
        {"schedule": None},
        {"pooling": ()},
        {"pooling": ("last", 'a "quoted", one', "가")},
        {"column": 'so "called"'},
        {"column": "문서"},
        {"name": "two\nlines\tand a \\ backslash"},
        {"name": "# no comment"},
        {"name": "emoji 🙂\x00\x7f"},
        {"units": 512, "rate": 1e-20, "lowercase": False},
    ],
    ids=str,
)
def test_a_recipe_reads_back_as_the_same_config(changes: dict[str, Any]) -> None:
    config = replace(Config(), **changes)
    assert read_back(config) == config


def built_in_configs() -> list[Any]:
    host = PluginHost.discover({"SEQKIT_DISABLE_PLUGINS": "all"})
    return [pytest.param(spec.config, id=spec.name) for spec in host.tasks()]


@pytest.mark.parametrize("config", built_in_configs())
def test_the_default_recipe_of_every_built_in_task_reads_back(config: type) -> None:
    assert read_back(config()) == config()


@pytest.mark.parametrize("config", built_in_configs())
def test_a_recipe_with_nothing_at_its_default_reads_back(config: type) -> None:
    changed = {item.name: _other_value(item) for item in options_of(config)}
    # What tasks refuse, by itself or beside another.
    beside = ("averaging", "count_vectors", "init_from", "label_column", "subwords")
    for name in ("bidirectional", "embedding", *beside):
        changed.pop(name, None)
    made = config(**changed)
    assert read_back(made) == made


def _other_value(item: Any) -> Any:
    if item.default is not None and item.optional:
        return None
    if item.choices:
        return next(choice for choice in item.choices if choice != item.default)
    if item.inner_type is bool:
        return not item.default
    if item.inner_type in (int, float):
        step = item.inner_type(1) if item.maximum is None else item.maximum / 2
        return (item.default or item.minimum or 0) + step if item.maximum is None else step
    return ("last", "mean") if item.inner_type == tuple[str, ...] else 'gru "가"\n'


def test_a_recipe_says_what_each_option_is_for() -> None:
    recipe = as_recipe(Config())
    for item in options_of(Config):
        assert f"# {item.help}" in recipe
    assert "# the cell [rnn, lstm, gru]" in recipe
    assert "# column = (not set)" in recipe


def test_every_built_in_option_has_help_and_a_default_within_its_limits() -> None:
    for spec in default_host().tasks():
        assert all(item.help for item in options_of(spec.config)), spec.name
        values = {item.name: item.default for item in options_of(spec.config)}
        assert parse(spec.config, values) == spec.config()
