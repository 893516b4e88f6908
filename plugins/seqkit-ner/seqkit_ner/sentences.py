"""Sentences with entities: where they come from, and how the answers are written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import get_args

from seqkit.errors import Problem, UserError
from seqkit.text import (
    SchemeName,
    Span,
    TaggedSentence,
    TagScheme,
    Tokenizer,
    find_malformed,
    nfc,
    original_spans,
    read_spans,
    read_tagged,
    read_text,
)

__all__ = [
    "Entity",
    "NerPrediction",
    "Sentence",
    "answer",
    "cut",
    "has_tags",
    "joined",
    "read_sentences",
    "require_gold",
    "tagged",
]

SHOWN = 20
"""Problems of one kind that are spelt out; the others are counted."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words that stand in a text.

    Attributes:
        words: in NFC.
        text: as it was typed; the words with spaces between them where only these are known.
        places: (start, end) of each word in ``text``.
        entities: the gold spans of words; None where there is no gold.
        repaired: whether the gold tags were illegal.
    """

    words: tuple[str, ...]
    text: str
    places: tuple[tuple[int, int], ...]
    entities: tuple[Span, ...] | None = None
    repaired: bool = False


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


def cut(text: str, tokenizer: Tokenizer) -> Sentence:
    """Cut a text into words, each with its place in the text as it was typed."""
    spans = tokenizer.spans(text)
    composed = nfc(text)
    words = tuple(composed[start:end] for start, end in spans)
    return Sentence(words, text, tuple(original_spans(text, spans)))


def joined(words: Sequence[str]) -> Sentence:
    """Make a sentence of words that were cut already."""
    ends = list(accumulate(len(word) + 1 for word in words))
    places = tuple((end - 1 - len(word), end - 1) for word, end in zip(words, ends, strict=True))
    return Sentence(tuple(map(nfc, words)), " ".join(words), places)


def answer(
    sentence: Sentence, spans: Sequence[Span], probabilities: Sequence[float], scheme: SchemeName
) -> NerPrediction:
    """Return spans of words as entities in the running text.

    Args:
        sentence: that they were found in.
        spans: of its words.
        probabilities: one for each of the spans.
        scheme: of the tags.
    """
    entities = tuple(_placed(sentence, *pair) for pair in zip(spans, probabilities, strict=True))
    return NerPrediction(entities, tuple(TagScheme(scheme).tags(spans, len(sentence.words))))


def _placed(sentence: Sentence, span: Span, probability: float) -> Entity:
    start, end = sentence.places[span.start][0], sentence.places[span.end - 1][1]
    return Entity(span.type, start, end, sentence.text[start:end], probability)


# --- gold tags -----------------------------------------------------------------------------------


def tagged(
    sentences: Sequence[Sentence],
    tags: Sequence[Sequence[str]],
    places: Sequence[str],
    *,
    scheme: SchemeName,
    refuse: bool,
) -> list[Sentence]:
    """Give sentences the entities of their tags.

    Args:
        sentences: without gold.
        tags: one for each word.
        places: what to call each sentence in messages.
        scheme: what the tags are written in.
        refuse: whether illegal tags are a mistake. If not, they are read as the CoNLL script reads
            them, and the sentence is marked.

    Raises:
        UserError: another number of tags than words, tags that are none, or illegal ones.
    """
    problems = [
        Problem(message, place)
        for sentence, row, place in zip(sentences, tags, places, strict=True)
        for message in _mistakes(sentence, row)
    ]
    if not problems and refuse:
        problems = list(_illegal(tags, places, scheme))
    if problems:
        raise UserError(_shortened(problems))
    legal = TagScheme(scheme).is_legal
    return [
        Sentence(s.words, s.text, s.places, tuple(read_spans(row)), not legal(row))
        for s, row in zip(sentences, tags, strict=True)
    ]


def _mistakes(sentence: Sentence, tags: Sequence[str]) -> Iterator[str]:
    if len(tags) != len(sentence.words):
        yield f"found {len(tags)} tags for {len(sentence.words)} words"
    for tag in find_malformed(tags):
        yield f"found the tag {tag!r}, wanted O, or B, I, E or S and a type, such as B-PER"


def _illegal(
    tags: Sequence[Sequence[str]], places: Sequence[str], scheme: SchemeName
) -> Iterator[Problem]:
    wanted = TagScheme(scheme)
    for row, place in zip(tags, places, strict=True):
        legal = wanted.repaired(row)
        for number, (found, right) in enumerate(zip(row, legal, strict=True), 1):
            if found != right:
                message = f"word {number} has {found}, in {scheme.upper()} it would be {right}"
                yield Problem(message + _hint(tags, scheme), place)
                break


def _hint(tags: Sequence[Sequence[str]], scheme: SchemeName) -> str:
    """Name another scheme in which all is legal."""
    for name in get_args(SchemeName):
        if name != scheme and all(map(TagScheme(name).is_legal, tags)):
            return f"; all tags are legal in {name.upper()}: --scheme {name}"
    return ""


def _shortened(problems: Sequence[Problem]) -> list[Problem]:
    more = len(problems) - SHOWN
    return [*problems[:SHOWN], *([Problem(f"and {more} more of the kind")] if more > 0 else [])]


def require_gold(sentences: Sequence[Sentence]) -> list[tuple[Span, ...]]:
    """Return the gold spans.

    Raises:
        UserError: some sentences have none.
    """
    gold = [sentence.entities for sentence in sentences if sentence.entities is not None]
    if len(gold) < len(sentences):
        missing = [number for number, s in enumerate(sentences, 1) if s.entities is None]
        raise UserError(
            _shortened(
                [Problem("found no gold tags, wanted them", f"sentence {n}") for n in missing]
            )
        )
    return gold


# --- files ---------------------------------------------------------------------------------------


def has_tags(path: Path) -> bool:
    """Whether a file's first line is columns that end in a tag."""
    line = next((line for line in read_text(path).split("\n") if line.strip()), "")
    cells = line.rstrip().split("\t")
    return len(cells) > 1 and not find_malformed(cells[-1:])


def read_sentences(
    path: Path,
    *,
    token_column: str | None,
    tag_column: str | None,
    scheme: SchemeName,
    refuse: bool,
) -> list[Sentence]:
    """Read columns of words and tags, with blank lines between sentences.

    Raises:
        UserError: the file cannot be read, no such column, or bad lines or tags, all of them
            together.
    """
    rows: list[TaggedSentence] = read_tagged(path, token_column=token_column, tag_column=tag_column)
    return tagged(
        [joined(row.tokens) for row in rows],
        [row.tags for row in rows],
        [row.where for row in rows],
        scheme=scheme,
        refuse=refuse,
    )
