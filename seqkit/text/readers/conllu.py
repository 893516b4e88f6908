"""CoNLL-U, the treebank format: reading, tagging and writing back.

A sentence keeps its lines as they stood, so that what is written differs from what was read in
the tags alone. Multiword ranges (``8-9``) and empty nodes (``8.1``) are lines but no words.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeAlias
from unicodedata import is_normalized

from seqkit.files import write_atomically
from seqkit.text.pieces import HALF_PAIR
from seqkit.text.readers.source import BadLines, FilePath, Source, load
from seqkit.text.unicode import nfc

__all__ = [
    "Sentence",
    "TagColumn",
    "Word",
    "conllu_sentences",
    "create_sentence",
    "format_conllu",
    "read_conllu",
    "write_conllu",
]

TagColumn: TypeAlias = Literal["upos", "xpos", "feats"]
"""The columns that hold a tag."""

COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
# No sentence has a thousand million words, and Python reads no number of thousands of digits.
_RANGE = re.compile(r"([1-9][0-9]{0,8})-([1-9][0-9]{0,8})")
_EMPTY_NODE = re.compile(r"(0|[1-9][0-9]{0,8})\.([1-9][0-9]{0,8})")


class Word(NamedTuple):
    """A line's ten columns, in NFC; what is not given is ``_``."""

    id: str
    form: str
    lemma: str = "_"
    upos: str = "_"
    xpos: str = "_"
    feats: str = "_"
    head: str = "_"
    deprel: str = "_"
    deps: str = "_"
    misc: str = "_"

    @property
    def features(self) -> dict[str, str]:
        """The FEATS column as names and values; empty for ``_``."""
        pairs = [] if self.feats == "_" else self.feats.split("|")
        return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}

    @property
    def space_after(self) -> bool:
        """Whether white space follows in the running text."""
        return "SpaceAfter=No" not in self.misc.split("|")


@dataclass(frozen=True)
class Sentence:
    """A sentence of a treebank.

    Attributes:
        lines: as they stood, comments included, without the blank line that ends the sentence.
        words: what is tagged; ids 1, 2, 3 and so on.
        ranges: the multiword tokens; their ids are ``first-last``.
        empty_nodes: the words that were not said; their ids are ``word.number``.
        where: ``file:line`` of the first line.
    """

    lines: tuple[str, ...]
    words: tuple[Word, ...]
    ranges: tuple[Word, ...] = ()
    empty_nodes: tuple[Word, ...] = ()
    where: str = ""

    @property
    def comments(self) -> tuple[str, ...]:
        """The lines that start with ``#``."""
        return tuple(line for line in self.lines if line.startswith("#"))

    @property
    def forms(self) -> tuple[str, ...]:
        """The words as written."""
        return tuple(word.form for word in self.words)

    @property
    def sent_id(self) -> str | None:
        """What the comment ``# sent_id =`` says, or None."""
        return self.comment("sent_id")

    @property
    def text(self) -> str:
        """The running text: what ``# text =`` says, or the words with their spaces."""
        given = self.comment("text")
        return self.spaced() if given is None else nfc(given)

    def line_of(self, word: Word) -> int:
        """Return the number of a word's line in the file that the sentence was read from."""
        first = int(self.where.rpartition(":")[2])
        lines = enumerate(self.lines, first)
        return next(number for number, line in lines if line.startswith(f"{word.id}\t"))

    def comment(self, name: str) -> str | None:
        """Return the value of the comment ``# name = value``, or None."""
        for line in self.comments:
            key, equals, value = line[1:].partition("=")
            if equals and key.strip() == name:
                return value.strip()
        return None

    def spaced(self) -> str:
        """Return the words, multiword tokens whole, with spaces but where SpaceAfter=No stands."""
        ranges = {int(token.id.partition("-")[0]): token for token in self.ranges}
        parts = []
        covered = 0
        for number, word in enumerate(self.words, 1):
            if number <= covered:
                continue
            token = ranges.get(number, word)
            covered = _last(token)
            parts.append(token.form + (" " if token.space_after else ""))
        return "".join(parts).rstrip()

    def tags(self, column: TagColumn = "upos") -> tuple[str, ...]:
        """Return the words' tags; ``_`` where a word has none."""
        return tuple(getattr(word, column) for word in self.words)

    def with_tags(self, tags: Sequence[str], column: TagColumn = "upos") -> "Sentence":
        """Return the sentence with other tags and everything else exactly as it was.

        Raises:
            ValueError: not one tag a word, or one that is empty or holds white space.
        """
        if len(tags) != len(self.words):
            raise ValueError(f"{len(self.words)} words need as many tags, found {len(tags)}")
        wrong = [tag for tag in tags if not tag or len(tag.split()) != 1 or tag != tag.strip()]
        if wrong:
            raise ValueError(f"a tag must be one word without white space, found {wrong[0]!r}")
        # _replace with a name in a variable is more than the type checker follows.
        words = tuple(
            Word._make((*word[:index], tag, *word[index + 1 :]))
            for index in [Word._fields.index(column)]
            for word, tag in zip(self.words, tags, strict=True)
        )
        return replace(self, words=words, lines=tuple(_retag(self.lines, tags, column)))


def _retag(lines: Iterable[str], tags: Iterable[str], column: TagColumn) -> Iterator[str]:
    index = Word._fields.index(column)
    remaining = iter(tags)
    for line in lines:
        cells = line.split("\t")
        if cells[0].isdigit():
            cells[index] = next(remaining)
        yield "\t".join(cells)


def read_conllu(path: FilePath, *, tagged: TagColumn | None = None) -> list[Sentence]:
    """Read the sentences of a treebank.

    Args:
        path: plain or gzipped.
        tagged: the column in which each word must have a tag; none by default. FEATS may be ``_``
            for good: a word without features.

    Raises:
        UserError: the file cannot be read, or bad lines, all of them together: not ten columns
            between tabs, an empty column, ids out of order, ranges that overlap, a sentence without
            words; in a file without any, words without a tag.
    """
    return conllu_sentences(load(path, normalize=False), tagged=tagged)


def conllu_sentences(source: Source, *, tagged: TagColumn | None = None) -> list[Sentence]:
    """Return the sentences of a file that was loaded without normalisation."""
    bad = BadLines(source.name)
    composed = is_normalized("NFC", source.text)
    # Equal cells are one object: most of a treebank's two million are a few thousand strings.
    shared: dict[str, str] = {}
    sentences = []
    block: list[str] = []
    for number, line in enumerate([*source.lines(), ""], 1):
        if line and not line.isspace():
            block.append(line)
        elif block:
            sentences.append(_Block(bad, composed, shared).read(block, number - len(block)))
            block = []
    bad.check()
    if tagged is not None and tagged != "feats":
        for sentence in sentences:
            _check_tags(sentence, tagged, bad)
    bad.check()
    return sentences


def _check_tags(sentence: Sentence, column: TagColumn, bad: BadLines) -> None:
    for word, tag in zip(sentence.words, sentence.tags(column), strict=True):
        if tag == "_":
            message = f"word {word.id} ({word.form!r}) has no {column.upper()}, wanted one"
            bad.add(sentence.line_of(word), message)


@dataclass
class _Block:
    """A sentence while its lines are read."""

    bad: BadLines
    composed: bool
    shared: dict[str, str]
    words: list[Word] = field(default_factory=list)
    ranges: list[Word] = field(default_factory=list)
    empty_nodes: list[Word] = field(default_factory=list)

    def read(self, lines: Sequence[str], start: int) -> Sentence:
        for number, line in enumerate(lines, start):
            if line[0] != "#":
                self._place(self._cut(line, number), number)
        if not self.words:
            self.bad.add(start, "the sentence has no words")
        elif self.ranges and _last(self.ranges[-1]) > len(self.words):
            self.bad.add(
                start, f"range {self.ranges[-1].id} goes beyond the last word, {len(self.words)}"
            )
        return Sentence(
            tuple(lines),
            tuple(self.words),
            tuple(self.ranges),
            tuple(self.empty_nodes),
            f"{self.bad.name}:{start}",
        )

    def _cut(self, line: str, number: int) -> Word:
        cells = line.split("\t")
        if len(cells) != 10 or "" in cells:
            self.bad.add(number, _cell_problem(cells))
            # Its id can still be right, and then the lines after it are.
            cells = (cells + ["_"] * 10)[:10]
        if not self.composed:
            cells = [*map(nfc, cells)]
        return Word._make(map(self.shared.setdefault, cells, cells))

    def _place(self, word: Word, number: int) -> None:
        expected = len(self.words) + 1
        if word.id == str(expected):
            self.words.append(word)
        elif match := _RANGE.fullmatch(word.id):
            self._check_range(word.id, int(match[1]), int(match[2]), number)
            self.ranges.append(word)
        elif match := _EMPTY_NODE.fullmatch(word.id):
            self._check_empty_node(word.id, match[1], number)
            self.empty_nodes.append(word)
        else:
            self.words.append(word)
            self.bad.add(number, f"found the id {word.id[:20]!r}, wanted {expected}")

    def _check_range(self, name: str, first: int, last: int, number: int) -> None:
        expected = len(self.words) + 1
        if not expected == first < last:
            self.bad.add(number, f"range {name} does not start at {expected} and go up")
        elif self.ranges and first <= _last(self.ranges[-1]):
            self.bad.add(number, f"range {name} overlaps with range {self.ranges[-1].id}")

    def _check_empty_node(self, name: str, word: str, number: int) -> None:
        if int(word) != len(self.words):
            self.bad.add(number, f"empty node {name} does not follow word {word}")
            return
        before = sum(node.id.startswith(f"{word}.") for node in self.empty_nodes)
        if name != (wanted := f"{word}.{before + 1}"):
            self.bad.add(number, f"found the empty node {name}, wanted {wanted}")


def _last(token: Word) -> int:
    """Return the number of the last word of a range, or of a word itself."""
    return int(token.id.rpartition("-")[2])


def _cell_problem(cells: list[str]) -> str:
    if len(cells) != 10:
        return f"found {len(cells)} columns, wanted 10 with tabs between"
    column = cells.index("")
    return f"column {column + 1} ({COLUMNS[column]}) is empty, wanted a value or _"


def create_sentence(
    forms: Sequence[str],
    tags: Sequence[str] | None = None,
    *,
    column: TagColumn = "upos",
    text: str | None = None,
    comments: Sequence[str] = (),
) -> Sentence:
    """Return a sentence made of words that no treebank holds.

    Args:
        forms: the words as written.
        tags: one a word; by default ``_``.
        column: where the tags go.
        text: the running text. It becomes a comment, and ``SpaceAfter=No`` is put where words
            touch in it, as long as they stand in it in order.
        comments: other comments, without ``#``.

    Raises:
        ValueError: no words, one that is empty or holds a tab or line end, a comment that holds a
            line end, or wrong tags.
    """
    if broken := [comment for comment in comments if re.search(r"[\n\r]", comment)]:
        raise ValueError(f"wanted comments without line ends, found {broken[0]!r}")
    if not forms or any(not form or re.search(r"[\t\n\r]", form) for form in forms):
        raise ValueError(f"wanted words without tabs and line ends, found {list(forms)[:20]}")
    touching = _touching(forms, text) if text is not None else [False] * len(forms)
    words = tuple(
        Word(str(number), nfc(form), misc="SpaceAfter=No" if touches else "_")
        for number, (form, touches) in enumerate(zip(forms, touching, strict=True), 1)
    )
    notes = [f"# {comment}" for comment in comments]
    if text is not None:
        notes.append("# text = " + " ".join(nfc(text).split()))
    sentence = Sentence((*notes, *("\t".join(word) for word in words)), words)
    return sentence if tags is None else sentence.with_tags(tags, column)


def _touching(forms: Sequence[str], text: str) -> list[bool]:
    """Say for each word whether the next one follows in the text without white space."""
    text = nfc(text)
    end = 0
    touches = []
    for form in map(nfc, forms):
        begin = text.find(form, end)
        end = begin + len(form) if begin >= 0 else end
        touches.append(begin >= 0 and text[end : end + 1].strip() != "")
    return touches


def format_conllu(sentences: Iterable[Sentence]) -> str:
    r"""Return the sentences as text with ``\n`` line ends and a blank line after each."""
    return "".join("\n".join(sentence.lines) + "\n\n" for sentence in sentences)


def write_conllu(path: FilePath, sentences: Iterable[Sentence]) -> None:
    """Write the sentences as UTF-8, all or nothing; a file that is there already is replaced.

    Raises:
        UserError: the file cannot be written, or a sentence has half of a surrogate pair.
    """
    text = format_conllu(sentences)
    bad = BadLines(str(path))
    for half in HALF_PAIR.finditer(text):
        line = text.count("\n", 0, half.start()) + 1
        bad.add(line, f"{half[0]!r} is half of a surrogate pair, which UTF-8 has no bytes for")
    bad.check()
    write_atomically(path, text.encode())
