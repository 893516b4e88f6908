"""``seqkit evaluate``: score a trained model on labelled data."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqkit.datasets import DataFiles
from seqkit.plugins import PluginHost, default_host

if TYPE_CHECKING:
    from seqkit.metrics.evaluation import Evaluation

__all__ = ["evaluate", "scored_path"]


def evaluate(
    model: Annotated[str, typer.Argument(help="folder of a run, or its model.safetensors")],
    data: Annotated[str, typer.Option(help="file, folder (its test split) or dataset name")],
    threads: Annotated[int | None, typer.Option(help="at most so many", min=1)] = None,
    json: Annotated[bool, typer.Option("--json", help="print JSON, and nothing else")] = False,
) -> None:
    """Score a trained model on labelled data, with 95 % intervals.

    Example:
      $ seqkit evaluate runs/sentiment-1 --data reviews.tsv
      $ seqkit evaluate runs/pos-tagging-1 --data en_ewt/ --json
    """
    from seqkit.loading import load

    trained = load(model, threads=threads)
    path = scored_path(data, trained.spec.name, default_host())
    evaluation = trained.evaluate(path)
    show = _print_json if json else _print_tables
    show(trained.spec.name, model, path, evaluation)


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


def _print_json(task: str, model: str, path: Path, evaluation: "Evaluation") -> None:
    from seqkit.cli.streams import as_utf8, json_line

    found: dict[str, Any] = {"task": task, "model": model, "data": str(path)}
    text = json_line({**found, "evaluation": evaluation.to_json()}, indent=2)
    print(text, file=as_utf8(sys.stdout))


def _print_tables(task: str, model: str, path: Path, evaluation: "Evaluation") -> None:
    from seqkit.cli.report_view import print_evaluation
    from seqkit.cli.streams import console_for

    console = console_for(sys.stdout)
    console.print(f"{task}: {evaluation.headline} of {model} on {path}", soft_wrap=True)
    print_evaluation(console, evaluation)
