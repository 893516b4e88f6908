"""Every recipe is one: its options are known, and the README of the recipes lists it."""

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
