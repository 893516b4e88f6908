"""Folders that are labels: ``root/label/file``."""

from collections.abc import Callable
from pathlib import Path

from seqkit.errors import Problem, UserError
from seqkit.files import reading
from seqkit.text.readers.source import BadLines
from seqkit.text.unicode import nfc

__all__ = ["labelled_files"]


def labelled_files(root: Path, wanted: Callable[[str], bool]) -> list[tuple[Path, str]]:
    """Return the files of each label's folder, with the label, in order of folder and name.

    A label is the folder's name in NFC without white space at its ends, as it is in a table:
    file systems and archives hand the same Korean name on in other forms. Names that start with a
    dot are left alone.

    Args:
        root: holds a folder for each label.
        wanted: says by its name whether a file counts.

    Raises:
        UserError: a folder that may not be read, or a name that is no label, all of them together.
    """
    bad = BadLines(str(root))
    found = []
    with reading(root):
        folders = [entry for entry in _visible(root) if entry.is_dir()]
    for folder in folders:
        with bad.collected(), reading(folder):
            files = [file for file in _visible(folder) if wanted(file.name) and file.is_file()]
            found += [(file, _label(folder)) for file in files]
    bad.check()
    return found


def _visible(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _label(folder: Path) -> str:
    label = nfc(folder.name).strip()
    if not label:
        raise UserError(Problem("the folder's name is white space, wanted a label", str(folder)))
    return label
