"""Tables that fit the terminal: numbers stay whole at any width, and so do words of usual length.

A table that is too wide gives room in its columns of text first, which fold between words. What is
still too wide is shown in parts, one below the other, each with the first column.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Column, Table

from seqkit.cli.notices import visible

__all__ = ["fitted", "new_table", "print_table", "table_width"]

LONGEST_WORD = 24
"""Cells; a longer word in a column of text is folded where the table is too wide."""

GAP = 3
"""Of each column: a space at each side, and the line of the box, which is blank."""


class _VisibleTable(Table):
    """A table that is laid out for what :func:`.notices.visible` makes of its cells."""

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:
        shown = (visible(cell) if isinstance(cell, str) else cell for cell in cells)
        super().add_row(*shown, **options)


def new_table(title: str, *columns: str, numbers_from: int = 1) -> Table:
    """Return an empty table in the house style: the columns from a given one on hold numbers."""
    table = _VisibleTable(
        title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE
    )
    for index, column in enumerate(columns):
        justify = "right" if index >= numbers_from else "left"
        table.add_column(visible(column), justify=justify, overflow="fold")  # type: ignore[arg-type]
    return table


def print_table(console: Console, table: Table) -> None:
    """Print a table of text, in as many parts as it needs."""
    for part in fitted(table, console.width):
        console.print(part)


def table_width(table: Table) -> int:
    """Return how wide a table is at least, in one part."""
    return _total([_least(column) for column in table.columns])


def fitted(table: Table, width: int) -> Iterator[Table]:
    """Yield a table of text as one that fits the width, or as several."""
    title = str(table.title)
    for columns in _bands(table.columns, width):
        part = new_table(title)
        for column, room in zip(columns, _widths(columns, width), strict=True):
            part.add_column(column.header, justify=column.justify, overflow="fold", width=room)
        for cells in zip(*(column.cells for column in columns), strict=True):
            part.add_row(*cells)
        yield part
        title = ""


def _bands(columns: Sequence[Column], width: int) -> Iterator[list[Column]]:
    """Divide the columns; the first one is in each band, and at least one of the others."""
    band: list[Column] = []
    for column in columns:
        if len(band) > 1 and _total([_least(each) for each in (*band, column)]) > width:
            yield band
            band = band[:1]
        band.append(column)
    yield band


def _widths(columns: Sequence[Column], width: int) -> list[int]:
    """Give each column what it needs, then share what is left among those that could use it."""
    widths = [_least(column) for column in columns]
    wanted = [_longest(chain([column.header], column.cells), "\n") for column in columns]
    for _ in range(width - _total(widths)):
        growing = [index for index, most in enumerate(wanted) if widths[index] < most]
        if growing:
            widths[min(growing, key=widths.__getitem__)] += 1
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * len(widths) + 1


def _least(column: Column) -> int:
    """A number needs its whole line, a text its longest word, and so does every heading."""
    heading = _longest([column.header])
    if column.justify == "right":
        return max(heading, _longest(column.cells, "\n"))
    return min(max(heading, _longest(column.cells)), LONGEST_WORD)


def _longest(texts: Iterable[RenderableType], separator: str | None = None) -> int:
    """Return the width of the longest part, by default of the longest word."""
    parts = (part for text in texts for part in str(text).split(separator))
    return max(map(cell_len, parts), default=0)
