"""Every recipe is one: its options are known, and the README of the recipes lists it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from seqkit.options import parse
from seqkit.plugins import default_host

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_recipe(path: Path) -> None:
    task = next(spec for spec in default_host().tasks() if path.stem.startswith(f"{spec.name}-"))
    parse(task.config, tomllib.loads(path.read_text(encoding="utf-8")), where=path.name)
    assert f"({path.name})" in (RECIPES / "README.md").read_text(encoding="utf-8")


def split(folder: Path, name: str, lines: list[str], dev: int, test: int) -> dict[str, list[str]]:
    """What the script that splits pairs makes of a file."""
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, RECIPES / "split_pairs.py", folder / name, folder / "out"]
    subprocess.run([*command, "--dev", str(dev), "--test", str(test)], check=True)
    return {
        path.stem: path.read_text(encoding="utf-8").splitlines()
        for path in (folder / "out").iterdir()
    }


@pytest.mark.parametrize("mark", ["\t", "  _"])
def test_pairs_are_split_with_equal_sources_on_one_side(tmp_path: Path, mark: str) -> None:
    lines = [f"수 {number // 2}{mark}{number}" for number in range(40)]
    found = split(tmp_path, "pairs.txt", lines, dev=6, test=10)
    assert {name: len(part) for name, part in found.items()} == {"train": 24, "dev": 6, "test": 10}
    assert sorted(line for part in found.values() for line in part) == sorted(lines)
    sources = [{line.partition(mark)[0] for line in part} for part in found.values()]
    assert sum(map(len, sources)) == len(set.union(*sources)) == 20


def test_of_a_dictionary_head_words_are_counted(tmp_path: Path) -> None:
    lines = [f"w{n}{variant} AH0" for n in range(9) for variant in ("", "(2)")]
    found = split(tmp_path, "some.dict", lines, dev=2, test=3)
    assert {name: len(part) for name, part in found.items()} == {"train": 8, "dev": 4, "test": 6}
