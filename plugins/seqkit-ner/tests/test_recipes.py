"""Every recipe is one: its options are known, and the README names it."""

import tomllib
from pathlib import Path

import pytest
from seqkit.options import parse

from seqkit_ner import NerConfig

FOLDER = Path(__file__).parents[1]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("recipes/*.toml")), ids=lambda p: p.stem)
def test_recipe(path: Path) -> None:
    options = tomllib.loads(path.read_text(encoding="utf-8"))
    made = parse(NerConfig, options, where=path.name)
    assert options == {name: getattr(made, name) for name in options}
    assert f"(recipes/{path.name})" in (FOLDER / "README.md").read_text(encoding="utf-8")
