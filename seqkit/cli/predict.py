"""``seqkit predict``: apply a trained model to texts, one answer a text."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from seqkit.errors import Problem, UserError
from seqkit.suggestions import suggest

if TYPE_CHECKING:
    from seqkit.loading import TrainedModel

__all__ = ["answers", "examples_from", "predict", "renderer"]

CHUNK = 256
"""Lines of stdin predicted together: enough to be fast, few enough for a pipe to see answers."""

FILE_CHUNK = 8192
"""Examples of a file predicted together: many, so that those of similar length meet in a batch."""

Renderer: TypeAlias = Callable[[Any, Any], str]
"""(example, prediction) to the text of an answer."""


def predict(
    model: Annotated[str, typer.Argument(help="folder of a run, or its model.safetensors")],
    text: Annotated[
        list[str] | None, typer.Argument(help="texts; without any, lines of --input")
    ] = None,
    input: Annotated[
        str | None, typer.Option(help="file: a text a line, or the task's format; - is stdin")
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
    from seqkit.cli.streams import argument_text, as_utf8
    from seqkit.loading import load

    if text and input is not None:
        raise UserError("--input: found beside texts, wanted one or the other")
    given = [argument_text(each, index) for index, each in enumerate(text or ())]
    trained = load(model, threads=threads)
    render = renderer(trained, format)
    stdout = as_utf8(sys.stdout)
    for answer in answers(trained, examples_from(trained, given, input), render):
        print(answer, file=stdout, flush=True)


def renderer(trained: "TrainedModel", name: str) -> Renderer:
    """Return the function that writes an answer in a format.

    Raises:
        UserError: the task has no such format.
    """
    if name == "jsonl":
        return lambda example, prediction: _as_json(trained.task.shown(example), prediction)
    formats = trained.task.formats
    if name not in formats:
        raise UserError(
            Problem(f"no such format; {suggest(name, ['jsonl', *formats])}", f"--format {name}")
        )
    write = formats[name]
    return lambda example, prediction: write(example, prediction).removesuffix("\n")


def _as_json(shown: Mapping[str, Any], prediction: Any) -> str:
    from seqkit.cli.streams import json_line, plain

    return json_line({**shown, **plain(prediction)})


def answers(
    trained: "TrainedModel", chunks: Iterable[Sequence[Any]], render: Renderer
) -> Iterator[str]:
    """Yield the answers to chunks of examples: those of a chunk, joined by line ends, at a time."""
    for examples in chunks:
        predictions = trained.predict_examples(examples)
        pairs = zip(examples, predictions, strict=True)
        yield "\n".join(render(example, prediction) for example, prediction in pairs)


def examples_from(
    trained: "TrainedModel", given: Sequence[str], path: str | None
) -> Iterator[Sequence[Any]]:
    """Yield chunks of examples: the texts of the command line, or what a file or stdin holds.

    A file is read as the task reads it, CoNLL-U for a tagger; standard input is a text a line.

    Raises:
        UserError: no such file, a folder, or not UTF-8.
    """
    # Lines that are read one after the other, as one text, must not be cut into several.
    whole = not trained.task.splits_shuffled
    if given:
        yield trained.examples(given)
    elif path is None or path == "-":
        from seqkit.cli.streams import before_fault

        pieces = _stdin_lines()
        for lines in before_fault(chain.from_iterable(pieces)) if whole else pieces:
            yield from map(trained.examples, _cut(lines, None if whole else CHUNK))
    else:
        _refuse_unreadable(Path(path))
        yield from _cut(trained.task.read_inputs(Path(path)), None if whole else FILE_CHUNK)


def _refuse_unreadable(path: Path) -> None:
    """A pipe is as good as a file; a folder is neither."""
    from seqkit.file_names import similar_file

    if not path.exists():
        raise UserError(Problem(f"no such file{similar_file(path)}", f"--input {path}"))
    if path.is_dir():
        raise UserError(Problem("is a folder, wanted a file", f"--input {path}"))


def _cut(items: Sequence[Any], size: int | None) -> Iterator[Sequence[Any]]:
    """Yield items in pieces of so many, or all of them at once."""
    size = size or max(1, len(items))
    return (items[start : start + size] for start in range(0, len(items), size))


def _stdin_lines() -> Iterator[Sequence[str]]:
    from seqkit.cli.streams import read_lines, stdin_bytes

    if sys.stdin.isatty():
        print("reading texts, one a line; Ctrl-D ends them", file=sys.stderr)
    yield from read_lines(stdin_bytes(), "<stdin>")
