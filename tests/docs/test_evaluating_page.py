"""The page about evaluation: its commands and its snippet are run, in the order of the page."""

import re
import shlex
from pathlib import Path

import pytest

from seqkit.cli import run_command_line

PAGE = (Path(__file__).parents[2] / "docs" / "evaluating.md").read_text(encoding="utf-8")


def test_every_command_and_snippet_on_the_page_works(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^\$ seqkit (.+)$", PAGE, flags=re.MULTILINE)
    assert len(commands) == 7
    for command in commands:
        assert run_command_line(shlex.split(command)) == 0, command
    assert "A better" in capsys.readouterr().out
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(compile(snippet, "evaluating.md", "exec"), {})
    assert "accuracy" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("word", ["--errors", "--against", "--items"])
def test_every_option_of_the_command_is_on_the_page(word: str, capsys):
    assert run_command_line(["evaluate", "--help"]) == 0
    assert word in capsys.readouterr().out
    assert word in PAGE
