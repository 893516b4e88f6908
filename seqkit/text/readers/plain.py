"""Plain text, fastText's labelled lines, and folders of text files."""

import os
from pathlib import Path

from seqkit.errors import Problem, UserError
from seqkit.text.readers.folders import labelled_files
from seqkit.text.readers.records import LabelledText, Text
from seqkit.text.readers.source import BadLines, FilePath, Source, load, read_text

__all__ = [
    "labelled_lines",
    "plain_lines",
    "read_fasttext",
    "read_folder",
    "read_plain",
]

PREFIX = "__label__"


def read_plain(path: FilePath, *, blank_lines: bool = False) -> list[Text]:
    """Read a text a line, exactly as it stands.

    Args:
        path: plain or gzipped.
        blank_lines: whether a line of nothing but white space is a text too, as it is in language
            modelling, where its end mark counts. By default it is left out.

    Raises:
        UserError: the file cannot be read or holds no text.
    """
    return plain_lines(load(path), blank_lines=blank_lines)


def plain_lines(source: Source, *, blank_lines: bool = False) -> list[Text]:
    """Return a text a line."""
    name = source.name
    lines = enumerate(source.lines(), 1) if blank_lines else source.filled_lines()
    return [Text(line, f"{name}:{number}") for number, line in lines]


def read_fasttext(path: FilePath, *, prefix: str = PREFIX) -> list[LabelledText]:
    """Read lines such as ``__label__good a fine film``.

    Args:
        path: plain or gzipped.
        prefix: what marks the first word as the label.

    Returns:
        One record a line; blank lines hold none.

    Raises:
        UserError: the file cannot be read, or lines with no label, an empty one or several, all of
            them together.
    """
    return labelled_lines(load(path), prefix=prefix)


def labelled_lines(source: Source, *, prefix: str = PREFIX) -> list[LabelledText]:
    """Return the texts and labels of lines as :func:`read_fasttext` describes."""
    bad = BadLines(source.name)
    records = []
    for number, line in source.filled_lines():
        label, text = _first_word(line.strip())
        problem = _label_problem(label, text, prefix)
        if problem:
            bad.add(number, problem)
        records.append(LabelledText(text, label.removeprefix(prefix), source.where(number)))
    bad.check()
    return records


def _first_word(line: str) -> tuple[str, str]:
    """Cut a line at its first white space, of any kind."""
    word, *rest = line.split(maxsplit=1)
    return word, "".join(rest)


def _label_problem(label: str, text: str, prefix: str) -> str | None:
    if not label.startswith(prefix):
        return f"the line starts with {label[:40]!r}, wanted {prefix} and a label"
    if label == prefix:
        return f"there is no label after {prefix}"
    if text.startswith(prefix):
        return "the line has several labels, wanted one"
    return None


def read_folder(path: FilePath) -> list[LabelledText]:
    """Read ``folder/label/*.txt`` (or ``.txt.gz``): a folder per label, a file per text.

    A label is a folder's name in NFC without white space at its ends.

    Returns:
        The files in order of label and name; line ends inside a text are kept. Other files, and
        names that start with a dot, are left alone.

    Raises:
        UserError: no such folder, no texts in it, or folders and files that cannot be read, all of
            them together.
    """
    root = Path(path)
    if not os.path.lexists(root):
        raise UserError(Problem("there is no such folder", str(path)))
    nothing = (
        "there is no text here, wanted a folder per label with .txt files in it, or files with the "
        "names train, dev and test"
    )
    files = labelled_files(root, (".txt", ".txt.gz"), nothing=nothing)
    bad = BadLines(str(path))
    records = []
    for file, label in files:
        with bad.collected():
            records.append(LabelledText(read_text(file).strip(), label, str(file)))
    bad.check()
    return records
