from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqkit.datasets import DataFiles, find_files, made_files
from seqkit.errors import UserError
from seqkit.plugins import default_host
from seqkit.sources import find_data


def folder_of(tmp_path: Path, *names: str) -> Path:
    for name in names:
        path = tmp_path / name
        if name.endswith("/"):
            path.mkdir()
        else:
            path.write_text("", encoding="utf-8")
    return tmp_path


def splits_of(folder: Path) -> dict[str, str]:
    files = find_files(folder)
    found = {"train": files.train, "dev": files.dev, "test": files.test}
    return {name: path.name for name, path in found.items() if path is not None}


@pytest.mark.parametrize(
    "names",
    [
        {"train": "train.tsv", "dev": "dev.tsv", "test": "test.tsv"},
        {"train": "train.txt", "dev": "valid.txt", "test": "test.txt"},
        {"train": "train.txt.gz", "dev": "validation.txt.gz", "test": "test.txt.gz"},
        {"train": "training.jsonl", "dev": "val.jsonl"},
        {"train": "Train.CSV", "test": "Test.CSV"},
        {"train": "train/", "test": "test/"},
        {
            "train": "en_ewt-ud-train.conllu",
            "dev": "en_ewt-ud-dev.conllu",
            "test": "en_ewt-ud-test.conllu",
        },
        {"train": "ratings_train.txt", "test": "ratings_test.txt"},
        {"train": "wiki.train.tokens", "dev": "wiki.valid.tokens", "test": "wiki.test.tokens"},
        {"train": "train"},
    ],
    ids=lambda names: names["train"],
)
def test_a_folder_is_read_by_the_names_of_its_files(tmp_path: Path, names: dict[str, str]) -> None:
    folder = folder_of(tmp_path, *names.values(), "README.md", "LICENSE.txt", ".train.swp")
    assert splits_of(folder) == {split: name.rstrip("/") for split, name in names.items()}


@pytest.mark.parametrize("name", ["constrain.tsv", "latest.tsv", "trainer.py", "trains.txt"])
def test_a_name_that_only_contains_the_word_is_no_split(tmp_path: Path, name: str) -> None:
    assert splits_of(folder_of(tmp_path, "train.tsv", name)) == {"train": "train.tsv"}


def test_the_data_is_called_like_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mr-polarity"
    folder.mkdir()
    assert find_files(folder_of(folder, "train.tsv")).name == "mr-polarity"


def test_a_folder_without_a_training_file_is_one_data_set(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "positive/", "negative/")
    assert find_files(folder) == DataFiles(single=folder, name=folder.name)


def test_a_file_is_one_data_set(tmp_path: Path) -> None:
    path = folder_of(tmp_path, "train.tsv") / "train.tsv"
    assert find_files(path) == DataFiles(single=path, name="train.tsv")


def test_files_that_could_be_the_same_split_are_refused_all_at_once(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "train.tsv", "train.csv", "dev.tsv", "valid.tsv", "test.tsv")
    with pytest.raises(UserError) as caught:
        find_files(folder)
    assert [problem.message for problem in caught.value.problems] == [
        "several files could be the train split: train.csv, train.tsv",
        "several files could be the dev split: dev.tsv, valid.tsv",
    ]


def test_a_path_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.tsv: no such file or folder"):
        find_files(tmp_path / "gone.tsv")


@pytest.mark.parametrize("name", ["closed", "closed/train.tsv"])
def test_a_path_that_may_not_be_looked_at_is_refused(
    tmp_path: Path, close_folder: Callable[[Path], None], name: str
) -> None:
    (tmp_path / "closed").mkdir()
    folder_of(tmp_path / "closed", "train.tsv")
    close_folder(tmp_path / "closed")
    with pytest.raises(UserError, match=f"{name}: cannot be read: Permission denied"):
        find_files(tmp_path / name)


def test_a_path_with_a_name_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nn: cannot be read: File name too long"):
        find_files(tmp_path / ("n" * 300))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"dev": Path("d")},
        {"single": Path("s"), "train": Path("t")},
        {"single": Path("s"), "test": Path("t")},
    ],
    ids=["nothing", "dev alone", "both", "one with test"],
)
def test_data_files_are_either_one_or_at_least_train(given: dict[str, Path]) -> None:
    with pytest.raises(UserError, match="give either --data, or --train"):
        DataFiles(**given)


def test_paths_may_be_given_as_text(tmp_path: Path) -> None:
    files: dict[str, Any] = {"train": "train.tsv", "test": "test.tsv"}
    assert DataFiles(**files) == DataFiles(train=Path("train.tsv"), test=Path("test.tsv"))
    (tmp_path / "reviews.tsv").touch()
    assert find_files(str(tmp_path / "reviews.tsv")) == find_files(tmp_path / "reviews.tsv")


# --- what --data means ----------------------------------------------------------------------------


def test_without_data_a_task_takes_its_own_sample() -> None:
    host = default_host()
    files, sample = find_data(None, host.find_task("sentiment"), host)
    assert (files.name, sample) == ("sentiment-en", True)
    assert files.train is not None
    assert files.train.is_file()


def test_data_may_be_the_name_of_a_dataset() -> None:
    host = default_host()
    files, sample = find_data("sentiment-ko", host.find_task("sentiment"), host)
    assert (files.name, sample) == ("sentiment-ko", True)


def test_data_that_is_neither_a_path_nor_a_name_says_both() -> None:
    host = default_host()
    with pytest.raises(UserError) as caught:
        find_data("sentiment-eng", host.find_task("sentiment"), host)
    assert "found neither a file or folder nor a dataset" in str(caught.value)
    assert "did you mean 'sentiment-en'?" in str(caught.value)


def test_data_whose_name_is_too_long_for_a_file_is_refused() -> None:
    host = default_host()
    with pytest.raises(UserError, match=r"--data n+: cannot be read: File name too long"):
        find_data("n" * 300, host.find_task("sentiment"), host)


def test_a_dataset_of_another_task_is_refused() -> None:
    host = default_host()
    with pytest.raises(UserError, match="is data for 'pos-tagging', wanted 'sentiment'"):
        find_data("pos-en", host.find_task("sentiment"), host)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "splits"),
    [
        ("mr-polarity", {"train", "dev", "test"}),
        ("ud-english-ewt", {"train", "dev", "test"}),
        ("wikitext-2", {"train", "dev", "test"}),
        ("nsmc", {"train", "test"}),
        ("tiny-shakespeare", set()),
    ],
)
def test_the_public_data_sets_are_found_as_they_are_published(realdata, name, splits) -> None:
    assert splits_of(realdata(name)).keys() == splits


def test_data_are_made_when_first_asked_for_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "train.tsv").write_text("fine", encoding="utf-8")

    first, second = made_files("tones", make), made_files("tones", make)
    assert first == second
    assert len(made) == 1
    assert first.name == "tones"
    made_files("tones", make, version=2)
    assert len(made) == 2
    assert first.train == tmp_path / "seqkit" / "tones-1" / "train.tsv"
    names = sorted(path.name for path in (tmp_path / "seqkit").iterdir())
    assert names == ["tones-1", "tones-2"]


def test_data_that_could_not_be_made_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def fail(folder: Path) -> None:
        (folder / "train.tsv").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made_files("tones", fail)
    assert list((tmp_path / "seqkit").iterdir()) == []


def test_a_user_without_a_home_folder_is_asked_for_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(UserError, match="no home folder to keep data in; name a folder in XDG_C"):
        made_files("tones", lambda folder: None)


def test_a_cache_that_cannot_be_written_is_the_users_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match="XDG_CACHE_HOME names another place"):
        made_files("tones", lambda folder: None)
