"""Helpers of the text room's tests."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a file and returns its path.

    Text becomes UTF-8, gzipped where the name ends so; bytes are written as they are.
    """

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
            content = gzip.compress(content) if name.endswith(".gz") else content
        path.write_bytes(content)
        return path

    return write_file
