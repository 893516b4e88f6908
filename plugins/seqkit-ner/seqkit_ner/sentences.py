"""Sentences with entities: where they come from, and how answers are placed in the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqkit.errors import Problem, UserError, shorten
from seqkit.text import (
    PlacedWords,
    SchemeName,
    Span,
    TagScheme,
    find_malformed,
    illegal_tags,
    read_spans,
    read_text,
    wrong_tags,
)

__all__ = [
    "Entity",
    "NerPrediction",
    "Sentence",
    "has_tags",
    "place_entities",
    "require_gold",
    "with_gold",
]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words that stand in a text.

    Attributes:
        placed: the words, and where they stand.
        entities: the gold spans of words; None where there is no gold.
        repaired: whether the gold tags were illegal.
    """

    placed: PlacedWords
    entities: tuple[Span, ...] | None = None
    repaired: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The words, in NFC."""
        return self.placed.words


@dataclass(frozen=True, slots=True)
class Entity:
    """A named entity in the running text: ``text[start:end]``.

    Attributes:
        type: such as ``PER``.
        start: place of its first character, a code point, from 0.
        end: place after its last one.
        text: its name as the text has it.
        probability: the lowest of the probabilities of its words' tags.
    """

    type: str
    start: int
    end: int
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class NerPrediction:
    """The answer for a sentence.

    Attributes:
        entities: in order.
        tags: the same for each word, in the scheme of the files.
    """

    entities: tuple[Entity, ...]
    tags: tuple[str, ...]


def place_entities(
    placed: PlacedWords,
    spans: Sequence[Span],
    scheme: SchemeName,
    probabilities: Sequence[float] | None = None,
) -> NerPrediction:
    """Return spans of words as entities in the running text.

    Args:
        placed: the words.
        spans: of these words.
        scheme: of the tags.
        probabilities: one for each of the spans; 1 by default.
    """
    entities = []
    for span, probability in zip(spans, probabilities or [1.0] * len(spans), strict=True):
        start, end = placed.places[span.start][0], placed.places[span.end - 1][1]
        entities.append(Entity(span.type, start, end, placed.text[start:end], probability))
    tags = TagScheme(scheme).tags(spans, len(placed.words))
    return NerPrediction(tuple(entities), tuple(tags))


def with_gold(
    words: Sequence[PlacedWords],
    tags: Sequence[Sequence[str]],
    places: Sequence[str],
    *,
    scheme: SchemeName,
    refuse: bool,
) -> list[Sentence]:
    """Make gold sentences of words and tags.

    Args:
        words: of each sentence.
        tags: one for each word.
        places: what to call each sentence in messages.
        scheme: what the tags are written in.
        refuse: whether illegal tags are a mistake. If not, they are read as the CoNLL script reads
            them, and the sentence is marked.

    Raises:
        UserError: another number of tags than words, tags that are none, or illegal ones.
    """
    problems = list(wrong_tags(tags, [len(placed.words) for placed in words], places))
    if not problems and refuse:
        problems = list(illegal_tags(tags, places, scheme))
    if problems:
        raise UserError(shorten(problems))
    legal = TagScheme(scheme).is_legal
    return [
        Sentence(placed, tuple(read_spans(row)), not legal(row))
        for placed, row in zip(words, tags, strict=True)
    ]


def require_gold(sentences: Sequence[Sentence]) -> list[tuple[Span, ...]]:
    """Return the gold spans.

    Raises:
        UserError: some sentences have none.
    """
    gold = [sentence.entities for sentence in sentences if sentence.entities is not None]
    if len(gold) < len(sentences):
        missing = [number for number, s in enumerate(sentences, 1) if s.entities is None]
        said = [Problem("found no gold tags, wanted them", f"sentence {n}") for n in missing]
        raise UserError(shorten(said))
    return gold


def has_tags(path: Path) -> bool:
    """Whether a file's first line is columns that end in a tag."""
    line = next((line for line in read_text(path).split("\n") if line.strip()), "")
    cells = line.rstrip().split("\t")
    return len(cells) > 1 and not find_malformed(cells[-1:])
