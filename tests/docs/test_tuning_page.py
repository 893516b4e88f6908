"""The commands and options on the page about better scores are ones that there are."""

import inspect
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from seqkit.cli import run_command_line
from seqkit.cli.settings import RunSettings
from seqkit.cli.tune import tune
from seqkit.options import options_of
from seqkit.plugins import default_host
from seqkit.tuning.spaces import read_dimension

PAGE = (Path(__file__).parents[2] / "docs" / "tuning.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^seqkit .*$", PAGE, flags=re.MULTILINE)
VECTORS = [line for line in COMMANDS if line.startswith("seqkit vectors ")]


def flags_of(command: str, task: str) -> set[str]:
    if command == "run":
        configs = (RunSettings, default_host().find_task(task).config)
        return {item.flag for config in configs for item in options_of(config)}
    names = {"assignments": "set", "searched": "search"}
    parameters = inspect.signature(tune).parameters
    return {"--" + names.get(name, name).replace("_", "-") for name in parameters}


@pytest.mark.parametrize("line", VECTORS)
def test_vectors_are_made_as_it_says(line: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = [f"word{number}" for number in range(300)]
    Path("train.tsv").write_text(f"label\ttext\ngood\t{' '.join(words)}\n", encoding="utf-8")
    Path("articles.txt").write_text(f"{' '.join(reversed(words))}\n", encoding="utf-8")
    assert run_command_line(shlex.split(line)[1:]) == 0
    assert Path("vectors.txt").read_text(encoding="utf-8").startswith("300 200\n")


@pytest.mark.parametrize("line", [line for line in COMMANDS if line not in VECTORS])
def test_a_command_has_the_flags_that_it_is_given(line: str) -> None:
    _, command, task, *rest = shlex.split(line)
    assert {word for word in rest if word.startswith("--")} <= flags_of(command, task)
    config = default_host().find_task(task).config
    for flag, value in pairwise(rest):
        if flag == "--search":
            assert read_dimension(config, value)


def test_the_defaults_of_the_table_are_those_of_the_task() -> None:
    defaults = {
        item.name: item.default for item in options_of(default_host().find_task("sentiment").config)
    }
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE, flags=re.MULTILINE)
    assert rows
    assert {name: defaults[name] for name, _ in rows} == {name: int(value) for name, value in rows}
