"""Consoles for people: what rich prints to. Programs read lines; see :mod:`.streams`."""

from typing import TextIO

from rich.console import Console

__all__ = ["console_for"]

PIPE_WIDTH = 100
"""Columns of a table in a file or pipe, where there is no terminal to ask."""


def console_for(stream: TextIO) -> Console:
    """Return a console that prints text as it is: labels and paths may hold brackets."""
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
