"""A matrix of weights as a picture in the terminal."""

from collections.abc import Sequence

from rich.text import Text

from seqkit.arrays import Array
from seqkit.heatmap import display_width

__all__ = ["heatmap_text"]

SHADES = " ░▒▓█"
"""From nothing to all, for terminals without colours too."""


def heatmap_text(
    values: Array, rows: Sequence[str], columns: Sequence[str], *, width: int = 80
) -> Text:
    """Draw weights as shaded cells, one line a row, in bands of columns that fit the width.

    Args:
        values: (R, C), from 0 to 1.
        rows: R labels, at the left.
        columns: C labels, at the top; each column is as wide as its label.
        width: columns of the terminal.
    """
    left = max(map(display_width, rows), default=0)
    drawn = Text(no_wrap=True, overflow="crop")
    start = 0
    while start < len(columns) or not start:
        stop = _band(columns, start, width - left - 1)
        if start:
            drawn.append("\n")
        _draw_band(drawn, values[:, start:stop], rows, columns[start:stop], left)
        if stop <= start:
            break
        start = stop
    return drawn


def _band(columns: Sequence[str], start: int, room: int) -> int:
    """Return where the columns that fit end; at least one does."""
    stop = start
    while stop < len(columns) and (room := room - _wide(columns[stop]) - 1) >= 0:
        stop += 1
    return max(stop, min(start + 1, len(columns)))


def _wide(label: str) -> int:
    return max(2, display_width(label))


def _draw_band(
    drawn: Text, values: Array, rows: Sequence[str], columns: Sequence[str], left: int
) -> None:
    heads = [label + " " * (_wide(label) - display_width(label)) for label in columns]
    drawn.append(" " * left + " " + " ".join(heads) + "\n", style="bold")
    for label, weights in zip(rows, values, strict=True):
        drawn.append(" " * (left - display_width(label)) + label + " ", style="bold")
        for head, weight in zip(heads, weights.tolist(), strict=True):
            shade = SHADES[min(len(SHADES) - 1, int(weight * len(SHADES)))]
            drawn.append(shade * display_width(head) + " ", style="blue")
        drawn.append("\n")
