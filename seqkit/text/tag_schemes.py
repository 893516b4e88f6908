"""Spans as tags of words, and back: IOB1, IOB2 and IOBES.

A tag is ``O`` or a prefix and a type, ``B-PER``; where there is one type only it may be left out,
``B``. The schemes differ in their prefixes (Ramshaw and Marcus 1995; Tjong Kim Sang and Veenstra
1999):

* IOB1: ``I``, and ``B`` only at the first word of a span right after another of the same type;
* IOB2: ``B`` at the first word of every span, ``I`` at its others;
* IOBES: as IOB2, with ``E`` at the last word, and ``S`` at the word of a span of one.

Tags of any scheme, and such as fit none, have one reading, that of the CoNLL script
(``conlleval``): a span begins at ``B`` and ``S``, after ``O``, ``E`` and ``S``, and where the type
changes; it ends where the next begins and before ``O``. A sequence is legal in a scheme if writing
what was read gives the same sequence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, get_args

from seqkit.suggestions import suggest

__all__ = ["SchemeName", "Span", "TagScheme", "find_malformed", "read_spans", "write_spans"]

SchemeName: TypeAlias = Literal["iob1", "iob2", "iobes"]
"""What the schemes are called."""

OUTSIDE = "O"

PREFIXES: dict[SchemeName, str] = {"iob1": "IB", "iob2": "BI", "iobes": "BIES"}


class Span(NamedTuple):
    """Some words in a row.

    Attributes:
        start: place of the first word, from 0.
        end: place after the last word.
        type: such as ``PER``; empty where the tags name none.
    """

    start: int
    end: int
    type: str


def split_tag(tag: str) -> tuple[str, str]:
    """Return prefix and type: ``("B", "PER")`` of ``B-PER``."""
    prefix, _, kind = tag.partition("-")
    return prefix, kind


def find_malformed(tags: Iterable[str]) -> list[str]:
    """Return the distinct tags that are neither ``O`` nor B, I, E or S, alone or with a type."""
    return [tag for tag in dict.fromkeys(tags) if not _is_formed(tag)]


def _is_formed(tag: str) -> bool:
    prefix, dash, kind = tag.partition("-")
    return tag == OUTSIDE or (prefix in tuple("BIES") and bool(dash) == bool(kind))


def read_spans(tags: Sequence[str]) -> list[Span]:
    """Return the spans of well-formed tags, whatever their scheme, as ``conlleval`` reads them."""
    spans: list[Span] = []
    start: int | None = None
    before = OUTSIDE
    for place, tag in enumerate((*tags, OUTSIDE)):
        begins = _begins(before, tag)
        if start is not None and (begins or tag == OUTSIDE):
            spans.append(Span(start, place, split_tag(before)[1]))
            start = None
        if begins:
            start = place
        before = tag
    return spans


def _begins(before: str, tag: str) -> bool:
    """Whether a span begins at a tag."""
    prefix, kind = split_tag(tag)
    last, last_kind = split_tag(before)
    return prefix != OUTSIDE and (prefix in "BS" or last in "OES" or last_kind != kind)


def write_spans(spans: Iterable[Span], length: int, scheme: SchemeName) -> list[str]:
    """Return the tags of a sentence of so many words; spans must not overlap.

    Raises:
        ValueError: spans that overlap or leave the sentence.
    """
    tags = [OUTSIDE] * length
    end, kind = -1, ""
    for span in sorted(spans):
        if not max(end, 0) <= span.start < span.end <= length:
            raise ValueError(f"{span} overlaps another span, or leaves the {length} words")
        adjacent = span.start == end and span.type == kind
        tags[span.start : span.end] = _tagged(span, scheme, adjacent)
        end, kind = span.end, span.type
    return tags


def _tagged(span: Span, scheme: SchemeName, adjacent: bool) -> list[str]:
    """Return the tags of a span; ``adjacent``: right after one of the same type."""
    prefixes = ["I"] * (span.end - span.start)
    if scheme != "iob1" or adjacent:
        prefixes[0] = "B"
    if scheme == "iobes":
        prefixes[-1] = "E" if len(prefixes) > 1 else "S"
    return [f"{prefix}-{span.type}" if span.type else prefix for prefix in prefixes]


@dataclass(frozen=True)
class TagScheme:
    """One of the schemes.

    Attributes:
        name: ``iob1``, ``iob2`` or ``iobes``.

    Raises:
        ValueError: there is none of that name.

    Example:
        >>> TagScheme("iobes").tags([Span(0, 2, "PER"), Span(3, 4, "LOC")], 4)
        ['B-PER', 'E-PER', 'O', 'S-LOC']
        >>> TagScheme("iob2").is_legal(["O", "I-PER"])
        False
    """

    name: SchemeName

    def __post_init__(self) -> None:
        if self.name not in PREFIXES:
            known = get_args(SchemeName)
            raise ValueError(f"there is no scheme {self.name!r}; {suggest(self.name, known)}")

    def inventory(self, types: Iterable[str]) -> list[str]:
        """Return all tags of some types, ``O`` first."""
        pairs = [(prefix, kind) for kind in types for prefix in PREFIXES[self.name]]
        return [OUTSIDE, *(f"{prefix}-{kind}" if kind else prefix for prefix, kind in pairs)]

    def tags(self, spans: Iterable[Span], length: int) -> list[str]:
        """Return the tags of a sentence; see :func:`write_spans`."""
        return write_spans(spans, length, self.name)

    def is_legal(self, tags: Sequence[str]) -> bool:
        """Whether these well-formed tags are what the scheme writes."""
        return self.tags(read_spans(tags), len(tags)) == list(tags)

    def repaired(self, tags: Sequence[str]) -> list[str]:
        """Return what the scheme writes for the spans that are read: the tags, if legal."""
        return self.tags(read_spans(tags), len(tags))

    def strict_spans(self, tags: Sequence[str]) -> list[Span]:
        """Return the spans whose own tags are what the scheme writes, and no others."""
        legal = self.repaired(tags)
        return [
            span
            for span in read_spans(tags)
            if legal[span.start : span.end] == list(tags[span.start : span.end])
        ]

    def allows(self, before: str | None, after: str | None) -> bool:
        """Whether a tag may follow another; None is what is before the first and after the last.

        A sequence is legal exactly if this is true of all neighbours in it.
        """
        last, last_kind = split_tag(before or OUTSIDE)
        prefix, kind = split_tag(after or OUTSIDE)
        if prefix not in PREFIXES[self.name] + OUTSIDE or last not in PREFIXES[self.name] + OUTSIDE:
            return False
        same = kind == last_kind and last != OUTSIDE
        if self.name == "iob1":
            return prefix != "B" or same
        if self.name == "iob2":
            return prefix != "I" or same
        open_before = last in ("B", "I")
        return (prefix in ("I", "E")) == open_before and (not open_before or same)
