"""Tables: TSV without quoting, and CSV with it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from seqkit.errors import UserError
from seqkit.text.readers.columns import (
    LABEL_NAMES,
    TEXT_NAMES,
    Column,
    column_index,
    guess_column,
    is_number,
    refuse_same_column,
)
from seqkit.text.readers.records import LabelledText, Row, Text
from seqkit.text.readers.source import (
    BadLines,
    FilePath,
    Source,
    columns_problem,
    load,
    split_lines,
)

if TYPE_CHECKING:
    from _csv import Reader

__all__ = [
    "csv_cells",
    "format_tsv",
    "labelled_rows",
    "read_csv",
    "read_csv_columns",
    "read_tsv",
    "read_tsv_columns",
    "text_rows",
    "tsv_cells",
]

_MARKS = {"\t": "tabs", ";": "semicolons", ",": "commas"}
"""What may stand between columns, the surest first: texts have commas too."""

_BREAKS = re.compile(r"[\t\r\n]+")

Cells: TypeAlias = tuple[int, list[str]]
Cutter: TypeAlias = Callable[[Source, BadLines], Iterator[Cells]]


def read_tsv(
    path: FilePath,
    *,
    text_column: Column | None = None,
    label_column: Column | None = None,
    header: bool | None = None,
) -> list[LabelledText]:
    """Read texts and labels from tab-separated lines. A quotation mark is a character like others.

    Args:
        path: plain or gzipped.
        text_column: a name of the header or a number from 1; by default the first of the usual
            names (``text``, ``document``, ``sentence``, ``review``, ``content``, ``comment``).
        label_column: likewise (``label``, ``sentiment``, ``class``, ``category``, ``target``).
        header: whether the first line names the columns; by default it does, unless both columns
            are given by number and the line holds none of the usual names.

    Returns:
        One record a line. Blank lines hold none; the text may be empty, the label may not.

    Raises:
        UserError: the file cannot be read, no such column, or bad lines, all of them together.
    """
    return labelled_rows(load(path), tsv_cells, text_column, label_column, header)


def read_csv(
    path: FilePath,
    *,
    text_column: Column | None = None,
    label_column: Column | None = None,
    header: bool | None = None,
) -> list[LabelledText]:
    """Read texts and labels from comma-separated values, quoted where they hold commas or lines.

    Arguments, result and errors are those of :func:`read_tsv`; ``where`` is a record's last line.
    """
    return labelled_rows(load(path), csv_cells, text_column, label_column, header)


def read_tsv_columns(
    path: FilePath,
    columns: Sequence[Column],
    *,
    header: bool | None = None,
    normalize: bool = True,
) -> list[Row]:
    """Read any columns of tab-separated lines, for example pairs of texts.

    Args:
        path: plain or gzipped.
        columns: names or numbers from 1.
        header: whether the first line names the columns; by default if any is given by name.
        normalize: bring the cells to NFC. Names of files are to be left as they stand.

    Raises:
        UserError: as :func:`read_tsv`.
    """
    return _rows(load(path, normalize=normalize), tsv_cells, columns, header)


def read_csv_columns(
    path: FilePath, columns: Sequence[Column], *, header: bool | None = None
) -> list[Row]:
    """Read any columns of comma-separated values; otherwise as :func:`read_tsv_columns`."""
    return _rows(load(path), csv_cells, columns, header)


def labelled_rows(
    source: Source,
    cutter: Cutter,
    text_column: Column | None,
    label_column: Column | None,
    header: bool | None,
) -> list[LabelledText]:
    """Return the texts and labels of a table, as :func:`read_tsv` describes."""
    bad = BadLines(source.name)
    table = _open(source, cutter, bad, (text_column, label_column), header)
    text = table.find(text_column, TEXT_NAMES, "text_column")
    label = table.find(label_column, LABEL_NAMES, "label_column")
    refuse_same_column({"text_column": text, "label_column": label}, source)
    rows = table.rows(bad)
    for line, cells in rows:
        if not cells[label].strip():
            bad.add(line, "the label is empty, wanted one")
    bad.check()
    name = source.name
    return [
        LabelledText(cells[text], cells[label].strip(), f"{name}:{line}") for line, cells in rows
    ]


def text_rows(
    source: Source, cutter: Cutter, text_column: Column | None, header: bool | None
) -> list[Text]:
    """Return the texts of a table."""
    bad = BadLines(source.name)
    table = _open(source, cutter, bad, (text_column,), header)
    text = table.find(text_column, TEXT_NAMES, "text_column")
    rows = table.rows(bad)
    bad.check()
    return [Text(cells[text], source.where(line)) for line, cells in rows]


def tsv_cells(source: Source, bad: BadLines) -> Iterator[Cells]:
    """Yield (line from 1, cells) of the lines that are not blank."""
    lines = source.lines()
    return ((number, line.split("\t")) for number, line in enumerate(lines, 1) if line.strip(" "))


def csv_cells(source: Source, bad: BadLines) -> Iterator[Cells]:
    """Yield (last line from 1, cells) of the records that are not blank; note broken quotes."""
    # The csv module wants the line ends kept: some stand inside quotes. A lone \r, which it takes
    # for a line end, goes through as NUL, which no text holds that was loaded.
    lines = [line.replace("\r", "\0") + "\n" for line in split_lines(source.text)]
    for number, cells in _csv_records(lines, len(source.text), bad):
        yield number, [cell.replace("\0", "\r") for cell in cells]


_CSV_LIMIT = Lock()


def _csv_records(lines: list[str], longest: int, bad: BadLines) -> list[Cells]:
    """Read all records at once: the longest cell that csv takes is said for the whole process."""
    import csv

    records = []
    reader = csv.reader(lines, strict=True)
    with _CSV_LIMIT:
        before = csv.field_size_limit()
        csv.field_size_limit(max(before, longest))
        try:
            while (cells := _next_record(reader, bad)) is not None:
                records.append((reader.line_num, cells))
        finally:
            csv.field_size_limit(before)
    return [record for record in records if record[1]]


def _next_record(reader: "Reader", bad: BadLines) -> list[str] | None:
    """Return the next cells, none of a broken record, which is noted, and None at the end."""
    import csv

    try:
        return next(reader, None)
    except csv.Error as error:
        bad.add(reader.line_num, f"{error}; is a quotation mark not closed or not doubled?")
        return []


@dataclass(frozen=True)
class _Table:
    """A table whose first row has been looked at."""

    source: Source
    first: Cells
    rest: Iterator[Cells]
    header: bool

    @property
    def names(self) -> list[str] | None:
        return [name.strip() for name in self.first[1]] if self.header else None

    def find(self, column: Column | None, usual: Sequence[str], option: str) -> int:
        """Return the index of a column that was given, or of one with a usual name."""
        try:
            return self._find(column, usual, option)
        except UserError:
            self._refuse_other_marks()
            raise

    def _refuse_other_marks(self) -> None:
        """Say so where there is but one column because another mark stands between them."""
        line, cells = self.first
        marks = [name for mark, name in _MARKS.items() if mark in cells[0]]
        if len(cells) == 1 and marks:
            raise self.source.refuse(
                f"the first line is one column, found {cells[0][:60]!r} with {marks[0]} in it, "
                "wanted commas between the columns of a .csv, tabs between those of a .tsv",
                line,
            )

    def _find(self, column: Column | None, usual: Sequence[str], option: str) -> int:
        line, cells = self.first
        names = self.names
        if column is None:
            column = guess_column(names or [], usual)
            # Two names that differ in upper and lower case alone are the same usual one.
            column, names = column and column.casefold(), [name.casefold() for name in names or []]
        if column is None:
            found = ", ".join(map(repr, cells[:20]))
            raise self.source.refuse(
                f"none of the usual column names ({', '.join(usual)}) is in the first line, "
                f"found {found}; name the column, or number it from 1, with {option}",
                line,
            )
        return column_index(column, names, len(cells), self.source, line)

    def rows(self, bad: BadLines) -> list[Cells]:
        """Return the rows of data that have as many cells as the first row; note the others."""
        rows = list(self.rest) if self.header else [self.first, *self.rest]
        if not rows and not bad.count:
            raise self.source.refuse("there is a header and nothing else, wanted at least one row")
        width = len(self.first[1])
        for line, cells in rows:
            if len(cells) != width:
                bad.add(line, columns_problem(len(cells), width))
        return [row for row in rows if len(row[1]) == width] if bad.count else rows


def _open(
    source: Source,
    cutter: Cutter,
    bad: BadLines,
    columns: Sequence[Column | None],
    header: bool | None,
) -> _Table:
    rest = cutter(source, bad)
    first = next(rest, None)
    if first is None:
        # The file is not blank, so its only record was a broken one.
        raise bad.error()
    if header is None:
        header = _has_header(first[1], columns)
    return _Table(source, first, rest, header)


def _has_header(cells: list[str], columns: Sequence[Column | None]) -> bool:
    if not all(is_number(column) for column in columns):
        return True
    usual = (*TEXT_NAMES, *LABEL_NAMES)
    return guess_column(cells, usual) is not None


def _rows(
    source: Source, cutter: Cutter, columns: Sequence[Column], header: bool | None
) -> list[Row]:
    bad = BadLines(source.name)
    if header is None:
        header = not all(is_number(column) for column in columns)
    table = _open(source, cutter, bad, columns, header)
    indices = [table.find(column, (), "columns") for column in columns]
    rows = table.rows(bad)
    bad.check()
    return [
        Row(tuple(cells[index] for index in indices), source.where(line)) for line, cells in rows
    ]


def format_tsv(*cells: str) -> str:
    r"""Return cells with tabs between, as a line without its end.

    TSV quotes nothing, so each run of tabs and line ends inside a cell becomes a space.

    Example:
        >>> format_tsv("good", "fine\r\nfilm")
        'good\tfine film'
    """
    return "\t".join(_BREAKS.sub(" ", cell) for cell in cells)
