"""What is wrong with the tags of somebody's data."""

from collections.abc import Iterator, Sequence
from typing import get_args

from seqkit.errors import Problem, counted
from seqkit.text.tag_schemes import SchemeName, TagScheme, find_malformed

__all__ = ["illegal_tags", "wrong_tags"]

Rows = Sequence[Sequence[str]]


def wrong_tags(tags: Rows, lengths: Sequence[int], places: Sequence[str]) -> Iterator[Problem]:
    """Yield what can be no tags of entities: too many or few of them, or of another form.

    Args:
        tags: of each sentence.
        lengths: words of each sentence.
        places: what to call each sentence.
    """
    for row, length, place in zip(tags, lengths, places, strict=True):
        if len(row) != length:
            yield Problem(
                f"found {counted(len(row), 'tags')} for {counted(length, 'words')}", place
            )
        for tag in find_malformed(row):
            wanted = "wanted O, or B, I, E or S and a type, such as B-PER"
            yield Problem(f"found the tag {tag!r}, {wanted}", place)


def illegal_tags(tags: Rows, places: Sequence[str], scheme: SchemeName) -> Iterator[Problem]:
    """Yield the first illegal tag of each sentence, and the scheme in which all would be legal.

    Args:
        tags: well-formed, of each sentence.
        places: what to call each sentence.
        scheme: that the tags are said to be of.
    """
    wanted = TagScheme(scheme)
    fitting = [name for name in get_args(SchemeName) if all(map(TagScheme(name).is_legal, tags))]
    hint = f"; all tags are legal in {fitting[0].upper()}" if fitting else ""
    for row, place in zip(tags, places, strict=True):
        pairs = enumerate(zip(row, wanted.repaired(row), strict=True), 1)
        wrong = next(((n, found, right) for n, (found, right) in pairs if found != right), None)
        if wrong:
            number, found, right = wrong
            message = f"word {number} has {found}, in {scheme.upper()} it would be {right}"
            yield Problem(message + hint, place)
