"""Files are written whole or left as they were, whatever fails."""

import errno
import os
import signal
import stat
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from seqkit.errors import UserError
from seqkit.files import ensure_writable_folder, load_numpy, write_atomically


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def failing(code):
    def fail(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    return fail


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "report.json"
    for data in (b"old", b"", b"new" * 1000):
        write_atomically(path, data)
        assert path.read_bytes() == data
    assert names(tmp_path) == ["report.json"]


def test_writes_on_after_a_short_write(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, bytes(data[:3])))
    write_atomically(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_follows_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_atomically(tmp_path / "link", b"data")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"data"


def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "ours", b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path, mode):
    path = tmp_path / "report.json"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_atomically(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_folder_that_may_not_be_opened_may_be_written_to(tmp_path, monkeypatch):
    original = os.open

    def refuse(path, *arguments):
        return failing(errno.EACCES)() if path == tmp_path else original(path, *arguments)

    monkeypatch.setattr(os, "open", refuse)
    write_atomically(tmp_path / "a", b"data")
    assert (tmp_path / "a").read_bytes() == b"data"


def test_a_long_name_that_the_file_system_allows(tmp_path):
    write_atomically(tmp_path / ("n" * 250), b"data")
    assert names(tmp_path) == ["n" * 250]


@pytest.mark.parametrize("function", ["write", "fsync", "replace", "open"])
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EACCES, "permissions"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_failure_keeps_the_old_file_and_leaves_no_litter(
    tmp_path, monkeypatch, function, code, words
):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, function, failing(code))
    with pytest.raises(UserError) as caught:
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["model.safetensors"]


def test_an_interrupt_leaves_no_litter(tmp_path, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a", b"data")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing/report.json", "folder does not exist"),
        ("file/report.json", "is a file"),
        ("folder", "this is a folder"),
        ("n" * 300, "name is too long"),
    ],
)
def test_paths_that_cannot_be_written(tmp_path, name, words):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match=words):
        write_atomically(tmp_path / name, b"data")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_device_is_never_replaced():
    with pytest.raises(UserError, match="not a regular file"):
        write_atomically("/dev/full", b"data")
    assert not os.path.isfile("/dev/full")


KILLED = """
import os, signal, sys
from seqkit.files import write_atomically
write = os.write
def write_half_and_die(descriptor, data):
    write(descriptor, bytes(data[: len(data) // 2]))
    os.kill(os.getpid(), signal.SIGKILL)
os.write = write_half_and_die
write_atomically(sys.argv[1], b"new" * 1000)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_killed_in_the_middle_the_old_file_stays(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"old")
    child = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert child.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(names(tmp_path)) == 2  # the half-written temporary file stays
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


def test_ensure_writable_folder_creates_it_and_leaves_nothing_in_it(tmp_path):
    folder = ensure_writable_folder(tmp_path / "runs" / "first")
    assert folder == tmp_path / "runs" / "first"
    assert names(folder) == []
    assert ensure_writable_folder(str(folder)) == folder


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_ensure_writable_folder_where_a_file_is_in_the_way(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="another path"):
        ensure_writable_folder(tmp_path / name)


@pytest.mark.parametrize(("function", "code"), [("open", errno.EACCES), ("write", errno.ENOSPC)])
def test_ensure_writable_folder_tries_it_out(tmp_path, monkeypatch, function, code):
    monkeypatch.setattr(os, function, failing(code))
    with pytest.raises(UserError, match="cannot be written"):
        ensure_writable_folder(tmp_path)
    monkeypatch.undo()
    assert names(tmp_path) == []


def test_arrays_are_loaded(tmp_path):
    np.save(tmp_path / "one.npy", np.arange(3))
    np.savez(tmp_path / "two.npz", a=np.arange(3), b=np.array(["가", "b"]))
    assert load_numpy(tmp_path / "one.npy").tolist() == [0, 1, 2]
    assert {name: a.tolist() for name, a in load_numpy(tmp_path / "two.npz").items()} == {
        "a": [0, 1, 2],
        "b": ["가", "b"],
    }


def test_python_objects_are_never_loaded(tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object))
    np.savez(tmp_path / "objects.npz", a=np.array([None]))
    for name in ("objects.npy", "objects.npz"):
        with pytest.raises(UserError, match=f"{name}: cannot be read .*: it holds Python objects"):
            load_numpy(tmp_path / name)


@pytest.mark.parametrize("name", ["one.npy", "two.npz"])
def test_arrays_cut_short_or_missing_are_refused(tmp_path, name):
    (np.save if name == "one.npy" else np.savez)(tmp_path / name, np.arange(300))
    whole = (tmp_path / name).read_bytes()
    for length in (0, 3, 40, 200, len(whole) - 1):
        (tmp_path / name).write_bytes(whole[:length])
        with pytest.raises(UserError, match=f"{name}: cannot be read as NumPy writes it"):
            load_numpy(tmp_path / name)
    with pytest.raises(UserError, match=f"{name}: cannot be read: No such file"):
        load_numpy(tmp_path / "missing" / name)


def test_another_kind_of_file_is_refused_without_advice_to_unpickle_it(tmp_path):
    (tmp_path / "words.npy").write_text("0.5 0.25", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_numpy(tmp_path / "words.npy")
    assert "words.npy: is no .npy or .npz file" in str(caught.value)
    assert "pickle" not in str(caught.value)


def test_a_file_in_an_archive_that_is_no_array_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("notes.txt", "no array")
    with pytest.raises(UserError, match=r"'notes\.txt' in it is no array"):
        load_numpy(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("save", "old", "new"),
    [
        (np.save, b"}", b"("),
        (np.savez, b"PK\x01\x02\x2d\x03\x2d\x00\x00\x00", b"PK\x01\x02\x2d\x03\x2d\x00\x01\x00"),
        (np.savez, b"\x2d\x00\x00\x00\x00\x00", b"\x2d\x00\x00\x00\x63\x00"),
    ],
    ids=["no words of Python", "asks for a password", "unknown compression"],
)
def test_arrays_whose_head_is_damaged_are_refused(tmp_path, save, old, new):
    path = tmp_path / "a.npz"
    with path.open("wb") as stream:
        save(stream, np.arange(30))
    whole = path.read_bytes()
    assert old in whole
    path.write_bytes(whole.replace(old, new))
    with pytest.raises(UserError, match=r"a\.npz: cannot be read as NumPy writes it"):
        load_numpy(path)
