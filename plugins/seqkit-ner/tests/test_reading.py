"""What is read: schemes, illegal tags, running text, and mistakes that are named."""

from pathlib import Path

import pytest
from ner_small import sentences, task, write
from seqkit.errors import UserError
from seqkit.text import Span

SPANS = [(Span(0, 1, "X"), Span(1, 3, "X"), Span(4, 5, "Y"))]
WRITTEN = {
    "iob1": ["I-X", "B-X", "I-X", "O", "I-Y"],
    "iob2": ["B-X", "B-X", "I-X", "O", "B-Y"],
    "iobes": ["S-X", "B-X", "E-X", "O", "S-Y"],
}


@pytest.mark.parametrize("scheme", WRITTEN)
def test_each_scheme_gives_the_same_entities(scheme: str, tmp_path: Path) -> None:
    lines = [f"w{i}\t{tag}\n" for i, tag in enumerate(WRITTEN[scheme])]
    (sentence,) = task(scheme=scheme).read(write(tmp_path, "".join(lines)))
    assert [sentence.entities] == SPANS
    assert not sentence.repaired


@pytest.mark.parametrize("found", WRITTEN)
@pytest.mark.parametrize("written", WRITTEN)
def test_answers_are_converted_to_the_scheme_that_is_asked_for(found: str, written: str) -> None:
    words = [list("abcde")]
    (sentence,) = task(scheme=found).examples(words, [WRITTEN[found]])
    prediction = task(scheme=written).gold(sentence)
    assert prediction is not None
    assert list(prediction.tags) == WRITTEN[written]


def test_blank_lines_may_hold_white_space(tmp_path: Path) -> None:
    path = write(tmp_path, "a\tB-X\nb\tO\n\t\nc\tO\n \n\nd\tO\n")
    assert [sentence.words for sentence in task().read(path)] == [("a", "b"), ("c",), ("d",)]


def test_other_columns_may_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path, "1 a DT B-X I\n2 b NN O O\n")
    (sentence,) = task(token_column="2", tag_column="4").read(path)
    assert (sentence.words, sentence.entities) == (("a", "b"), (Span(0, 1, "X"),))


def test_illegal_tags_are_repaired_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path, "a\tO\nb\tI-X\n\nc\tB-X\nd\tI-Y\n\ne\tB-X\n")
    read = task(illegal="repair").read(path)
    assert [sentence.repaired for sentence in read] == [True, True, False]
    assert read[1].entities == (Span(0, 1, "X"), Span(1, 2, "Y"))


def test_illegal_tags_are_refused_where_they_stand(tmp_path: Path) -> None:
    path = write(tmp_path, "a\tO\nb\tI-X\n\nc\tB-X\nd\tI-Y\n\ne\tB-X\n")
    with pytest.raises(UserError) as caught:
        task(illegal="refuse").read(path)
    assert str(caught.value) == (
        f"{path}:1: word 2 has I-X, in IOB2 it would be B-X\n"
        f"{path}:4: word 2 has I-Y, in IOB2 it would be B-Y"
    )


def test_another_scheme_that_fits_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a\tB-X\nb\tE-X\n")
    with pytest.raises(UserError, match="all tags are legal in IOBES$"):
        task(illegal="refuse").read(path)


def test_what_is_no_tag_is_refused_whatever_the_options(tmp_path: Path) -> None:
    path = write(tmp_path, "a\tNOUN\nb\tO\n")
    with pytest.raises(UserError, match=r":1: found the tag 'NOUN', wanted O, or B, I, E or S and"):
        task().read(path)


def test_wrong_numbers_of_tags_and_words_that_are_none_are_named_together() -> None:
    with pytest.raises(UserError, match="found 1 tag for 2 words"):
        task().examples([["a", "b"]], [["O"]])
    with pytest.raises(UserError) as caught:
        task().examples([["a", ""], ["b\tc"]])
    assert [str(problem).split(":")[0] for problem in caught.value.problems] == [
        "input 1",
        "input 2",
    ]


def test_words_get_places_in_the_text_as_it_was_typed() -> None:
    typed = "Rene\u0301 lives, 👍🏽 \u1109\u1165울에서!"
    (sentence,) = task().examples([typed])
    assert sentence.placed.text == typed
    pieces = [typed[start:end] for start, end in sentence.placed.places]
    assert pieces == ["Rene\u0301", "lives", ",", "👍🏽", "\u1109\u1165울에서", "!"]
    assert sentence.words[0] == "Ren\u00e9"
    assert sentence.words[4] == "서울에서"


def test_words_given_one_by_one_stand_with_spaces_between() -> None:
    (sentence,) = task().examples([["Port", "Ellin", "."]])
    text = sentence.placed.text
    assert text == "Port Ellin ."
    assert [text[a:b] for a, b in sentence.placed.places] == ["Port", "Ellin", "."]


def test_columns_are_read_for_prediction_too(tmp_path: Path) -> None:
    (first, second) = task().read_inputs(write(tmp_path, "a\tB-X\nb\tO\n\nc\tO\n"))
    assert (first.words, first.entities) == (("a", "b"), None)
    (text, empty) = task().read_inputs(write(tmp_path, "Mira met\tSam\n\n"))
    assert (text.words, empty.words) == (("Mira", "met", "Sam"), ())
    assert second.words == ("c",)


def test_a_training_split_without_entities_is_refused() -> None:
    with pytest.raises(UserError, match="found no entity, wanted at least one"):
        task().fit([sentences()[3]])
