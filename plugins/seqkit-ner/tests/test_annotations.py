"""JSON lines of texts and entities."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from ner_small import task
from seqkit.errors import UserError
from seqkit.text import Span


def write(folder: Path, *lines: Any) -> Path:
    path = folder / "some.jsonl"
    said = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(said) + "\n", encoding="utf-8")
    return path


def entity(kind: str, start: int, end: int) -> dict[str, Any]:
    return {"type": kind, "start": start, "end": end}


def test_entities_become_spans_of_words(tmp_path: Path) -> None:
    text = "Rene\u0301 Hale met 김하늘 in 서울!"
    line = {"text": text, "entities": [entity("PER", 15, 18), entity("PER", 0, 10)]}
    (sentence, empty) = task().read(write(tmp_path, line, {"text": "", "entities": []}))
    assert sentence.words == ("René", "Hale", "met", "김하늘", "in", "서울", "!")
    assert sentence.entities == (Span(0, 2, "PER"), Span(3, 4, "PER"))
    assert (empty.words, empty.entities) == ((), ())


def test_what_was_predicted_can_be_read_again(tmp_path: Path) -> None:
    line = {
        "text": "Mira Hale left 서울.",
        "entities": [entity("PER", 0, 9), entity("LOC", 15, 17)],
    }
    (sentence,) = task().read(write(tmp_path, line))
    answer = task().gold(sentence)
    assert answer is not None
    found = [(e.type, e.start, e.end) for e in answer.entities]
    assert found == [("PER", 0, 9), ("LOC", 15, 17)]


def test_a_type_is_the_same_in_any_unicode_form(tmp_path: Path) -> None:
    kind = unicodedata.normalize("NFD", "인물")
    line = {"text": "Mira left", "entities": [entity(kind, 0, 4)]}
    (sentence,) = task().read(write(tmp_path, line))
    assert sentence.entities == (Span(0, 1, "인물"),)


def test_a_text_is_the_same_in_any_unicode_form(tmp_path: Path) -> None:
    texts = ("서울에서", unicodedata.normalize("NFD", "서울에서"))
    one, other = task().read(write(tmp_path, *({"text": t, "entities": []} for t in texts)))
    assert task().key(one) == task().key(other)
    assert [task().text(one), task().text(other)] == [*texts]


def test_bad_lines_are_named_together(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "{",
        {"entities": []},
        {"text": "a"},
        {"text": "서울에서", "entities": [entity("LOC", 0, 2)]},
        {"text": "a b", "entities": [entity("X", 0, 3), entity("Y", 2, 3)]},
        {"text": "a b", "entities": [{"type": "X", "start": "0", "end": 1}]},
    )
    with pytest.raises(UserError) as caught:
        task().read(path)
    said = [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]
    assert said[0].startswith("1: this is no JSON: ")
    assert said[1:] == [
        '2: found no "text", wanted an object with a text and entities',
        '3: found no list of "entities", wanted one, be it empty',
        "4: '서울' (0 to 2) is not made of whole words; with --tokenizer characters each character"
        " is one",
        "5: 'a b' and 'b' overlap",
        "6: found the entity {'type': 'X', 'start': '0', 'end': 1}, wanted type, start and end",
    ]


def test_particles_are_left_out_where_characters_are_words(tmp_path: Path) -> None:
    path = write(tmp_path, {"text": "나 서울에서", "entities": [entity("LOC", 2, 4)]})
    (sentence,) = task(tokenizer="characters").read(path)
    assert sentence.entities == (Span(2, 4, "LOC"),)
    assert task(tokenizer="characters").read_inputs(path)[0].entities is None


def test_a_text_may_hold_tabs_whatever_its_words_are() -> None:
    for tokenizer in ("words", "characters"):
        (sentence,) = task(tokenizer=tokenizer).examples(["a\tb"])
        assert sentence.placed.text == "a\tb"
