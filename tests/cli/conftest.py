from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from seqkit.cli import run_command_line
from seqkit.plugins import PluginHost, use_host
from tests.cli.toy import toy_host


class Done(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PluginHost]:
    """The toy task as the only plugin, and an empty working directory."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("SEQKIT_TRACEBACK", raising=False)
    with use_host(toy_host(tmp_path / "sample")) as made:
        yield made


@pytest.fixture
def seqkit(host: PluginHost, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run a command line in this process."""

    def call(*arguments: str) -> Done:
        status = run_command_line(arguments)
        return Done(status, *capsys.readouterr())

    return call


@pytest.fixture
def trained(seqkit: Callable[..., Done]) -> str:
    """The folder of a finished run."""
    assert seqkit("run", "toy", "--output", "trained", "--epochs", "20", "--quiet").status == 0
    return "trained"
