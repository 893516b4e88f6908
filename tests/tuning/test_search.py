"""The search from Python: scores of which lower ones are better, and trials that fail."""

from pathlib import Path
from typing import Any

import pytest

from seqkit.datasets import DataFiles
from seqkit.errors import UserError
from seqkit.options import parse
from seqkit.plugins import default_host
from seqkit.tuning import Choices, Range, Search

pytest.importorskip("optuna", reason="the extra seqkit[tune] is not installed")

SMALL = {"units": 4, "epochs": 1, "batch_size": 2, "min_count": 1}


def search_in(folder: Path, *space: Any, epochs: int = 1) -> Search:
    """A search for a tiny language model."""
    text = folder / "text.txt"
    text.write_text("바람이 불고 비가 온다\nrain and wind and rain\n" * 6, encoding="utf-8")
    spec = default_host().find_task("lm")
    return Search(
        spec,
        parse(spec.config, {**SMALL, "epochs": epochs}),
        data=DataFiles(train=text, dev=text, test=folder / "absent.txt", name="text"),
        space=space,
        folder=folder / "search",
        host=default_host(),
    )


def test_the_lowest_perplexity_is_the_best(tmp_path: Path) -> None:
    search = search_in(tmp_path, Range("learning_rate", 0.001, 0.1, whole=False))
    trials = list(search.run(trials=4))
    scores = [trial.score for trial in trials]
    assert {trial.metric for trial in trials} == {"perplexity"}
    assert search.best is not None
    assert search.best.score == min(scores)
    assert search.trials == tuple(trials)


def test_a_run_that_diverges_is_a_trial_that_failed(tmp_path: Path) -> None:
    search = search_in(tmp_path, Choices("learning_rate", ("0.01", "1e38")))
    trials = list(search.run(trials=6))
    for trial in trials:
        wild = trial.values["learning_rate"] == "1e38"
        assert (trial.outcome == "failed") == wild
        assert bool(trial.reason) == wild
    assert search.best is not None
    assert search.best.values["learning_rate"] == "0.01"


def test_an_encoder_that_nobody_offers_is_found_before_the_first_trial(tmp_path: Path) -> None:
    found = "--search encoder: found 'lsmt', no such encoder; did you mean 'lstm'"
    with pytest.raises(UserError, match=found):
        search_in(tmp_path, Choices("encoder", ("gru", "lsmt")))
    assert not (tmp_path / "search").exists()


def test_without_a_trial_there_is_no_best(tmp_path: Path) -> None:
    search = search_in(tmp_path, Choices("tied", ("true", "false")))
    assert search.best is None
    assert not (tmp_path / "search" / "best.toml").exists()


def test_a_search_is_taken_up_where_it_was_left(tmp_path: Path) -> None:
    space = Choices("encoder", ("lstm", "gru"))
    first = list(search_in(tmp_path, space).run(trials=2))
    again = search_in(tmp_path, space)
    assert again.trials == tuple(first)
    (third,) = again.run(trials=3)
    assert third.number == 2


def test_the_best_recipe_of_a_search_that_was_killed_is_written_when_it_goes_on(
    tmp_path: Path,
) -> None:
    space = Choices("encoder", ("lstm", "gru"))
    list(search_in(tmp_path, space).run(trials=2))
    recipe = tmp_path / "search" / "best.toml"
    written = recipe.read_bytes()
    recipe.unlink()
    assert list(search_in(tmp_path, space).run(trials=2)) == []
    assert recipe.read_bytes() == written


def test_no_trial_is_stopped_in_the_first_fourth_of_its_epochs(tmp_path: Path) -> None:
    import optuna
    from optuna.storages.journal import JournalFileBackend

    search = search_in(tmp_path, Choices("learning_rate", ("0.03", "1e-9")), epochs=8)
    trials = list(search.run(trials=14))
    stopped = [trial.number for trial in trials if trial.outcome == "stopped early"]
    journal = JournalFileBackend(str(tmp_path / "search" / "trials.log"))
    study = optuna.load_study(study_name=None, storage=optuna.storages.JournalStorage(journal))
    epochs = [len(study.trials[number].intermediate_values) for number in stopped]
    assert epochs
    assert min(epochs) == 3


def test_an_option_is_searched_once(tmp_path: Path) -> None:
    twice = Range("units", 1, 3, whole=True), Choices("units", ("4", "5"))
    with pytest.raises(UserError, match="units: found twice in the space, wanted once"):
        search_in(tmp_path, *twice)
