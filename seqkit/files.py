"""Files that are either written whole or left as they were, and arrays out of files.

A file goes to a temporary name beside its own, is flushed to the disk and renamed over the old one.
Whoever pulls the plug meanwhile finds the old file, never half a new one; a leftover
``.NAME.XXXX.tmp`` may be deleted.
"""

import errno
import os
import secrets
import stat
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from seqkit.arrays import Array
from seqkit.errors import Problem, UserError

__all__ = ["advice_on", "ensure_writable_folder", "load_numpy", "reading", "write_atomically"]

_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space, or write somewhere else",
    errno.EDQUOT: "your disk quota is used up; delete something, or write somewhere else",
    errno.EACCES: "you may not write there; change the permissions, or write somewhere else",
    errno.EPERM: "you may not write there; change the permissions, or write somewhere else",
    errno.EROFS: "the file system is read-only; write somewhere else",
    errno.ENOENT: "its folder does not exist; create it, or check the spelling",
    errno.ENOTDIR: "what should be its folder is a file; choose another path",
    errno.EEXIST: "there is a file of that name; choose another path",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}

_MAGIC = b"\x93NUMPY", b"PK\x03\x04", b"PK\x05\x06"
"""How a ``.npy`` file starts, and a ``.npz`` one with arrays or without."""

# What NumPy, zipfile and zlib raise of damaged files, tried out byte by byte. A damaged head of a
# .npy file is cut into words of Python, a damaged head of a .npz file asks for other compression
# or a password.
_DAMAGED = (
    EOFError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def load_numpy(path: str | os.PathLike[str]) -> Array | dict[str, Array]:
    """Load a ``.npy`` file, or all arrays of a ``.npz`` file. Nothing in it is executed.

    Raises:
        UserError: no such file, another kind of file, damaged, or arrays of Python objects.
    """
    with reading(path), open(path, "rb") as stream:  # NumPy leaves a broken file open
        _check_kind(stream, path)
        try:
            found = np.load(stream, allow_pickle=False)
            archive = isinstance(found, np.lib.npyio.NpzFile)
            return _arrays(found, path) if archive else np.asarray(found)
        except _DAMAGED as error:
            raise _not_as_written(path, str(error)) from None


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[None]:
    """Blame a path for what the system refuses in a block that reads it.

    Raises:
        UserError: instead of an ``OSError``: no such file, no permission, a name that is too long.
    """
    try:
        yield
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        raise UserError(Problem(problem, os.fspath(path))) from None


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all; a symbolic link is followed.

    A file that is replaced keeps its permissions.

    Raises:
        UserError: it cannot be written; what stood there before still does.
    """
    target = Path(os.path.realpath(path))
    if problem := _obstacle(target):
        raise UserError(Problem(problem, str(path)))
    try:
        _replace(target, data)
    except OSError as error:
        raise UserError(_cannot_write(path, error)) from error


def ensure_writable_folder(path: str | os.PathLike[str]) -> Path:
    """Create a folder if need be and try to write in it; to be done before hours of training.

    Raises:
        UserError: it cannot be created or written to.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = _temporary_name(folder / "probe")
        try:
            _write_new(probe, b"seqkit")
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(_cannot_write(path, error)) from error
    return folder


def _check_kind(stream: BinaryIO, path: str | os.PathLike[str]) -> None:
    """Refuse another kind of file, of which NumPy would say that pickle might read it."""
    head = stream.read(len(_MAGIC[0]))
    stream.seek(0)
    if head.startswith(_MAGIC):
        return
    if any(magic.startswith(head) for magic in _MAGIC):
        raise _not_as_written(path, "it is cut short")
    raise UserError(Problem("is no .npy or .npz file, wanted one that NumPy wrote", str(path)))


def _arrays(found: Mapping[str, object], path: str | os.PathLike[str]) -> dict[str, Array]:
    """Read the arrays of an archive; NumPy hands other files in it on as bytes."""
    members = dict(found)
    for name, member in members.items():
        if not isinstance(member, np.ndarray):
            raise _not_as_written(path, f"{name!r} in it is no array")
    return cast(dict[str, Array], members)


def _not_as_written(path: str | os.PathLike[str], reason: str) -> UserError:
    if "allow_pickle" in reason:  # NumPy's advice, which must not be followed
        reason = "it holds Python objects, wanted numbers or text"
    return UserError(Problem(f"cannot be read as NumPy writes it: {reason}", str(path)))


def _obstacle(target: Path) -> str | None:
    """Say what stands at ``target`` that must not be replaced by a file."""
    try:
        mode = target.stat().st_mode
    except OSError:
        return None  # nothing there, or a reason that writing itself will report
    if stat.S_ISDIR(mode):
        return "this is a folder, wanted a file; add a file name"
    # Renaming over a device such as /dev/null would delete the device.
    return None if stat.S_ISREG(mode) else "this is not a regular file; choose another path"


def _replace(target: Path, data: bytes) -> None:
    temporary = _temporary_name(target)
    try:
        _write_new(temporary, data, _mode_of(target))
        os.replace(temporary, target)
    finally:
        # After the rename there is nothing left to unlink; after a failure there may be.
        _quietly(lambda: temporary.unlink(missing_ok=True))
    _flush_folder(target.parent)


def _temporary_name(target: Path) -> Path:
    # Long names are cut, so that a name the file system allows does not become one it refuses.
    return target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.tmp")


def _mode_of(target: Path) -> int | None:
    """Return the permissions of a file that is to be replaced; None where there is none yet."""
    return stat.S_IMODE(target.stat().st_mode) if target.exists() else None


def _write_new(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file that must not exist yet, and wait until it is on the disk.

    What was closed to others is never open to them, not even before the mode is set.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666 if mode is None else mode)
    try:
        if mode is not None:
            _quietly(lambda: os.chmod(path, mode))  # the mask of the process may have cut it
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    """Make a rename last; not every system can do it for a folder, and the data is safe already.

    A folder may be written to and yet not be opened.
    """
    if hasattr(os, "O_DIRECTORY"):
        _quietly(lambda: _flush(folder))


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _quietly(action: Callable[[], None]) -> None:
    try:
        action()
    except OSError:
        return


def _cannot_write(path: str | os.PathLike[str], error: OSError) -> Problem:
    return Problem(f"cannot be written: {advice_on(error)}", os.fspath(path))


def advice_on(error: OSError) -> str:
    """Say what to do about what the system refused to write; by default what it said."""
    return _ADVICE.get(error.errno or 0, error.strerror or str(error))
