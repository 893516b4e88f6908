"""Names of files: those that cannot be said in JSON are refused before any work is done, and for
those that are not there a similar one is found.
"""

from collections.abc import Iterable
from pathlib import Path

from seqkit.errors import Problem, UserError
from seqkit.suggestions import nearest

__all__ = ["refuse_undecodable", "similar_path"]


def similar_path(path: Path) -> Path | None:
    """Return the path in the same folder whose name is most like that of one which is not there.

    Names are compared without their endings, which are alike more often than not.

    Raises:
        OSError: there is no such folder, or it cannot be read.
    """
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
