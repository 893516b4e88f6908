from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.datasets import DataFiles
from seqkit.errors import UserError
from seqkit.splits import DEV_SHARES, SINGLE_SHARES, divide, fingerprint, read_splits


class Lines:
    """Reads lines; the key is what stands before the first slash of a line."""

    splits_shuffled = True

    def read(self, path: Path) -> list[str]:
        if not path.exists():
            raise UserError(f"{path.name}: no such file")
        return path.read_text(encoding="utf-8").splitlines()

    def key(self, example: str) -> str:
        return example.partition("/")[0]


class OrderedLines(Lines):
    """Lines whose order carries meaning."""

    splits_shuffled = False


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


texts = st.lists(st.text("ab", max_size=4), min_size=1, max_size=60)


@given(texts, st.sampled_from([SINGLE_SHARES, DEV_SHARES]), st.integers(0, 9))
def test_every_example_is_in_one_part_and_equal_texts_are_in_the_same(words, shares, seed) -> None:
    examples = [f"{word}/{i}" for i, word in enumerate(words)]
    if len(set(words)) < len(shares):
        with pytest.raises(UserError):
            divide(Lines(), examples, shares, rng=rng(seed))
        return
    parts = divide(Lines(), examples, shares, rng=rng(seed))
    assert sorted(example for part in parts for example in part) == sorted(examples)
    assert all(parts)
    texts = [{Lines().key(example) for example in part} for part in parts]
    assert sum(map(len, texts)) == len(set(words))


def test_a_division_has_the_shares_that_were_asked_for() -> None:
    examples = [str(i) for i in range(1000)]
    parts = divide(Lines(), examples, SINGLE_SHARES, rng=rng())
    assert [len(part) for part in parts] == [800, 100, 100]


def test_a_division_is_random_and_determined_by_its_seed() -> None:
    examples = [str(i) for i in range(100)]
    parts = divide(Lines(), examples, DEV_SHARES, rng=rng(1))
    assert parts == divide(Lines(), examples, DEV_SHARES, rng=rng(1))
    assert parts != divide(Lines(), examples, DEV_SHARES, rng=rng(2))
    assert parts[1] != examples[90:]


@pytest.mark.parametrize("seed", range(9))
def test_each_part_has_its_share_of_each_label(seed: int) -> None:
    labels = ["often"] * 850 + ["seldom"] * 100 + ["rarely"] * 40 + [f"once {i}" for i in range(10)]
    examples = [str(i) for i in range(1000)]
    train, dev = divide(Lines(), examples, DEV_SHARES, rng=rng(seed), labels=labels)
    assert [len(train), len(dev)] == [900, 100]
    held_out = Counter(labels[int(example)] for example in dev)
    assert held_out == {"often": pytest.approx(85, abs=1), "seldom": 10, "rarely": 4}
    assert dev != divide(Lines(), examples, DEV_SHARES, rng=rng(seed + 9), labels=labels)[1]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text("xy", max_size=3)), min_size=8))
def test_no_label_is_missing_in_the_first_part(pairs: list[tuple[str, str]]) -> None:
    found = {text: label for label, text in pairs}
    if len(found) < 4 * len({*found.values()}):
        return
    train, _ = divide(Lines(), [*found], DEV_SHARES, rng=rng(), labels=[*found.values()])
    assert {found[text] for text in train} == {*found.values()}


def test_where_the_order_carries_meaning_the_cut_is_in_order() -> None:
    examples = ["same"] * 5 + [str(i) for i in range(15)]
    parts = divide(OrderedLines(), examples, SINGLE_SHARES, rng=rng())
    assert parts == [examples[:16], examples[16:18], examples[18:]]


def test_three_examples_are_one_for_each_part() -> None:
    assert [len(p) for p in divide(Lines(), ["a", "b", "c"], SINGLE_SHARES, rng=rng())] == [1, 1, 1]


@pytest.mark.parametrize("examples", [[], ["a"], ["a/1", "a/2", "b"]])
def test_too_few_distinct_examples_are_refused(examples: list[str]) -> None:
    with pytest.raises(UserError, match=r"distinct examples cannot be divided into 3 splits"):
        divide(Lines(), examples, SINGLE_SHARES, rng=rng())


# --- files ----------------------------------------------------------------------------------------


def write(folder: Path, name: str, count: int) -> Path:
    path = folder / name
    path.write_text("".join(f"{name} {i}\n" for i in range(count)), encoding="utf-8")
    return path


def test_given_splits_are_taken_as_they_are(tmp_path: Path) -> None:
    paths = {name: write(tmp_path, name, 4) for name in ("train", "dev", "test")}
    splits = read_splits(Lines(), DataFiles(**paths), rng=rng())
    assert [(name, len(examples)) for name, examples in splits.named()] == [
        ("train", 4),
        ("dev", 4),
        ("test", 4),
    ]
    assert splits.train == Lines().read(paths["train"])
    assert splits.sources == {name: str(path) for name, path in paths.items()}


def test_without_dev_a_tenth_of_train_is_taken_and_the_sources_say_so(tmp_path: Path) -> None:
    paths = {name: write(tmp_path, name, 40) for name in ("train", "test")}
    splits = read_splits(Lines(), DataFiles(**paths), rng=rng())
    assert (len(splits.train), len(splits.dev), len(splits.test)) == (36, 4, 40)
    assert splits.sources["dev"] == f"10% of {paths['train']}, at random, equal texts together"
    assert splits.sources["test"] == str(paths["test"])


def test_without_test_there_is_none(tmp_path: Path) -> None:
    paths = {name: write(tmp_path, name, 4) for name in ("train", "dev")}
    splits = read_splits(Lines(), DataFiles(**paths), rng=rng())
    assert splits.test is None
    assert [name for name, _ in splits.named()] == ["train", "dev"]


def test_the_sources_say_what_share_of_few_examples_a_split_is(tmp_path: Path) -> None:
    path = write(tmp_path, "all", 4)
    splits = read_splits(Lines(), DataFiles(single=path), rng=rng())
    shares = {name: source.partition(" ")[0] for name, source in splits.sources.items()}
    assert shares == {"train": "50%", "dev": "25%", "test": "25%"}


def test_a_single_file_is_divided_80_10_10(tmp_path: Path) -> None:
    path = write(tmp_path, "all", 50)
    splits = read_splits(OrderedLines(), DataFiles(single=path), rng=rng())
    assert (len(splits.train), len(splits.dev), len(splits.test)) == (40, 5, 5)
    assert splits.sources["train"] == f"80% of {path}, in order"


def test_the_problems_of_all_files_are_reported_together(tmp_path: Path) -> None:
    files = DataFiles(
        train=tmp_path / "train", dev=write(tmp_path, "dev", 0), test=tmp_path / "test"
    )
    with pytest.raises(UserError) as caught:
        read_splits(Lines(), files, rng=rng())
    assert [str(problem) for problem in caught.value.problems] == [
        "train: no such file",
        f"{tmp_path / 'dev'}: no examples in it",
        "test: no such file",
    ]


# --- fingerprints ---------------------------------------------------------------------------------


def test_a_fingerprint_tells_whether_any_file_changed(tmp_path: Path) -> None:
    files = DataFiles(train=write(tmp_path, "train", 3), test=write(tmp_path, "test", 3))
    before = fingerprint(files)
    assert fingerprint(files) == before
    (tmp_path / "test").write_text("else", encoding="utf-8")
    assert fingerprint(files) != before


def test_a_fingerprint_does_not_depend_on_where_the_files_are(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    paths = [write(tmp_path / name, "train", 3) for name in ("here", "there")]
    assert len({fingerprint(DataFiles(single=path)) for path in paths}) == 1


def test_a_fingerprint_of_a_folder_sees_renamed_and_added_files(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", 3)
    before = fingerprint(DataFiles(single=tmp_path))
    path.rename(tmp_path / "b.txt")
    renamed = fingerprint(DataFiles(single=tmp_path))
    write(tmp_path, "c.txt", 0)
    assert len({before, renamed, fingerprint(DataFiles(single=tmp_path))}) == 3


def test_a_fingerprint_of_missing_files_names_them_all(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        fingerprint(DataFiles(train=tmp_path / "train", test=tmp_path / "test"))
    assert [problem.where for problem in caught.value.problems] == [
        str(tmp_path / "train"),
        str(tmp_path / "test"),
    ]


def test_a_mistake_that_all_files_share_is_told_once(tmp_path: Path) -> None:
    class Stubborn(Lines):
        def read(self, path: Path) -> list[str]:
            raise UserError("mels: found 300, wanted fewer")

    paths = {name: tmp_path / name for name in ("train", "dev", "test")}
    with pytest.raises(UserError) as caught:
        read_splits(Stubborn(), DataFiles(**paths), rng=rng())
    assert str(caught.value) == "mels: found 300, wanted fewer"


def test_a_folder_that_may_not_be_opened_has_no_fingerprint(tmp_path: Path, close_folder) -> None:
    (tmp_path / "data" / "pos").mkdir(parents=True)
    (tmp_path / "data" / "pos" / "a.txt").write_text("fine", encoding="utf-8")
    close_folder(tmp_path / "data" / "pos")
    with pytest.raises(UserError, match="data: cannot be read: Permission denied"):
        fingerprint(DataFiles(single=tmp_path / "data"))


def test_a_fingerprint_tells_which_split_a_file_is_for(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("1", encoding="utf-8")
    other.write_text("2", encoding="utf-8")
    with_dev = fingerprint(DataFiles(train=one, dev=other))
    assert with_dev != fingerprint(DataFiles(train=one, test=other))
