"""The commands and options on the page about better scores are ones that there are."""

import inspect
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from seqkit.cli.settings import RunSettings
from seqkit.cli.tune import tune
from seqkit.options import options_of
from seqkit.plugins import default_host
from seqkit.tuning.spaces import read_dimension

PAGE = (Path(__file__).parents[2] / "docs" / "tuning.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^seqkit .*$", PAGE, flags=re.MULTILINE)


def flags_of(command: str, task: str) -> set[str]:
    if command == "run":
        configs = (RunSettings, default_host().find_task(task).config)
        return {item.flag for config in configs for item in options_of(config)}
    names = {"assignments": "set", "searched": "search"}
    parameters = inspect.signature(tune).parameters
    return {"--" + names.get(name, name).replace("_", "-") for name in parameters}


@pytest.mark.parametrize("line", COMMANDS)
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
