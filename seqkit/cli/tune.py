"""``seqkit tune TASK``: look for better options on validation data."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqkit.plugins import default_host

if TYPE_CHECKING:
    from seqkit.tuning import Search, Trial

__all__ = ["tune"]

Data = Annotated[
    str | None, typer.Option(help="file, folder or dataset name; else the task's sample")
]
Train = Annotated[str | None, typer.Option(help="what the models learn from")]
Dev = Annotated[str | None, typer.Option(help="what scores them; else a tenth of --train")]
Recipe = Annotated[
    str | None, typer.Option("--config", help="recipe (TOML) of the options that are not searched")
]
Assignments = Annotated[
    list[str] | None, typer.Option("--set", help="an option that is not searched", metavar="key=v")
]
Searched = Annotated[
    list[str] | None,
    typer.Option(
        "--search",
        metavar="key=low..high|key=a,b|key",
        help="what is searched; else learning rate, units and rates of dropout",
    ),
]
Trials = Annotated[int, typer.Option(help="how many in all, earlier sittings included", min=1)]
Limit = Annotated[
    float | None, typer.Option("--time-limit", help="stop after this many minutes", min=0.0)
]
Output = Annotated[str | None, typer.Option(help="folder; the same one again goes on with it")]
Seed = Annotated[int, typer.Option(help="of the search and of every run", min=0)]
Threads = Annotated[int | None, typer.Option(help="at most so many", min=1)]
Json = Annotated[bool, typer.Option("--json", help="print the trials as JSON, and nothing else")]


def tune(
    task: Annotated[str, typer.Argument(help="name of the task")],
    data: Data = None,
    train: Train = None,
    dev: Dev = None,
    config: Recipe = None,
    assignments: Assignments = None,
    searched: Searched = None,
    trials: Trials = 20,
    time_limit: Limit = None,
    output: Output = None,
    seed: Seed = 0,
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Look for better options: train again and again, scored on validation, never on test.

    The best options are written as a recipe for seqkit run --config. Ctrl-C ends the search and
    keeps what is done; the same command goes on with it.

    Example:
      $ seqkit tune sentiment --data reviews.tsv --trials 30 --time-limit 60
      $ seqkit tune pos --search learning_rate=0.0005..0.01 --search encoder=lstm,gru --set epochs=5
    """
    given = {"data": data, "train": train, "dev": dev, "config": config, "seed": seed}
    settings = {name: value for name, value in given.items() if value is not None}
    status = _tune(
        task, settings, assignments or [], searched or [], trials=trials, minutes=time_limit,
        output=output, threads=threads, json=json,
    )  # fmt: skip
    if status:
        raise typer.Exit(status)


def _tune(
    task: str,
    settings: dict[str, Any],
    assignments: list[str],
    searched: list[str],
    *,
    trials: int,
    minutes: float | None,
    output: str | None,
    threads: int | None,
    json: bool,
) -> int:
    from seqkit.cli.folders import run_folder
    from seqkit.cli.interrupts import stopping_on_interrupt
    from seqkit.cli.mistakes import Mistakes
    from seqkit.cli.plan import Request, plan_run
    from seqkit.extras import require_extra

    require_extra("tune", "optuna", wanted_by="seqkit tune")
    from seqkit.tuning import Search, default_space, read_dimension

    host = default_host()
    spec = host.find_task(task)
    mistakes = Mistakes()
    space = []
    for text in searched:
        with mistakes.collected():
            space.append(read_dimension(spec.config, text))
    with mistakes.collected():
        plan = plan_run(spec, Request(settings, {}, assignments), host)
    mistakes.raise_any()
    with run_folder(f"tune-{spec.name}", output) as folder:
        search = Search(
            spec, plan.config, data=plan.data.files, space=space or default_space(spec.config),
            folder=folder, host=host, seed=plan.settings.seed, threads=threads,
        )  # fmt: skip
        with stopping_on_interrupt() as stop:
            seconds = None if minutes is None else 60 * minutes
            for trial in search.run(trials=trials, seconds=seconds, stop=stop):
                print(_line(trial), file=sys.stderr)
        _show(search, folder, json=json)
        return 130 if stop() else 0


def _line(trial: "Trial") -> str:
    """Say how a trial went, in one line."""
    values = ", ".join(f"{name} {_shown(value)}" for name, value in trial.values.items())
    how = _result(trial) if trial.score is not None else ""
    said = ", ".join(part for part in (how, _outcome(trial), f"{trial.seconds:.0f} s") if part)
    return f"trial {trial.number}: {said} | {values}"


def _result(trial: "Trial") -> str:
    return f"{trial.metric} {trial.score:.4f} at epoch {trial.epoch}"


def _outcome(trial: "Trial") -> str:
    if trial.outcome == "done":
        return ""
    return f"{trial.outcome}: {trial.reason}" if trial.reason else trial.outcome


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _show(search: "Search", folder: Path, *, json: bool) -> None:
    from seqkit.cli.streams import as_utf8, console_for, json_line
    from seqkit.cli.summaries import new_table
    from seqkit.tuning.search import BEST_NAME

    best = search.best
    if json:
        found = {
            "best": None if best is None else best.number,
            "recipe": None if best is None else str(folder / BEST_NAME),
            "trials": [dataclasses.asdict(trial) for trial in search.trials],
        }
        print(json_line(found, indent=2), file=as_utf8(sys.stdout))
        return
    names = [dimension.name for dimension in search.space]
    table = new_table("Trials", "trial", "score", "epoch", "seconds", *names, "", numbers_from=0)
    for trial in search.trials:
        score = "-" if trial.score is None else f"{trial.score:.4f}"
        values = [_shown(trial.values[name]) for name in names]
        mark = "best" if trial == best else _outcome(trial)
        row = (str(trial.number), score, str(trial.epoch), f"{trial.seconds:.0f}", *values, mark)
        table.add_row(*row)
    console = console_for(sys.stdout)
    console.print(table)
    if best is not None:
        recipe = folder / BEST_NAME
        console.print(f"validation {_result(best)}, trial {best.number}")
        console.print(f"seqkit run {search.spec.name} --config {recipe}")
