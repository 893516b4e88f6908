"""Check of what a plugin does when it is told of epochs and runs."""

import sys
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from seqkit.plugins import PluginHost, PluginRecord
from seqkit.testing.checks import Check, CheckRecord, require, run_check, skip
from seqkit.testing.subject import TaskSubject

__all__ = ["EVENT_HOOKS", "check_events"]

EVENT_HOOKS = ("seqkit_epoch_finished", "seqkit_run_finished")


@dataclass(frozen=True)
class _Hearer:
    """A plugin that is told of a run, and the host that it is taken from."""

    record: PluginRecord
    host: PluginHost


def check_events(record: PluginRecord, host: PluginHost) -> CheckRecord:
    """Check that a plugin can be told of a run.

    Args:
        record: of the plugin, which implements one of :data:`EVENT_HOOKS`.
        host: that loaded it; nothing is noted on its records.
    """
    return run_check(Check.of(events_are_heard), _Hearer(record, host))


def events_are_heard(hearer: _Hearer) -> None:
    """The hooks that hear of epochs and runs take the reports of a small run without an error."""
    host = hearer.host.renewed()
    # What a hook prints would stand among the records.
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(sys.stderr):
        _run(hearer.record.tasks, host, Path(folder))
    failed = next((record.failures for record in host.failed if _same(record, hearer.record)), [])
    require(not failed, "; ".join(failed))


def _run(preferred: list[str], host: PluginHost, folder: Path) -> None:
    """Run a task on its sample with small sizes: one of the plugin's own, if it has a sample."""
    from seqkit.runs import Run

    specs = [*map(host.find_task, preferred), *host.tasks()]
    spec = next((spec for spec in specs if spec.sample is not None), None)
    if spec is None or spec.sample is None:
        skip("no task has a sample to run on")
    data = host.dataset_files(spec.sample)
    run = Run(spec, TaskSubject(spec).config, data=data, sample=True, output=folder, host=host)
    run.load()
    run.build()
    for _ in run.train():
        pass
    run.finish()


def _same(record: PluginRecord, other: PluginRecord) -> bool:
    return (record.name, record.distribution) == (other.name, other.distribution)
