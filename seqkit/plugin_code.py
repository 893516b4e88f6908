"""Whose code it was: from the frames of a traceback to the plugin that they belong to."""

import functools
import importlib.metadata
import importlib.util
import os
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqkit.plugin_loading import PluginRecord

__all__ = ["innermost_line", "own_line", "plugin_at_fault"]

SHARED_FOLDERS = ("site-packages", "dist-packages")
"""Names of folders whose modules belong to many distributions."""


def innermost_line(error: BaseException) -> str:
    """Say where an error was raised, as " (file.py, line 3)"; nothing where that is unknown."""
    return next((_place(frame, line) for frame, line in _inside_out(error)), "")


def own_line(error: BaseException, record: "PluginRecord") -> str:
    """Say which line of a plugin's own an error came from; nothing where it came from no such."""
    places = (
        _place(frame, line)
        for frame, line in _inside_out(error)
        if _installs(record, frame) or _lies_beside(record, frame)
    )
    return next(places, "")


def plugin_at_fault(
    error: BaseException, records: "Iterable[PluginRecord]"
) -> "tuple[PluginRecord, str] | None":
    """Return the plugin whose code an error came from, and its innermost line.

    Args:
        error: with its traceback.
        records: of all plugins; built-in ones are never at fault, for they are seqkit's own.
    """
    external = [record for record in records if not record.builtin]
    for frame, line in _inside_out(error):
        owners = [record for record in external if _installs(record, frame)]
        beside = [record for record in external if _lies_beside(record, frame)]
        # A folder with several plugins says nothing about whose the other files in it are.
        if owners or len(beside) == 1:
            return (owners or beside)[0], _place(frame, line)
    return None


def _inside_out(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    """Yield each frame with its line, the innermost first, without those of the import system."""
    found: list[tuple[FrameType, int]] = []
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith("<"):
            found.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return reversed(found)


def _place(frame: FrameType, line: int) -> str:
    return f" ({os.path.basename(frame.f_code.co_filename)}, line {line})"


def _installs(record: "PluginRecord", frame: FrameType) -> bool:
    """Whether the frame is of the plugin's module or package, or of another that came with it."""
    module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return module == _top(record) or (
        not record.builtin and module in _modules_of(record.distribution)
    )


def _top(record: "PluginRecord") -> str:
    return record.module.partition(":")[0].partition(".")[0]


@functools.cache
def _modules_of(distribution: str) -> frozenset[str]:
    """The names of the modules and packages that a distribution brought."""
    try:
        files = importlib.metadata.distribution(distribution).files or []
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return frozenset()
    return frozenset(path.parts[0].removesuffix(".py") for path in files)


def _lies_beside(record: "PluginRecord", frame: FrameType) -> bool:
    """Whether the frame's file lies beside the plugin's module, in a folder of their own.

    An installation that can be edited does not say which modules it has.
    """
    try:
        spec = importlib.util.find_spec(_top(record))
    except (ImportError, ValueError, AttributeError):
        return False
    if spec is None or spec.origin is None or spec.submodule_search_locations is not None:
        return False
    folder = os.path.dirname(spec.origin)
    own = os.path.basename(folder) not in SHARED_FOLDERS
    return own and os.path.dirname(frame.f_code.co_filename) == folder
