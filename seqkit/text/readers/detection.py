"""Readers that find the format out by themselves, from the name and the first line."""

import os
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from seqkit.suggestions import did_you_mean
from seqkit.text.readers.columns import LABEL_NAMES, TEXT_NAMES, Column, guess_column, is_number
from seqkit.text.readers.conll import tagged_columns
from seqkit.text.readers.conllu import COLUMNS, TagColumn, conllu_sentences
from seqkit.text.readers.jsonlines import labelled_objects, text_objects
from seqkit.text.readers.plain import PREFIX, labelled_lines, plain_lines, read_folder
from seqkit.text.readers.records import LabelledText, TaggedSentence, Text
from seqkit.text.readers.source import FilePath, Source, load
from seqkit.text.readers.tables import csv_cells, labelled_rows, text_rows, tsv_cells

__all__ = ["Format", "is_conllu", "read_labelled", "read_tagged", "read_texts"]

Format: TypeAlias = Literal["tsv", "csv", "jsonl", "fasttext", "plain", "conllu", "conll"]
"""What :func:`detect_format` can find."""

_SUFFIXES: dict[str, Format] = {
    ".tsv": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".conllu": "conllu",
    ".conll": "conll",
}


def detect_format(source: Source) -> Format:
    """Return the format that a file's name says, or its first line."""
    named = _named_format(source.name)
    if named is not None:
        return named
    _, first = next(source.filled_lines())
    if first.lstrip().startswith(PREFIX):
        return "fasttext"
    if first.lstrip().startswith("{"):
        return "jsonl"
    usual = guess_column(first.split("\t"), (*TEXT_NAMES, *LABEL_NAMES))
    return "tsv" if usual is not None and "\t" in first else "plain"


def _named_format(name: str) -> Format | None:
    """Return the format that a suffix says, in small or capital letters and ``.gz`` aside."""
    return _SUFFIXES.get(Path(name.lower().removesuffix(".gz")).suffix)


def is_conllu(path: FilePath) -> bool:
    """Whether a file is CoNLL-U: by its suffix, or by ten columns and the id 1 in its first line.

    Raises:
        UserError: the suffix does not tell, and the file cannot be read.
    """
    return _named_format(str(path)) == "conllu" or _holds_conllu(load(path))


def _holds_conllu(source: Source) -> bool:
    lines = (line for _, line in source.filled_lines() if line[0] != "#")
    cells = next(lines, "").split("\t")
    return len(cells) == len(COLUMNS) and cells[0].partition("-")[0] == "1"


def read_labelled(
    path: FilePath,
    *,
    text_column: Column | None = None,
    label_column: Column | None = None,
    header: bool | None = None,
) -> list[LabelledText]:
    """Read texts and labels from TSV, CSV, JSON lines, fastText's format, or a folder per label.

    The format is that of the suffix (``.tsv``, ``.csv``, ``.jsonl``, ``.ndjson``, each also with
    ``.gz``). Any other file is fastText's if its first line starts with ``__label__``, JSON lines
    if with ``{``, and TSV if it has tabs and a header with a usual name, as NSMC's has, or if a
    column is given.

    Args:
        path: a file, or a folder that holds a folder of ``.txt`` files for each label.
        text_column: a name, or for tables a number from 1; by default the first usual name.
        label_column: likewise.
        header: for tables, whether the first line names the columns; found out by default.

    Raises:
        UserError: the format cannot be told, or what its reader raises: all bad lines together.
    """
    if os.path.isdir(path):  # where it cannot be told, the reader of files says why
        return read_folder(path)
    source = load(path)
    kind = detect_format(source)
    given = text_column is not None or label_column is not None
    if kind == "tsv" or (kind == "plain" and given):
        return labelled_rows(source, tsv_cells, text_column, label_column, header)
    if kind == "csv":
        return labelled_rows(source, csv_cells, text_column, label_column, header)
    if kind == "jsonl":
        text, label = _field(source, text_column), _field(source, label_column)
        return labelled_objects(source, text, label)
    if kind == "fasttext":
        return labelled_lines(source)
    raise source.refuse(
        "cannot tell where text and label are; wanted .tsv or .csv with a header, .jsonl, lines "
        f"that start with {PREFIX}, or a folder per label; or give the columns of a table",
        1,
    )


def read_texts(
    path: FilePath,
    *,
    text_column: Column | None = None,
    header: bool | None = None,
    blank_lines: bool = False,
) -> list[Text]:
    """Read texts alone, labelled or not: a column of a table or JSON lines, or a text a line.

    Args:
        path: a file of any format that :func:`read_labelled` reads, or plain text. A file whose
            name and first line say nothing of its format is a table if it has tabs and a column
            is given.
        text_column: a name, or for tables a number from 1; by default the first usual name.
        header: for tables, whether the first line names the columns; found out by default.
        blank_lines: whether a blank line of plain text is a text too.

    Raises:
        UserError: as :func:`read_labelled`.
    """
    if os.path.isdir(path):
        return [Text(record.text, record.where) for record in read_folder(path)]
    source = load(path)
    kind = detect_format(source)
    _, first = next(source.filled_lines())
    if kind == "tsv" or (kind == "plain" and text_column is not None and "\t" in first):
        return text_rows(source, tsv_cells, text_column, header)
    if kind == "csv":
        return text_rows(source, csv_cells, text_column, header)
    if kind == "jsonl":
        return text_objects(source, _field(source, text_column))
    if kind == "fasttext":
        return [Text(record.text, record.where) for record in labelled_lines(source)]
    return plain_lines(source, blank_lines=blank_lines)


def read_tagged(
    path: FilePath, *, token_column: Column | None = None, tag_column: Column | None = None
) -> list[TaggedSentence]:
    """Read words and tags from CoNLL-U or from CoNLL columns.

    Args:
        path: CoNLL-U where :func:`is_conllu` says so. Any other file has columns, and so has one
            that is not called ``.conllu`` if columns are given by number.
        token_column: for columns, the words' number from 1; by default the first.
        tag_column: for CoNLL-U ``upos`` (the default), ``xpos`` or ``feats``; for columns a
            number from 1, by default the last.

    Raises:
        UserError: the file cannot be read, no such column, or bad lines, all of them together; in
            CoNLL-U, words without a tag are bad lines too.
    """
    source = load(path, normalize=False)
    numbered = is_number(token_column) or is_number(tag_column)
    if _named_format(source.name) == "conllu" or (not numbered and _holds_conllu(source)):
        return _tagged_treebank(source, "upos" if tag_column is None else tag_column)
    numbers = [_number(source, 1, token_column), _number(source, -1, tag_column)]
    return tagged_columns(source.composed(), *numbers)


def _tagged_treebank(source: Source, column: Column) -> list[TaggedSentence]:
    names: tuple[TagColumn, ...] = get_args(TagColumn)
    name = next((known for known in names if known == str(column).lower()), None)
    if name is None:
        raise source.refuse(f"there is no tag {column!r}; {did_you_mean(str(column), names)}")
    sentences = conllu_sentences(source, tagged=name)
    return [TaggedSentence(each.forms, each.tags(name), each.where) for each in sentences]


def _field(source: Source, column: Column | None) -> str | None:
    if isinstance(column, int):
        raise source.refuse(f"JSON lines have names and no numbers, found column {column}")
    return column


def _number(source: Source, default: int, column: Column | None) -> int:
    if column is None:
        return default
    if not is_number(column):
        raise source.refuse(f"columns of this file are numbers from 1, found {column!r}")
    return int(column)
