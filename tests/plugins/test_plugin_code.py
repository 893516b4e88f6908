"""What a plugin's code raises at the command line: the plugin is named, with a line of its own."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from seqkit.cli import run_command_line
from seqkit.plugins import PluginHost, use_host
from tests.cli.toy import write_data
from tests.plugins.site import FakeSite

TOY = """
from tests.cli.toy import SPEC, ToyModel, ToyTask
from dataclasses import replace

class Model(ToyModel):
{model}

class Task(ToyTask):
{task}
    def build(self, resources, *, rng):
        return Model(list(resources["words"]), rng)

@hookimpl
def seqkit_tasks():
    yield replace(SPEC, name="odd", aliases=(), sample=None, create=Task)
"""


@pytest.fixture
def run(site: FakeSite, tmp_path: Path, monkeypatch, capsys) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEQKIT_TRACEBACK", raising=False)
    write_data(tmp_path / "data")

    def run(*, model: str = "    pass", task: str = "    pass") -> str:
        """Run a task that is wrong in one place; return what is said of it."""
        site.install("odd", TOY.format(model=model, task=task))
        with use_host(PluginHost.discover({})):
            assert run_command_line(["run", "odd", "--data", "data", "--quiet"]) == 1
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("part", "code", "said"),
    [
        ("task", "    def read(self, path): return [1 / 0]", "ZeroDivisionError: division by zero"),
        ("task", "    def fit(self, train): return int('x')", "ValueError: invalid literal"),
        ("model", "    def loss(self, *a, **k): return len(3)", "TypeError: object of type 'int'"),
        ("model", "    def score(self, *a): return self.nothing", "AttributeError: 'Model' object"),
        ("model", "    def counts(self, e): return int.from_bytes(e)", "TypeError: "),
    ],
)
def test_an_error_in_a_plugins_code_names_the_plugin_and_its_line(run, part, code, said):
    err = run(**{part: code})
    assert err.startswith(f"plugin odd (seqkit-odd 1.0) failed: {said}")
    assert re.search(r" \(seqkit_odd\.py, line \d+\); SEQKIT_TRACEBACK=1 shows", err)


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("model", "    def loss(self, *a, **k): return 1.0"),
        ("model", "    def score(self, *a): return 0.5"),
        ("model", "    def predict(self): return []"),
        ("task", "    def text(self, example): return None"),
    ],
)
def test_a_wrong_value_is_traced_to_the_plugin_in_use(run, part, code):
    err = run(**{part: code})
    assert err.startswith("seqkit: internal error: ")
    assert "; plugin odd (seqkit-odd 1.0) is in use: 'seqkit plugins check odd' looks for" in err


def test_a_model_that_lacks_a_method_is_named_with_its_plugin(run):
    task = "    def __init__(self, config): type('Bare', (ToyTask.__mro__[1],), {})(config)"
    err = run(task=task)
    assert err.startswith("seqkit: plugin odd (seqkit-odd 1.0): create of the task 'odd' failed: ")
    assert "Can't instantiate abstract class Bare" in err


def test_a_file_beside_the_plugins_module_is_its_own(site: FakeSite, tmp_path, capsys, monkeypatch):
    """Where its folder is no other's: so lies a plugin that is installed to be edited."""
    beside = "def recite(): raise KeyError('verse')\n"
    (tmp_path / "beside_recital.py").write_text(beside, encoding="utf-8")
    site.modules.append("beside_recital")
    body = (
        "from beside_recital import recite\n@hookimpl\ndef seqkit_commands():\n"
        "    yield CommandSpec(name='recite', summary='Recite', create=lambda: recite)"
    )
    site.install("recital", body)
    with use_host(PluginHost.discover({})):
        assert run_command_line(["recite"]) == 1
    said = "plugin recital (seqkit-recital 1.0) failed: KeyError: 'verse' (beside_recital.py, line"
    assert capsys.readouterr().err.startswith(said)
