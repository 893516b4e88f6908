"""The page of results says what the reports beside it say, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.docs import make_results, run_reports
from tests.docs.make_results import PAGE, page
from tests.docs.run_reports import DOCS, FOLDER, deviations, extract, results, take

RENEW = "renew it: python -m tests.docs.make_results"


def metric(name: str, value: float, **more: Any) -> dict[str, Any]:
    interval = {"low": value - 0.01, "high": value + 0.01, "level": 0.95}
    given = {"interval": interval, "higher_is_better": True, "style": "percent"}
    return {"name": name, "value": value, **given, **more}


def report(
    seed: int = 0, score: float = 0.9, baseline: float = 0.8, task: str = "sentiment", **config: Any
) -> dict[str, Any]:
    """What a run writes, as far as the page looks at it."""
    epoch = {"seconds": 50.0, "validation_seconds": 10.0}
    return {
        "task": task,
        "config": {"units": 128, "vectors": "/home/me/vectors.txt", **config},
        "seed": seed,
        "threads": 2,
        "best_epoch": 2,
        "stopped": "all epochs done",
        "split": "test",
        "seconds": 70.0,
        "peak_megabytes": 400.0,
        "versions": {"seqkit": "0.1.0"},
        "epochs": [epoch, epoch],
        "model": {"parameters": 1234, "parts": {}, "megabytes": 1.0},
        "data": {
            "name": "reviews",
            "splits": [
                {"name": "train", "source": "/home/me/train.tsv", "counts": {"texts": 900}},
                {"name": "test", "source": "/home/me/test.tsv", "counts": {"texts": 100}},
            ],
        },
        "evaluation": {
            "metrics": [metric("accuracy", score), metric("macro F1", score)],
            "counts": {"texts": 100},
            "tables": [{"title": "Words", "rows": [["a sentence of the data"]]}],
        },
        "baselines": [
            {"name": "majority", "evaluation": {"metrics": [metric("accuracy", 0.5)]}},
            {"name": "TF-IDF", "evaluation": {"metrics": [metric("accuracy", baseline)]}},
        ],
        "notices": [],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "results.toml").write_text(
        "[[result]]\n"
        'data = "Reviews"\nreports = "reviews"\ncommand = "seqkit run sentiment"\nsource = "us"\n'
        'published = [{ what = "others", score = "88.0", source = "them 2020" }]\n'
        'remarks = ["Be careful."]\n',
        encoding="utf-8",
    )
    return tmp_path


def run_folder(folder: Path, **given: Any) -> Path:
    run = folder / f"run-{given.get('seed', 0)}"
    run.mkdir()
    (run / "report.json").write_text(json.dumps(report(**given)), encoding="utf-8")
    return run


# --- the page in the repository ------------------------------------------------------------------


def test_the_page_is_what_the_script_writes():
    assert PAGE.read_text(encoding="utf-8") == page(results(FOLDER)), RENEW


def test_no_path_and_no_text_of_the_data_is_kept():
    for path in FOLDER.glob("*.json"):
        kept = json.loads(path.read_text(encoding="utf-8"))
        assert not kept.keys() & {"data", "notices", "evaluation", "tables"}, path
        assert not [v for v in kept["config"].values() if isinstance(v, str) and "/" in v], path


def test_every_recipe_of_a_result_is_there():
    for result in results(FOLDER):
        assert not result.recipe or (DOCS / result.recipe).is_file()


# --- the script ----------------------------------------------------------------------------------


def test_one_run_is_shown_with_its_interval_and_what_else_there_is(folder: Path):
    take("reviews", [run_folder(folder)], folder)
    text = page(results(folder))
    assert (
        "| Reviews | accuracy **90.00** [89.00, 91.00] | TF-IDF 80.00 [79.00, 81.00] | others 88.0 "
        "| 2.0 min, 2 epochs, 2 threads | 400 MB |" in text
    )
    assert "- Data: us; 900 texts for train, 100 texts for test; scored: 100 texts." in text
    assert "- Published: others 88.0 (them 2020)." in text
    assert "- Be careful." in text
    assert "/home" not in text


def test_seeds_are_shown_with_mean_and_deviation(folder: Path):
    runs = [run_folder(folder, seed=n, score=s) for n, s in enumerate((0.90, 0.92, 0.94))]
    take("reviews", runs, folder)
    assert "accuracy **92.00** ± 2.00 (3 seeds: 90.00, 92.00, 94.00)" in page(results(folder))


def test_a_baseline_that_wins_is_said_to(folder: Path):
    take("reviews", [run_folder(folder, baseline=0.95)], folder)
    assert "TF-IDF 95.00 [94.00, 96.00], **better**" in page(results(folder))


def test_options_that_are_not_those_of_the_recipe_are_said(folder: Path):
    take("reviews", [run_folder(folder, units=7, no_longer_there=1)], folder)
    (result,) = results(folder)
    found = deviations(result)
    assert any(line.startswith("`units = 7` instead of `") for line in found)
    assert not any("no_longer_there" in line for line in found)


def test_a_plugins_options_are_held_against_its_recipe_alone(folder: Path, monkeypatch):
    listed = (folder / "results.toml").read_text(encoding="utf-8")
    (folder / "results.toml").write_text(f'{listed}recipe = "ner.toml"\n', encoding="utf-8")
    (folder / "ner.toml").write_text("units = 64\n", encoding="utf-8")
    monkeypatch.setattr(run_reports, "DOCS", folder)
    take("reviews", [run_folder(folder, task="not-installed", dropout=0.3)], folder)
    assert deviations(results(folder)[0]) == ["`units = 128` instead of `64`"]


def test_the_time_of_a_run_is_that_of_its_epochs_where_the_report_is_an_old_one():
    assert extract(report())["training_seconds"] == 120
    assert extract({**report(), "training_seconds": 130.0})["training_seconds"] == 130


def test_an_extract_holds_no_path_and_no_table():
    kept = extract(report())
    assert kept["config"]["vectors"] == "vectors.txt"
    assert "sentence" not in json.dumps(kept)
    assert "/home" not in json.dumps(kept)


def test_extracts_and_results_must_fit(folder: Path):
    with pytest.raises(ValueError, match="no reviews-seed"):
        results(folder)
    take("reviews", [run_folder(folder)], folder)
    take("stray", [folder / "run-0"], folder)
    with pytest.raises(ValueError, match=r"nothing in results.toml is about stray-seed0.json"):
        results(folder)


def test_the_command(folder: Path, monkeypatch, capsys):
    monkeypatch.setattr(make_results, "FOLDER", folder)
    monkeypatch.setattr(make_results, "PAGE", folder / "page.md")
    make_results.main(["take", "reviews", str(run_folder(folder))])
    assert "wrote" in capsys.readouterr().out
    assert "## Reviews" in (folder / "page.md").read_text(encoding="utf-8")
