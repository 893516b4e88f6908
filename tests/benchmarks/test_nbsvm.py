"""The linear baseline: it learns what words and pairs of words say, and nothing from the test."""

from pathlib import Path

import pytest

from benchmarks.nbsvm import accuracy, main

TEXTS = {
    "good": ["좋은 영화", "정말 좋은 밤", "not bad at all"],
    "bad": ["나쁜 영화", "bad", "at all"],
}


def write(path: Path, labelled: dict[str, list[str]]) -> Path:
    rows = [f"{label}\t{text}\n" for label, texts in labelled.items() for text in texts]
    path.write_text("label\ttext\n" + "".join(rows), encoding="utf-8")
    return path


def test_words_and_pairs_of_words_tell_the_labels(tmp_path: Path) -> None:
    train = write(tmp_path / "train.tsv", TEXTS)
    test = write(tmp_path / "test.tsv", {"good": ["좋은 날", "not bad"], "bad": ["나쁜 날", "bad"]})
    assert accuracy(train, test) == 1.0


def test_two_labels_are_wanted(tmp_path: Path) -> None:
    train = write(tmp_path / "train.tsv", TEXTS | {"so so": ["그저 그런 영화"]})
    with pytest.raises(ValueError, match=r"wanted two labels in .*train\.tsv, found \['bad'"):
        accuracy(train, train)


def test_the_mean_over_folders_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, gold in (("one", "good"), ("two", "bad")):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "train.tsv", TEXTS)
        write(tmp_path / name / "test.tsv", {gold: ["좋은 날"]})
    assert main([str(tmp_path / "one"), str(tmp_path / "two")]) == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert last == "mean: 50.00 ± 70.71"
