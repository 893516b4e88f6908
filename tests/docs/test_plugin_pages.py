"""The pages about testing and publishing: every snippet is run, on the plugin they speak of."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from seqkit.plugins import PluginHost, PluginSource, builtin_sources, use_host
from seqkit.scaffold import write_plugin

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    name: (DOCS / f"{name}.md").read_text("utf-8")
    for name in ("testing-plugins", "publishing-plugins")
}

ELSEWHERE = {
    "python -m build": "it needs a package index; .ci/run builds seqkit itself so",
    "pytest": "tests/plugins/test_new.py runs the tests of every kind of plugin",
}
"""Commands that are not run here, each with the reason."""


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], flags=re.S)


def commands() -> list[str]:
    lines = [
        line for page in PAGES for text in blocks(page, "console") for line in text.split("\n")
    ]
    return [line[2:] for line in lines if line.startswith("$ ")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the plugin ``haiku`` is as if installed."""
    folder = tmp_path_factory.mktemp("place")
    package = write_plugin("haiku", "classify", folder / "installed")
    info = package / "seqkit_haiku-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: seqkit-haiku\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[seqkit]\nhaiku = seqkit_haiku\n")
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_python(page: str, place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(place / "installed" / "seqkit-haiku"))
    import seqkit_haiku

    host = PluginHost([*builtin_sources(), PluginSource.of("haiku", seqkit_haiku)])
    snippets = blocks(page, "python")
    assert snippets
    try:
        with use_host(host):
            exec(compile("\n".join(snippets), page, "exec"), {"__name__": page})
    finally:  # other tests have a plugin of this name too
        for name in [name for name in sys.modules if name.split(".")[0] == "seqkit_haiku"]:
            del sys.modules[name]


@pytest.mark.parametrize("command", commands())
def test_command(command: str, place: Path):
    if command in ELSEWHERE:
        pytest.skip(ELSEWHERE[command])
    words = shlex.split(command)
    assert words.pop(0) == "seqkit"
    path = str(place / "installed" / "seqkit-haiku")
    done = subprocess.run(
        [sys.executable, "-m", "seqkit", *words],
        cwd=place,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


def test_what_the_package_holds(place: Path):
    written = tomllib.loads((place / "installed/seqkit-haiku/pyproject.toml").read_text("utf-8"))
    entry, depends = (tomllib.loads(text) for text in blocks("publishing-plugins", "toml"))
    assert entry["project"]["entry-points"] == written["project"]["entry-points"]
    assert depends["dependencies"] == written["project"]["dependencies"]
    assert "seqkit" in written["project"]["keywords"]


def test_the_tools_of_a_release_come_with_the_package(place: Path):
    written = tomllib.loads((place / "installed/seqkit-haiku/pyproject.toml").read_text("utf-8"))
    wanted = written["project"]["optional-dependencies"]["dev"]
    dev = [re.split(r"[>=\[]", requirement)[0] for requirement in wanted]
    modules = re.findall(r"^\$ python -m (\w+)", PAGES["publishing-plugins"], flags=re.M)
    assert modules
    assert set(modules) <= set(dev)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str):
    for target in re.findall(r"\]\(([\w./-]+)\)", PAGES[page]):
        assert (DOCS / target).is_file(), target
