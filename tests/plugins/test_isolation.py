"""Twelve kinds of broken plugin, installed, through the command line: others never notice."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from seqkit import plugin_loading
from seqkit.cli import run_command_line
from seqkit.plugins import PluginHost, builtin_sources, installed_sources, use_host
from tests.cli.toy import ToyPlugin, write_data
from tests.plugins.site import FakeSite

OFFERS = "@hookimpl\ndef seqkit_tasks(): yield task('other')\n"

# name of the kind: what stands in the module, and part of the line that says what is wrong
KINDS = {
    "import-error": ("from seqkit import no_such_name", "cannot be imported: ImportError"),
    "missing-dependency": ("import not_installed_at_all", "module 'not_installed_at_all'"),
    "syntax-error": ("def (:", "cannot be imported: SyntaxError"),
    "system-exit": ("import sys; sys.exit(4)", "cannot be imported: SystemExit: 4"),
    "slow-import": (f"import time; time.sleep(0.2)\n{OFFERS}", "s to be imported"),
    "wrong-api": (OFFERS.replace("'other'", "'other', api=99"), "written for plugin API 99"),
    "duplicate-task": (OFFERS.replace("other", "toy"), "task 'toy' is already offered by toy"),
    "misspelt-hook": (OFFERS.replace("tasks", "taks"), "seqkit_taks is no hook of seqkit"),
    "wrong-signature": (OFFERS.replace("()", "(names)", 1), "seqkit_tasks(names): it knows only"),
    "yields-nonsense": (OFFERS.replace("task('other')", "'other'"), "yielded 'other' (str)"),
    "raises-in-hook": (
        "@hookimpl\ndef seqkit_tasks(): raise OSError('no disk')",
        "seqkit_tasks failed: OSError: no disk",
    ),
    "prints-on-import": (f"print('welcome')\n{OFFERS}", "printed: welcome"),
    "interrupts-nobody": ("raise RecursionError", "cannot be imported: RecursionError"),
}


@pytest.fixture(params=KINDS)
def kind(request, site: FakeSite, tmp_path, monkeypatch) -> str:
    """A toy task, and one broken plugin beside it, as the host that commands use."""
    monkeypatch.setattr(plugin_loading, "SLOW_IMPORT", 0.1)
    site.install("bad", KINDS[request.param][0])
    toy = plugin_loading.PluginSource.of("toy", ToyPlugin(write_data(tmp_path / "sample")))
    installed = [s for s in installed_sources()[0] if s.module in site.modules]
    monkeypatch.chdir(tmp_path)
    with use_host(PluginHost([toy, *builtin_sources(), *installed])):
        yield request.param


def named_once(err: str) -> bool:
    return err.count("broken plugins: bad; 'seqkit plugins' says why\n") == 1


def test_tasks_are_listed_and_the_broken_plugin_is_named(kind: str, capsys):
    assert run_command_line(["tasks"]) == 0
    out, err = capsys.readouterr()
    assert "Say yes or no" in out
    assert named_once(err)
    assert err.count("\n") == 1


def test_another_task_runs_and_the_broken_plugin_is_named(kind: str, capsys):
    assert run_command_line(["run", "toy", "--quiet", "--json", "--output", "run"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("{")
    assert named_once(err)


def test_the_reason_is_one_line(kind: str, capsys):
    assert run_command_line(["plugins"]) == 0
    lines = [x for x in capsys.readouterr().out.splitlines() if x.startswith("bad (seqkit-bad")]
    assert len(lines) == 1
    assert KINDS[kind][1] in lines[0]


def test_why_says_what_to_do(kind: str, capsys):
    assert run_command_line(["plugins", "--why", "bad"]) == 0
    out = capsys.readouterr().out
    assert KINDS[kind][1] in out
    assert "seqkit-bad 1.0" in out


def test_strict_mode_stops(kind: str, capsys):
    assert run_command_line(["--strict-plugins", "tasks"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("plugin bad (seqkit-bad 1.0): ")
    assert KINDS[kind][1] in err


def test_there_are_twelve_kinds_at_least():
    assert len(KINDS) >= 12


def test_in_a_process_of_its_own(site: FakeSite, tmp_path):
    site.install("bad", "import sys\nprint('hello')\nsys.exit(3)")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    call: Callable[..., subprocess.CompletedProcess[str]] = lambda *arguments: subprocess.run(  # noqa: E731
        [sys.executable, "-m", "seqkit", *arguments],
        env=environment,
        capture_output=True,
        text=True,
    )
    done = call("tasks", "--json")
    assert (done.returncode, done.stdout[:1]) == (0, "[")
    assert done.stderr == "broken plugins: bad; 'seqkit plugins' says why\n"
    assert call("--strict-plugins", "tasks").returncode == 3
