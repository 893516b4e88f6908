"""What every test may use: the real data, and the Hypothesis profiles of ``strategies``."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import strategies  # noqa: F401  # loads the profile, for tests that draw nothing from it

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def realdata() -> Callable[[str], Path]:
    """Return a function from a path below the real data's folder to its whole path.

    The folder is that of the environment variable ``SEQKIT_REALDATA``, or ``../shared/data`` from
    the repository's root. Where it is absent, the test is skipped. Mark tests that use it with
    ``@pytest.mark.realdata``.
    """
    folder = Path(os.environ.get("SEQKIT_REALDATA") or ROOT.parent / "shared" / "data")

    def find(name: str) -> Path:
        path = folder / name
        if not path.exists():
            pytest.skip(f"no real data: {name} is not in {folder} (set SEQKIT_REALDATA)")
        return path

    return find


@pytest.fixture
def close_folder(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Return a function after which a folder cannot be listed, nor what is in it looked at.

    Permissions would not do: root may read everything.
    """

    def close(folder: Path) -> None:
        for name in ("listdir", "scandir", "stat"):
            monkeypatch.setattr(os, name, _refusing(getattr(os, name), folder, name == "stat"))

    return close


def _refusing(original: Callable[..., Any], folder: Path, inside: bool) -> Callable[..., Any]:
    def call(path: Any = ".", *args: Any, **options: Any) -> Any:
        given = Path(path) if isinstance(path, str | Path) else None
        if given is not None and (given.parent if inside else given) == folder:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return original(path, *args, **options)

    return call
