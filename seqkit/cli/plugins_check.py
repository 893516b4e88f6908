"""``seqkit plugins check NAME``: the conformance checks at the shell."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Annotated

import typer

from seqkit.cli.groups import JsonSwitch
from seqkit.errors import UserError
from seqkit.plugins import PluginHost, PluginRecord, default_host

if TYPE_CHECKING:
    from rich.console import Console

    from seqkit.testing.checks import CheckRecord

__all__ = ["check", "check_all"]

DIRECTIONS = {"--no-bidirectional": False, "--bidirectional": True}
"""How an encoder is asked to read."""


def check(
    name: Annotated[str, typer.Argument(help="name of a plugin, or of one task")],
    data: Annotated[
        str | None, typer.Option(help="file, folder or dataset name; else the task's own sample")
    ] = None,
    json: JsonSwitch = False,
) -> None:
    """Check that a plugin's tasks and encoders keep the contract, and that it can be told of runs.

    The exit status is 1 if a check failed.

    Example:
      $ seqkit plugins check sentiment
      $ seqkit plugins check sentiment --json
    """
    from seqkit.cli.console import console_for
    from seqkit.cli.streams import print_json

    found = check_all(name, default_host(), data)
    if json:
        rows = {task: [record.to_json() for record in records] for task, records in found.items()}
        print_json(rows)
    else:
        for task, records in found.items():
            _print_records(console_for(sys.stdout), task, records)
    if any(record.status == "failed" for records in found.values() for record in records):
        raise typer.Exit(1)


def check_all(
    name: str, host: PluginHost, data: str | None = None
) -> "Mapping[str, Sequence[CheckRecord]]":
    """Check a task, or all that a plugin offers and what it does when it is told of a run.

    Returns:
        Records by task, and by "encoder NAME" with a flag of :data:`DIRECTIONS`; that of the events
        stands under the plugin's name.

    Raises:
        UserError: no task or plugin of that name, or one with nothing to check.
    """
    from seqkit.testing.encoders import check_encoder
    from seqkit.testing.events import EVENT_HOOKS, check_events
    from seqkit.testing.tasks import check_task

    record, tasks, encoders = _asked_for(name, host)
    hears = any(hook in EVENT_HOOKS for hook in record.hooks)
    if not tasks and not encoders and not hears:
        reasons = "; ".join(record.reasons) or "it offers other things"
        raise UserError(f"{name}: the plugin offers no task or encoder to check: {reasons}")
    found = {task: [*check_task(host.find_task(task), data)] for task in tasks}
    for encoder, (flag, both) in product(encoders, DIRECTIONS.items()):
        records = check_encoder(encoder, host, bidirectional=both)
        found[f"encoder {encoder} {flag}"] = [*records]
    if hears:
        found.setdefault(record.name, []).append(check_events(record, host))
    return found


def _asked_for(name: str, host: PluginHost) -> tuple[PluginRecord, Sequence[str], Sequence[str]]:
    """Return the plugin that a name means, and which of its tasks and encoders."""
    from seqkit.cli.plugins_why import find_records

    if any(name in (spec.name, *spec.aliases) for spec in host.tasks()):
        task = host.find_task(name).name
        return next(record for record in host.records if task in record.tasks), [task], []
    record = find_records(name, host)[0]
    return record, record.tasks, record.encoders


def _print_records(console: "Console", task: str, records: "Sequence[CheckRecord]") -> None:
    from seqkit.cli.tables import new_table, print_table

    table = new_table(f"Checks of {task}", "check", "status", "why", numbers_from=3)
    for record in records:
        table.add_row(record.name, record.status, record.reason)
    print_table(console, table)
    counts = Counter(record.status for record in records)
    found = ", ".join(f"{counts[s]} {s}" for s in ("passed", "failed", "skipped") if counts[s])
    console.print(f"{task}: {len(records)} checks, {found}")
