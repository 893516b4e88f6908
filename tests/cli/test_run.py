"""``seqkit run`` from the command line to the files, with a task that trains in milliseconds."""

import json
import os
import shlex
import signal
from pathlib import Path

import pytest

from seqkit.cli.folders import sole_writer
from seqkit.hookspecs import hookimpl
from seqkit.plugins import use_host
from tests.cli.toy import toy_host, write_data


def test_a_run_on_the_sample_trains_reports_and_saves(seqkit):
    done = seqkit("run", "toy")
    assert done.status == 0
    assert "toy: accuracy" in done.out
    assert "always yes" in done.out
    assert "for trying out, not for measuring" in done.out
    assert "seqkit predict runs/toy-1" in done.out
    assert "best epoch" in done.out
    assert "epoch 1/2  loss" in done.err
    assert "Data: toy-sample" in done.err
    assert "unknown tokens" in done.err
    names = {path.name for path in Path("runs/toy-1").iterdir()}
    assert {"model.safetensors", "report.json", "config.toml"} <= names


def test_without_a_terminal_there_are_no_escape_codes(seqkit):
    done = seqkit("run", "toy")
    assert "\x1b" not in done.out + done.err


def test_runs_are_numbered(seqkit):
    for number in (1, 2):
        assert seqkit("run", "t", "--quiet").status == 0
        assert Path(f"runs/toy-{number}/model.safetensors").exists()


def test_json_is_all_there_is_on_stdout(seqkit):
    done = seqkit("run", "toy", "--json", "--noise", "hello from the task")
    report = json.loads(done.out)
    assert report["task"] == "toy"
    assert report["config"]["epochs"] == 2
    assert "hello from the task" in done.err


def test_quiet_shows_the_report_alone(seqkit):
    done = seqkit("run", "toy", "--quiet")
    assert done.err == ""
    assert "accuracy" in done.out


def test_flags_set_and_recipe_by_precedence(seqkit):
    Path("recipe.toml").write_text("epochs = 3\nmin_count = 4\nparts = ['x']\n")
    done = seqkit(
        "run", "toy", "--config", "recipe.toml", "--epochs", "1", "--set", "min-count=2",
        "--no-lowercase", "--seed", "5", "--set", "seed=9", "--json",
    )  # fmt: skip
    report = json.loads(done.out)
    config = report["config"]
    assert (config["epochs"], config["min_count"], config["parts"]) == (1, 2, ["x"])
    assert config["lowercase"] is False
    assert (report["seed"], config["seed"]) == (5, 9)  # the task's own only by --set


def test_the_saved_recipe_can_be_run_again(seqkit):
    seqkit("run", "toy", "--set", "parts=x,y", "--epochs", "1", "--quiet")
    done = seqkit("run", "toy", "--config", "runs/toy-1/config.toml", "--json")
    assert json.loads(done.out)["config"]["parts"] == ["x", "y"]


def test_the_command_in_the_saved_recipe_names_the_data_and_runs_again(seqkit, tmp_path):
    folder = write_data(tmp_path / "my reviews")
    given = ("--train", f"{folder}/train.tsv", "--test", f"{folder}/test.tsv", "--seed", "3")
    seqkit("run", "toy", *given, "--epochs", "1", "--quiet")
    first = Path("runs/toy-1/config.toml").read_text("utf-8").partition("\n")[0]
    words = shlex.split(first.removeprefix("# seqkit "))
    assert words == ["run", "toy", "--config", "runs/toy-1/config.toml", *given]
    assert seqkit(*words, "--quiet").status == 0


def test_own_files(seqkit, tmp_path):
    folder = write_data(tmp_path / "mine")
    done = seqkit(
        "run", "toy", "--train", f"{folder}/train.tsv", "--test", f"{folder}/test.tsv", "--json"
    )
    report = json.loads(done.out)
    assert report["data"]["sample"] is False
    assert report["split"] == "test"


def test_every_mistake_is_told_in_one_go(seqkit):
    Path("recipe.toml").write_text("# mine\nepochs = 'many'\n\nmin-cuont = 3\n")
    done = seqkit(
        "run", "toy", "--config", "recipe.toml", "--set", "patiense=3", "--set", "nonsense",
        "--learning-rate", "fast", "--seed", "-1", "--data", "gone.tsv", "--unknwon", "3", "stray",
        "--epoch", "3",
    )  # fmt: skip
    assert done.status == 2
    assert done.out == ""
    assert done.err.splitlines() == [
        "--unknwon: no such option; --help lists them",
        "stray: unexpected; options start with --, data is given by --data",
        "--epoch: no such option; did you mean '--epochs'?",
        "--seed: found '-1', wanted a whole number, at least 0",
        "--set nonsense: found no '=', wanted key=value",
        "recipe.toml:2: epochs: found 'many', wanted a whole number, at least 0",
        "recipe.toml:4: min_cuont: no such option; did you mean 'min_count'?",
        "--learning-rate: found 'fast', wanted a number, at least 0",
        "--set patiense: no such option; did you mean 'patience'?",
        "--data gone.tsv: no such file or folder",
    ]
    assert not Path("runs").exists()


def test_what_the_config_itself_refuses_is_placed_too(seqkit):
    done = seqkit("run", "toy", "--parts", "a,bad")
    assert (done.status, done.err) == (2, "--parts: 'bad' is no part\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "gone.toml"], "gone.toml: cannot be read: No such file or directory"),
        (["--config", "bad.toml"], "bad.toml:2: not TOML: "),
        (["--config", "deep.toml"], "deep.toml: its values are nested too deeply, wanted one"),
        (["--config", "long.toml"], "long.toml: one of its whole numbers has thousands of digits"),
        (["--set", "epochs=1", "--epochs", "2"], "--set epochs: given twice, also as --epochs"),
        (["--data", "toy-sampel"], "--data toy-sampel: found neither a file or folder nor a data"),
        (["--data", "elsewhere"], "--data elsewhere: is data for 'other', wanted 'toy'"),
        (["--data", "x", "--train", "y"], "--data: found beside --train, wanted one or the other"),
        (["--dev", "bad.toml"], "--train: missing; --dev alone is nothing to learn from"),
        (["--train", "bad.tml"], "--train bad.tml: no such file or folder; did you mean 'bad.to"),
        (["--train", "no/x"], "--train no/x: no such file or folder; there is no folder 'no' ei"),
        (["--output", "bad.toml"], "--output bad.toml: is a file, wanted a folder"),
        (
            ["--resume", "x", "--epochs", "3"],
            "--resume: found beside --epochs; a resumed run keeps its own options: to train longer",
        ),
        (["--resume", "nowhere"], "nowhere: no checkpoint.safetensors there"),
        (["--epochs"], "seqkit run toy: Option '--epochs' requires an argument"),
    ],
)
def test_mistakes(seqkit, arguments, message):
    Path("bad.toml").write_text("epochs = 3\nepochs 4\n")
    Path("deep.toml").write_text("epochs = " + "[" * 5000)
    Path("long.toml").write_text("epochs = " + "9" * 5000)
    done = seqkit("run", "toy", *arguments)
    assert done.status == 2
    assert done.err.startswith(message)
    assert "Traceback" not in done.err


def test_a_finished_run_is_never_written_over(seqkit, trained):
    done = seqkit("run", "toy", "--output", trained)
    assert done.status == 2
    assert "already holds a run" in done.err


def test_two_runs_do_not_write_to_one_folder_at_once(seqkit):
    Path("mine").mkdir()
    refused = (
        "mine: another run is writing there; wait until it has ended, or choose another folder\n"
    )
    with sole_writer(Path("mine")):
        done = seqkit("run", "toy", "--output", "mine")
    assert (done.status, done.err) == (2, refused)
    assert not list(Path("mine").iterdir())
    assert seqkit("run", "toy", "--output", "mine").status == 0
    with sole_writer(Path("mine")):
        assert seqkit("run", "toy", "--resume", "mine").err == refused
    assert seqkit("run", "toy", "--resume", "mine").status == 0


@pytest.mark.parametrize("name", ["config.toml", "log.jsonl"])
def test_a_file_of_the_users_is_never_written_over(seqkit, name):
    mine = Path("mine", name)
    mine.parent.mkdir()
    mine.write_text("epochs = 1  # ours\n")
    recipe = ["--config", str(mine)] if name == "config.toml" else []
    done = seqkit("run", "toy", *recipe, "--output", "mine")
    assert done.status == 2
    assert done.err == f"--output mine: already holds {name}, to be written there; choose another\n"
    assert mine.read_text() == "epochs = 1  # ours\n"


def test_the_files_of_others_are_not_told_of_as_saved(seqkit):
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    done = seqkit("run", "toy", "--output", "mine")
    names = "checkpoint.safetensors, config.toml, model.safetensors, report.json"
    assert f"saved in mine: {names}\n" in done.out


def test_a_file_that_stands_where_runs_are_kept_is_named(seqkit):
    Path("runs").write_text("no folder")
    done = seqkit("run", "toy")
    assert done.status == 2
    assert done.err.startswith("runs: cannot be written: there is a file of that name; choose an")


def test_unknown_task(seqkit):
    done = seqkit("run", "tyo")
    assert (done.status, done.err) == (2, "tyo: no such task; did you mean 'toy'?\n")


class Interrupter:
    """Presses Ctrl-C, or sends another signal, when an epoch has finished."""

    def __init__(self, *epochs: int, times: int = 1, number: int = signal.SIGINT) -> None:
        self.epochs = epochs
        self.times = times
        self.number = number

    @hookimpl
    def seqkit_epoch_finished(self, report):
        if report.epoch in self.epochs:
            for _ in range(self.times):
                os.kill(os.getpid(), self.number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_or_sigterm_saves_and_the_run_can_be_resumed(seqkit, tmp_path, number):
    interrupter = Interrupter(2, number=number)
    with use_host(toy_host(tmp_path / "sample", ("interrupter", interrupter))):
        done = seqkit("run", "toy", "--epochs", "4", "--patience", "none")
    assert done.status == 130
    assert done.out == ""
    assert "to go on: seqkit run toy --resume runs/toy-1" in done.err
    done = seqkit("run", "toy", "--resume", "runs/toy-1", "--json")
    assert done.status == 0
    assert [epoch["epoch"] for epoch in json.loads(done.out)["epochs"]] == [1, 2, 3, 4]
    assert Path("runs/toy-1/report.json").exists()


def test_a_finished_run_that_is_resumed_says_so(seqkit, trained):
    done = seqkit("run", "toy", "--resume", trained, "--quiet")
    assert (done.status, done.err) == (0, "trained: this run had finished; it is scored again\n")


@pytest.mark.parametrize("option", ["output", "data", "config", "resume"])
def test_an_option_without_a_value_is_not_taken_as_left_out(seqkit, option):
    done = seqkit("run", "toy", f"--{option}", "")
    assert done.status == 2
    assert f"--{option}: found nothing, wanted a value; or leave the option out\n" in done.err
    assert not Path("runs").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("command", ["run", "tune", "data check"])
def test_a_named_pipe_is_not_waited_for(seqkit, command):
    if command == "tune":
        pytest.importorskip("optuna", reason="the extra seqkit[tune] is not installed")
    os.mkfifo("pipe")
    done = seqkit(*command.split(), "toy", "--data", "pipe")
    assert done.status == 2
    assert done.err.startswith("pipe: is a pipe or a device, wanted a file or folder")


def test_a_second_ctrl_c_stops_at_once(seqkit, tmp_path):
    before = signal.getsignal(signal.SIGINT)
    with use_host(toy_host(tmp_path / "sample", ("interrupter", Interrupter(1, times=2)))):
        done = seqkit("run", "toy", "--epochs", "4")
    assert done.status == 130
    assert "interrupted" in done.err
    assert signal.getsignal(signal.SIGINT) is before


class Failing:
    @hookimpl
    def seqkit_epoch_finished(self, report):
        raise OSError("disk full")


def test_a_plugin_that_fails_during_a_run_is_told_of_and_stops_nothing(seqkit, tmp_path):
    with use_host(toy_host(tmp_path / "sample", ("failing", Failing()))):
        done = seqkit("run", "toy", "--quiet")
        assert done.status == 0
        assert done.err.startswith("plugin failing: seqkit_epoch_finished failed: OSError: disk")
        assert done.err.count("\n") == 1  # no other command could tell more
    with use_host(toy_host(tmp_path / "sample", ("failing", Failing()))):
        done = seqkit("--strict-plugins", "run", "toy", "--quiet")
        assert done.status == 3
        assert done.err.count("disk full") == 1
