"""Fake installed distributions: a dist-info folder and a module, on ``sys.path`` for one test."""

import importlib
import sys
from pathlib import Path
from textwrap import dedent

import pytest

PREAMBLE = """
from dataclasses import dataclass
from seqkit.hookspecs import CommandSpec, EncoderSpec, hookimpl
from seqkit.datasets import DataFiles, DatasetSpec
from seqkit.tasks import TaskSpec
from seqkit.training.config import TrainingConfig

@dataclass(frozen=True, kw_only=True)
class Config(TrainingConfig):
    pass

def create(config):
    raise NotImplementedError

def task(name, **more):
    given = {"summary": "A task", "config": Config, "create": create, **more}
    return TaskSpec(name=name, **given)
"""


class FakeSite:
    """A folder of installed distributions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: list[str] = []

    def install(
        self,
        name: str,
        body: str,
        *,
        version: str = "1.0",
        preamble: str = PREAMBLE,
        requires: tuple[str, ...] = (),
    ) -> str:
        """Install ``seqkit-NAME``: one module, one entry point. Returns the plugin's name."""
        module = "seqkit_" + name.replace("-", "_")
        self.modules.append(module)
        (self.folder / f"{module}.py").write_text(preamble + dedent(body), encoding="utf-8")
        self.describe(f"seqkit-{name}", f"[seqkit]\n{name} = {module}\n", version, requires)
        return name

    def describe(
        self,
        distribution: str,
        entry_points: str,
        version: str = "1.0",
        requires: tuple[str, ...] = (),
    ) -> None:
        """Write the metadata of a distribution."""
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
            + "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
        )
        (info / "entry_points.txt").write_text(entry_points)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fake = FakeSite(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield fake
    for module in fake.modules:
        sys.modules.pop(module, None)
