"""``seqkit predict`` and ``seqkit evaluate`` on a trained toy model."""

import io
import json
import os
import sys
from pathlib import Path

import pytest

from seqkit.cli import predict
from tests.cli.toy import ToyModel, ToyTask, write_data


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch):
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def test_texts_become_json_lines(seqkit, trained):
    done = seqkit("predict", trained, "좋아요 fine", "bad")
    assert done.status == 0
    first, second = map(json.loads, done.out.splitlines())
    assert first["text"] == "좋아요 fine"
    assert "좋아요" in done.out  # readable, not escaped
    assert (first["label"], second["label"]) == ("yes", "no")
    assert set(first) == {"text", "label", "probability"}


def test_a_task_says_how_its_inputs_are_shown(seqkit, trained, monkeypatch):
    monkeypatch.setattr(ToyTask, "shown", lambda task, example: {"letters": len(example.text)})
    answer = json.loads(seqkit("predict", trained, "fine").out)
    assert list(answer) == ["letters", "label", "probability"]
    assert answer["letters"] == 4


def test_every_line_of_stdin_is_answered_in_order(seqkit, trained, stdin):
    stdin("\ufefffine\n\nbad\r\nlast".encode())
    done = seqkit("predict", trained)
    assert [json.loads(line)["text"] for line in done.out.splitlines()] == [
        "fine",
        "",
        "bad",
        "last",
    ]


@pytest.mark.parametrize("shuffled", [True, False])
def test_lines_before_one_that_is_not_utf8_are_answered(
    seqkit, trained, stdin, monkeypatch, shuffled
):
    monkeypatch.setattr(ToyTask, "splits_shuffled", shuffled)
    stdin(b"fine\nbad\n\xe9t\xe9\nlast\n")
    done = seqkit("predict", trained)
    assert done.status == 2
    assert [json.loads(line)["text"] for line in done.out.splitlines()] == ["fine", "bad"]
    assert done.err.startswith("<stdin>:3: found the byte 0xe9 at 1, wanted UTF-8")


def test_no_line_no_answer(seqkit, trained, stdin):
    stdin(b"")
    assert seqkit("predict", trained, "--input", "-").out == ""


def test_a_pipe_is_as_good_as_a_file(seqkit, trained):
    read, write = os.pipe()
    os.write(write, b"fine\nbad\n")
    os.close(write)
    try:
        done = seqkit("predict", trained, "--input", f"/dev/fd/{read}", "--format", "tsv")
    finally:
        os.close(read)
    assert (done.out, done.err) == ("yes\tfine\nno\tbad\n", "")


def test_lines_of_a_file_in_another_format(seqkit, trained):
    Path("lines.txt").write_bytes(b"fine\nbad\n")
    done = seqkit("predict", trained, "--input", "lines.txt", "--format", "tsv")
    assert done.out == "yes\tfine\nno\tbad\n"


def test_a_long_input_is_answered_in_chunks(seqkit, trained, stdin, monkeypatch):
    monkeypatch.setattr(predict, "CHUNK", 3)
    stdin(b"".join(b"w%d\n" % i for i in range(10)))
    texts = [json.loads(line)["text"] for line in seqkit("predict", trained).out.splitlines()]
    assert texts == [f"w{i}" for i in range(10)]


def test_lines_read_as_one_text_are_not_cut_into_several(seqkit, trained, stdin, monkeypatch):
    monkeypatch.setattr(predict, "CHUNK", 2)
    monkeypatch.setattr(predict, "FILE_CHUNK", 2)
    monkeypatch.setattr(ToyTask, "splits_shuffled", False)
    read = []
    answer = ToyModel.predict
    monkeypatch.setattr(
        ToyModel, "predict", lambda model, texts: read.append(len(texts)) or answer(model, texts)
    )
    Path("lines.txt").write_bytes(b"a\nb\nc\nd\ne\n")
    stdin(Path("lines.txt").read_bytes())
    assert seqkit("predict", trained).out == seqkit("predict", trained, "--input", "lines.txt").out
    assert read == [5, 5]


def test_the_first_answer_does_not_wait_for_the_last_text(trained):
    from seqkit.loading import load

    model = load(trained)

    def endless():
        while True:
            yield model.examples(["fine"])

    answers = predict.answers(model, endless(), predict.renderer(model, "jsonl"))
    assert json.loads(next(answers))["label"] == "yes"


LATIN = (
    "latin.txt:2: byte 8 (0xe9) is not UTF-8, which is wanted; it may be WINDOWS-1252: convert it "
    "with `iconv -f WINDOWS-1252 -t UTF-8`"
)


def test_a_text_of_the_command_line_that_is_not_utf8_is_refused_as_one_of_stdin(seqkit, trained):
    done = seqkit("predict", trained, "fine", os.fsdecode(b"caf\xe9"))
    assert (done.status, done.out) == (2, "")
    assert done.err == "<text>:2: found the byte 0xe9 at 4, wanted UTF-8\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x", "--format", "tvs"], "--format tvs: no such format; did you mean 'tsv'?"),
        (["--input", "gone.txt"], "--input gone.txt: no such file"),
        (["--input", "latni.txt"], "--input latni.txt: no such file; did you mean 'latin.txt'?"),
        (["--input", "."], "--input .: is a folder, wanted a file"),
        (["x", "--input", "-"], "--input: found beside texts, wanted one or the other"),
        (
            ["--formt", "tsv"],
            "seqkit predict: No such option: --formt (Possible options: --format)",
        ),
        (["--input", "latin.txt"], LATIN),
    ],
)
def test_mistakes(seqkit, trained, arguments, message):
    Path("latin.txt").write_bytes(b"fine\ncaf\xe9\n")
    done = seqkit("predict", trained, *arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines()[0] == message


def test_no_model(seqkit):
    done = seqkit("predict", "nowhere", "x")
    assert done.status == 2
    assert done.err.startswith("nowhere: ")


def test_evaluate_shows_scores_counts_and_tables(seqkit, trained, tmp_path):
    folder = write_data(tmp_path / "mine")
    done = seqkit("evaluate", trained, "--data", str(folder))
    assert done.status == 0
    assert done.out.startswith(f"toy: accuracy 100.00 [100.00, 100.00] of trained on {folder}/test")
    assert "scored: 24 texts" in done.out
    assert "Labels" in done.out
    assert "as predicted" in done.out
    assert "\x1b" not in done.out


def test_evaluate_says_so_where_it_scores_what_was_trained_on(seqkit, trained, tmp_path):
    learnt = str(write_data(tmp_path / "mine") / "train.tsv")
    Path("others.tsv").write_text("yes\tnever met\n")
    done = seqkit("evaluate", trained, "--data", learnt)
    assert "items stand in the training or validation split of the model" in done.out
    found = json.loads(seqkit("evaluate", trained, "--data", "others.tsv", "--json").out)
    assert found["notices"] == []
    against = seqkit("evaluate", trained, "--against", trained, "--data", learnt)
    assert "note: the second model: " in against.out


@pytest.mark.parametrize("data", ["toy-sample", "one.tsv"])
def test_evaluate_as_json(seqkit, trained, data):
    Path("one.tsv").write_text("yes\tfine\n")
    found = json.loads(seqkit("evaluate", trained, "--data", data, "--json").out)
    assert found["task"] == "toy"
    assert found["evaluation"]["metrics"][0]["value"] == 1.0


def test_evaluate_on_nothing(seqkit, trained):
    done = seqkit("evaluate", trained, "--data", "gone.tsv")
    assert (done.status, done.err) == (2, "--data gone.tsv: no such file or folder\n")
