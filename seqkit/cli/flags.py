"""From options to flags: each field of a config dataclass becomes a typer parameter.

Every value stays text here, and is converted by :func:`seqkit.options.parse` together with those of
the recipe: so one bad value does not hide the next.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from seqkit.cli.groups import Command
from seqkit.errors import Problem, UserError
from seqkit.options import Option

__all__ = [
    "FlagCommand",
    "flag_parameter",
    "given_flags",
    "metavar",
    "refuse_before_command",
    "with_signature",
]

_CONTEXT = "__context"
"""The parameter of typer's own; a task may have an option ``context``."""


class FlagCommand(Command):
    """A command whose help names each flag once: ``--no-...`` stands with its default.

    Rich would give the twins a column of their own, and cut the names of both at 80 columns.
    """

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help; the command is done with after it."""
        for parameter in self.params:
            parameter.secondary_opts = []
        super().format_help(ctx, formatter)


def flag_parameter(
    item: Option, *, panel: str | None = None, common: bool = False
) -> inspect.Parameter:
    """Return the typer parameter of an option.

    Args:
        item: the option.
        panel: heading of the help; by default that of the option's group.
        common: whether it belongs to every task: then a truth value is a mere switch, without a
            ``--no-...`` flag, and the help says itself what happens by default.
    """
    truth = item.inner_type is bool
    negative = f"/{_negative(item)}" if truth and not common else ""
    info = typer.Option(
        item.flag + negative,
        help=_escaped(item.help),
        metavar="" if truth else metavar(item),
        show_default=_shown_default(item, common),
        rich_help_panel=panel or item.group.capitalize(),
    )
    kind: Any = bool if truth else str
    return inspect.Parameter(
        item.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=_default(item),
        annotation=Annotated[kind | None, info],
    )


def metavar(item: Option) -> str:
    """Say what a flag takes: ``<int 1..>``, ``<rnn|lstm>``, ``<text,text>``."""
    if item.choices:
        return f"<{'|'.join(item.choices)}>"
    names = {int: "int", float: "float", str: "text"}
    name = names.get(item.inner_type, "text,...")
    if item.minimum is None and item.maximum is None:
        return f"<{name}>"
    low = "" if item.minimum is None else f"{item.minimum:g}"
    high = "" if item.maximum is None else f"{item.maximum:g}"
    return f"<{name} {low}..{high}>"


def _shown_default(item: Option, common: bool) -> bool | str:
    if item.default is None:
        return False if common else "none"
    if not isinstance(item.default, bool):
        return True
    if common:
        return False
    return f"on, unless {_negative(item)}" if item.default else "off"


def _negative(item: Option) -> str:
    return f"--no-{item.flag.removeprefix('--')}"


def _default(item: Option) -> Any:
    if item.default is None or isinstance(item.default, bool):
        return item.default
    return ",".join(item.default) if isinstance(item.default, tuple) else str(item.default)


def _escaped(text: str) -> str:
    """Keep rich from reading ``[...]`` in a help text as markup."""
    return text.replace("[", r"\[")


def given_flags(context: typer.Context) -> dict[str, Any]:
    """Return the flags that stand on the command line, without those that have their default."""
    return {
        name: value
        for name, value in context.params.items()
        if (source := context.get_parameter_source(name)) and source.name == "COMMANDLINE"
    }


def refuse_before_command(context: typer.Context) -> None:
    """Refuse the options of a group that stand before a command, which does not hear of them.

    Raises:
        UserError: for each of them.
    """
    name = context.invoked_subcommand
    misplaced = [f"--{option.replace('_', '-')}" for option in given_flags(context)]
    if name is not None and misplaced:
        raise UserError(Problem(f"give it after {name!r}", flag) for flag in misplaced)


def with_signature(
    function: Callable[[typer.Context], None], parameters: Iterable[inspect.Parameter], help: str
) -> Callable[..., None]:
    """Give a function of the context the parameters that typer is to offer."""

    def command(**given: Any) -> None:
        function(given[_CONTEXT])

    own = inspect.Parameter(_CONTEXT, inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    command.__signature__ = inspect.Signature([own, *parameters])  # type: ignore[attr-defined]
    command.__doc__ = help
    return command
