"""``seqkit predict``: apply a trained model to texts, one answer a text."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from seqkit.errors import Problem, UserError
from seqkit.suggestions import suggest

if TYPE_CHECKING:
    from seqkit.loading import TrainedModel

__all__ = ["answers", "predict", "renderer", "texts_from"]

CHUNK = 256
"""Texts that are predicted together: enough to be fast, few enough for a pipe to see answers."""

Renderer: TypeAlias = Callable[[str, Any, Any], str]
"""(text, example, prediction) to the text of an answer."""


def predict(
    model: Annotated[str, typer.Argument(help="folder of a run, or its model.safetensors")],
    text: Annotated[
        list[str] | None, typer.Argument(help="texts; without any, lines of --input")
    ] = None,
    input: Annotated[
        str | None, typer.Option(help="file with one text a line; - is standard input")
    ] = None,
    format: Annotated[
        str, typer.Option(help="jsonl, or one of the task's: tsv, conllu ...")
    ] = "jsonl",
    threads: Annotated[int | None, typer.Option(help="at most so many", min=1)] = None,
) -> None:
    """Apply a trained model to texts: one answer a text, in the same order.

    Example:
      $ seqkit predict runs/sentiment-1 "I could not put it down."
      $ seqkit predict runs/pos-tagging-1 --input lines.txt --format conllu
      $ cat lines.txt | seqkit predict runs/sentiment-1 | head
    """
    from seqkit.cli.streams import as_utf8
    from seqkit.loading import load

    if text and input is not None:
        raise UserError("--input: found beside texts, wanted one or the other")
    trained = load(model, threads=threads)
    render = renderer(trained, format)
    stdout = as_utf8(sys.stdout)
    for answer in answers(trained, texts_from(text or (), input), render):
        print(answer, file=stdout, flush=True)


def renderer(trained: "TrainedModel", name: str) -> Renderer:
    """Return the function that writes an answer in a format.

    Raises:
        UserError: the task has no such format.
    """
    if name == "jsonl":
        return _as_json
    formats = trained.task.formats
    if name not in formats:
        raise UserError(
            Problem(f"no such format; {suggest(name, ['jsonl', *formats])}", f"--format {name}")
        )
    write = formats[name]
    return lambda text, example, prediction: write(example, prediction).removesuffix("\n")


def _as_json(text: str, example: Any, prediction: Any) -> str:
    from seqkit.cli.streams import json_line, plain

    return json_line({"text": text, **plain(prediction)})


def answers(
    trained: "TrainedModel", chunks: Iterable[Sequence[str]], render: Renderer
) -> Iterator[str]:
    """Yield the answers to chunks of texts: those of a chunk, joined by line ends, at a time."""
    for texts in chunks:
        examples = trained.examples(texts)
        predictions = trained.predict(texts)
        triples = zip(texts, examples, predictions, strict=True)
        yield "\n".join(render(*triple) for triple in triples)


def texts_from(given: Sequence[str], path: str | None) -> Iterator[Sequence[str]]:
    """Yield chunks of texts: those of the command line, otherwise the lines of a file or stdin.

    Raises:
        UserError: no such file, or not UTF-8.
    """
    source: Iterable[Sequence[str]] = [given] if given else _lines_of(path or "-")
    for lines in source:
        for start in range(0, len(lines), CHUNK):
            yield lines[start : start + CHUNK]


def _lines_of(path: str) -> Iterator[Sequence[str]]:
    from seqkit.cli.streams import read_lines, stdin_bytes

    if path == "-":
        if sys.stdin.isatty():
            print("reading texts, one a line; Ctrl-D ends them", file=sys.stderr)
        yield from read_lines(stdin_bytes(), "<stdin>")
        return
    if not Path(path).is_file():
        raise UserError(Problem("no such file", f"--input {path}"))
    with open(path, "rb") as stream:
        yield from read_lines(stream, path)
