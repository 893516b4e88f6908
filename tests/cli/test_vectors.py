"""``seqkit vectors``: from text to a file that models start from."""

import json
from pathlib import Path

import pytest

import seqkit as library
from seqkit.cli import run_command_line
from seqkit.text.vectors import load_vectors, vector_words

LINES = ["The film was long", "the film was GOOD", "영화가 정말 좋다", "영화가 정말 길다"]


@pytest.fixture
def lines(tmp_path: Path) -> str:
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return str(path)


def test_a_line_says_what_was_made_and_what_to_do_with_it(seqkit, lines):
    done = seqkit("vectors", lines, "--output", "v.txt", "--width", "3")
    assert done.status == 0
    first, second = done.out.splitlines()
    assert first == "v.txt: 9 words, 3 numbers each, from 14 words of text"
    assert second.startswith("next: seqkit run TASK --vectors v.txt --embedding 3 ")
    english, korean = ["the", "film", "was", "long", "good"], ["영화가", "정말", "좋다", "길다"]
    assert set(vector_words("v.txt")) == {*english, *korean}


def test_json_is_a_document(seqkit, lines):
    done = seqkit("vectors", lines, "--output", "v.txt", "--width", "3", "--json")
    assert json.loads(done.out) == {"output": "v.txt", "words": 9, "width": 3, "tokens": 14}


def test_capitals_and_rare_words_are_as_asked(seqkit, lines):
    command = ["vectors", lines, "--output", "v.txt", "--width", "2", "--no-lowercase"]
    assert seqkit(*command).status == 0
    assert {"The", "the", "GOOD"} <= set(vector_words("v.txt"))
    assert seqkit(*command, "--min-count", "2").status == 0
    assert set(vector_words("v.txt")) == {"film", "was", "영화가", "정말"}


def test_tables_and_treebanks_give_their_texts(seqkit, lines, tmp_path):
    table = tmp_path / "rated.tsv"
    table.write_text("label\ttext\ngood\ta fine, fine film\n", encoding="utf-8")
    words = ["New", "York", "sleeps"]
    rows = [f"{n}\t{word}" + "\t_" * 8 for n, word in enumerate(words, 1)]
    treebank = tmp_path / "bank.conllu"
    treebank.write_text("\n".join([*rows, "", ""]), encoding="utf-8")
    command = ["vectors", lines, str(table), str(treebank), "--output", "v.txt", "--width", "3"]
    assert seqkit(*command).status == 0
    assert {"fine", ",", "york", "영화가"} <= set(vector_words("v.txt"))
    assert "label" not in vector_words("v.txt")
    assert seqkit(*command, "--tokenizer", "whitespace").status == 0
    assert "fine," in vector_words("v.txt")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--width", "9"], "found 9 words with neighbours, wanted more than the vectors are wide"),
        (["--output", "{lines}"], "is read, and would be written over"),
        (["--tokenizer", "jamo"], "'jamo'"),
        (["missing.txt"], "missing.txt"),
    ],
)
def test_what_cannot_be_done_is_said(seqkit, lines, arguments, what):
    given = [argument.format(lines=lines) for argument in arguments]
    done = seqkit("vectors", lines, "--output", "v.txt", *given)
    assert done.status == 2
    assert what in done.err
    assert not Path("v.txt").exists()


def test_a_model_starts_from_them_and_knows_their_words(lines, tmp_path):
    vectors = str(tmp_path / "v.txt")
    assert run_command_line(["vectors", lines, "--output", vectors, "--width", "3"]) == 0
    data = tmp_path / "rated.tsv"
    rows = [f"{'good' if i % 2 else 'bad'}\tfilm {i}" for i in range(30)]
    data.write_text("\n".join(["label\ttext", *rows]), encoding="utf-8")
    options = {"embedding": 3, "units": 4, "epochs": 1, "word_ngrams": 0, "character_ngrams": 0}
    start = {"vectors": vectors, "freeze_vectors": True, "extend_vocabulary": True}
    model = library.train("sentiment", data=data, **options, **start).trained.model
    place = model.vocabulary.words.index("영화가")
    there = load_vectors(vectors, ["영화가"], width=3).matrix[0]
    assert model.encoder.embedding.table.value[place] == pytest.approx(there)
