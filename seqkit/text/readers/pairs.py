"""Pairs of a source and its target, a pair a line."""

from typing import Literal, NamedTuple, TypeAlias

from seqkit.text.readers.source import BadLines, FilePath, Source, columns_problem, load

__all__ = ["PairFormat", "TextPair", "read_pairs"]

PairFormat: TypeAlias = Literal["tsv", "fixed"]
"""``source<TAB>target``, or ``source   _target   ``."""

_HEADERS = {("source", "target"), ("src", "tgt"), ("input", "output")}


class TextPair(NamedTuple):
    """A text and what is to be written for it.

    Attributes:
        source: in NFC; may be empty.
        target: likewise.
        where: ``file:line``.
    """

    source: str
    target: str
    where: str


def read_pairs(path: FilePath, *, format: PairFormat | None = None) -> list[TextPair]:
    """Read a source and a target from each line.

    Args:
        path: plain or gzipped.
        format: ``"tsv"``: one tab between the two; a first line ``source<TAB>target`` (or ``src``
            and ``tgt``, ``input`` and ``output``) is a heading. ``"fixed"``: the target begins at
            the first ``_``, and both are filled up with spaces, which do not count. By default as
            the first line looks.

    Returns:
        One record a line; blank lines hold none.

    Raises:
        UserError: the file cannot be read, or bad lines, all of them together.
    """
    source = load(path)
    number, first = next(iter(source.filled_lines()))
    if format is None:
        if "\t" not in first and "_" not in first:
            wanted = "wanted source<TAB>target or source _target"
            raise source.refuse(f"found {first[:60]!r}, {wanted}", number)
        format = "tsv" if "\t" in first else "fixed"
    return _tab_separated(source) if format == "tsv" else _fixed_width(source)


def _tab_separated(source: Source) -> list[TextPair]:
    bad = BadLines(source.name)
    pairs: list[TextPair] = []
    rows = [(number, line.split("\t")) for number, line in source.filled_lines()]
    if tuple(cell.strip().lower() for cell in rows[0][1]) in _HEADERS:
        del rows[0]
    for number, cells in rows:
        if len(cells) != 2:
            bad.add(number, columns_problem(len(cells), 2).replace(" as in the first line", ""))
            continue
        pairs.append(TextPair(cells[0], cells[1], source.where(number)))
    bad.check()
    return pairs


def _fixed_width(source: Source) -> list[TextPair]:
    bad = BadLines(source.name)
    pairs = []
    for number, line in source.filled_lines():
        left, mark, right = line.partition("_")
        if not mark:
            bad.add(number, f"found no '_' in {line[:60]!r}, wanted source _target")
        pairs.append(TextPair(left.strip(), right.strip(), source.where(number)))
    bad.check()
    return pairs
