"""``seqkit data``: the data sets that have a name; ``check`` below it."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import typer

from seqkit.cli.groups import Entry, JsonSwitch, LazyGroup, command_of, group_of
from seqkit.plugins import PluginHost, default_host

__all__ = ["data_group", "dataset_rows", "list_datasets"]

HELP = """List the data sets that --data knows by name; check files of your own.

Example:
  $ seqkit data
  $ seqkit data list --json
  $ seqkit data check sentiment --data reviews.tsv
"""


def _check() -> Callable[..., None]:
    from seqkit.cli.datasets_check import check

    return check


MEMBERS: Mapping[str, Entry] = {
    "list": Entry("List the data sets that have a name", lambda: command_of(_list, "list")),
    "check": Entry(
        "Read data as a run would, and say what is in it", lambda: command_of(_check(), "check")
    ),
}


class _Datasets(LazyGroup):
    """The commands about data; without one, the group lists the data sets."""

    def entries(self) -> Mapping[str, Entry]:
        return MEMBERS


def data_group() -> Any:
    """Build ``seqkit data``."""
    return group_of(_Datasets, _datasets, help=HELP, alone=True)


def _datasets(context: typer.Context, json: JsonSwitch = False) -> None:
    """List; a command below the group does its own work."""
    from seqkit.cli.flags import refuse_before_command

    refuse_before_command(context)
    if context.invoked_subcommand is None:
        list_datasets(default_host(), json=json)


def _list(json: JsonSwitch = False) -> None:
    """List the data sets that have a name, to be given to --data.

    Example:
      $ seqkit data list
      $ seqkit run sentiment --data sentiment-en
    """
    list_datasets(default_host(), json=json)


def list_datasets(host: PluginHost, *, json: bool = False) -> None:
    """Print the data sets as a table, or as JSON."""
    from seqkit.cli.console import console_for
    from seqkit.cli.streams import print_json
    from seqkit.cli.tables import new_table, print_table

    rows = dataset_rows(host)
    if json:
        print_json(rows)
        return
    table = new_table("Data", "name", "task", "what it is", numbers_from=3)
    for row in rows:
        table.add_row(row["name"], row["task"], row["summary"])
    print_table(console_for(sys.stdout), table)


def dataset_rows(host: PluginHost) -> list[dict[str, Any]]:
    """Return the data sets as plain values; none is opened for it."""
    return [
        {"name": spec.name, "task": spec.task, "summary": spec.summary, "sample": spec.sample}
        for spec in host.datasets()
    ]
