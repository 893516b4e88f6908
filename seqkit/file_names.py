"""Names of files: those that cannot be said in JSON are refused before any work is done, and for
those that are not there a similar one is found.
"""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from seqkit.errors import Problem, UserError
from seqkit.suggestions import nearest

__all__ = ["refuse_undecodable", "similar_file"]


def similar_file(path: Path) -> str:
    """Return the end of a message on a path that is not there.

    It names the path in the same folder whose name is most like it, or says that there is no such
    folder either. It is empty where nothing is to be said.

    Example:
        >>> similar_file(Path("no such folder/a.tsv"))
        "; there is no folder 'no such folder' either"
    """
    try:
        if not path.parent.is_dir():
            return f"; there is no folder {str(path.parent)!r} either"
        best = _most_like(path)
    except OSError:
        return ""  # a folder that may not be read, or a name that is too long
    if best is None:
        return ""
    if _composed(best) == _composed(path):
        return (
            f"; {str(best)!r} looks the same and is spelt in other code points (NFC or NFD): "
            "rename it, or let the shell complete its name"
        )
    return f"; did you mean {str(best)!r}?"


def _composed(path: Path) -> str:
    return unicodedata.normalize("NFC", path.name)


def _most_like(path: Path) -> Path | None:
    """Compare names without their endings, which are alike more often than not."""
    names = sorted(
        (found.name for found in path.parent.iterdir()),
        key=lambda name: (Path(name).suffix == path.suffix, name),
    )
    by_stem = {Path(name).stem: name for name in names}  # of several, one of the same ending
    best = nearest(path.stem, by_stem)
    return None if best is None else path.with_name(by_stem[best])


def refuse_undecodable(names: Iterable[str]) -> None:
    """Refuse names that are not UTF-8, such as those out of Korean zip archives.

    Python says each byte that it cannot decode as a lone surrogate, which no JSON, no recipe and
    no report can hold.

    Raises:
        UserError: for each of them.
    """
    strange = [name for name in names if not _is_utf8(name)]
    if strange:
        shown = (name.encode(errors="backslashreplace").decode() for name in strange)
        message = "its name is not UTF-8; rename the file or folder"
        raise UserError(Problem(message, name) for name in shown)


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
