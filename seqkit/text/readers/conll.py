"""CoNLL columns: a word and its tags a line, a blank line between sentences."""

from collections.abc import Sequence
from itertools import groupby

from seqkit.text.readers.columns import column_index, refuse_same_column
from seqkit.text.readers.records import TaggedSentence
from seqkit.text.readers.source import BadLines, FilePath, Source, columns_problem, load

__all__ = ["format_conll", "read_conll", "tagged_columns"]

DOCUMENT_START = "-DOCSTART-"

Line = tuple[int, list[str]]


def read_conll(
    path: FilePath, *, token_column: int = 1, tag_column: int = -1
) -> list[TaggedSentence]:
    """Read sentences from columns between tabs, or between white space where no tab is used.

    Args:
        path: plain or gzipped.
        token_column: the words' column, counted from 1; -1 is the last.
        tag_column: the tags' column; by default the last.

    Returns:
        The sentences. A line of nothing but white space ends one, and so does ``-DOCSTART-``,
        which is no word. A line that starts with ``#`` is a word like others.

    Raises:
        UserError: the file cannot be read, has no such column, or bad lines, all of them together:
            another number of columns than the first line's, an empty word or tag.
    """
    return tagged_columns(load(path), token_column, tag_column)


def tagged_columns(
    source: Source, token_column: int = 1, tag_column: int = -1
) -> list[TaggedSentence]:
    """Return the sentences of a file as :func:`read_conll` describes."""
    lines = _cut(source)
    first = next((cells for _, cells in lines if cells), None)
    if first is None:
        raise source.refuse("there are no words, wanted at least one sentence")
    if len(first) < 2:
        raise source.refuse("found 1 column, wanted a word and a tag with a tab or space between")
    token = column_index(token_column, None, len(first), source)
    tag = column_index(tag_column, None, len(first), source)
    refuse_same_column({"token_column": token, "tag_column": tag}, source)
    bad = BadLines(source.name)
    for number, cells in lines:
        _check(number, cells, len(first), (token, tag), bad)
    bad.check()
    sentences = (
        list(group) for filled, group in groupby(lines, lambda line: bool(line[1])) if filled
    )
    return [
        TaggedSentence(
            tuple(cells[token] for _, cells in rows),
            tuple(cells[tag] for _, cells in rows),
            source.where(rows[0][0]),
        )
        for rows in sentences
    ]


def _cut(source: Source) -> list[Line]:
    """Return the lines in cells; what ends a sentence has none."""
    lines = list(enumerate(source.lines(), 1))
    first = next((line for _, line in source.filled_lines() if not _ends(line)), "")
    delimiter = "\t" if "\t" in first.strip() else None
    return [
        (number, [] if _ends(line) else line.rstrip("\n ").split(delimiter))
        for number, line in lines
    ]


def _ends(line: str) -> bool:
    return not line or line.isspace() or line.startswith(DOCUMENT_START)


def _check(number: int, cells: list[str], width: int, used: tuple[int, int], bad: BadLines) -> None:
    if not cells:
        return
    if len(cells) != width:
        bad.add(number, columns_problem(len(cells), width))
    elif any(not cells[index].strip() for index in used):
        bad.add(number, "found an empty word or tag, wanted both")


def format_conll(words: Sequence[str], tags: Sequence[str]) -> str:
    """Return lines of word, tab, tag, and the blank line that ends a sentence."""
    pairs = zip(words, tags, strict=True)
    return "".join(f"{word}\t{tag}\n" for word, tag in pairs) + "\n"
