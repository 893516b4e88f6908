"""Run directories: ``runs/TASK-N`` where none is named, and one command at a time in each."""

import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from seqkit.errors import Problem, UserError
from seqkit.files import ensure_writable_folder

try:
    import fcntl
except ImportError:  # Windows, where nothing is locked
    fcntl = None  # type: ignore[assignment]

__all__ = ["run_folder", "sole_writer"]


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


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder while the block runs.

    Two would write over each other's files, and leave the report of one beside the model of the
    other. The lock is the system's: nothing is left of it, however the process ends.

    Raises:
        UserError: another process is at work there.
    """
    with ExitStack() as held:
        with suppress(OSError):  # no such folder, which is told of later, or one without locks
            descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
            held.callback(os.close, descriptor)
            _lock(descriptor, folder)
        yield


def _lock(descriptor: int, folder: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        advice = "wait until it has ended, or choose another folder"
        raise UserError(Problem(f"another run is writing there; {advice}", str(folder))) from None


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
