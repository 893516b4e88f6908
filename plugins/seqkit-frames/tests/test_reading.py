"""Archives, tables and folders are read; what is wrong with them is named with its place."""

import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import wavfile
from seqkit.errors import UserError
from tools import frames, task_of

from seqkit_frames.examples import Example


def archive(path: Path, **arrays: Any) -> Path:
    given = {"frames": frames(6), "lengths": np.array([4, 0, 2]), **arrays}
    np.savez(path, **{name: array for name, array in given.items() if array is not None})
    return path


def table(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def golds(examples: list[Example]) -> list[tuple[str, str]]:
    return [(example.gold.answer, example.gold.kind) for example in examples]


def test_an_archive_holds_sequences_end_to_end(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", labels=np.array(["위", "아래", "위"]))
    found = task_of().read(path)
    assert [len(example.frames) for example in found] == [4, 0, 2]
    np.testing.assert_array_equal(found[2].frames, frames(6)[4:])
    assert golds(found) == [("위", "label"), ("아래", "label"), ("위", "label")]
    assert found[1].name == f"{path}[1]"


def test_an_archive_holds_vectors_with_texts(tmp_path: Path) -> None:
    texts = np.array(["a red ball", "", "빨간 공"])
    none = {"frames": None, "lengths": None}
    found = task_of().read(archive(tmp_path / "a.npz", vectors=frames(3), texts=texts, **none))
    assert {example.form for example in found} == {"vector"}
    assert golds(found)[2] == ("빨간 공", "text")
    assert task_of().input(found[0]).shape == (3,)


def test_whole_numbers_are_labels_too(tmp_path: Path) -> None:
    found = task_of().read(archive(tmp_path / "a.npz", labels=np.array([1, 0, 1])))
    assert [gold for gold, _ in golds(found)] == ["1", "0", "1"]


def test_an_archive_to_predict_needs_no_gold_answers(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz")
    assert golds(task_of().read_inputs(path)) == [("", "")] * 3
    with pytest.raises(UserError, match="found 0 of 'labels' and 'texts', wanted one"):
        task_of().read(path)


LABELS = np.array(["a", "b", "a"])
BAD = frames(6)
BAD[4, 1] = np.inf


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"frames": BAD}, r"array 'frames': found inf at \[4, 1\], counted from 0"),
        ({"frames": np.array([["a"] * 3] * 6)}, "array 'frames': found an array of <U1"),
        ({"frames": np.array([[None]] * 6)}, "it holds Python objects, wanted numbers"),
        ({"frames": np.zeros((2, 3, 4))}, r"float64 \(2, 3, 4\), wanted numbers"),
        ({"lengths": np.array([4, 1, 2])}, "wanted .*whole numbers that add up to M"),
        ({"lengths": np.array([7, 0, -1])}, "wanted .*whole numbers that add up to M"),
        ({"lengths": np.array([2**63 - 1, 2**63 - 1, 8])}, "whole numbers that add up to M"),
        ({"lengths": np.array([4.0, 0.0, 2.0])}, r"\(float64\)"),
        ({"lengths": None}, r"found the arrays \['frames'\], wanted 'frames'"),
        ({"vectors": frames(3)}, "or 'vectors'"),
        ({"texts": LABELS}, "found 2 of 'labels' and 'texts'"),
        ({"labels": LABELS[:2]}, r"array 'labels': found <U1 \(2,\), wanted text \(3,\)"),
        ({"labels": None, "texts": np.arange(3)}, "array 'texts': found int64"),
        ({"label": LABELS}, "found the array 'label'; did you mean 'labels'?"),
    ],
)
def test_what_is_wrong_with_an_archive_is_named(
    tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    path = archive(tmp_path / "a.npz", **{"labels": LABELS, **arrays})
    with pytest.raises(UserError, match=message) as caught:
        task_of().read(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("length", [0, 10, 300])
def test_an_archive_cut_short_is_refused(tmp_path: Path, length: int) -> None:
    path = archive(tmp_path / "a.npz", labels=LABELS)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(UserError, match=r"a\.npz: cannot be read as NumPy writes it"):
        task_of().read(path)


def tones(folder: Path) -> Path:
    (folder / "up").mkdir(parents=True)
    (folder / "down").mkdir()
    wavfile.write(folder / "up" / "1.wav", 16000, np.ones(1600, np.int16))
    wavfile.write(folder / "down" / "1.WAV", 16000, np.ones((800, 2), np.int16))
    np.save(folder / "down" / "2.npy", frames(4, features=40))
    (folder / "down" / "notes.txt").write_text("left alone")
    return folder


def test_a_folder_for_each_label(tmp_path: Path) -> None:
    found = task_of().read(tones(tmp_path / "tones"))
    assert golds(found) == [("down", "label"), ("down", "label"), ("up", "label")]
    assert [example.frames.shape[1] for example in found] == [40, 40, 40]


def test_a_label_from_a_folder_is_the_same_as_one_from_a_table(tmp_path: Path) -> None:
    folder = tmp_path / unicodedata.normalize("NFD", "위 ")
    folder.mkdir()
    np.save(folder / "1.npy", frames(4, features=40))
    assert golds(task_of().read(tmp_path)) == [("위", "label")]


def test_a_table_names_files_beside_it(tmp_path: Path) -> None:
    tones(tmp_path)
    path = table(tmp_path / "all.tsv", "file\ttext", "up/1.wav\t올라 간다", "down/2.npy\t")
    assert golds(task_of().read(path)) == [("올라 간다", "text"), ("", "text")]
    path = table(tmp_path / "all.tsv", "up/1.wav\t올라 간다", "down/1.WAV\tdown")
    assert golds(task_of().read(path)) == [("올라 간다", ""), ("down", "")]
    assert len(task_of().read_inputs(path)) == 2


def test_a_table_names_conditions(tmp_path: Path) -> None:
    lines = ["condition\ttext", "Korean\t지우", "English\tAda"]
    for given in (lines, lines[1:]):
        found = task_of().read(table(tmp_path / "names.tsv", *given))
        assert [(e.name, e.form, e.gold.answer) for e in found] == [
            ("Korean", "condition", "지우"),
            ("English", "condition", "Ada"),
        ]


def test_a_condition_and_an_answer_are_the_same_in_any_unicode_form(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "여자\t지우")
    (found,) = task_of().read(table(tmp_path / "names.tsv", decomposed))
    assert (found.name, found.gold.answer) == ("여자", "지우")
    (given,) = task_of().examples([decomposed.partition("\t")[0]])
    assert given.name == "여자"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_table_names_files_as_the_file_system_has_them(tmp_path: Path, form: Any) -> None:
    name = unicodedata.normalize(form, "소리.npy")
    np.save(tmp_path / name, frames(4))
    (found,) = task_of().read(table(tmp_path / "all.tsv", f"{name}\t위"))
    assert found.gold.answer == "위"


def test_everything_wrong_with_a_table_is_said_at_once(tmp_path: Path) -> None:
    tones(tmp_path)
    (tmp_path / "text.wav").write_text("no sound")
    path = table(
        tmp_path / "all.tsv", "file\tlabel", "up/1.wav\tup", "up/2.wav\tup", "text.wav\tup",
        "down/notes.txt\tdown",
    )  # fmt: skip
    with pytest.raises(UserError) as caught:
        task_of().read(path)
    first, second, third = (str(problem) for problem in caught.value.problems)
    assert "No such file" in first
    assert "up/2.wav" in first
    assert "text.wav: cannot be read as a WAV file" in second
    assert f"{path}:5: found a file of the kind '.txt'" in third


def test_one_file_can_be_answered_but_not_learnt_from(tmp_path: Path) -> None:
    path = tones(tmp_path) / "up" / "1.wav"
    (found,) = task_of().read_inputs(path)
    assert task_of().shown(found) == {"input": str(path), "frames": 9}
    with pytest.raises(UserError, match="found no gold answers, wanted a folder"):
        task_of().read(path)
    with pytest.raises(UserError, match="found no gold answers, wanted a folder"):
        task_of().read(tmp_path / "up")


def test_examples_are_made_of_arrays_files_and_conditions(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", frames(4))
    given = [frames(4), frames(4).tolist(), str(tmp_path / "one.npy"), frames(1)[0], [], "Korean"]
    found = task_of().examples(given, ["a"] * 6)
    assert [example.form for example in found] == ["sequence"] * 3 + [
        "vector",
        "sequence",
        "condition",
    ]
    texts = [task_of().text(example) for example in found]
    assert texts[0] == texts[1] == texts[2]
    assert texts[5] == "Korean"
    assert task_of().key(found[5]) == "Korean\ta"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1.0], [1.0, 2.0]], "input 1: found rows of different lengths"),
        ([[1.0, float("nan")]], r"input 1: found nan at \[0, 1\]"),
        (np.array([[1e300]]), r"input 1: found 1e\+300 at \[0, 0\]"),
        ([["a"]], "input 1: found an array of <U1"),
        (3.0, r"found an array of float64 \(\)"),
    ],
)
def test_values_that_are_no_frames_are_refused(value: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        task_of().examples([value])
