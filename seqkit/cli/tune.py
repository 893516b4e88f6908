"""``seqkit tune TASK``: look for better options on validation data."""

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

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
    asked = _Asked(task, settings, assignments or [], searched or [], trials, time_limit, output)
    status = _tune(asked, json=json)
    if status:
        raise typer.Exit(status)


class _Asked(NamedTuple):
    """What stands on the command line.

    Attributes:
        task: name of it.
        settings: those of a run that were given, by name.
        assignments: of ``--set``.
        searched: of ``--search``.
        trials: how many in all.
        minutes: at most.
        output: the folder.
    """

    task: str
    settings: dict[str, Any]
    assignments: list[str]
    searched: list[str]
    trials: int
    minutes: float | None
    output: str | None

    def command(self, folder: str) -> list[str]:
        """Return the words that go on with the search in its folder."""
        values = {name: str(value) for name, value in self.settings.items()}
        values["trials"] = str(self.trials)
        if self.minutes is not None:
            values["time-limit"] = f"{self.minutes:g}"
        lists = (("set", self.assignments), ("search", self.searched))
        repeated = (word for name, texts in lists for t in texts for word in flag_words({name: t}))
        return ["seqkit", "tune", self.task, *flag_words(values), *repeated, "--output", folder]


def _tune(asked: _Asked, *, json: bool) -> int:
    from seqkit.cli.folders import run_folder
    from seqkit.cli.interrupts import stopping_on_interrupt
    from seqkit.cli.notices import say
    from seqkit.cli.tune_view import print_search, say_ending, trial_line
    from seqkit.extras import require_extra

    require_extra("tune", "optuna", wanted_by="seqkit tune")
    plan, space = _planned(asked)
    from seqkit.run_folder import path_word
    from seqkit.tuning import Search

    with run_folder(f"tune-{plan.spec.name}", asked.output) as folder:
        search = Search(
            plan.spec, plan.config, data=plan.data.files, data_options=plan.settings.data_options,
            space=space, folder=folder, host=plan.host, seed=plan.settings.seed,
            threads=plan.settings.threads,
        )  # fmt: skip
        say(*search.notices)
        seconds = None if asked.minutes is None else 60 * asked.minutes
        with stopping_on_interrupt("without this trial; those before it are kept") as stop:
            for trial in search.run(trials=asked.trials, seconds=seconds, stop=stop):
                say(trial_line(trial))
        print_search(search, folder, json=json)
        return say_ending(search, asked.command(path_word(folder)))


def _planned(asked: _Asked) -> "tuple[RunPlan, tuple[Dimension, ...]]":
    """Check everything that can be checked before data is read.

    Raises:
        UserError: all mistakes, in one go.
    """
    from seqkit.cli.mistakes import Mistakes
    from seqkit.cli.plan import Request, plan_run
    from seqkit.tuning.spaces import default_space

    host = default_host()
    spec = host.find_task(asked.task)
    mistakes = Mistakes()
    if asked.output == "":
        mistakes.add("--output", "found nothing, wanted a folder; or leave the option out")
    if asked.trials < 1:
        mistakes.add("--trials", f"found {asked.trials}, wanted at least 1")
    if asked.minutes is not None and not asked.minutes >= 0:
        mistakes.add("--time-limit", f"found {asked.minutes:g}, wanted minutes, at least 0")
    if asked.settings.pop("test", None) is not None:
        mistakes.add(
            "--test", "a search never opens the test split; leave it out, and evaluate once"
        )
    space = _asked_space(spec.config, asked, mistakes)
    with mistakes.collected():
        plan = plan_run(spec, Request(asked.settings, {}, asked.assignments), host)
    mistakes.raise_any()
    return plan, space or default_space(spec.config, fixed=plan.given)


def _asked_space(
    config: "type[TrainingConfig]", asked: _Asked, mistakes: "Mistakes"
) -> "tuple[Dimension, ...]":
    """Read what ``--search`` names; what contradicts ``--set`` or itself is noted."""
    from seqkit.tuning.spaces import read_dimension

    fixed = {text.partition("=")[0].strip().replace("-", "_") for text in asked.assignments}
    space: dict[str, Dimension] = {}
    for text in asked.searched:
        with mistakes.collected():
            dimension = read_dimension(config, text)
            where = f"--search {dimension.name}"
            if dimension.name in fixed:
                mistakes.add(where, "found beside --set of the same option, wanted one of the two")
            elif dimension.name in space:
                mistakes.add(where, "given twice, wanted once")
            space[dimension.name] = dimension
    return tuple(space.values())
