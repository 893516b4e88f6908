"""``seqkit plugins``: what is installed and whether it is well; ``new`` and ``check`` below it."""

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqkit.cli.groups import Entry, JsonSwitch, LazyGroup, command_of, group_of
from seqkit.plugins import PluginHost, default_host

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["list_plugins", "plugin_rows", "plugins_group"]

HELP = """List the plugins: what each offers, and what is wrong with broken ones.

Example:
  $ seqkit plugins
  $ seqkit plugins --why pos-tagging
  $ seqkit plugins new haiku --kind classify
  $ seqkit plugins check sentiment
"""


def _new() -> Callable[..., None]:
    from seqkit.cli.plugins_new import new

    return new


def _check() -> Callable[..., None]:
    from seqkit.cli.plugins_check import check

    return check


MEMBERS: Mapping[str, Entry] = {
    "new": Entry("Write a new plugin, ready to be installed", lambda: command_of(_new(), "new")),
    "check": Entry(
        "Check that a plugin's tasks keep the contract", lambda: command_of(_check(), "check")
    ),
}


class _Plugins(LazyGroup):
    """The commands about plugins; without one, the group lists them."""

    def entries(self) -> Mapping[str, Entry]:
        return MEMBERS


def plugins_group() -> Any:
    """Build ``seqkit plugins``."""
    return group_of(_Plugins, _plugins, help=HELP, alone=True)


def _plugins(
    context: typer.Context,
    json: JsonSwitch = False,
    why: Annotated[
        str | None, typer.Option(help="tell all about one plugin, and how to mend it")
    ] = None,
) -> None:
    """List, or explain; a command below the group does its own work."""
    from seqkit.cli.flags import refuse_before_command

    refuse_before_command(context)
    if context.invoked_subcommand is not None:
        return
    if why is not None:
        from seqkit.cli.plugins_why import explain

        explain(why, default_host(), json=json)
    else:
        list_plugins(default_host(), json=json)


def list_plugins(host: PluginHost, *, json: bool = False) -> None:
    """Print the plugins as a table, and below it what there is to know of each."""
    from seqkit.cli.console import console_for
    from seqkit.cli.streams import print_json

    if json:
        listed = {"plugins": plugin_rows(host), "notices": list(host.notices)}
        print_json(listed)
        return
    console = console_for(sys.stdout)
    _print_table(console, host)
    for record in host.records:
        for line in (*record.reasons, *record.notes):
            console.print(f"{record.title}: {line}", soft_wrap=True)
    for notice in host.notices:
        console.print(notice, soft_wrap=True)


def plugin_rows(host: PluginHost) -> list[dict[str, Any]]:
    """Return the plugins' records as plain values."""
    return [record.to_json() for record in host.records]


def _print_table(console: "Console", host: PluginHost) -> None:
    from seqkit.cli.tables import new_table, print_table

    columns = ("name", "from", "API", "status", "hooks", "offers")
    table = new_table("Plugins", *columns, numbers_from=len(columns))
    for record in host.records:
        origin = f"{record.distribution} {record.version}".strip() or record.module
        api = "-" if record.api is None else str(record.api)
        hooks = ", ".join(hook.removeprefix("seqkit_") for hook in record.hooks)
        offers = "\n".join(f"{kind} {name}" for kind, name in record.offers)
        table.add_row(record.name, origin, api, record.status, hooks or "-", offers or "-")
    print_table(console, table)
