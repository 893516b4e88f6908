"""``seqkit run TASK``: one command a task, made from its config, and what it does."""

import inspect
import itertools
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqkit.cli.flags import FlagCommand, flag_parameter, given_flags, with_signature
from seqkit.cli.groups import Entry, LazyGroup, command_of, group_of
from seqkit.cli.mistakes import Mistakes
from seqkit.cli.notices import say
from seqkit.cli.plan import Request, RunPlan, flag_of, plan_run, settings_of
from seqkit.cli.settings import PANELS, RunSettings
from seqkit.errors import UserError
from seqkit.options import GROUPS, Group, Option, options_of
from seqkit.plugins import PluginHost, default_host
from seqkit.tasks import TaskSpec

if TYPE_CHECKING:
    from rich.console import Console

    from seqkit.cli.progress import RunProgress
    from seqkit.reports import RunReport
    from seqkit.runs import Run

__all__ = ["execute", "resume", "run_group", "task_command"]

HELP = """Train a task's model, score it beside a baseline, and save it.

Example:
  $ seqkit run sentiment
  $ seqkit run pos-tagging --data en_ewt/ --units 256 --epochs 20
  $ seqkit run sentiment --help
"""

RESUMABLE = ("resume", "threads", "json", "quiet")
"""Options that may differ when a run is resumed."""


class _Tasks(LazyGroup):
    """One command a task; aliases are understood, and not listed."""

    def entries(self) -> Mapping[str, Entry]:
        return {
            spec.name: Entry(spec.summary, partial(task_command, spec), "Tasks")
            for spec in default_host().tasks()
        }

    def find_entry(self, name: str) -> Entry:
        spec = default_host().find_task(name)
        return Entry(spec.summary, partial(task_command, spec))


def _no_options() -> None:
    """A group needs a function, even where it has no options of its own."""


def run_group() -> Any:
    """Build ``seqkit run``."""
    return group_of(_Tasks, _no_options, help=HELP)


def task_command(spec: TaskSpec[Any]) -> Any:
    """Build the command of a task: the common options, then its own by group."""
    common = options_of(RunSettings)
    names = {item.name for item in common} | {"set", "help"}
    # A field with the name of a common option can still be given by --set.
    own = [item for item in options_of(spec.config) if item.name not in names]
    parameters = {
        "Data": [*_common("data"), *_own(own, "data")],
        **{group.capitalize(): _own(own, group) for group in GROUPS if group not in PANELS},
        "Training": _own(own, "training"),
        "Run": [*_common("training"), _set_parameter()],
        "Output": [*_common("output"), *_own(own, "output")],
    }
    in_order = itertools.chain.from_iterable(parameters.values())
    function = with_signature(partial(_run_task, spec), in_order, _help(spec))
    loose = {"ignore_unknown_options": True, "allow_extra_args": True}
    return command_of(function, spec.name, kind=FlagCommand, context_settings=loose)


def _common(group: Group) -> list[inspect.Parameter]:
    return [
        flag_parameter(item, panel=PANELS[group], common=True)
        for item in options_of(RunSettings)
        if item.group == group
    ]


def _own(items: Iterable[Option], group: Group) -> list[inspect.Parameter]:
    return [flag_parameter(item) for item in items if item.group == group]


def _help(spec: TaskSpec[Any]) -> str:
    summary = spec.summary.replace("[", r"\[")
    alone = "" if spec.sample is None else f"  $ seqkit run {spec.name}\n"
    return f"""{summary}.

Example:
{alone}  $ seqkit run {spec.name} --train train.txt --dev dev.txt --epochs 5 --set units=64
""".replace("..", ".")


def _set_parameter() -> inspect.Parameter:
    info = typer.Option(
        "--set", help="any option of the task by name", metavar="<key=value>", rich_help_panel="Run"
    )
    annotation = Annotated[list[str] | None, info]
    return inspect.Parameter(
        "set", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _run_task(spec: TaskSpec[Any], context: typer.Context) -> None:
    given = given_flags(context)
    common = {item.name for item in options_of(RunSettings)}
    request = Request(
        settings={name: value for name, value in given.items() if name in common},
        flags={name: value for name, value in given.items() if name not in (*common, "set")},
        assignments=given.get("set") or (),
        extra=context.args,
    )
    host = default_host()
    resumed = "resume" in given
    status = resume(spec, request, host) if resumed else execute(plan_run(spec, request, host))
    if status:
        raise typer.Exit(status)


def execute(plan: RunPlan) -> int:
    """Make the run's folder, train, and print the report; returns the exit status."""
    from seqkit.cli.folders import run_folder, sole_writer
    from seqkit.runs import Run

    with run_folder(plan.spec.name, plan.settings.output) as folder:
        with _results_only():
            run = Run(
                plan.spec,
                plan.config,
                data=plan.data.files,
                sample=plan.data.sample,
                data_options=plan.settings.data_options,
                output=folder,
                seed=plan.settings.seed,
                threads=plan.settings.threads,
                host=plan.host,
            )
        with sole_writer(folder):
            return _drive(run, plan.settings)


def resume(spec: TaskSpec[Any], request: Request, host: PluginHost) -> int:
    """Go on with an interrupted run, whose options are its own; returns the exit status."""
    from seqkit.cli.folders import sole_writer

    _refuse_changes(request)
    mistakes = Mistakes()
    settings = settings_of(request, mistakes)
    mistakes.raise_any()
    folder = Path(str(settings.resume))
    with sole_writer(folder):
        return _go_on(folder, spec, settings, host)


def _go_on(folder: Path, spec: TaskSpec[Any], settings: RunSettings, host: PluginHost) -> int:
    from seqkit.runs import Run

    with _results_only():
        run = Run.resume(folder, threads=settings.threads, host=host)
    if run.spec.name != spec.name:
        found = f"found a run of {run.spec.name!r}, wanted {spec.name!r}"
        raise UserError(f"--resume {settings.resume}: {found}")
    if run.finished:
        say(f"{run.output}: this run had finished; it is scored again")
    return _drive(run, settings)


def _refuse_changes(request: Request) -> None:
    given = (*request.settings, *request.flags)
    refused = [flag_of(name) for name in given if name not in RESUMABLE]
    refused += [f"--set {assignment}" for assignment in request.assignments]
    refused += request.extra
    if refused:
        found = f"found beside {', '.join(refused)}"
        raise UserError(
            f"--resume: {found}; a resumed run keeps its own options: to train longer, "
            "or otherwise, start a new run"
        )


@contextmanager
def _results_only() -> Iterator[None]:
    """Keep whatever a task or plugin prints out of the results, which may be read by a program."""
    with redirect_stdout(sys.stderr):
        yield


def _drive(run: "Run", settings: RunSettings) -> int:
    from seqkit.cli.console import console_for
    from seqkit.cli.progress import RunProgress

    progress = RunProgress(console_for(sys.stderr), epochs=run.config.epochs, quiet=settings.quiet)
    try:
        with _results_only():
            report = _work(run, progress)
    except KeyboardInterrupt:
        report = None
    if report is None:
        _say_how_to_resume(run)
        return 130
    _show(run, report, settings)
    return 0


def _work(run: "Run", progress: "RunProgress") -> "RunReport | None":
    """Go through the stages of a run; None where it was interrupted."""
    from seqkit.cli.interrupts import stopping_on_interrupt
    from seqkit.training.reports import EpochReport

    with progress.doing("reading the data"):
        data = run.load()
    progress.data(data)
    with progress.doing("building the model"):
        model = run.build()
    progress.model(model)
    with stopping_on_interrupt() as stop, progress.training():
        for report in run.train(stop=stop):
            if isinstance(report, EpochReport):
                progress.epoch(report, run.style)
            else:
                progress.step(report)
    if run.interrupted:
        return None
    with progress.doing("scoring, and fitting the baselines"):
        return run.finish()


def _say_how_to_resume(run: "Run") -> None:
    if run.output is None or not run.written:
        say("interrupted; nothing was saved yet")
        return
    from seqkit.run_folder import path_word

    say(f"interrupted; what was trained so far is in {run.output}")
    command = shlex.join(["seqkit", "run", run.spec.name, "--resume", path_word(run.output)])
    say(f"to go on: {command}")


def _show(run: "Run", report: "RunReport", settings: RunSettings) -> None:
    from seqkit.cli.console import console_for
    from seqkit.cli.streams import print_json

    if settings.json:
        print_json(report.to_json())
    else:
        _print_for_people(console_for(sys.stdout), run, report)


def _print_for_people(console: "Console", run: "Run", report: "RunReport") -> None:
    from seqkit.cli.report_view import print_report, print_where_saved

    print_report(console, report)
    if run.output is not None:
        steps = run.task.fitting_steps(run.spec.next_steps)
        print_where_saved(console, steps, run.output, run.written, run.example_text)
