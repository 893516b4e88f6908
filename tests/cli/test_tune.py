"""``seqkit tune``: trials, their storage, the best recipe, and what is refused."""

import dataclasses
import json
import os
import re
import shlex
import signal
import tomllib
from pathlib import Path

import pytest

from seqkit.errors import UserError
from seqkit.hookspecs import hookimpl
from seqkit.plugins import PluginHost, PluginSource, use_host
from tests.cli.toy import SPEC, toy_host, write_data

pytest.importorskip("optuna", reason="the extra seqkit[tune] is not installed")

LITTLE = ("--trials", "3", "--set", "epochs=2", "--search", "learning_rate=0.01..1")


def test_a_search_prints_its_trials_and_writes_the_best_recipe(seqkit):
    done = seqkit("tune", "toy", *LITTLE)
    assert done.status == 0
    assert done.err.count("\n") == 3
    assert re.match(r"trial 0: accuracy \d+\.\d\d at", done.err)
    recipe = tomllib.loads(Path("runs/tune-toy-1/best.toml").read_text())
    assert 0.01 <= recipe["learning_rate"] <= 1
    assert "seqkit run toy --config runs/tune-toy-1/best.toml" in done.out


def test_a_run_takes_the_best_recipe_and_reaches_its_score(seqkit):
    seqkit("tune", "toy", *LITTLE, "--output", "search")
    found = json.loads(seqkit("tune", "toy", *LITTLE, "--output", "search", "--json").out)
    best = next(trial for trial in found["trials"] if trial["number"] == found["best"])
    report = json.loads(seqkit("run", "toy", "--config", found["recipe"], "--json").out)
    assert max(epoch["score"] for epoch in report["epochs"]) == best["score"]


def test_the_command_for_the_best_recipe_names_the_data(seqkit, tmp_path):
    file = write_data(tmp_path / "my reviews") / "train.tsv"
    done = seqkit("tune", "toy", "--data", str(file), "--seed", "3", *LITTLE)
    command = done.out.splitlines()[-1]
    best = "runs/tune-toy-1/best.toml"
    expected = ["run", "toy", "--config", best, "--data", str(file), "--seed", "3"]
    assert shlex.split(command)[1:] == expected
    assert Path(best).read_text("utf-8").splitlines()[0] == f"# {command}"


def test_the_best_trial_is_the_one_of_the_highest_score(seqkit):
    found = json.loads(seqkit("tune", "toy", *LITTLE, "--json").out)
    scores = {trial["number"]: trial["score"] for trial in found["trials"]}
    assert scores[found["best"]] == max(scores.values())


def test_the_same_command_goes_on_with_a_search(seqkit):
    first = seqkit("tune", "toy", *LITTLE, "--output", "search", "--json")
    more = ("--trials", "5", *LITTLE[2:], "--output", "search", "--json")
    second = seqkit("tune", "toy", *more)
    assert json.loads(second.out)["trials"][:3] == json.loads(first.out)["trials"]
    assert second.err.count("trial ") == 2


def test_a_search_of_other_options_is_not_mixed_with_it(seqkit):
    seqkit("tune", "toy", *LITTLE, "--output", "search")
    changed = ("--trials", "4", "--set", "epochs=3", *LITTLE[4:], "--output", "search")
    done = seqkit("tune", "toy", *changed)
    assert done.status == 2
    assert "search: holds a search with other options" in done.err


def test_a_search_for_another_task_is_not_mixed_with_it(seqkit, monkeypatch):
    assert seqkit("tune", "toy", *LITTLE, "--output", "search").status == 0
    before = Path("search/best.toml").read_bytes()
    other = PluginHost([PluginSource.of("other", OtherToy())])
    with use_host(other):
        folder = write_data(Path("data").absolute())
        done = seqkit("tune", "other-toy", "--data", str(folder), *LITTLE, "--output", "search")
    assert done.status == 2
    assert "search: holds a search for toy, wanted one for other-toy" in done.err
    assert Path("search/best.toml").read_bytes() == before


def test_a_search_keeps_off_the_folder_of_a_run(seqkit, trained):
    before = sorted(Path(trained).iterdir())
    done = seqkit("tune", "toy", *LITTLE, "--output", trained)
    assert done.status == 2
    assert done.err == "trained: already holds a run; choose another folder\n"
    assert sorted(Path(trained).iterdir()) == before


def test_a_best_recipe_that_no_search_has_written_is_kept(seqkit):
    Path("mine").mkdir()
    Path("mine/best.toml").write_text("epochs = 1  # ours\n")
    done = seqkit("tune", "toy", *LITTLE, "--output", "mine")
    assert done.status == 2
    assert "mine: already holds best.toml, to be written there; choose another folder" in done.err
    assert Path("mine/best.toml").read_text() == "epochs = 1  # ours\n"


class OtherToy:
    @hookimpl
    def seqkit_tasks(self):
        yield dataclasses.replace(SPEC, name="other-toy", aliases=(), sample=None)


@pytest.mark.parametrize("kept", [0.4, 0.999])
def test_a_search_goes_on_after_a_line_that_a_killed_one_left_unfinished(seqkit, kept):
    seqkit("tune", "toy", *LITTLE, "--output", "search")
    journal = Path("search/trials.log")
    contents = journal.read_bytes()
    cut = contents[: int(kept * len(contents))].rstrip(b"\n")
    journal.write_bytes(cut)
    done = seqkit("tune", "toy", *LITTLE, "--output", "search", "--json")
    assert done.status == 0
    line = cut.count(b"\n") + 1
    assert re.match(rf"search/trials.log:{line}: [0-9]+ bytes of an unfinished line", done.err)
    outcomes = [trial["outcome"] for trial in json.loads(done.out)["trials"]]
    assert sum(outcome in ("done", "stopped early") for outcome in outcomes) == int(LITTLE[1])
    again = seqkit("tune", "toy", *LITTLE, "--output", "search")
    assert (again.status, again.err) == (0, "")


def test_a_journal_with_a_damaged_line_is_refused(seqkit):
    seqkit("tune", "toy", *LITTLE, "--output", "search")
    journal = Path("search/trials.log")
    first, second, *others = journal.read_bytes().splitlines(keepends=True)
    damaged = b"".join([first, second[:10] + b"\n", *others])
    journal.write_bytes(damaged)
    done = seqkit("tune", "toy", *LITTLE, "--output", "search")
    assert done.status == 2
    assert "trials.log:2: trials.log is damaged there; choose another folder" in done.err
    assert journal.read_bytes() == damaged


def test_a_lock_that_a_killed_search_leaves_leads_to_the_journal(seqkit, monkeypatch):
    targets = []
    link = os.symlink

    def symlink(target, *arguments):
        targets.append(target)
        link(target, *arguments)

    monkeypatch.setattr(os, "symlink", symlink)
    seqkit("tune", "toy", *LITTLE, "--output", "search")
    assert {*targets} == {str(Path("search/trials.log").resolve())}


def test_a_lock_that_leads_nowhere_is_not_waited_for(seqkit):
    seqkit("tune", "toy", *LITTLE, "--output", "search")
    Path("search/trials.log.lock").symlink_to("search/trials.log")
    more = ("--trials", "4", *LITTLE[2:], "--output", "search")
    assert seqkit("tune", "toy", *more).status == 0


def test_equal_seeds_try_the_same(seqkit):
    both = [json.loads(seqkit("tune", "toy", *LITTLE, "--json").out) for _ in range(2)]
    values = [[trial["values"] for trial in found["trials"]] for found in both]
    assert values[0] == values[1]


def test_the_test_split_is_never_opened(seqkit, host):
    data = host.find_dataset("toy-sample").files()
    folder = Path("data")
    folder.mkdir()
    (folder / "train.tsv").write_bytes(data.train.read_bytes())
    (folder / "dev.tsv").write_bytes(data.dev.read_bytes())
    (folder / "test.tsv").write_bytes(b"\xff\xfe not to be read")
    assert seqkit("tune", "toy", "--data", "data", *LITTLE).status == 0


def test_choices_are_tried(seqkit):
    done = seqkit("tune", "toy", "--search", "parts=a,a+b", "--trials", "4", "--json")
    tried = {trial["values"]["parts"] for trial in json.loads(done.out)["trials"]}
    assert tried <= {"a", "a,b"}


def test_a_trial_of_options_that_do_not_go_together_fails_alone(seqkit):
    searched = ("--search", "schedule=plateau,constant", "--set", "schedule_factor=1.0")
    done = seqkit("tune", "toy", *searched, "--trials", "6", "--json")
    assert done.status == 0
    for trial in json.loads(done.out)["trials"]:
        refused = trial["values"]["schedule"] == "plateau"
        assert trial["outcome"] == ("failed" if refused else "done")
        assert ("schedule_factor: found 1.0" in trial["reason"]) == refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--trials", "0"], "--trials: found 0, wanted at least 1\n"),
        (["--time-limit", "-1"], "--time-limit: found -1, wanted minutes, at least 0\n"),
        (["--seed", "-1"], "--seed: found -1, wanted a whole number, at least 0\n"),
        (["--threads", "0"], "--threads: found 0, wanted a whole number, at least 1\n"),
        (["--test", "x"], "--test: a search never opens the test split; leave it out, and"),
    ],
)
def test_a_number_or_file_that_a_search_cannot_use_is_named(seqkit, arguments, said):
    done = seqkit("tune", "toy", *arguments)
    assert done.status == 2
    assert done.err.startswith(said)


def test_a_time_limit_ends_it(seqkit):
    done = seqkit("tune", "toy", *LITTLE, "--time-limit", "0", "--json")
    assert done.status == 2
    assert json.loads(done.out) == {"best": None, "recipe": None, "trials": []}
    assert "the time limit is over; no trial has finished, so there is no best one" in done.err
    assert seqkit("tune", "toy", *LITTLE, "--time-limit", "0").out == ""


@pytest.mark.parametrize("contents", ["", "yes\n"])
def test_data_that_cannot_be_used_is_refused_before_the_first_trial(seqkit, contents):
    Path("mine.tsv").write_text(contents)
    run = seqkit("run", "toy", "--data", "mine.tsv")
    done = seqkit("tune", "toy", "--data", "mine.tsv", *LITTLE)
    assert (done.status, done.out, done.err) == (2, "", run.err)
    assert not Path("runs").exists()


class Spoiler:
    """Breaks some trials, counted from 0, as options that do not fit would."""

    def __init__(self, monkeypatch, *numbers):
        from seqkit.tuning import search

        train = search.Search._train

        def fail(self, asked, trial, stop):
            if trial.number in numbers:
                raise UserError("units: do not fit")
            return train(self, asked, trial, stop)

        monkeypatch.setattr(search.Search, "_train", fail)


def test_trials_that_fail_do_not_count(seqkit, monkeypatch):
    Spoiler(monkeypatch, 0, 2)
    done = seqkit("tune", "toy", *LITTLE, "--json")
    outcomes = [trial["outcome"] for trial in json.loads(done.out)["trials"]]
    assert (done.status, outcomes) == (0, ["failed", "done", "failed", "done", "done"])


def test_a_search_ends_where_every_trial_fails(seqkit, monkeypatch):
    Spoiler(monkeypatch, *range(99))
    done = seqkit("tune", "toy", *LITTLE, "--output", "search")
    assert done.status == 2
    assert done.err.count("failed: units: do not fit") == 10
    assert "ended after 10 trials in a row that failed; no trial has finished" in done.err


def test_a_search_of_failures_goes_on_when_the_cause_is_gone(seqkit, monkeypatch):
    with monkeypatch.context() as patched:
        Spoiler(patched, *range(99))
        done = seqkit("tune", "toy", *LITTLE, "--output", "search", "--json")
    again = shlex.split(done.err.splitlines()[-1].removeprefix("to go on: seqkit "))
    done = seqkit(*again, "--json")
    assert done.status == 0
    assert sum(trial["outcome"] == "done" for trial in json.loads(done.out)["trials"]) == 3


def test_a_trial_that_ctrl_c_cuts_off_does_not_count(seqkit, tmp_path):
    class Interrupter:
        @hookimpl
        def seqkit_epoch_finished(self, report):
            os.kill(os.getpid(), signal.SIGINT)

    data = str(write_data(tmp_path / "data"))
    with use_host(toy_host(tmp_path / "sample", ("interrupter", Interrupter()))):
        done = seqkit("tune", "toy", *LITTLE, "--data", data, "--json")
    assert done.status == 130
    assert [trial["outcome"] for trial in json.loads(done.out)["trials"]] == ["interrupted"]
    again = done.err.splitlines()[-1].removeprefix("to go on: seqkit ")
    done = seqkit(*shlex.split(again), "--json")
    outcomes = [trial["outcome"] for trial in json.loads(done.out)["trials"]]
    assert outcomes == ["interrupted", "done", "done", "done"]


def test_the_best_trial_is_marked_in_each_part_of_a_wide_table(seqkit):
    names = ("warmup", "patience", "schedule_epochs", "validation_examples", "averaging_patience")
    space = [word for name in names for word in ("--search", f"{name}=1,2")]
    done = seqkit("tune", "toy", *LITTLE, *space)
    assert done.out.count(" trial  ") > 1
    assert done.out.count(" best ") == done.out.count(" trial  ")


def test_ctrl_c_keeps_what_is_done(seqkit, monkeypatch):
    from seqkit.tuning import search

    record = search.Search._record

    def interrupted_after_the_first(self, asked, trial):
        record(self, asked, trial)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(search.Search, "_record", interrupted_after_the_first)
    done = seqkit("tune", "toy", *LITTLE, "--output", "search", "--json")
    assert done.status == 130
    assert len(json.loads(done.out)["trials"]) == 1
    assert Path("search/best.toml").exists()


@pytest.mark.parametrize(
    ("searched", "said"),
    [
        ("learning_rat=1..2", "--search learning_rat: no such option; did you mean"),
        ("learning_rate=2..1", "wanted the smaller number first"),
        ("learning_rate=-1..1", "found '-1', wanted a number, at least 0"),
        ("optimizer=adam,sgdd", "did you mean 'sgd'?"),
        ("optimizer=adam..sgd", "it is no number"),
        ("optimizer=adam", "wanted two or more values"),
        ("noise", "wanted values, such as noise=low..high or noise=a,b"),
    ],
)
def test_a_space_that_cannot_be_searched_is_named(seqkit, searched, said):
    done = seqkit("tune", "toy", "--search", searched)
    assert done.status == 2
    assert said in done.err


def test_an_option_is_searched_or_set_but_not_both(seqkit):
    done = seqkit("tune", "toy", "--set", "learning-rate=0.1", "--search", "learning_rate")
    assert done.status == 2
    assert "--search learning_rate: found beside --set of the same option" in done.err


def test_an_option_is_searched_once(seqkit):
    done = seqkit("tune", "toy", "--search", "epochs=1..2", "--search", "epochs=3,4")
    assert done.status == 2
    assert "--search epochs: given twice" in done.err


@pytest.mark.parametrize("by", ["--set", "--config"])
def test_what_is_fixed_leaves_the_default_space(seqkit, by):
    Path("recipe.toml").write_text("learning_rate = 0.25\n")
    given = "learning_rate=0.25" if by == "--set" else "recipe.toml"
    done = seqkit("tune", "toy", by, given)
    assert done.status == 2
    assert "--search: missing, and what is searched by default is fixed (learning_rate)" in done.err


def test_what_a_recipe_sets_can_be_searched_all_the_same(seqkit):
    Path("recipe.toml").write_text("learning_rate = 0.25\nepochs = 1\n")
    searched = ("--search", "learning_rate=0.5,1", "--trials", "1", "--json")
    done = seqkit("tune", "toy", "--config", "recipe.toml", *searched)
    assert json.loads(done.out)["trials"][0]["values"]["learning_rate"] in ("0.5", "1")


def test_all_mistakes_are_told_at_once(seqkit):
    done = seqkit("tune", "toy", "--search", "noise", "--search", "epoch=1..2", "--set", "x=1")
    assert done.status == 2
    assert len(done.err.splitlines()) == 3


def test_without_optuna_the_extra_is_named(seqkit, monkeypatch):
    monkeypatch.setattr("seqkit.extras.find_spec", lambda name: None)
    done = seqkit("tune", "toy")
    assert done.status == 2
    assert "seqkit tune needs optuna" in done.err
    assert "pip install 'seqkit[tune]'" in done.err
