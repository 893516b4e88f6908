"""``seqkit tasks`` and ``seqkit config``: what can be run, and with which options."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqkit.cli.groups import JsonSwitch
from seqkit.plugins import PluginHost, default_host

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["config", "task_rows", "tasks"]


def tasks(json: JsonSwitch = False) -> None:
    """List the tasks that can be run.

    Example:
      $ seqkit tasks
      $ seqkit tasks --json
    """
    host = default_host()
    rows = task_rows(host)
    if json:
        from seqkit.cli.streams import print_json

        print_json(rows)
        return
    from seqkit.cli.tables import new_table, print_table

    table = new_table("Tasks", "name", "what it does", "sample", "from", numbers_from=4)
    for row in rows:
        names = ", ".join([row["name"], *row["aliases"]])
        table.add_row(names, row["summary"], row["sample"] or "-", row["plugin"])
    print_table(_console(), table)


def task_rows(host: PluginHost) -> list[dict[str, Any]]:
    """Return the tasks as plain values."""
    return [
        {
            "name": spec.name,
            "aliases": list(spec.aliases),
            "summary": spec.summary,
            "sample": spec.sample,
            "plugin": " ".join(part for part in host.origin_of_task(spec.name) if part),
        }
        for spec in host.tasks()
    ]


def config(task: Annotated[str, typer.Argument(help="name of the task")]) -> None:
    """Print a task's options as a recipe, to be changed and given to seqkit run --config.

    Example:
      $ seqkit config sentiment > recipe.toml
      $ seqkit run sentiment --config recipe.toml
    """
    from seqkit.cli.streams import as_utf8
    from seqkit.options import as_recipe

    spec = default_host().find_task(task)
    head = f"# seqkit run {spec.name} --config FILE\n\n"
    print(head + as_recipe(spec.config()), end="", file=as_utf8(sys.stdout))


def _console() -> "Console":
    from seqkit.cli.console import console_for

    return console_for(sys.stdout)
