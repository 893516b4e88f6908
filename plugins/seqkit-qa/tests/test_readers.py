"""Files of questions, in every format, and what is refused in them."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from seqkit.errors import UserError

from seqkit_qa.readers import Record, read_records

PARAGRAPH = "The mill is old. It stands in Elmford."


def written(folder: Path, content: str, name: str = "data.txt") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def squad(*questions: dict[str, Any], context: str = PARAGRAPH) -> str:
    return json.dumps(
        {"version": "1.1", "data": [{"paragraphs": [{"context": context, "qas": questions}]}]}
    )


def asked(question: str, answer: str, start: int, **more: Any) -> dict[str, Any]:
    return {"question": question, "answers": [{"text": answer, "answer_start": start}], **more}


def problems(path: Path, *, gold: bool = True) -> list[str]:
    with pytest.raises(UserError) as caught:
        read_records(path, gold=gold)
    return [str(problem).replace(str(path), "FILE") for problem in caught.value.problems]


def test_babi_reads_the_story_up_to_the_question(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "1 Nora left.\n2 Where is Nora? \tmill\t1\n3 Tom has milk.\n4 What now?\tmilk,tea\t1 3\n"
        "1 민지가 갔다.\n2 누가 갔니?\t민지\n",
    )
    assert read_records(path, gold=True) == [
        Record("Nora left.", "Where is Nora?", ("mill",)),
        Record("Nora left.\nTom has milk.", "What now?", ("milk,tea",)),
        Record("민지가 갔다.", "누가 갔니?", ("민지",)),
    ]


def test_squad_has_offsets_and_several_answers(tmp_path: Path) -> None:
    first = asked("Where?", "Elmford", 30)
    first["answers"] += [{"text": "in Elmford", "answer_start": 27}, *first["answers"]]
    path = written(tmp_path, squad(first))
    (record,) = read_records(path, gold=True)
    assert record == Record(PARAGRAPH, "Where?", ("Elmford", "in Elmford"), 30)


def test_json_lines_and_tables(tmp_path: Path) -> None:
    lines = [
        {"text": "a b", "question": "q?", "answer": "b"},
        {"text": "a b", "question": "q?", "answer": ["b", "a"], "start": 2},
    ]
    wanted = [Record("a b", "q?", ("b",)), Record("a b", "q?", ("b", "a"), 2)]
    path = written(tmp_path, "\n".join(map(json.dumps, lines)))
    assert read_records(path, gold=True) == wanted
    assert read_records(written(tmp_path, "a b\tq?\tb\n"), gold=True) == wanted[:1]
    table = written(tmp_path, "answer\tquestion\ttext\nb\tq?\ta b\n")
    assert read_records(table, gold=True) == wanted[:1]


def test_without_gold_answers_may_be_missing(tmp_path: Path) -> None:
    bare = Record("a b", "q?")
    assert read_records(written(tmp_path, "a b\tq?\n"), gold=False) == [bare]
    assert read_records(written(tmp_path, '{"text": "a b", "question": "q?"}'), gold=False) == [
        bare
    ]
    assert problems(written(tmp_path, '{"text": "a b", "question": "q?"}')) == [
        "FILE:1: the question has no answer, wanted one"
    ]


def test_offsets_count_the_files_own_characters(tmp_path: Path) -> None:
    from seqkit.text import create_tokenizer

    from seqkit_qa.examples import ask

    context = unicodedata.normalize("NFD", "은빛 마을")
    start = context.index(unicodedata.normalize("NFD", "마을"))
    path = written(tmp_path, squad(asked("?", context[start:], start), context=context))
    (record,) = read_records(path, gold=True)
    question = ask(record, create_tokenizer("words"), lowercase=True)
    assert (question.text, question.answers, question.start) == ("은빛 마을", ("마을",), 3)
    assert question.place == (1, 1)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (
            "1 One.\n3 Three.\nx Four.\n4 Five?\t\n",
            [
                "FILE:4: the question has no answer, wanted one",
                "FILE:2: the line starts with '3', wanted 2, or 1 for a new story",
                "FILE:3: the line starts with 'x', wanted 3, or 1 for a new story",
            ],
        ),
        (
            "1 One.\n" + "9" * 5000 + " Two?\ttwo\n",
            ["FILE:2: the line starts with '99999999999999999999', wanted 2, or 1 for a new story"],
        ),
        (
            squad(asked("Where?", "Elmford", 29, id="q1"), asked("Why?", "mill", -1)),
            [
                "FILE: question 'q1': found ' Elmfor' at character 29, wanted 'Elmford'",
                "FILE: question 'Why?': found 'The ' at character -1, wanted 'mill'",
            ],
        ),
        (
            squad({"question": "Why?", "id": "q2", "answers": [], "is_impossible": True}),
            [
                "FILE: question 'q2': it is marked as impossible to answer, wanted questions that "
                "the text answers (SQuAD 1.1): leave the others out"
            ],
        ),
        (
            '{"text": "a", "question": "b", "answer": "c"}\n{"text": "a"}\n',
            [
                "FILE:2: Object missing required field `question`, wanted an object with text, "
                "question, answer"
            ],
        ),
        (
            '{"data": [{"paragraphs": [{"context": 3, "qas": []}]}]}',
            [
                "FILE: this is not SQuAD's JSON: Expected `str`, got `int` - at "
                "`$.data[0].paragraphs[0].context`"
            ],
        ),
        (
            "Once upon a time.\n",
            [
                "FILE:1: cannot tell the format from 'Once upon a time.'; wanted bAbI's numbered "
                "lines, SQuAD's JSON, JSON lines, or text<TAB>question"
            ],
        ),
    ],
    ids=["babi", "long number", "offsets", "impossible", "json lines", "squad", "prose"],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, content: str, wanted: list[str]
) -> None:
    assert problems(written(tmp_path, content)) == wanted
