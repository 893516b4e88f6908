"""The table of commands: the core's own, then those of plugins."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

import typer

from seqkit.cli.groups import Entry, LazyGroup, command_of, group_of
from seqkit.cli.notices import say
from seqkit.plugins import PluginHost, default_host

__all__ = ["CORE", "application", "name_broken", "report_failed", "report_flawed"]

HELP = """Train, evaluate and run recurrent sequence models on text.

Example:
  $ seqkit run sentiment
  $ seqkit predict runs/sentiment-1 "I could not put it down."
"""


def _run() -> Any:
    from seqkit.cli.run import run_group

    return run_group()


def _evaluate() -> Callable[..., None]:
    from seqkit.cli.evaluate import evaluate

    return evaluate


def _predict() -> Callable[..., None]:
    from seqkit.cli.predict import predict

    return predict


def _tune() -> Callable[..., None]:
    from seqkit.cli.tune import tune

    return tune


def _vectors() -> Callable[..., None]:
    from seqkit.cli.vectors import vectors

    return vectors


def _tasks() -> Callable[..., None]:
    from seqkit.cli.listings import tasks

    return tasks


def _plugins() -> Any:
    from seqkit.cli.plugins import plugins_group

    return plugins_group()


def _data() -> Any:
    from seqkit.cli.datasets import data_group

    return data_group()


def _config() -> Callable[..., None]:
    from seqkit.cli.listings import config

    return config


def _entry(summary: str, name: str, create: Callable[[], Callable[..., None]]) -> Entry:
    return Entry(summary, lambda: command_of(create(), name))


CORE: Mapping[str, Entry] = {
    "run": Entry("Train a task's model, score it beside a baseline, and save it", _run),
    "tune": _entry("Look for better options on validation data", "tune", _tune),
    "evaluate": _entry("Score a trained model on labelled data", "evaluate", _evaluate),
    "predict": _entry("Apply a trained model to texts", "predict", _predict),
    "vectors": _entry("Make word vectors from any text", "vectors", _vectors),
    "tasks": _entry("List the tasks that can be run", "tasks", _tasks),
    "plugins": Entry("List, check and write plugins; say what is wrong with one", _plugins),
    "config": _entry("Print a task's options as a recipe", "config", _config),
    "data": Entry("List data sets, and check files before training", _data),
}

BROKEN = 3
"""Exit status where a plugin is broken and plugins are held to be strict."""

NAMING = ("run", "tasks")
"""Commands after which broken plugins are named: what one looks for might be theirs."""


class _Commands(LazyGroup):
    """All commands; the strictness about plugins is kept here, because it concerns each of them."""

    def entries(self) -> Mapping[str, Entry]:
        offered = {
            spec.name: Entry(spec.summary, partial(_plugin_command, spec.name))
            for spec in default_host().commands()
        }
        return {**CORE, **offered}

    def invoke(self, ctx: Any) -> Any:
        host, strict = default_host(), bool(ctx.params.get("strict_plugins"))
        if strict and host.flawed:
            report_flawed(host)
            raise typer.Exit(BROKEN)
        try:
            result = super().invoke(ctx)
        finally:
            report_failed(host)
        if strict and host.failed:
            raise typer.Exit(BROKEN)
        if ctx.invoked_subcommand in NAMING:
            name_broken(host)
        return result


def _plugin_command(name: str) -> Any:
    return command_of(default_host().create_command(name), name)


def report_flawed(host: PluginHost) -> None:
    """List on stderr what there is to mend in each plugin."""
    for record in host.flawed:
        for line in (*record.reasons, *record.notes):
            say(f"plugin {record.title}: {line}")


def report_failed(host: PluginHost) -> None:
    """List on stderr what plugins failed at during the command; it went on without them.

    Said here and nowhere else: another process cannot know it.
    """
    for record in host.failed:
        for failure in record.failures:
            say(f"plugin {record.title}: {failure}")


def name_broken(host: PluginHost) -> None:
    """Name the plugins that need mending as they are installed, in one line on stderr."""
    if host.flawed:
        names = ", ".join(record.name for record in host.flawed)
        say(f"broken plugins: {names}; 'seqkit plugins' says why")


def _show_version(wanted: bool) -> None:
    if wanted:
        import seqkit

        print(f"seqkit {seqkit.__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="show the version", is_eager=True, callback=_show_version),
    ] = False,
    strict_plugins: Annotated[
        bool, typer.Option("--strict-plugins", help="exit with status 3 if any plugin is broken")
    ] = False,
) -> None:
    """Take the options that stand before the command; the group itself acts on them."""


def application() -> Any:
    """Build the typer command that ``seqkit`` runs."""
    return group_of(_Commands, _options, help=HELP, completion=True)
