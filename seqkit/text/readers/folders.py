"""Folders that are labels: ``root/label/file``."""

import os
from pathlib import Path

from seqkit.errors import Problem, UserError
from seqkit.files import reading
from seqkit.text.readers.source import BadLines
from seqkit.text.unicode import nfc

__all__ = ["labelled_files"]


def labelled_files(
    root: Path, suffixes: tuple[str, ...], *, nothing: str
) -> list[tuple[Path, str]]:
    """Return the files of each label's folder, with the label, in order of folder and name.

    A label is the folder's name in NFC without white space at its ends, as it is in a table:
    file systems and archives hand the same Korean name on in other forms. Names that start with a
    dot are left alone.

    Args:
        root: holds a folder for each label.
        suffixes: how the names of those files end that count, in small letters.
        nothing: what is said where there are none.

    Raises:
        UserError: no such files; a folder that may not be read, or a name that is no label, all of
            them together.
    """
    bad = BadLines(str(root))
    found = []
    with reading(root):
        entries = _visible(root) if os.path.isdir(root) else []
        folders = [entry for entry in entries if entry.is_dir()]
    for folder in folders:
        with bad.collected(), reading(folder):
            files = [f for f in _visible(folder) if f.name.lower().endswith(suffixes)]
            found += [(file, _label(folder)) for file in files if file.is_file()]
    bad.check()
    if not found:
        raise UserError(Problem(nothing, str(root)))
    return found


def _visible(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _label(folder: Path) -> str:
    label = nfc(folder.name).strip()
    if not label:
        raise UserError(Problem("the folder's name is white space, wanted a label", str(folder)))
    return label
