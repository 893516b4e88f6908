"""JSON lines: a text and its entities by character offsets, as annotation tools write them.

``{"text": "Mira lives in Seoul", "entities": [{"type": "PER", "start": 0, "end": 4}]}``; what
``seqkit predict`` prints is such a line. Offsets count code points of the text as it stands.
"""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from seqkit.errors import Problem, UserError, shorten
from seqkit.text import PlacedWords, Span, Tokenizer, nfc
from seqkit.text.readers.source import load

from seqkit_ner.sentences import Sentence

__all__ = ["is_annotated", "read_annotated"]


def is_annotated(path: Path) -> bool:
    """Whether a file is JSON lines by its name."""
    return path.name.removesuffix(".gz").endswith(".jsonl")


def read_annotated(path: Path, tokenizer: Tokenizer) -> list[Sentence]:
    """Read texts, cut into words, with the entities that these words make.

    Raises:
        UserError: the file cannot be read, a line is no such object, or an entity that is not made
            of whole words or overlaps another; all of them together.
    """
    source = load(path, normalize=False)
    sentences: list[Sentence] = []
    problems: list[Problem] = []
    for number, line in source.filled_lines():
        try:
            sentences.append(_sentence(line, tokenizer))
        except ValueError as error:
            problems.append(Problem(str(error), source.where(number)))
    if problems:
        raise UserError(shorten(problems))
    return sentences


def _sentence(line: str, tokenizer: Tokenizer) -> Sentence:
    """Return the sentence of a line; ValueError says what is wrong with it."""
    try:
        document = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"this is no JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("text"), str):
        raise ValueError('found no "text", wanted an object with a text and entities')
    if not isinstance(document.get("entities"), list):
        raise ValueError('found no list of "entities", wanted one, be it empty')
    placed = PlacedWords.cut(document["text"], tokenizer)
    spans = sorted(_spans(document["entities"], placed))
    for first, second in pairwise(spans):
        if second.start < first.end:
            raise ValueError(f"{_shown(placed, first)} and {_shown(placed, second)} overlap")
    return Sentence(placed, tuple(spans))


def _spans(entities: list[Any], placed: PlacedWords) -> Iterator[Span]:
    starts = {start: number for number, (start, _) in enumerate(placed.places)}
    ends = {end: number for number, (_, end) in enumerate(placed.places, 1)}
    for entity in entities:
        kind, start, end = _fields(entity)
        if start not in starts or end not in ends or start >= end:
            hint = "; with --tokenizer characters each character is one"
            found = f"{placed.text[start:end]!r} ({start} to {end}) is not made of whole words"
            raise ValueError(found + hint)
        yield Span(starts[start], ends[end], kind)


def _fields(entity: Any) -> tuple[str, int, int]:
    if isinstance(entity, dict):
        kind, start, end = (entity.get(name) for name in ("type", "start", "end"))
        if isinstance(kind, str) and type(start) is int and type(end) is int and start >= 0:
            return nfc(kind), start, end
    raise ValueError(f"found the entity {entity!r}, wanted type, start and end")


def _shown(placed: PlacedWords, span: Span) -> str:
    return repr(placed.text[placed.places[span.start][0] : placed.places[span.end - 1][1]])
