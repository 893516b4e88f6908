"""Packages that import what they offer when it is first used.

A package lists its names three times: in ``__all__``, under ``TYPE_CHECKING`` for type checkers and
editors, and here by the module that has them. A test holds the three together.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(package: str, modules: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package (PEP 562).

    Args:
        package: its ``__name__``.
        modules: the names that each module has; modules as seen from the package: ``"text.words"``.

    Example:
        >>> find = lazy_names("seqkit", {"errors": ["UserError"]})
        >>> find("UserError").__module__
        'seqkit.errors'
    """
    home = {name: f"{package}.{module}" for module, names in modules.items() for name in names}

    def find(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(home[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return find
