"""Packages offer every name they list, and import it only when it is used."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from seqkit.lazy import lazy_names

LAZY = [
    "seqkit",
    "seqkit.layers",
    "seqkit.metrics",
    "seqkit.testing",
    "seqkit.metrics.baselines",
    "seqkit.text",
    "seqkit.text.readers",
    "seqkit.training",
]


@pytest.mark.parametrize("package", LAZY)
def test_every_listed_name_is_what_type_checkers_take_it_for(package: str) -> None:
    module = import_module(package)
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    for name in module.__all__:
        assert getattr(module, name) is getattr(import_module(seen[name]), name)


@pytest.mark.parametrize("package", LAZY)
def test_a_name_that_is_not_there_is_an_attribute_error(package: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nonsense'"):
        import_module(package).nonsense  # noqa: B018


def test_a_name_is_looked_up_once() -> None:
    find = lazy_names("seqkit", {"errors": ["UserError"]})
    find("UserError")
    assert vars(import_module("seqkit"))["UserError"] is find("UserError")


def test_metrics_and_text_import_nothing_before_it_is_used() -> None:
    code = (
        "import sys, seqkit.metrics, seqkit.text; before = set(sys.modules);"
        "from seqkit.metrics import Metric; from seqkit.text import Vocabulary;"
        "print(*sorted(n for n in set(sys.modules) - before if n.startswith('seqkit.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "seqkit.metrics.measures" in done
    assert "seqkit.text.vocabulary" in done
    assert "seqkit.metrics.bootstrap" not in done
    assert "seqkit.text.readers" not in done


def test_one_layer_imports_no_other_kind() -> None:
    code = "import sys; from seqkit.layers import Linear; print('seqkit.layers.crf' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
