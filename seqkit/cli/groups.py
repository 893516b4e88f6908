"""Command groups whose members are built when they are called, and only named before that.

``seqkit --help`` shows names and summaries; neither a task's options nor the code of a plugin's
command is needed for that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from seqkit.cli.conversion import convert_clear_values
from seqkit.cli.outcome import InterruptedByUser
from seqkit.cli.startup import begin_work
from seqkit.suggestions import suggest

__all__ = ["Command", "Entry", "JsonSwitch", "LazyGroup", "command_of", "group_of"]

JsonSwitch = Annotated[bool, typer.Option("--json", help="print JSON, and nothing else")]
"""What turns the output of a command into a document."""


@dataclass(frozen=True)
class Entry:
    """A command that is not built yet.

    Attributes:
        summary: one line.
        build: makes the typer command.
        panel: heading under which the help shows it.
    """

    summary: str
    build: Callable[[], Any]
    panel: str | None = None


class LazyGroup(TyperGroup):
    """A group that asks :meth:`entries` for its members, and shows their names and summaries."""

    def entries(self) -> Mapping[str, Entry]:
        """Return the members by name."""
        raise NotImplementedError

    def find_entry(self, name: str) -> Entry:
        """Return the member of a name.

        Raises:
            UserError: there is none.
        """
        from seqkit.errors import UserError

        entries = self.entries()
        if name not in entries:
            raise UserError(f"{name}: no such command; {suggest(name, entries)}")
        return entries[name]

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with ``--help``."""
        return convert_clear_values(super().get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the members, for help and shell completion."""
        return list(self.entries())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a stand-in that the help can show."""
        entry = self.entries().get(cmd_name)
        if entry is None:
            return None
        summary = entry.summary.replace("[", r"\[")
        return TyperCommand(cmd_name, help=summary, rich_help_panel=entry.panel)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Build the member that is called."""
        name = args[0]
        if ctx.resilient_parsing and name not in self.entries():  # shell completion, half typed
            return None, None, args[1:]
        command = self.find_entry(name).build()
        command.name = name
        return name, command, args[1:]

    def invoke(self, ctx: Any) -> Any:
        """Call the member, and see its results out of the house."""
        import sys

        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except KeyboardInterrupt:
            raise InterruptedByUser from None
        return result


class Command(TyperCommand):
    """A command that has been imported and understood, and begins its work."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with ``--help``."""
        return convert_clear_values(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; a mistake in them knows whose they are."""
        try:
            return list(super().parse_args(ctx, args))
        except Exception as error:
            # The parser itself knows only the option, and the message would name no command.
            if getattr(error, "ctx", ctx) is None:
                error.ctx = ctx  # type: ignore[attr-defined]
            raise

    def invoke(self, ctx: Any) -> Any:
        """Call the function."""
        begin_work()
        return super().invoke(ctx)


def command_of(
    function: Callable[..., Any], name: str, *, kind: type[Command] = Command, **settings: Any
) -> Any:
    """Turn a function into a typer command."""
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    app.command(name, cls=kind, **settings)(function)
    return typer.main.get_command(app)


def group_of(
    kind: type[LazyGroup],
    callback: Callable[..., Any],
    *,
    help: str,
    completion: bool = False,
    alone: bool = False,
) -> Any:
    """Turn a lazy group and the function that takes its own options into a typer group.

    Args:
        kind: names the members.
        callback: is called before a member is; typer reads its options.
        help: of the group.
        completion: whether to offer the shell's.
        alone: whether the callback works without a member, which shows the help otherwise.
    """
    app = typer.Typer(
        cls=kind, add_completion=completion, rich_markup_mode="rich", no_args_is_help=not alone
    )
    app.callback(help=help, invoke_without_command=alone)(callback)
    return typer.main.get_command(app)
