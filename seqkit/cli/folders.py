"""Run directories: ``runs/TASK-N`` where none is named."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seqkit.files import ensure_writable_folder

__all__ = ["run_folder"]


@contextmanager
def run_folder(name: str, given: str | None, *, root: Path = Path("runs")) -> Iterator[Path]:
    """Make the folder of a run, and take it away again if nothing was written to it.

    Making it at once is what keeps two runs that start together from taking one number.

    Raises:
        UserError: the root of the numbered folders cannot be made or written to.
    """
    kept = given is not None and Path(given).exists()
    folder = Path(given) if given is not None else _next_free(root, name)
    try:
        yield folder
    finally:
        for made in () if kept else (folder, *([root] if given is None else [])):
            with suppress(OSError):  # not empty, which is what is hoped for
                made.rmdir()


def _next_free(root: Path, name: str) -> Path:
    ensure_writable_folder(root)
    taken = [_number(path, name) for path in root.iterdir()]
    for number in itertools.count(max(taken, default=0) + 1):
        with suppress(FileExistsError):
            folder = root / f"{name}-{number}"
            folder.mkdir()
            return folder
    raise AssertionError("unreachable")


def _number(path: Path, name: str) -> int:
    prefix, _, digits = path.name.rpartition("-")
    return int(digits) if prefix == name and digits.isdecimal() else 0
