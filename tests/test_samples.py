"""The sample corpora are what their README says they are."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

import seqkit
from seqkit.metrics.baselines.tfidf import TfidfClassifier
from seqkit.plugins import PluginHost

FOLDER = Path(seqkit.__file__).parent / "samples"
HOST = PluginHost.discover({"SEQKIT_DISABLE_PLUGINS": "all"})
SAMPLES = [pytest.param(dataset, id=dataset.name) for dataset in HOST.datasets()]


def read(dataset: Any) -> tuple[Any, dict[str, list[Any]]]:
    spec = HOST.find_task(dataset.task)
    task, files = spec.create(spec.config()), dataset.files()
    return task, {name: task.read(getattr(files, name)) for name in ("train", "dev", "test")}


def readme_row(name: str) -> str:
    (row,) = re.findall(rf"^\| `{name}` \|(.*)$", (FOLDER / "README.md").read_text("utf-8"), re.M)
    return row


def test_every_folder_is_offered_and_every_offer_is_in_the_readme() -> None:
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    assert {dataset.name for dataset in HOST.datasets()} == folders
    assert all(readme_row(name) for name in folders)


def test_every_task_has_a_sample_of_its_own() -> None:
    samples = {dataset.name: dataset for dataset in HOST.datasets()}
    for spec in HOST.tasks():
        assert samples[spec.sample].task == spec.name


@pytest.mark.parametrize("dataset", SAMPLES)
def test_a_sample_is_marked_as_one(dataset: Any) -> None:
    assert dataset.sample
    assert re.search("written .*for seqkit", dataset.summary)


@pytest.mark.parametrize("dataset", SAMPLES)
def test_a_sample_reads_without_a_problem(dataset: Any) -> None:
    _, splits = read(dataset)
    assert all(splits.values())


@pytest.mark.parametrize("name", ["sentiment-en", "sentiment-ko", "pos-en"])
def test_samples_of_sentences_have_the_sizes_of_the_readme(name: str) -> None:
    _, splits = read(HOST.find_dataset(name))
    sizes = [len(examples) for examples in splits.values()]
    assert " / ".join(map(str, sizes)) + " sentences" in readme_row(name)
    assert "/".join(map(str, sizes)) in HOST.find_dataset(name).summary


@pytest.mark.parametrize(("name", "least"), [("sentiment-en", 400), ("sentiment-ko", 200)])
def test_sentiment_samples_are_large_enough_and_balanced(name: str, least: int) -> None:
    _, splits = read(HOST.find_dataset(name))
    assert sum(map(len, splits.values())) >= least
    for examples in splits.values():
        positive = sum(example.label == "positive" for example in examples)
        assert 0.4 <= positive / len(examples) <= 0.6


def test_the_treebank_is_large_enough() -> None:
    _, splits = read(HOST.find_dataset("pos-en"))
    assert sum(map(len, splits.values())) >= 200


def test_the_prose_has_the_size_of_the_readme() -> None:
    _, splits = read(HOST.find_dataset("prose-en"))
    words = {name: sum(len(line.text.split()) for line in lines) for name, lines in splits.items()}
    assert sum(words.values()) >= 8000
    said = re.search(r"about ([\d,]+) / ([\d,]+) / ([\d,]+) words", readme_row("prose-en"))
    assert said is not None
    wanted = [int(number.replace(",", "")) for number in said.groups()]
    assert [round(count, -2) for count in words.values()] == wanted


@pytest.mark.parametrize("dataset", SAMPLES)
def test_no_text_stands_in_two_splits(dataset: Any) -> None:
    task, splits = read(dataset)
    texts = {name: {task.text(item) for item in items} for name, items in splits.items()}
    assert not texts["train"] & texts["dev"]
    assert not texts["train"] & texts["test"]
    assert not texts["dev"] & texts["test"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/*")), ids=lambda p: p.name)
def test_files_are_nfc_with_plain_line_ends(path: Path) -> None:
    data = path.read_bytes()
    text = data.decode("utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert not re.search("[\r\0\ufeff\x85\u2028]", text)
    assert data.endswith(b"\n")


@pytest.mark.parametrize(
    ("name", "analyzer"), [("sentiment-en", "words"), ("sentiment-ko", "characters")]
)
def test_sentiment_samples_cannot_be_solved_by_counting_words(name: str, analyzer: Any) -> None:
    _, splits = read(HOST.find_dataset(name))
    train, test = splits["train"], [*splits["dev"], *splits["test"]]
    classifier = TfidfClassifier.fit(
        [example.text for example in train], [example.label for example in train], analyzer=analyzer
    )
    predicted = classifier.predict([example.text for example in test])
    right = sum(label == example.label for label, example in zip(predicted, test, strict=True))
    assert right / len(test) < 0.9
