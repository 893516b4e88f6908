"""Consoles for people: what rich prints to. Programs read lines; see :mod:`.streams`."""

from collections.abc import Iterable
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions
from rich.segment import Segment

from seqkit.cli.notices import visible

__all__ = ["console_for"]

PIPE_WIDTH = 100
"""Columns of a table in a file or pipe, where there is no terminal to ask."""


class _VisibleConsole(Console):
    """A console that obeys its own control codes, and shows those that stand in data."""

    def render(self, renderable: Any, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(visible(text), style)


def console_for(stream: TextIO) -> Console:
    """Return a console that prints text as it is: labels and paths may hold brackets."""
    width = None if stream.isatty() else PIPE_WIDTH
    return _VisibleConsole(file=stream, width=width, markup=False, highlight=False, emoji=False)
