"""Pairs of texts and pronouncing dictionaries: what is read, and what is refused."""

from pathlib import Path

import pytest

from seqkit.errors import UserError
from seqkit.text import read_lexicon, read_pairs


def write(folder: Path, text: str, name: str = "pairs.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_pairs_stand_on_either_side_of_a_tab(tmp_path: Path) -> None:
    path = write(tmp_path, "안녕\thello\n\n 잘 가\tgood bye \n")
    assert [(pair.source, pair.target) for pair in read_pairs(path)] == [
        ("안녕", "hello"),
        (" 잘 가", "good bye "),
    ]
    assert read_pairs(path)[1].where == f"{path}:3"


@pytest.mark.parametrize("heading", ["source\ttarget", "Input\tOutput", "src\ttgt"])
def test_a_heading_is_no_pair(tmp_path: Path, heading: str) -> None:
    path = write(tmp_path, f"{heading}\na\tb\n")
    assert [(pair.source, pair.target) for pair in read_pairs(path)] == [("a", "b")]


def test_fixed_width_is_cut_at_the_first_mark(tmp_path: Path) -> None:
    path = write(tmp_path, "16+75  _91  \nseptember 27, 1994 _1994_09\n")
    assert [(pair.source, pair.target) for pair in read_pairs(path)] == [
        ("16+75", "91"),
        ("september 27, 1994", "1994_09"),
    ]


def test_a_tab_wins_over_a_mark_unless_said_otherwise(tmp_path: Path) -> None:
    path = write(tmp_path, "a_b\tc\n")
    assert read_pairs(path)[0].target == "c"
    assert read_pairs(path, format="fixed")[0].source == "a"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a b c\n", ":1: found 'a b c', wanted source<TAB>target or source _target"),
        ("a\tb\nc\n\nd\te\tf\n", ":4: found 3 columns, wanted 2"),
        ("a_b\nc\n", r":2: found no '_' in 'c'"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_pairs(write(tmp_path, text))


LEXICON = """;;; a comment
'bout B AW1 T
tomato T AH0 M EY1 T OW2 # a fruit
tomato(2) T AH0 M AA1 T OW2
a AH0
a(2) EY1
a(3) AH0
"""


def test_variants_belong_to_one_word(tmp_path: Path) -> None:
    entries = read_lexicon(write(tmp_path, LEXICON))
    assert [entry.word for entry in entries] == ["'bout", "tomato", "a"]
    assert entries[1].pronunciations == (
        ("T", "AH0", "M", "EY1", "T", "OW2"),
        ("T", "AH0", "M", "AA1", "T", "OW2"),
    )
    assert entries[2].pronunciations == (("AH0",), ("EY1",))
    assert entries[1].where.endswith(":3")


def test_stress_may_be_left_out(tmp_path: Path) -> None:
    entries = read_lexicon(
        write(tmp_path, "the DH AH0\nthe(2) DH AH1\nthe(3) DH IY0\n"), stress=False
    )
    assert entries[0].pronunciations == (("DH", "AH"), ("DH", "IY"))


def test_words_without_sounds_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        read_lexicon(write(tmp_path, "a AH0\nb\nc # nothing\n"))
    assert [problem.where.rpartition(":")[2] for problem in error.value.problems] == ["2", "3"]
