"""``seqkit evaluate``: score a trained model on labelled data."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqkit.cli.groups import JsonSwitch
from seqkit.datasets import DataFiles
from seqkit.errors import UserError
from seqkit.plugins import PluginHost, default_host

if TYPE_CHECKING:
    from seqkit.inspection import Answered, Item
    from seqkit.loading import TrainedModel

__all__ = ["evaluate", "scored_path"]


def evaluate(
    model: Annotated[str, typer.Argument(help="folder of a run, or its model.safetensors")],
    data: Annotated[str, typer.Option(help="file, folder (its test split) or dataset name")],
    errors: Annotated[
        int | None, typer.Option(help="show so many of the items that it got worst", min=1)
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="another model: compare the two on the same items")
    ] = None,
    items: Annotated[
        int | None,
        typer.Option(
            help="with --against: show so many items on which they part, 10 by default", min=0
        ),
    ] = None,
    threads: Annotated[int | None, typer.Option(help="at most so many", min=1)] = None,
    json: JsonSwitch = False,
) -> None:
    """Score a trained model on labelled data, with 95 % intervals.

    Example:
      $ seqkit evaluate runs/sentiment-1 --data reviews.tsv
      $ seqkit evaluate runs/pos-tagging-1 --data en_ewt/ --json
      $ seqkit evaluate runs/sentiment-1 --data reviews.tsv --errors 20
      $ seqkit evaluate runs/sentiment-2 --against runs/sentiment-1 --data reviews.tsv
    """
    from seqkit.inspection import answer_gold, worst_items
    from seqkit.loading import load

    _refuse_clashes(errors, against, items)
    trained = load(model, threads=threads)
    path = scored_path(data, trained.spec.name, default_host())
    if against is not None:
        other = load(against, threads=threads)
        _compare((model, against), (trained, other), path, 10 if items is None else items, json)
        return
    answered = answer_gold(trained, path)
    worst = None if errors is None else worst_items(answered, errors)
    show = _print_json if json else _print_tables
    show(answered, model, path, worst)


def _refuse_clashes(errors: int | None, against: str | None, items: int | None) -> None:
    if errors is not None and against is not None:
        raise UserError(
            "--errors: shows the worst items of one model; with --against, --items shows those on "
            "which the two part"
        )
    if items is not None and against is None:
        raise UserError("--items: it is for --against, which compares two models; or use --errors")


def _compare(
    names: tuple[str, str],
    models: tuple["TrainedModel", "TrainedModel"],
    path: Path,
    items: int,
    json: bool,
) -> None:
    from seqkit.cli.comparison_view import print_comparison
    from seqkit.cli.console import console_for
    from seqkit.cli.streams import print_json
    from seqkit.comparison import compare_on

    task = models[0].spec.name
    found = compare_on(path, *models, items=items)
    if json:
        said = {"task": task, "a": names[0], "b": names[1], "data": str(path)}
        print_json({**said, "comparison": found.to_json()})
    else:
        print_comparison(console_for(sys.stdout), found, names, f"{task} on {path}")


def scored_path(given: str, task: str, host: PluginHost) -> Path:
    """Find what to score: the file given, or the test split of a folder or dataset.

    Where there is no test split it is dev, and where there are no splits everything.

    Raises:
        UserError: no such file, folder or dataset.
    """
    from seqkit.sources import named_or_found

    path = Path(given)
    return path if path.is_file() else _last_split(named_or_found(given, task, host).files)


def _last_split(files: DataFiles) -> Path:
    path = files.test or files.dev or files.single or files.train
    assert path is not None  # DataFiles refuses to be empty
    return path


def _print_json(answered: "Answered", model: str, path: Path, worst: "list[Item] | None") -> None:
    from seqkit.cli.streams import print_json

    task, evaluation = answered.trained.spec.name, answered.evaluation().to_json()
    found: dict[str, Any] = {"task": task, "model": model, "data": str(path)}
    found |= {"evaluation": evaluation, "notices": answered.notices()}
    if worst is not None:
        found["errors"] = [item.to_json() for item in worst]
    print_json(found)


def _print_tables(answered: "Answered", model: str, path: Path, worst: "list[Item] | None") -> None:
    from seqkit.cli.console import console_for
    from seqkit.cli.report_view import print_evaluation

    console, evaluation = console_for(sys.stdout), answered.evaluation()
    task = answered.trained.spec.name
    console.print(f"{task}: {evaluation.headline} of {model} on {path}", soft_wrap=True)
    for notice in answered.notices():
        console.print(f"note: {notice}", soft_wrap=True)
    print_evaluation(console, evaluation)
    if worst is not None:
        from seqkit.cli.items_view import print_worst

        print_worst(console, worst)
