"""``seqkit adapt``: it converts, the library does the work."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from seqkit.errors import Problem, UserError, placed
from seqkit.kernels.threads import use_threads
from seqkit_tasks.language_modelling.adaptation import Dynamic
from seqkit_tasks.language_modelling.adapted import (
    Adaptation,
    AdaptedScore,
    score_adapted,
    tune,
)
from seqkit_tasks.language_modelling.cache import Cache
from seqkit_tasks.language_modelling.commands import load_language_model, refuse_idle
from seqkit_tasks.language_modelling.lines import Line
from seqkit_tasks.language_modelling.task import LanguageModellingTask

if TYPE_CHECKING:
    from seqkit.metrics.measures import Metric

__all__ = ["create_adapt"]

TUNE_LINES = 1000
"""Lines of a validation text that are read to find the settings, unless said otherwise."""

FLAGS = {
    "cache size": "--cache-size",
    "cache weight": "--cache-weight",
    "cache sharpness": "--cache-sharpness",
    "dynamic learning_rate": "--rate",
    "dynamic segment": "--segment",
}
"""What sets the settings that the library tells of."""


def create_adapt() -> Callable[..., None]:
    """Return the command ``seqkit adapt``."""
    import typer

    def adapt(
        model: Annotated[Path, typer.Argument(metavar="MODEL", help="model file or run directory")],
        data: Annotated[Path, typer.Option(help="text to score")],
        tune_on: Annotated[
            Path | None, typer.Option(help="validation text on which the settings are found")
        ] = None,
        tune_lines: Annotated[
            int | None, typer.Option(help="so many of its first lines; 1000", min=1)
        ] = None,
        cache_size: Annotated[int, typer.Option(help="tokens that the cache remembers")] = 2000,
        cache_weight: Annotated[
            float | None, typer.Option(help="share of the cache; 0.1, or as --tune-on finds it")
        ] = None,
        cache_sharpness: Annotated[
            float | None,
            typer.Option(help="how much alike states must be; 0.3, or as --tune-on finds it"),
        ] = None,
        dynamic: Annotated[
            bool, typer.Option(help="whether to let the model learn as it reads, too")
        ] = True,
        rate: Annotated[
            float | None, typer.Option(help="learning rate of that; 0.5, or as --tune-on finds it")
        ] = None,
        segment: Annotated[
            int | None, typer.Option(help="tokens between two steps of that; 20")
        ] = None,
        threads: Annotated[int | None, typer.Option(help="at most so many", min=1)] = None,
        as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    ) -> None:
        """Score a text with a language model that adapts to it.

        Four scores: plain, with a cache of the last tokens, with gradient steps on what was read
        (dynamic evaluation), and with both. Only the first is what others call perplexity.

        Example:
          $ seqkit adapt runs/language-modelling-1 --data test.txt --tune-on valid.txt
        """
        weights = {"--cache-weight": cache_weight, "--cache-sharpness": cache_sharpness}
        if not dynamic:
            steps = {"--rate": rate, "--segment": segment}
            refuse_idle(steps, "with --no-dynamic the model does not learn as it reads")
        if tune_on is not None:
            refuse_idle({**weights, "--rate": rate}, "--tune-on finds it")
        else:
            refuse_idle({"--tune-lines": tune_lines}, "there is no --tune-on to take them from")
        with placed(FLAGS):
            cache = Cache(size=cache_size, **_given(weight=cache_weight, sharpness=cache_sharpness))
            how = Dynamic(**_given(learning_rate=rate, segment=segment))
        adaptation = Adaptation(cache=cache, dynamic=how, both=cache)
        task, network = load_language_model(model)
        lines = _read(task, data)
        with use_threads(threads), placed(FLAGS):
            if tune_on is not None:
                tuning = _read(task, tune_on)[: tune_lines or TUNE_LINES]
                adaptation = tune(network, tuning, adaptation, dynamic=dynamic)
            show = _print_json if as_json else _print_table
            show(score_adapted(network, lines, adaptation, dynamic=dynamic), adaptation)

    return adapt


def _given(**settings: float | None) -> dict[str, Any]:
    """Return the settings that the user gave; the others keep their defaults."""
    return {name: value for name, value in settings.items() if value is not None}


def _read(task: LanguageModellingTask, path: Path) -> list[Line]:
    lines = task.read(path)
    if not lines:
        raise UserError(Problem("found no lines, wanted at least one", str(path)))
    return lines


def _print_json(scores: Iterable[AdaptedScore], adaptation: Adaptation) -> None:
    from seqkit.cli.streams import print_json

    rows: list[dict[str, Any]] = [
        {"name": score.name, "settings": score.settings, "evaluation": score.evaluation.to_json()}
        for score in scores
    ]
    document = {"settings": asdict(adaptation), "scores": rows}
    print_json(document)


def _print_table(scores: Iterable[AdaptedScore], adaptation: Adaptation) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    from seqkit.cli.console import console_for
    from seqkit.cli.streams import as_utf8

    rows = list(scores)
    table = Table(box=SIMPLE)
    table.add_column("reading", no_wrap=True)
    for metric in rows[0].evaluation.metrics:
        table.add_column(metric.name, justify="right")
    for row in rows:
        table.add_row(row.name, *(_show(metric) for metric in row.evaluation.metrics))
    console = console_for(as_utf8(sys.stdout))
    console.print(table)
    for row in rows:
        if row.settings:
            console.print(f"{row.name}: {row.settings}", soft_wrap=True)
    console.print("The plain score is the model's; the others looked back at what they had read.")


def _show(metric: "Metric") -> str:
    from seqkit.metrics.measures import format_score

    shown = format_score(metric.value, metric.style)
    if metric.interval is None:
        return shown
    ends = (metric.interval.low, metric.interval.high)
    low, high = (format_score(end, metric.style) for end in ends)
    return f"{shown} [{low}, {high}]"
