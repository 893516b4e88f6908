"""``seqkit tune TASK``: look for better options on validation data."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqkit.options import flag_words
from seqkit.plugins import default_host

if TYPE_CHECKING:
    from seqkit.cli.mistakes import Mistakes
    from seqkit.cli.plan import RunPlan
    from seqkit.training.config import TrainingConfig
    from seqkit.tuning import Dimension

__all__ = ["tune"]

Data = Annotated[
    str | None, typer.Option(help="file, folder or dataset name; else the task's sample")
]
Train = Annotated[str | None, typer.Option(help="what the models learn from")]
Dev = Annotated[str | None, typer.Option(help="what scores them; else a tenth of --train")]
Test = Annotated[str | None, typer.Option(hidden=True)]
Recipe = Annotated[
    str | None,
    typer.Option("--config", help="recipe (TOML); what it sets is searched only by --search"),
]
Assignments = Annotated[
    list[str] | None, typer.Option("--set", help="an option that is not searched", metavar="key=v")
]
Searched = Annotated[
    list[str] | None,
    typer.Option(
        "--search",
        metavar="key=low..high|key=a,b|key",
        help="what is searched; else learning rate, units and rates of dropout that are not set",
    ),
]
Trials = Annotated[int, typer.Option(help="how many in all, failed ones aside")]
Limit = Annotated[float | None, typer.Option("--time-limit", help="stop after this many minutes")]
Output = Annotated[str | None, typer.Option(help="folder; the same one again goes on with it")]
Seed = Annotated[int, typer.Option(help="of the search and of every run")]
Threads = Annotated[int | None, typer.Option(help="at most so many")]
Json = Annotated[bool, typer.Option("--json", help="print the trials as JSON, and nothing else")]


def tune(
    task: Annotated[str, typer.Argument(help="name of the task")],
    data: Data = None,
    train: Train = None,
    dev: Dev = None,
    test: Test = None,
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

    The best options are written as a recipe for seqkit run --config.

    Ctrl-C ends the search and keeps what is done; the same command goes on with it.

    Example:
      $ seqkit tune sentiment --data reviews.tsv --trials 30 --time-limit 60
      $ seqkit tune pos --search learning_rate=0.0005..0.01 --search encoder=lstm,gru --set epochs=5
    """
    given = {
        "data": data, "train": train, "dev": dev, "test": test, "config": config, "seed": seed,
        "threads": threads,
    }  # fmt: skip
    settings = {name: value for name, value in given.items() if value is not None}
    repeated = {**settings, "trials": trials, "time-limit": _short(time_limit)}
    words = ["seqkit", "tune", task, *_flags(repeated, assignments or [], searched or [])]
    status = _tune(
        task, settings, assignments or [], searched or [], trials=trials, minutes=time_limit,
        output=output, json=json, words=words,
    )  # fmt: skip
    if status:
        raise typer.Exit(status)


def _flags(values: dict[str, Any], assignments: list[str], searched: list[str]) -> Iterator[str]:
    """Yield the options as they were given, to be repeated."""
    yield from flag_words({name: str(v) for name, v in values.items() if v is not None})
    for name, given in (("set", assignments), ("search", searched)):
        yield from (word for text in given for word in flag_words({name: text}))


def _short(number: float | None) -> str | None:
    return None if number is None else f"{number:g}"


def _tune(
    task: str,
    settings: dict[str, Any],
    assignments: list[str],
    searched: list[str],
    *,
    trials: int,
    minutes: float | None,
    output: str | None,
    json: bool,
    words: list[str],
) -> int:
    from seqkit.cli.folders import run_folder
    from seqkit.cli.interrupts import stopping_on_interrupt
    from seqkit.cli.tune_view import print_search, say_ending, trial_line
    from seqkit.extras import require_extra

    require_extra("tune", "optuna", wanted_by="seqkit tune")
    plan, space = _planned(
        task, settings, assignments, searched, trials=trials, minutes=minutes, output=output
    )
    from seqkit.run_folder import path_word
    from seqkit.tuning import Search

    with run_folder(f"tune-{plan.spec.name}", output) as folder:
        search = Search(
            plan.spec, plan.config, data=plan.data.files, data_options=plan.settings.data_options,
            space=space, folder=folder, host=plan.host, seed=plan.settings.seed,
            threads=plan.settings.threads,
        )  # fmt: skip
        seconds = None if minutes is None else 60 * minutes
        with stopping_on_interrupt("without this trial; those before it are kept") as stop:
            for trial in search.run(trials=trials, seconds=seconds, stop=stop):
                print(trial_line(trial), file=sys.stderr)
        print_search(search, folder, json=json)
        return say_ending(search, [*words, "--output", path_word(folder)])


def _planned(
    task: str,
    settings: dict[str, Any],
    assignments: list[str],
    searched: list[str],
    *,
    trials: int,
    minutes: float | None,
    output: str | None,
) -> "tuple[RunPlan, tuple[Dimension, ...]]":
    """Check everything that can be checked before data is read.

    Raises:
        UserError: all mistakes, in one go.
    """
    from seqkit.cli.mistakes import Mistakes
    from seqkit.cli.plan import Request, plan_run
    from seqkit.tuning.spaces import default_space

    host = default_host()
    spec = host.find_task(task)
    mistakes = Mistakes()
    if output == "":
        mistakes.add("--output", "found nothing, wanted a folder; or leave the option out")
    if trials < 1:
        mistakes.add("--trials", f"found {trials}, wanted at least 1")
    if minutes is not None and not minutes >= 0:
        mistakes.add("--time-limit", f"found {minutes:g}, wanted minutes, at least 0")
    if settings.pop("test", None) is not None:
        mistakes.add(
            "--test", "a search never opens the test split; leave it out, and evaluate once"
        )
    space = _asked_space(spec.config, assignments, searched, mistakes)
    with mistakes.collected():
        plan = plan_run(spec, Request(settings, {}, assignments), host)
    mistakes.raise_any()
    return plan, space or default_space(spec.config, fixed=plan.given)


def _asked_space(
    config: "type[TrainingConfig]",
    assignments: list[str],
    searched: list[str],
    mistakes: "Mistakes",
) -> "tuple[Dimension, ...]":
    """Read what ``--search`` names; what contradicts ``--set`` or itself is noted."""
    from seqkit.tuning.spaces import read_dimension

    fixed = {text.partition("=")[0].strip().replace("-", "_") for text in assignments}
    space: dict[str, Dimension] = {}
    for text in searched:
        with mistakes.collected():
            dimension = read_dimension(config, text)
            where = f"--search {dimension.name}"
            if dimension.name in fixed:
                mistakes.add(where, "found beside --set of the same option, wanted one of the two")
            elif dimension.name in space:
                mistakes.add(where, "given twice, wanted once")
            space[dimension.name] = dimension
    return tuple(space.values())
