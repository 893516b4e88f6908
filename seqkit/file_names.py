"""Names of files that cannot be said in JSON: they are refused before any work is done."""

from collections.abc import Iterable

from seqkit.errors import Problem, UserError

__all__ = ["refuse_undecodable"]


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
