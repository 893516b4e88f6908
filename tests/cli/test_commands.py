"""Listings, plugin commands, help, exit statuses."""

import json
import os
import re
import subprocess
import sys
import types
from dataclasses import make_dataclass, replace

import pytest

from seqkit.cli import outcome, run_command_line
from seqkit.cli.app import CORE
from seqkit.hookspecs import hookimpl
from seqkit.options import option, options_of
from seqkit.plugins import CORE_COMMANDS, PluginHost, use_host
from tests.cli.toy import SPEC, ToyConfig, toy_host, write_data


def test_no_plugin_can_take_the_name_of_a_core_command():
    assert set(CORE) == set(CORE_COMMANDS)


def test_tasks(seqkit):
    done = seqkit("tasks")
    assert "toy, t" in done.out
    assert "Say yes or no [or not]" in done.out
    (row,) = json.loads(seqkit("tasks", "--json").out)
    assert (row["name"], row["aliases"], row["sample"]) == ("toy", ["t"], "toy-sample")


def test_plugins_with_a_broken_one(seqkit, tmp_path):
    with use_host(toy_host(tmp_path / "sample", ("empty", types.ModuleType("empty")))):
        done = seqkit("plugins")
        assert done.status == 0
        assert "dataset toy-sample" in done.out
        assert "empty: implements no hook: nothing in it is marked @hookimpl" in done.out
        found = json.loads(seqkit("plugins", "--json").out)["plugins"]
        assert [(row["name"], row["status"]) for row in found] == [
            ("toy", "ok"),
            ("empty", "broken"),
        ]
        assert found[0]["api"] == 1
        assert "broken plugins: empty" in seqkit("tasks").err


def test_strict_plugins(seqkit, tmp_path):
    assert seqkit("--strict-plugins", "tasks").status == 0
    with use_host(toy_host(tmp_path / "sample", ("empty", types.ModuleType("empty")))):
        done = seqkit("--strict-plugins", "tasks")
    assert (done.status, done.out) == (3, "")
    assert done.err == "plugin empty: implements no hook: nothing in it is marked @hookimpl\n"


def test_config_is_a_recipe(seqkit):
    done = seqkit("config", "t")
    assert done.out.startswith("# seqkit run toy --config FILE\n\n# --- data ---\n")
    assert "min_count = 1" in done.out
    assert seqkit("config", "tyo").err == "tyo: no such task; did you mean 'toy'?\n"


def test_a_plugins_command_is_a_command(seqkit):
    assert seqkit("recite", "hello", "--times", "2").out == "hello\nhello\n"
    assert "Read aloud" in seqkit("--help").out
    assert "Read a line aloud" in seqkit("recite", "--help").out
    done = seqkit("recite", "silence")
    assert (done.status, done.err) == (2, "line: found silence, wanted words\n")


@pytest.mark.parametrize("command", [[], ["run"], ["run", "toy"], *([name] for name in CORE)])
def test_every_help_has_an_example(seqkit, command):
    done = seqkit(*command, "--help")
    assert done.status == 0
    assert re.search(r"Example:\s+\$ (cat .* )?seqkit", done.out)
    assert "\x1b" not in done.out
    assert done.err == ""


@pytest.mark.parametrize("command", ["score", "generate", "adapt", "predict", "evaluate"])
def test_the_runs_in_an_example_have_the_names_that_runs_get(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    built_in = PluginHost.discover({"SEQKIT_DISABLE_PLUGINS": "all"})
    with use_host(built_in):
        run_command_line([command, "--help"])
    named = re.findall(r"runs/([\w-]+)-\d", capsys.readouterr().out)
    assert named
    assert set(named) <= {spec.name for spec in built_in.tasks()}


def test_the_help_of_a_task_shows_its_options_by_group(seqkit, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")
    text = seqkit("run", "toy", "--help").out
    panels = re.findall(r"─ (\w+) ─", text)
    assert panels == ["Options", "Data", "Head", "Training", "Run", "Output"]
    assert re.search(r"--min-count +<int 1\.\.> +rarer words are unknown \[default: 1\]", text)
    assert re.search(r"--lowercase .*\[default: \(on, unless --no-lowercase\)\]", text)
    assert re.search(r"--optimizer +<sgd\|momentum\|", text)
    assert re.search(r"--parts +<text,\.\.\.> +a list \[default: a,b\]", text)
    assert "passes [over] the data" in text
    assert text.count("--seed") == 1


class Bare:
    """Offers a task without a sample, with one option more."""

    def __init__(self, name="context"):
        field = (name, int, option(1, help="words around each"))
        bases, frozen = (ToyConfig,), {"frozen": True, "kw_only": True}
        config = make_dataclass("BareConfig", [field], bases=bases, **frozen)
        self.spec = replace(SPEC, name="bare", aliases=(), sample=None, config=config)

    @hookimpl
    def seqkit_tasks(self):
        return [self.spec]


def test_the_help_of_a_task_without_a_sample_runs_it_on_data(seqkit, tmp_path):
    with use_host(toy_host(tmp_path, ("bare", Bare()))):
        bare, toy = (seqkit("run", task, "--help").out for task in ("bare", "toy"))
    assert re.search(r"\$ seqkit run toy *\n", toy)
    assert not re.search(r"\$ seqkit run bare *\n", bare)
    assert "$ seqkit run bare --train" in bare


@pytest.mark.parametrize("name", ["context", "help", "set", "output", "function"])
def test_an_option_may_be_called_as_the_command_line_calls_something_else(seqkit, tmp_path, name):
    data = str(write_data(tmp_path / "data"))
    with use_host(toy_host(tmp_path / "sample", ("bare", Bare(name)))):
        shown = seqkit("run", "bare", "--help")
        done = seqkit("run", "bare", "--data", data, "--set", f"{name}=3", "--json")
    assert (shown.status, done.status) == (0, 0)
    assert "Show this message" in shown.out
    assert json.loads(done.out)["config"][name] == 3


def test_version(seqkit):
    import seqkit as package

    assert seqkit("--version").out == f"seqkit {package.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tsaks"], "tsaks: no such command; did you mean 'tasks'?"),
        (["--versoin"], "seqkit: No such option: --versoin (Possible options: --version)"),
        (["tasks", "--jsn"], "seqkit tasks: No such option: --jsn (Possible options: --json)"),
        (["config"], "seqkit config: Missing argument 'task'."),
        (["evaluate", "x"], "seqkit evaluate: Missing option '--data'."),
    ],
)
def test_usage(seqkit, arguments, message):
    done = seqkit(*arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines()[0] == message


def test_no_arguments_show_the_help(seqkit):
    for arguments in ((), ("run",)):
        done = seqkit(*arguments)
        assert (done.status, done.err) == (2, "")
        assert "Usage" in done.out


def raising(error: BaseException):
    def application():
        raise error

    return application


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyError("x"), 1, "seqkit: internal error: KeyError: 'x' (test_commands.py, line"),
        (PermissionError(13, "Permission denied", "priv/x"), 2, "priv/x: Permission denied; chan"),
        (OSError(28, "No space left on device", "x"), 2, "x: cannot be written: the disk is full"),
        (OSError(5, "Input/output error"), 1, "seqkit: internal error: OSError: [Errno 5]"),
        (MemoryError(), 1, "seqkit: out of memory; a smaller --batch-size"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (outcome.SeqkitError("odd"), 1, "seqkit: odd"),
        (outcome.UserError("bad"), 2, "bad"),
        (outcome.ClosedPipeError(), 0, ""),
    ],
)
def test_exit_status(monkeypatch, capsys, error, status, message):
    monkeypatch.delenv("SEQKIT_TRACEBACK", raising=False)
    monkeypatch.setattr("seqkit.cli.app.application", raising(error))
    assert run_command_line(["tasks"]) == status
    err = capsys.readouterr().err
    assert err.startswith(message)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "LONG"),
        ("evaluate", "trained", "--data", "LONG"),
        ("predict", "trained", "--input", "LONG"),
        ("run", "toy", "--data", "LONG"),
        ("run", "toy", "--config", "LONG"),
        ("run", "toy", "--output", "LONG"),
        ("run", "toy", "--resume", "LONG"),
    ],
)
def test_a_text_that_is_taken_for_a_path_is_the_users_mistake(seqkit, trained, arguments):
    text = "so long a text that no file is called so " * 9
    done = seqkit(*(text if word == "LONG" else word for word in arguments))
    assert done.status == 2
    assert text[:40] in done.err
    assert "File name too long" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("group", ["data", "plugins"])
def test_an_option_before_the_command_that_would_not_hear_of_it_is_refused(seqkit, group):
    done = seqkit(group, "--json", "check", "toy")
    assert (done.status, done.out, done.err) == (2, "", "--json: give it after 'check'\n")


@pytest.mark.parametrize("task", ["sentiment", "pos-tagging", "language-modelling"])
def test_every_option_can_be_read_in_80_columns(task, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with use_host(PluginHost.discover({"SEQKIT_DISABLE_PLUGINS": "all"})) as host:
        assert run_command_line(["run", task, "--help"]) == 0
        flags = [item.flag for item in options_of(host.find_task(task).config)]
    text = capsys.readouterr().out
    assert [flag for flag in flags if f"│ {flag} " not in text] == []
    assert "…" not in text


def test_a_truth_value_is_still_turned_off_by_its_twin(seqkit):
    done = seqkit("run", "toy", "--lowercase", "--no-lowercase", "--json")
    assert json.loads(done.out)["config"]["lowercase"] is False


def test_a_traceback_on_demand(monkeypatch, capsys):
    monkeypatch.setenv("SEQKIT_TRACEBACK", "1")
    monkeypatch.setattr("seqkit.cli.app.application", raising(KeyError("x")))
    assert run_command_line(["tasks"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_failure():
    code = "import sys; from seqkit.cli import main; sys.argv = ['seqkit', 'plugins']; main()"
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=write, stderr=subprocess.PIPE, text=True
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["tasks"], ["plugins"], ["data"]]
)
def test_what_only_lists_imports_nothing_that_only_a_run_needs(arguments):
    code = (
        f"import sys; from seqkit.cli import run_command_line; run_command_line({arguments});"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = set(done.stderr.split())
    assert "sentiment" in done.stdout
    needed_by_runs = {"seqkit.runs", "seqkit.metrics", "seqkit.text"}
    heavy = {"sklearn", "scipy", "optuna", "numba", "safetensors", "rich.progress", "pydantic"}
    assert not loaded & (needed_by_runs | heavy)


def test_the_summary_of_every_command_fits_on_a_line():
    code = "from seqkit.cli import run_command_line; run_command_line(['--help'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "80"},
    )
    rows = [line for line in done.stdout.partition("─ Commands ─")[2].splitlines() if "│" in line]
    assert len(rows) >= 10
    assert not [row for row in rows if row.startswith("│  ")], "a summary takes two lines"
