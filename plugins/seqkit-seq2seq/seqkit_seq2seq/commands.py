"""``seqkit attention``: where a model looked as it wrote."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

from seqkit.arrays import Array
from seqkit.errors import Problem, UserError
from seqkit.files import write_atomically
from seqkit.heatmap import svg_heatmap
from seqkit.kernels.threads import use_threads
from seqkit.loading import load
from seqkit.text import show_jamo

from seqkit_seq2seq.model import Seq2SeqModel
from seqkit_seq2seq.task import Seq2SeqTask

__all__ = ["create_attention"]

END = "⏎"


def create_attention() -> Callable[..., None]:
    """Return the command ``seqkit attention``."""
    import typer

    def attention(
        model: Annotated[Path, typer.Argument(metavar="MODEL", help="model file or run directory")],
        text: Annotated[str, typer.Argument(metavar="TEXT", help="what to read")],
        target: Annotated[
            str | None, typer.Option(help="what to write; else what the model writes")
        ] = None,
        output: Annotated[
            Path | None, typer.Option(help="write the picture to this file, as SVG")
        ] = None,
    ) -> None:
        """Show where the model looked in TEXT as it wrote each token: darker is more.

        Example:
          $ seqkit attention runs/seq2seq-1 "오후 세 시 반"
          $ seqkit attention runs/seq2seq-1 "오후 세 시 반" --output picture.svg
        """
        show(model, text, target, output)

    return attention


def show(path: Path, text: str, target: str | None = None, output: Path | None = None) -> None:
    """Print the picture, or write it to a file.

    Raises:
        UserError: a model of another task or without attention, no text, or a file of another kind.
    """
    if output is not None and output.suffix.lower() != ".svg":
        raise UserError(Problem(f"found {output.name!r}, wanted a name ending in .svg", "--output"))
    task, model = _load(path)
    (pair,) = task.examples([text], None if target is None else [target])
    if not pair.tokens:
        raise UserError(Problem("found no tokens in it, wanted some to look at", "TEXT"))
    with use_threads():
        written = task.gold(pair) or model.predict([pair])[0]
        (weights,) = model.attention([pair], [written])
    rows = [*map(show_jamo, written.tokens), END]
    columns = [*map(show_jamo, task.in_order(pair))]
    if output is not None:
        write_atomically(output, svg_heatmap(weights, rows, columns, text).encode())
    else:
        _print(written.text, weights, rows, columns)


def _print(text: str, weights: Array, rows: Sequence[str], columns: Sequence[str]) -> None:
    from rich.text import Text
    from seqkit.cli.console import console_for
    from seqkit.cli.heatmap_view import heatmap_text
    from seqkit.cli.streams import as_utf8

    console = console_for(as_utf8(sys.stdout))
    console.print(Text(text))
    console.print(heatmap_text(weights, rows, columns, width=console.width), soft_wrap=True)


def _load(path: Path) -> tuple[Seq2SeqTask, Seq2SeqModel]:
    trained = load(path)
    task, model = trained.task, trained.model
    if not (isinstance(task, Seq2SeqTask) and isinstance(model, Seq2SeqModel)):
        found = f"found a model of the task {trained.spec.name!r}, wanted one of 'seq2seq'"
        raise UserError(Problem(found, str(path)))
    if task.config.attention == "none":
        raise UserError(Problem("the model has no attention to show", str(path)))
    return task, model
