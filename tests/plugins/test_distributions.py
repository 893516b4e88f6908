"""Every plugin in ``plugins/`` is a complete distribution that uses public names only."""

import ast
import graphlib
from pathlib import Path

import pytest

from seqkit.scaffold import KINDS, write_plugin
from tests.plugins.distributions import (
    MOST_LINES,
    Distribution,
    code_lines,
    distributions_in,
    in_order,
    private_uses,
)

ROOT = Path(__file__).parents[2]
PLUGINS = distributions_in(ROOT / "plugins")
CORE = {"seqkit": ROOT / "seqkit", "seqkit_tasks": ROOT / "tasks" / "seqkit_tasks"}


def flaws(plugin: Distribution, neighbours: list[Distribution] = PLUGINS) -> list[str]:
    """Return what keeps a folder from being a plugin as a third party writes it."""
    return [
        *missing_parts(plugin),
        *too_long(plugin),
        *private_names(plugin, neighbours),
    ]


def missing_parts(plugin: Distribution) -> list[str]:
    readme = plugin.folder / "README.md"
    tests = sorted((plugin.folder / "tests").glob("test_*.py"))
    packages = plugin.packages
    entries = {
        target.partition(":")[0].partition(".")[0] for target in plugin.entry_points.values()
    }
    wanted = {
        "a name seqkit-...": plugin.name.startswith("seqkit-"),
        "a folder of its name": plugin.folder.name == plugin.name,
        "a README": readme.is_file() and plugin.name in readme.read_text(encoding="utf-8"),
        "an entry point to a package of its own": bool(entries) and entries <= packages.keys(),
        "py.typed": all((path / "py.typed").is_file() for path in packages.values()),
        "seqkit among its dependencies": "seqkit" in plugin.requires,
        "an extra 'test'": "test" in plugin.project.get("optional-dependencies", {}),
        "an extra 'dev'": "dev" in plugin.project.get("optional-dependencies", {}),
        "the conformance checks in its tests": any(
            "task_checks" in path.read_text(encoding="utf-8") for path in tests
        ),
    }
    return [f"wanted {what}" for what, there in wanted.items() if not there]


def too_long(plugin: Distribution) -> list[str]:
    lines = sum(code_lines(path.read_text(encoding="utf-8")) for path in plugin.modules())
    return [f"{lines} lines of code, wanted at most {MOST_LINES}"] if lines > MOST_LINES else []


def private_names(plugin: Distribution, neighbours: list[Distribution]) -> list[str]:
    others = [one for one in neighbours if one.name != plugin.name]
    packages = CORE | {name: path for one in others for name, path in one.packages.items()}
    return [
        f"{path.relative_to(plugin.folder)}, {use}"
        for path in plugin.python_files()
        for use in private_uses(path.read_text(encoding="utf-8"), packages)
    ]


@pytest.mark.skipif(not PLUGINS, reason="no plugins/: an sdist holds the core alone")
def test_every_plugin_is_a_complete_distribution():
    assert {plugin.name: found for plugin in PLUGINS if (found := flaws(plugin))} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_is_one(kind: str, tmp_path: Path):
    assert flaws(Distribution(write_plugin("haiku", kind, tmp_path))) == []


def test_an_offender_is_caught_at_everything(tmp_path: Path):
    folder = write_plugin("haiku", "tag", tmp_path)
    neighbour = Distribution(write_plugin("base", "tag", tmp_path))
    (folder / "README.md").unlink()
    (folder / "seqkit_haiku" / "py.typed").unlink()
    (folder / "tests" / "test_conformance.py").unlink()
    (folder / "seqkit_haiku" / "more.py").write_text(
        "from seqkit.plugins import _NAME\n"
        "from seqkit_base.model import np as numpy\n"
        "from seqkit.tasks import TaskSpec, annotations\n"
        "import numpy as np\n" + "np.e\n" * 600,
        encoding="utf-8",
    )
    pyproject = folder / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8").replace('= ["seqkit>=0.1.0"]', "= []")
    pyproject.write_text(text.replace('haiku = "seqkit_haiku"', ""), encoding="utf-8")
    found = flaws(Distribution(folder), [neighbour])
    assert found[:5] == [
        "wanted a README",
        "wanted an entry point to a package of its own",
        "wanted py.typed",
        "wanted seqkit among its dependencies",
        "wanted the conformance checks in its tests",
    ]
    assert "lines of code, wanted at most 600" in found[5]
    assert [line.partition(", ")[2] for line in found[6:]] == [
        "line 1: seqkit.plugins._NAME has a leading underscore",
        "line 2: np is not in seqkit_base.model.__all__",
        "line 3: annotations is not in seqkit.tasks.__all__",
    ]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import seqkit._secret", "seqkit._secret has a leading underscore"),
        ("from seqkit._secret import thing", "seqkit._secret.thing has a leading underscore"),
        ("from seqkit.nowhere import thing", "there is no module seqkit.nowhere"),
        ("from seqkit.tasks import np", "np is not in seqkit.tasks.__all__"),
        ("import seqkit.tasks as t\nt._x", "t._x has a leading underscore"),
        ("import seqkit.tasks\nseqkit.tasks._x.y", "seqkit.tasks._x has a leading underscore"),
        ("from seqkit import pack\npack([])._rows", "pack([])._rows has a leading underscore"),
        ("def f():\n    from seqkit.options import _x", "seqkit.options._x has a leading undersc"),
    ],
)
def test_a_private_name_is_found(source: str, reason: str):
    (found,) = private_uses(source, CORE)
    assert reason in found


@pytest.mark.parametrize(
    "source",
    [
        "from seqkit import pack, tasks",
        "from seqkit import __version__",
        "import seqkit\nseqkit.pack([]).data",
        "from seqkit.layers import linear",
        "from seqkit.layers.linear import Linear",
        "from elsewhere import _private\n_private._x",
        "from . import _own\n_own._x",
        "class A:\n    def f(self):\n        return self._x",
    ],
)
def test_a_public_name_is_none(source: str):
    assert private_uses(source, CORE) == []


def test_lines_of_code_are_counted_without_words_about_it():
    source = '''"""A module.

    Of several lines.
    """

    # A comment.
    x = (
        1,  # one
    )
    text = """two
    lines"""


    def f():
        """Say."""
        return x
    '''.replace("\n    ", "\n")
    ast.parse(source)
    assert code_lines(source) == 7


def test_plugins_come_after_those_they_need(tmp_path: Path):
    make(tmp_path, "a", "seqkit-c>=1")
    make(tmp_path, "b")
    make(tmp_path, "c", "seqkit_d", "numpy")
    make(tmp_path, "d")
    assert [one.name for one in distributions_in(tmp_path)] == [
        "seqkit-b", "seqkit-d", "seqkit-c", "seqkit-a",
    ]  # fmt: skip


def test_plugins_that_need_each_other_are_refused(tmp_path: Path):
    with pytest.raises(graphlib.CycleError):
        in_order([make(tmp_path, "a", "seqkit-b"), make(tmp_path, "b", "seqkit-a")])


def make(folder: Path, name: str, *requires: str) -> Distribution:
    path = folder / name
    path.mkdir()
    (path / "pyproject.toml").write_text(
        f'[project]\nname = "seqkit-{name}"\ndependencies = {list(requires)!r}\n', encoding="utf-8"
    )
    return Distribution(path)
