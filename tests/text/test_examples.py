"""The examples in the text room's docstrings run."""

import doctest
import importlib
import subprocess
import sys

import pytest

MODULES = ("batching", "jamo", "tokenizers", "unicode", "words")


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name):
    module = importlib.import_module(f"seqkit.text.{name}")
    # What an example needs stands in its module.
    names = {**vars(module), "np": importlib.import_module("numpy")}
    assert doctest.testmod(module, globs=names).failed == 0


def test_importing_the_room_is_light():

    code = (
        "import sys, seqkit.text;"
        "print({'sklearn', 'typer', 'rich', 'regex', 'msgspec', 'difflib'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
