"""Which column is meant: a name, a number counted from 1, or the usual names of text and label."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from seqkit.suggestions import did_you_mean
from seqkit.text.readers.source import Source
from seqkit.text.unicode import nfc

__all__ = [
    "LABEL_NAMES",
    "TEXT_NAMES",
    "Column",
    "column_index",
    "guess_column",
    "is_number",
    "refuse_same_column",
]

Column: TypeAlias = str | int
"""A name, or a number: 1 is the first column, -1 the last. Strings of digits count as numbers."""

TEXT_NAMES = ("text", "document", "sentence", "review", "content", "comment")
"""Names that mark the text column where none is given, the earlier the better."""

LABEL_NAMES = ("label", "sentiment", "class", "category", "target")
"""Names that mark the label column where none is given, the earlier the better."""


def is_number(column: Column | None) -> bool:
    """Whether a column is given by number."""
    if isinstance(column, str):
        return column.removeprefix("-").isascii() and column.removeprefix("-").isdigit()
    return column is not None


def column_index(
    column: Column, names: Sequence[str] | None, width: int, source: Source, line: int = 1
) -> int:
    """Return the index, from 0, of a column of a table of ``width`` columns.

    Args:
        column: a name of the header, or a number.
        names: the header, or None where there is none.
        width: how many columns there are.
        source: the file, for messages.
        line: where the header stands.

    Raises:
        UserError: no such name (with the nearest) or number, a name that several columns have, or
            one without a header.
    """
    column = nfc(column) if isinstance(column, str) else column
    if names is not None and column in names:
        return _named(str(column), names, source, line)
    if is_number(column):
        return _numbered(int(column), width, source, line)
    if names is None:
        raise source.refuse(f"there is no header, so column {column!r} must be a number", line)
    raise source.refuse(f"there is no column {column!r}; {did_you_mean(str(column), names)}", line)


def _named(name: str, names: Sequence[str], source: Source, line: int) -> int:
    found = [str(number) for number, other in enumerate(names, 1) if other == name]
    if len(found) > 1:
        which = f"{', '.join(found[:-1])} and {found[-1]}"
        message = f"the columns {which} are all called {name!r}; give the number of the one meant"
        raise source.refuse(message, line)
    return int(found[0]) - 1


def _numbered(number: int, width: int, source: Source, line: int) -> int:
    if number == 0 or abs(number) > width:
        wanted = f"wanted 1 to {width}, or -1 for the last"
        raise source.refuse(f"there is no column {number}; {wanted}", line)
    return number - 1 if number > 0 else width + number


def refuse_same_column(columns: Mapping[str, Column], source: Source) -> None:
    """Check that what is read and what is asked for stand in columns of their own.

    A model that reads the answer scores perfectly, and has learnt nothing.

    Args:
        columns: the two that were found, by the option that names each.
        source: the file, for messages.

    Raises:
        UserError: they are one.
    """
    if len({*columns.values()}) < len(columns):
        names = " and ".join(columns)
        raise source.refuse(f"{names} are the same column, wanted one that holds no answers")


def guess_column(names: Sequence[str], usual: Sequence[str]) -> str | None:
    """Return the name of the header that is a usual one, upper and lower case alike, or None."""
    folded = {name.strip().casefold(): name for name in reversed(names)}
    return next((folded[name] for name in usual if name in folded), None)
