"""Cross-validation: every example is tested once, and none is seen in training when it is."""

from pathlib import Path

import pytest

from benchmarks.folds import write_folds

HEADER = "label\ttext"


def _lines(path: Path) -> list[str]:
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    assert header == HEADER
    return lines


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two splits of forty sentences, ten of which come twice."""
    folder = tmp_path / "data"
    folder.mkdir()
    sentences = [f"{'ab'[n % 2]}\t문장 {n}" for n in range(40)]
    for name, lines in (("train", sentences), ("test", sentences[:10])):
        text = "\n".join([HEADER, *lines]) + "\n"
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
    return folder


def test_each_example_is_tested_in_exactly_one_fold(data: Path, tmp_path: Path) -> None:
    folds = list(write_folds(data, tmp_path / "folds", folds=5))
    tested = [line for fold in folds for line in _lines(fold / "test.tsv")]
    pooled = _lines(data / "train.tsv") + _lines(data / "test.tsv")
    assert sorted(tested) == sorted(pooled)


def test_the_parts_of_a_fold_share_no_example(data: Path, tmp_path: Path) -> None:
    for fold in write_folds(data, tmp_path / "folds", folds=5):
        train, dev, test = (set(_lines(fold / f"{name}.tsv")) for name in ("train", "dev", "test"))
        assert not train & dev
        assert not train & test
        assert not dev & test
        assert len(train | dev | test) == 40


def test_the_same_seed_gives_the_same_folds(data: Path, tmp_path: Path) -> None:
    first, again = (list(write_folds(data, tmp_path / name)) for name in ("one", "two"))
    for one, other in zip(first, again, strict=True):
        assert (one / "train.tsv").read_bytes() == (other / "train.tsv").read_bytes()


def test_one_fold_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        list(write_folds(data, tmp_path, folds=1))


def test_different_headers_are_refused(data: Path, tmp_path: Path) -> None:
    (data / "test.tsv").write_text("text\tlabel\nx\ta\n", encoding="utf-8")
    with pytest.raises(ValueError, match="different headers"):
        list(write_folds(data, tmp_path / "folds"))
