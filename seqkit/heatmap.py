"""A matrix of weights as a picture: an SVG file made of text alone.

For what attention looks at, or any other table of numbers from 0 to 1. The picture in a terminal is
in :mod:`seqkit.cli.heatmap_view`.
"""

import unicodedata
from collections.abc import Sequence
from xml.sax.saxutils import escape

from seqkit.arrays import Array
from seqkit.text.unicode import graphemes

__all__ = ["display_width", "svg_heatmap"]

CELL, FONT = 22, 13
"""Sides of a cell and height of a letter, in pixels."""

_PICTURE = "\ufe0f"
"""The variation selector that makes an emoji of the sign before it."""


def display_width(text: str) -> int:
    """Return how many columns of a terminal a text takes.

    A grapheme cluster takes two at most, however many code points it is: a syllable of Hangul,
    composed or not, and an emoji of several take two, a mark on its own takes none.
    """
    return sum(map(_cluster_width, graphemes(text)))


def _cluster_width(cluster: str) -> int:
    as_picture = _PICTURE in cluster
    return 2 if as_picture else min(2, sum(map(_letter_width, cluster)))


def _letter_width(letter: str) -> int:
    # Vowels and trailing consonants of Hangul are letters to Unicode, and marks to a terminal.
    if unicodedata.category(letter) in ("Mn", "Me", "Cf") or "\u1160" <= letter <= "\u11ff":
        return 0
    return 1 + (unicodedata.east_asian_width(letter) in "WF")


def svg_heatmap(values: Array, rows: Sequence[str], columns: Sequence[str], title: str = "") -> str:
    """Draw weights as an SVG document, darker where they are greater.

    Args:
        values: (R, C), from 0 to 1.
        rows: R labels, at the left.
        columns: C labels, at the top, written downwards from the left.
        title: read out by a screen reader and shown when the pointer rests.

    Raises:
        ValueError: the labels do not fit the values.
    """
    if values.shape != (len(rows), len(columns)):
        raise ValueError(
            f"values of shape {values.shape} for {len(rows)} rows, {len(columns)} columns"
        )
    left, top = _room(rows), _room(columns)
    width, height = left + CELL * len(columns) + CELL, top + CELL * len(rows) + CELL
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="{FONT}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for j, label in enumerate(columns):
        x = left + CELL * j + CELL // 2
        lines.append(
            f'<text transform="translate({x} {top - 6}) rotate(-90)" dy="0.35em">'
            f"{escape(label)}</text>"
        )
    for i, label in enumerate(rows):
        y = top + CELL * i
        lines.append(
            f'<text x="{left - 6}" y="{y + CELL // 2}" dy="0.35em" text-anchor="end">'
            f"{escape(label)}</text>"
        )
        lines += [_cell(left + CELL * j, y, float(value)) for j, value in enumerate(values[i])]
    return "\n".join([*lines, "</svg>", ""])


def _room(labels: Sequence[str]) -> int:
    return 12 + round(0.62 * FONT * max(map(display_width, labels), default=0))


def _cell(x: int, y: int, value: float) -> str:
    # 0 is white, 1 a dark blue.
    red, green, blue = (round(255 - value * (255 - dark)) for dark in (8, 48, 107))
    fill = f"#{red:02x}{green:02x}{blue:02x}"
    size = f'width="{CELL - 1}" height="{CELL - 1}"'
    return f'<rect x="{x}" y="{y}" {size} fill="{fill}"><title>{value:.3f}</title></rect>'
