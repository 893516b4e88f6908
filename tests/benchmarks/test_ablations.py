"""The table of ablations is made of the reports of runs, and of nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import ablations
from benchmarks.ablations import ABLATIONS, FULL, Ablation, render, run_folder, run_missing
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
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two seeds of a small recipe and of a change, without a test split that could be read."""
    lines = [f"{label}\t{word} {n}" for n in range(8) for label, word in (("a", "x"), ("b", "y"))]
    train = tmp_path / "train.tsv"
    train.write_text("\n".join(["label\ttext", *lines]) + "\n", encoding="utf-8")
    small = {"units": 4, "embedding": 4, "epochs": 2, "word_ngrams": 1, "character_ngrams": 0}
    monkeypatch.setattr(Ablation, "options", lambda self, changes: {**small, **changes})
    monkeypatch.setattr(ablations, "ABLATIONS", {"tiny": TINY})
    data = DataFiles(train=train, dev=train, test=tmp_path / "missing.tsv", name="tiny")
    folder = tmp_path / "runs"
    told = list(run_missing(TINY, data, [0, 1], folder, list(TINY.variants)))
    assert len(told) == 4
    assert not list(run_missing(TINY, data, [0, 1], folder, list(TINY.variants)))
    return folder


def test_a_row_for_each_variant_with_mean_spread_and_seeds(runs: Path) -> None:
    rows = [line for line in render(runs).splitlines() if line.startswith("| ")]
    whole, changed = rows[-2:]
    assert whole.startswith(f"| {FULL} |")
    assert changed.startswith("| one epoch |")
    assert " ± " in whole
    assert "| 0, 1 |" in changed


def test_what_every_row_changes_is_said(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = replace(TINY, shortened={"epochs": 2})
    monkeypatch.setattr(ablations, "ABLATIONS", {"tiny": short})
    assert "Every row with `epochs = 2`" in render(runs)


def test_what_was_not_run_is_said(runs: Path) -> None:
    for seed in (0, 1):
        (run_folder(runs, TINY, "one epoch", seed) / "report.json").unlink()
    assert "Not run yet: one epoch." in render(runs)


@pytest.mark.parametrize("name", sorted(ABLATIONS))
def test_every_change_is_one_of_the_options(name: str) -> None:
    ablation = ABLATIONS[name]
    config = default_host().find_task(ablation.task).config
    whole = parse(config, ablation.options({}))
    for changes in ablation.changes.values():
        assert parse(config, ablation.options(changes)) != whole
