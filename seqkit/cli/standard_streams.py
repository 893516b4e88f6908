"""Standard streams as they may be found: closed, full, gone, or not there at all.

What is said on stderr is a courtesy: where it cannot be written, the work goes on in silence. What
goes to stdout is the result: where it cannot be written, the command has failed, unless its reader
has seen enough.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from seqkit.errors import Problem, UserError

__all__ = ["ClosedPipeError", "guarded_streams"]


class ClosedPipeError(Exception):
    """Whoever read the output has seen enough, such as ``head``."""


class _Guarded:
    """A stream of text that does as another does, but for what it makes of a refusal to write."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        """Send the rest to nowhere, also what Python flushes when it exits."""
        _point_at_nothing(self._stream)


class _Results(_Guarded):
    """Standard output."""

    def _give_up(self, error: OSError) -> None:
        super()._give_up(error)
        if isinstance(error, BrokenPipeError):
            raise ClosedPipeError from None
        from seqkit.files import advice_on

        reason = f"cannot be written: {advice_on(error)}"
        raise UserError(Problem(reason, "standard output")) from None


@contextmanager
def guarded_streams() -> Iterator[None]:
    """Guard stdout and stderr inside the block; a stream that the shell has closed is empty."""
    before = sys.stdin, sys.stdout, sys.stderr
    with open(os.devnull, "r+", encoding="utf-8") as nothing:
        sys.stdin = before[0] or nothing
        sys.stdout = cast(TextIO, _Results(_escaping(before[1] or nothing)))
        sys.stderr = cast(TextIO, _Guarded(before[2] or nothing))
        try:
            yield
        finally:
            sys.stdin, sys.stdout, sys.stderr = before


def _escaping(stream: TextIO) -> TextIO:
    """Let a stream write letters that its encoding lacks as ``\\uXXXX``, as stderr always does."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    return stream


def _point_at_nothing(stream: TextIO) -> None:
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return  # no file of the system's, so that nothing is left to be flushed
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)
