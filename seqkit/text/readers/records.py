"""What readers return: small named tuples that know where they came from."""

from typing import NamedTuple

__all__ = ["LabelledText", "Row", "TaggedSentence", "Text"]


class Text(NamedTuple):
    """A text without a label.

    Attributes:
        text: in NFC; may be empty.
        where: ``file:line``.
    """

    text: str
    where: str


class LabelledText(NamedTuple):
    """A text and its class.

    Attributes:
        text: in NFC; may be empty.
        label: in NFC, without white space around it; never empty.
        where: ``file:line``, or the file for one that is a text as a whole.
    """

    text: str
    label: str
    where: str


class Row(NamedTuple):
    """The chosen columns of a row of a table.

    Attributes:
        values: in the order in which the columns were asked for.
        where: ``file:line``.
    """

    values: tuple[str, ...]
    where: str


class TaggedSentence(NamedTuple):
    """The words of a sentence and one tag for each.

    Attributes:
        tokens: in NFC; never empty strings.
        tags: as many as tokens.
        where: ``file:line`` of the first word.
    """

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    where: str
