"""``seqkit plugins check NAME``: the conformance checks at the shell."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqkit.cli.groups import JsonSwitch
from seqkit.errors import UserError
from seqkit.plugins import PluginHost, default_host

if TYPE_CHECKING:
    from rich.console import Console

    from seqkit.tasks import TaskSpec
    from seqkit.testing.checks import CheckRecord

__all__ = ["check", "check_all", "specs_of"]


def check(
    name: Annotated[str, typer.Argument(help="name of a plugin, or of one task")],
    data: Annotated[
        str | None, typer.Option(help="file, folder or dataset name; else the task's own sample")
    ] = None,
    json: JsonSwitch = False,
) -> None:
    """Check that a plugin's tasks keep the contract; exit status 1 if one does not.

    Example:
      $ seqkit plugins check sentiment
      $ seqkit plugins check sentiment --json
    """
    from seqkit.cli.console import console_for
    from seqkit.cli.streams import print_json

    found = check_all(specs_of(name, default_host()), data)
    if json:
        rows = {task: [record.to_json() for record in records] for task, records in found.items()}
        print_json(rows)
    else:
        for task, records in found.items():
            _print_records(console_for(sys.stdout), task, records)
    if any(record.status == "failed" for records in found.values() for record in records):
        raise typer.Exit(1)


def specs_of(name: str, host: PluginHost) -> "list[TaskSpec[Any]]":
    """Return the task of a name, or all tasks of the plugin of that name.

    Raises:
        UserError: neither, or a plugin without tasks.
    """
    from seqkit.cli.plugins_why import find_record

    if any(name in (spec.name, *spec.aliases) for spec in host.tasks()):
        return [host.find_task(name)]
    record = find_record(name, host)
    if not record.tasks:
        reasons = "; ".join(record.reasons) or "it offers other things"
        raise UserError(f"{name}: the plugin offers no task to check: {reasons}")
    return [host.find_task(task) for task in record.tasks]


def check_all(
    specs: "Sequence[TaskSpec[Any]]", data: str | None = None
) -> "Mapping[str, tuple[CheckRecord, ...]]":
    """Check tasks one after the other."""
    from seqkit.testing.tasks import check_task

    return {spec.name: check_task(spec, data) for spec in specs}


def _print_records(console: "Console", task: str, records: "Sequence[CheckRecord]") -> None:
    from seqkit.cli.tables import new_table, print_table

    table = new_table(f"Checks of {task}", "check", "status", "why", numbers_from=3)
    for record in records:
        table.add_row(record.name, record.status, record.reason)
    print_table(console, table)
    counts = Counter(record.status for record in records)
    found = ", ".join(f"{counts[s]} {s}" for s in ("passed", "failed", "skipped") if counts[s])
    console.print(f"{task}: {len(records)} checks, {found}")
