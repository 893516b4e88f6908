"""What a command gets for its arguments is what typer would have given it."""

from typing import Annotated, Any

import pytest
import typer
from typer.core import TyperCommand

from seqkit.cli.groups import Command

ARGUMENTS = [
    ["a"],
    ["a", "b", "c"],
    ["a", ""],
    ["a", "--count", "3"],
    ["a", "--count", "007"],
    ["a", "--count", "٣"],
    ["a", "--count", "1_000"],
    ["a", "--count", " 3"],
    ["a", "--count", "-1"],
    ["a", "--count", "0"],
    ["a", "--count", "3.0"],
    ["a", "--count", "three"],
    ["a", "--count", "9" * 20],
    ["a", "--count", "9" * 30],
    ["a", "--offset", "9" * 5000],
    ["a", "--offset", "-3"],
    ["a", "--small", "11"],
    ["a", "--rate", "1e-3"],
    ["a", "--name", "é 한글"],
    ["a", "--shout", "quiet"],
    ["a", "--each", "x", "--each", "y"],
    ["a", "--switch"],
    ["a", "--no-switch"],
    ["a", "--upper", "word"],
    ["a", "--file", "no such file"],
    [],
    ["--count", "3"],
    ["a", "--unknown"],
]


def _upper(text: str | None) -> str | None:
    return text and text.upper()


def _function(
    first: Annotated[str, typer.Argument()],
    rest: Annotated[list[str] | None, typer.Argument()] = None,
    count: Annotated[int | None, typer.Option(min=1, max=10**20)] = None,
    offset: Annotated[int, typer.Option()] = 5,
    small: Annotated[int, typer.Option(max=10, clamp=True)] = 5,
    rate: Annotated[float, typer.Option()] = 0.5,
    name: Annotated[str | None, typer.Option()] = None,
    shout: Annotated[str, typer.Option(parser=lambda text: text + "!")] = "hey",
    each: Annotated[list[str] | None, typer.Option()] = None,
    switch: Annotated[bool | None, typer.Option()] = None,
    upper: Annotated[str | None, typer.Option(callback=_upper)] = None,
    file: Annotated[str | None, typer.Option(exists=True, path_type=str)] = None,
) -> Any:
    return first, rest, count, offset, small, rate, name, shout, each, switch, upper, file


def _outcome(kind: type[TyperCommand], arguments: list[str]) -> Any:
    app = typer.Typer(add_completion=False)
    app.command(cls=kind)(_function)
    try:
        return typer.main.get_command(app).main(arguments, "name", standalone_mode=False)
    except Exception as error:
        message: Any = getattr(error, "format_message", error.__str__)
        return type(error).__name__, message()


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=lambda given: " ".join(given)[:40])
def test_a_value_or_its_refusal_is_what_typer_makes_of_it(arguments):
    assert _outcome(Command, arguments) == _outcome(TyperCommand, arguments)


def test_the_arguments_above_are_taken_and_refused():
    outcomes = [_outcome(Command, arguments) for arguments in ARGUMENTS]
    refused = [outcome for outcome in outcomes if len(outcome) == 2]
    assert 5 <= len(refused) <= len(outcomes) - 10
