r"""Questions about texts in files: bAbI's numbered lines, SQuAD's JSON, JSON lines, and tables.

The format is told by the contents, not by the name. Offsets count the characters of the text as the
file has it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from seqkit.errors import Problem
from seqkit.text import read_tsv_columns
from seqkit.text.readers.source import BadLines, Source, load

__all__ = ["Record", "read_records"]

COLUMNS = ("text", "question", "answer")


class Record(NamedTuple):
    """A question as a file has it.

    Attributes:
        text: what it is about; statements of a story are lines.
        question: what is asked.
        answers: each of them right; empty where the file has none.
        start: where in the text the first answer stands, if the file says so.
    """

    text: str
    question: str
    answers: tuple[str, ...] = ()
    start: int | None = None


class _Found(msgspec.Struct):
    text: str
    answer_start: int


class _Asked(msgspec.Struct):
    question: str
    id: str = ""
    answers: list[_Found] = []
    is_impossible: bool = False


class _Paragraph(msgspec.Struct):
    context: str
    qas: list[_Asked]


class _Article(msgspec.Struct):
    paragraphs: list[_Paragraph]


class _Squad(msgspec.Struct):
    data: list[_Article]


class _Line(msgspec.Struct):
    text: str
    question: str
    answer: str | list[str] = []
    start: int | None = None


def read_records(path: Path, *, gold: bool) -> list[Record]:
    """Read the questions of a file.

    Args:
        path: plain or gzipped; bAbI, SQuAD 1.1, JSON lines with ``text``, ``question``, ``answer``
            (one or a list of them) and perhaps ``start``, or a table with tabs between text,
            question and answer, with or without a header.
        gold: whether each must have an answer.

    Raises:
        UserError: the file cannot be read or is none of these, or bad lines, all of them together.
    """
    source = load(path, normalize=False)
    first = next(source.filled_lines())[1].lstrip()
    bad = BadLines(source.name)
    if first.startswith("{"):
        a_line_each = first.rstrip().endswith("}") and '"data"' not in first
        places = _json_lines(source, bad) if a_line_each else _squad(source, bad)
    elif first.partition(" ")[0].isdecimal():
        places = _babi(source, bad)
    elif "\t" in first:
        places = _table(path, first.split("\t"), gold)
    else:
        wanted = "wanted bAbI's numbered lines, SQuAD's JSON, JSON lines, or text<TAB>question"
        raise source.refuse(f"cannot tell the format from {first[:40]!r}; {wanted}", 1)
    records = []
    for where, record in places:
        records.append(record)
        answer = record.answers[0] if record.answers else ""
        if gold and not answer.strip():
            bad.note(Problem("the question has no answer, wanted one", where))
        elif record.start is not None:
            found = record.text[max(record.start, 0) :][: len(answer)]
            if record.start < 0 or found != answer:
                said = f"found {found!r} at character {record.start}, wanted {answer!r}"
                bad.note(Problem(said, where))
    bad.check()
    return records


def _babi(source: Source, bad: BadLines) -> Iterator[tuple[str, Record]]:
    """Number 1 starts a story; a line with tabs is a question about what stood before it."""
    story: list[str] = []
    before = 0
    for line, content in source.filled_lines():
        head, _, rest = content.strip(" ").partition(" ")
        # Python reads no number of thousands of digits, and no story has a line of that number.
        number = int(head) if head.isdecimal() and len(head) < 10 else -1
        if number not in (1, before + 1):
            wanted = f"wanted {before + 1}, or 1 for a new story"
            bad.add(line, f"the line starts with {head[:20]!r}, {wanted}")
            number = before + 1
        story, before = ([] if number == 1 else story), number
        question, tab, answer = rest.partition("\t")
        if tab:
            answer = answer.partition("\t")[0].strip()
            yield source.where(line), Record("\n".join(story), question.strip(), (answer,))
        else:
            story.append(rest.strip())


def _json_lines(source: Source, bad: BadLines) -> Iterator[tuple[str, Record]]:
    decoder = msgspec.json.Decoder(_Line)
    for line, content in source.filled_lines():
        try:
            found = decoder.decode(content)
        except msgspec.DecodeError as error:
            bad.add(line, f"{error}, wanted an object with {', '.join(COLUMNS)}")
            continue
        answers = [found.answer] if isinstance(found.answer, str) else found.answer
        yield source.where(line), Record(found.text, found.question, tuple(answers), found.start)


def _squad(source: Source, bad: BadLines) -> Iterator[tuple[str, Record]]:
    try:
        articles = msgspec.json.decode(source.text, type=_Squad).data
    except msgspec.DecodeError as error:
        raise source.refuse(f"this is not SQuAD's JSON: {error}") from None
    paragraphs = [paragraph for article in articles for paragraph in article.paragraphs]
    for paragraph in paragraphs:
        for asked in paragraph.qas:
            where = f"{source.name}: question {asked.id or asked.question!r}"
            if asked.is_impossible:
                wanted = "wanted questions that the text answers (SQuAD 1.1): leave the others out"
                bad.note(Problem(f"it is marked as impossible to answer, {wanted}", where))
                continue
            answers = tuple(dict.fromkeys(found.text for found in asked.answers))
            start = asked.answers[0].answer_start if answers else None
            yield where, Record(paragraph.context, asked.question, answers, start)


def _table(path: Path, first: list[str], gold: bool) -> Iterator[tuple[str, Record]]:
    names = [cell.strip().lower() for cell in first]
    header = "question" in names
    answers_too = "answer" in names if header else len(names) > 2
    wanted = COLUMNS if gold or answers_too else COLUMNS[:2]
    columns = [name if header else number for number, name in enumerate(wanted, 1)]
    for values, where in read_tsv_columns(path, columns, header=header):
        text, question, *answers = values
        yield where, Record(text, question, tuple(answers))
