"""``seqkit data check TASK``: read data as a run would, and say what is in it."""

import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from seqkit.cli.groups import JsonSwitch
from seqkit.plugins import default_host

__all__ = ["check"]

Data = Annotated[
    str | None, typer.Option(help="file, folder or dataset name; else the task's sample")
]
Train = Annotated[str | None, typer.Option(help="what a model would learn from")]
Dev = Annotated[str | None, typer.Option(help="what would choose the best epoch")]
Test = Annotated[str | None, typer.Option(help="what the report would score")]
Recipe = Annotated[str | None, typer.Option("--config", help="recipe (TOML) of the run")]
Assignments = Annotated[
    list[str] | None, typer.Option("--set", help="an option of the task", metavar="key=value")
]
Seed = Annotated[int, typer.Option(help="of the run: it divides what is not divided", min=0)]


def check(
    task: Annotated[str, typer.Argument(help="name of the task")],
    data: Data = None,
    train: Train = None,
    dev: Dev = None,
    test: Test = None,
    config: Recipe = None,
    assignments: Assignments = None,
    seed: Seed = 0,
    json: JsonSwitch = False,
) -> None:
    """Read data as a run would, and say what is in it: nothing is trained, nothing written.

    Every bad line of every file is named, with what was wanted there. Where all is well, each split
    is counted: texts, tokens, labels, tokens outside the vocabulary, texts that stand in train too.

    Example:
      $ seqkit data check sentiment --data reviews.tsv
      $ seqkit data check pos --train train.conllu --dev dev.conllu --test test.conllu --json
    """
    from seqkit.cli.console import console_for
    from seqkit.cli.plan import Request, plan_run
    from seqkit.cli.streams import print_json
    from seqkit.cli.summaries import print_data
    from seqkit.runs import Run

    host = default_host()
    given: dict[str, Any] = {
        "data": data, "train": train, "dev": dev, "test": test, "config": config, "seed": seed
    }  # fmt: skip
    settings = {name: value for name, value in given.items() if value is not None}
    plan = plan_run(host.find_task(task), Request(settings, {}, assignments or []), host)
    summary = Run(
        plan.spec,
        plan.config,
        data=plan.data.files,
        sample=plan.data.sample,
        seed=plan.settings.seed,
        host=host,
    ).load()
    if json:
        found = {"task": plan.spec.name, **asdict(summary)}
        print_json(found)
    else:
        print_data(summary, console_for(sys.stdout))
