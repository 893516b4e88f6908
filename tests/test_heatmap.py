"""Weights as a picture: SVG that parses, and shades that a terminal shows."""

import io
import unicodedata
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from seqkit.cli.heatmap_view import heatmap_text
from seqkit.heatmap import display_width, svg_heatmap

SVG = "{http://www.w3.org/2000/svg}"
VALUES = np.array([[1.0, 0.0, 0.5], [0.2, 0.8, 0.0]])


def test_every_weight_is_a_cell_and_every_label_is_there() -> None:
    root = ElementTree.fromstring(svg_heatmap(VALUES, ["한", "<b>"], ["x", "&", "국어"], "A & B"))
    assert [text.text for text in root.iter(f"{SVG}text")] == ["x", "&", "국어", "한", "<b>"]
    cells = [rect for rect in root.iter(f"{SVG}rect") if len(rect)]
    assert [cell[0].text for cell in cells] == [f"{value:.3f}" for value in VALUES.reshape(-1)]
    fills = [cell.get("fill") for cell in cells]
    assert fills[0] == "#08306b"
    assert fills[1] == "#ffffff"


def test_labels_must_fit() -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 3\) for 1 rows, 3 columns"):
        svg_heatmap(VALUES, ["a"], ["x", "y", "z"])


def test_nothing_to_draw_is_a_picture_too() -> None:
    ElementTree.fromstring(svg_heatmap(np.zeros((1, 0)), ["end"], []))
    assert "end" in heatmap_text(np.zeros((1, 0)), ["end"], []).plain


def shown(width: int) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None)
    console.print(
        heatmap_text(VALUES, ["한", "b"], ["x", "yy", "국어"], width=width), soft_wrap=True
    )
    return stream.getvalue().rstrip("\n").split("\n")


def test_shades_stand_under_their_labels() -> None:
    assert [line.rstrip() for line in shown(80)] == [
        "   x  yy 국어",
        "한 ██    ▒▒▒▒",
        " b ░░ ██",
    ]


def test_columns_that_do_not_fit_go_on_below() -> None:
    lines = [line.rstrip() for line in shown(10)]
    assert lines[0] == "   x  yy"
    assert "   국어" in lines
    assert max(map(display_width, lines)) <= 10


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("가a", 3),
        ("e\u0301", 1),
        (unicodedata.normalize("NFD", "한글"), 4),
        ("\u1161", 0),  # a vowel of Hangul without a consonant
        ("ㅋㅋ", 4),
        ("１", 2),
        ("ﾊ", 1),
        ("👍🏽", 2),
        ("👨\u200d👩\u200d👧", 2),
        ("🇰🇷", 2),
        ("❤\ufe0f", 2),
        ("1\ufe0f\u20e3", 2),
        ("가\u200b", 2),
    ],
)
def test_the_width_is_that_of_a_terminal(text: str, columns: int) -> None:
    assert display_width(text) == columns


def test_shades_stand_under_an_emoji_of_several_code_points() -> None:
    drawn = heatmap_text(np.array([[0.0, 1.0]]), ["👍🏽"], ["👨\u200d👩\u200d👧", "x"]).plain
    assert [display_width(line) for line in drawn.splitlines()] == [8, 9]
