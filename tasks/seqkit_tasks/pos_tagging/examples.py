"""Sentences to be tagged: where they come from, and how they are written with their tags."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import get_args

from seqkit.errors import Problem, UserError, counted, shorten
from seqkit.suggestions import suggest
from seqkit.text import (
    PlacedWords,
    Sentence,
    TagColumn,
    create_sentence,
    format_conll,
    format_conllu,
    is_conllu,
    read_conllu,
    read_tagged,
    read_texts,
)

__all__ = [
    "TagPrediction",
    "TaggedWords",
    "find_problems",
    "format_columns",
    "format_treebank",
    "from_treebank",
    "read_gold",
    "read_untagged",
    "require_tags",
    "treebank_column",
]


@dataclass(frozen=True, slots=True)
class TaggedWords:
    """A sentence.

    Attributes:
        words: as written, in NFC.
        tags: the gold tag of each; empty where there are none.
        lines: of CoNLL-U as they stood, comments, ranges and empty nodes included; otherwise empty.
        running_text: what the words were cut from, where it is known.
    """

    words: tuple[str, ...]
    tags: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    running_text: str | None = None


@dataclass(frozen=True, slots=True)
class TagPrediction:
    """The answer for a sentence.

    Attributes:
        words: as written.
        tags: one for each word.
        probabilities: of each of these tags.
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]
    probabilities: tuple[float, ...]


# --- reading -------------------------------------------------------------------------------------


def read_gold(
    path: Path, *, token_column: str | None = None, tag_column: str | None = None
) -> list[TaggedWords]:
    """Read tagged sentences from CoNLL-U or from columns.

    Args:
        path: of a file.
        token_column: for columns, the words' number from 1; by default the first.
        tag_column: for CoNLL-U upos, which is the default, xpos or feats; for columns a number, by
            default the last.

    Raises:
        UserError: the file cannot be read, no such column, or bad lines, all of them together; in
            CoNLL-U, words without a tag are bad lines too, and a token_column is refused.
    """
    if not is_conllu(path):
        records = read_tagged(path, token_column=token_column, tag_column=tag_column)
        return [TaggedWords(record.tokens, record.tags) for record in records]
    column = _treebank_columns(path, token_column, tag_column)
    sentences = read_conllu(path, tagged=column)
    return [from_treebank(sentence, sentence.tags(column)) for sentence in sentences]


_COLUMNS: tuple[TagColumn, ...] = get_args(TagColumn)


def _treebank_columns(path: Path, token_column: str | None, tag_column: str | None) -> TagColumn:
    """Return the column of the tags; that of the words cannot be chosen."""
    problems, column = [], treebank_column(tag_column)
    if token_column is not None:
        message = f"CoNLL-U has its words in FORM, found token_column={token_column!r}"
        problems.append(Problem(f"{message}; leave it out", str(path)))
    if column is None:
        message = f"CoNLL-U has no tags {tag_column!r}; {suggest(str(tag_column), _COLUMNS)}"
        problems.append(Problem(message, str(path)))
    if column is None or problems:
        raise UserError(problems)
    return column


def treebank_column(name: str | None) -> TagColumn | None:
    """Return the column of CoNLL-U that an option means, upos by default; None if it means none."""
    wanted = "upos" if name is None else name.lower()
    return next((column for column in _COLUMNS if column == wanted), None)


def read_untagged(path: Path) -> list[Sentence] | list[str]:
    """Read what is to be tagged: sentences of CoNLL-U with or without tags, or a text a line.

    Raises:
        UserError: the file cannot be read, or bad lines.
    """
    return read_conllu(path) if is_conllu(path) else [text.text for text in read_texts(path)]


def from_treebank(sentence: Sentence, tags: Sequence[str] = ()) -> TaggedWords:
    """Make an example of a sentence of CoNLL-U; it can be written back as it was."""
    return TaggedWords(sentence.forms, tuple(tags), sentence.lines)


def find_problems(example: TaggedWords, *, tagged: bool) -> Iterator[str]:
    """Say what is wrong with words and tags that a caller gave."""
    yield from islice(PlacedWords.join(example.words).problems(), 1)
    if tagged and len(example.tags) != len(example.words):
        yield _found(example, "tags")


def _found(example: TaggedWords, what: str) -> str:
    return f"found {counted(len(example.tags), what)} for {counted(len(example.words), 'words')}"


def require_tags(examples: Sequence[TaggedWords]) -> None:
    """Check that every word has a gold tag.

    Raises:
        UserError: some have none.
    """
    problems = [
        Problem(_found(x, "gold tags"), f"sentence {number}")
        for number, x in enumerate(examples, 1)
        if len(x.tags) != len(x.words)
    ]
    if problems:
        raise UserError(shorten(problems))


# --- writing -------------------------------------------------------------------------------------


def format_columns(example: TaggedWords, prediction: TagPrediction) -> str:
    """Return lines of word, tab, tag, and a blank line."""
    return format_conll(prediction.words, prediction.tags)


def format_treebank(example: TaggedWords, prediction: TagPrediction, column: TagColumn) -> str:
    """Return CoNLL-U with the predicted tags in a column: the lines that were read, or new ones.

    A sentence without words, which CoNLL-U does not know, becomes nothing.
    """
    if not example.words:
        return ""
    sentence = create_sentence(example.words, text=example.running_text)
    if example.lines:
        # Only lines are written, and they are changed by word number: no need to parse them again.
        sentence = Sentence(lines=example.lines, words=sentence.words)
    tags = ["_".join(tag.split()) for tag in prediction.tags]
    return format_conllu([sentence.with_tags(tags, column)])
