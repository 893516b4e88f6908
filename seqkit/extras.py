"""Optional parts: libraries that are installed only by those who use them."""

from importlib.util import find_spec

from seqkit.errors import UserError

__all__ = ["require_extra"]


def require_extra(extra: str, module: str, *, wanted_by: str) -> None:
    """Refuse to go on without a library, and say how to install it.

    Args:
        extra: of seqkit, which brings it: ``tune``.
        module: what is imported: ``optuna``.
        wanted_by: what needs it, an option or a command: ``seqkit tune``.

    Raises:
        UserError: it is not installed.
    """
    if find_spec(module) is None:
        raise UserError(
            f"{wanted_by} needs {module}, which is not installed; "
            f"install it with: pip install 'seqkit[{extra}]'"
        )
