"""``seqkit data``: what has a name, and what is in a file before anything is trained."""

import json
from pathlib import Path

import pytest

from seqkit.cli import run_command_line
from seqkit.plugins import default_host, use_host


@pytest.mark.parametrize("command", [["data"], ["data", "list"]])
def test_data_sets_are_listed(seqkit, command):
    done = seqkit(*command)
    assert done.status == 0
    assert "toy-sample" in done.out
    rows = json.loads(seqkit(*command, "--json").out)
    found = [(row["name"], row["task"], row["sample"]) for row in rows]
    assert found == [("toy-sample", "toy", True), ("elsewhere", "other", False)]


def test_nothing_is_trained_or_written(seqkit):
    done = seqkit("data", "check", "toy", "--data", "toy-sample")
    assert done.status == 0
    assert "also in train" in done.out
    assert "a built-in sample: for trying out, not for measuring" in done.out
    assert done.err == ""
    assert not list(Path.cwd().iterdir())


def reviews(tmp_path: Path, *rows: str) -> str:
    path = tmp_path / "reviews.tsv"
    path.write_text("\n".join(["label\ttext", *rows]) + "\n", encoding="utf-8")
    return str(path)


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with use_host(default_host()):
        status = run_command_line(["data", "check", *arguments])
    return status, *capsys.readouterr()


def test_splits_are_counted(tmp_path, capsys):
    rows = [f"{'good' if i % 2 else 'bad'}\t영화 {i} 🙂" for i in range(30)]
    train = reviews(tmp_path, *rows)
    dev = tmp_path / "dev.tsv"
    dev.write_text("label\ttext\ngood\t영화 1 🙂\nbad\tnew words\n", encoding="utf-8")
    status, out, _ = checked(capsys, "sentiment", "--train", train, "--dev", str(dev), "--json")
    found = json.loads(out)
    assert status == 0
    assert found["task"] == "sentiment"
    split = {each["name"]: each for each in found["splits"]}
    assert split["train"]["counts"]["label good"] == 15
    assert split["dev"]["counts"]["unknown tokens"] == 2
    assert split["dev"]["seen_in_train"] == 1
    assert "1 example of dev also stands in train" in found["notices"]


def test_empty_texts_are_told_of(tmp_path, capsys):
    rows = [f"{'good' if i % 2 else 'bad'}\ttext {i}" for i in range(30)]
    train = reviews(tmp_path, *rows, "good\t", "bad\t  ")
    dev = tmp_path / "dev.tsv"
    dev.write_text("label\ttext\ngood\t\nbad\tnew words\n", encoding="utf-8")
    _, out, _ = checked(capsys, "sentiment", "--train", train, "--dev", str(dev))
    assert "  2 examples of train have empty texts\n" in out
    assert "  1 example of dev has an empty text\n" in out


def test_a_file_that_is_not_there_gives_a_similar_one_with_its_folder(tmp_path, capsys):
    there = reviews(tmp_path, "good\tx")
    _, _, said = checked(capsys, "sentiment", "--data", str(tmp_path / "reveiws.tsv"))
    assert f"did you mean {there!r}?" in said
    _, _, said = checked(capsys, "sentiment", "--data", str(tmp_path / "nonexist.tsv"))
    assert "did you mean" not in said


def test_a_folder_without_data_is_told_what_could_be_in_it(tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    status, _, said = checked(capsys, "sentiment", "--data", str(tmp_path / "folder"))
    assert status == 2
    assert (
        "a folder per label with .txt files in it, or files with the names train, dev and" in said
    )


def test_options_change_what_is_read(tmp_path, capsys):
    train = reviews(tmp_path, *(f"{'good' if i % 2 else 'bad'}\tabc {i}" for i in range(20)))
    counts = []
    for kind in ("words", "characters"):
        option = f"tokenizer={kind}"
        _, out, _ = checked(capsys, "sentiment", "--data", train, "--set", option, "--json")
        counts.append(json.loads(out)["splits"][0]["counts"]["tokens"])
    assert counts[0] == 32
    assert counts[1] > 2 * counts[0]


def test_every_bad_line_is_named(tmp_path, capsys):
    file = reviews(tmp_path, "good\tfine", "bad", "\tempty")
    status, out, err = checked(capsys, "sentiment", "--data", file)
    assert (status, out) == (2, "")
    assert [line.partition(": ")[0] for line in err.splitlines()] == [f"{file}:3", f"{file}:4"]


def test_mistakes_on_the_command_line_are_named(seqkit):
    done = seqkit("data", "check", "toy", "--data", "nothing.txt", "--set", "epoch=3")
    assert done.status == 2
    assert "--data nothing.txt: no such file or folder" in done.err
    assert "epochs" in done.err
    assert "did you mean 'check'?" in seqkit("data", "chekc").err


@pytest.mark.parametrize("command", [["data", "check"], ["tune"]])
def test_a_flag_of_the_task_is_pointed_to_set(seqkit, command):
    done = seqkit(*command, "toy", "--min-count", "3")
    assert done.status == 2
    assert "if it is an option of the task: --set min_count=..." in done.err.splitlines()
