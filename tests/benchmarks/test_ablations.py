"""The table of ablations is made of the records of runs, and of nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import ablations
from benchmarks.ablations import ABLATIONS, FULL, Ablation, read_figures, render, run_missing
from seqkit.datasets import DataFiles
from seqkit.options import parse
from seqkit.plugins import default_host

TINY = Ablation(
    name="tiny",
    task="sentiment",
    recipe="sentiment-mr.toml",
    data="none",
    changes={"one epoch": {"epochs": 1}},
)


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two seeds of a small recipe and of a change, without a test split that could be read."""
    lines = [f"{label}\t{word} {n}" for n in range(8) for label, word in (("a", "x"), ("b", "y"))]
    train = tmp_path / "train.tsv"
    train.write_text("\n".join(["label\ttext", *lines]) + "\n", encoding="utf-8")
    small = {"units": 4, "embedding": 4, "epochs": 2, "word_ngrams": 1, "character_ngrams": 0}
    monkeypatch.setattr(Ablation, "options", lambda self, changes: {**small, **changes})
    monkeypatch.setattr(ablations, "ABLATIONS", {"tiny": TINY})
    data = DataFiles(train=train, dev=train, test=tmp_path / "missing.tsv", name="tiny")
    folder = tmp_path / "records"
    told = list(run_missing(TINY, data, [0, 1], folder, list(TINY.variants)))
    assert len(told) == 4
    assert not list(run_missing(TINY, data, [0, 1], folder, list(TINY.variants)))
    return folder


def test_a_row_for_each_variant_with_mean_spread_and_seeds(records: Path) -> None:
    rows = [line for line in render(records).splitlines() if line.startswith("| ")]
    whole, changed = rows[-2:]
    assert whole.startswith(f"| {FULL} |")
    assert changed.startswith("| one epoch |")
    assert " ± " in whole
    assert "| 0, 1 |" in changed


def test_what_every_row_changes_is_said(records: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = replace(TINY, shortened={"epochs": 2})
    monkeypatch.setattr(ablations, "ABLATIONS", {"tiny": short})
    assert "Every row with `epochs = 2`" in render(records)


def test_what_was_not_run_is_said(records: Path) -> None:
    path = records / "tiny.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if "one epoch" not in line]
    path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
    assert "Not run yet: one epoch." in render(records)


def test_a_run_with_options_that_the_recipe_no_longer_has_does_not_count(
    records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sorted(read_figures(records, TINY)[FULL].scores) == [0, 1]
    monkeypatch.setattr(Ablation, "options", lambda self, changes: {"units": 5, **changes})
    assert not read_figures(records, TINY)
    assert render(records) == ""


@pytest.mark.parametrize("name", sorted(ABLATIONS))
def test_every_change_is_one_of_the_options(name: str) -> None:
    ablation = ABLATIONS[name]
    config = default_host().find_task(ablation.task).config
    whole = parse(config, ablation.options({}))
    for changes in ablation.changes.values():
        assert parse(config, ablation.options(changes)) != whole
