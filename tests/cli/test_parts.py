"""The parts of the command line, each by itself."""

import io
import math
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from seqkit.cli.flags import metavar
from seqkit.cli.folders import run_folder
from seqkit.cli.interrupts import StopSwitch, stopping_on_interrupt
from seqkit.cli.recipes import read_recipe
from seqkit.cli.streams import json_line, plain, read_lines
from seqkit.errors import UserError
from seqkit.options import Option


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        (Option("a", int, 1, "", minimum=1), "<int 1..>"),
        (Option("a", float, 0.5, "", minimum=0, maximum=0.95), "<float 0..0.95>"),
        (Option("a", float | None, None, "", maximum=2), "<float ..2>"),
        (Option("a", str, "", ""), "<text>"),
        (Option("a", tuple[str, ...], (), ""), "<text,...>"),
    ],
)
def test_metavar(item, shown):
    assert metavar(item) == shown


def test_a_folder_takes_the_next_number_and_goes_when_it_stays_empty(tmp_path):
    root = tmp_path / "runs"
    with run_folder("a-b", None, root=root) as first:
        assert first.name == "a-b-1"
        (first / "file").touch()
        with run_folder("a-b", None, root=root) as second:
            assert second.name == "a-b-2"
        with run_folder("a", None, root=root) as other:
            assert other.name == "a-1"
    assert [path.name for path in root.iterdir()] == ["a-b-1"]
    (root / "a-b-7").mkdir()
    with run_folder("a-b", None, root=root) as eighth:
        assert eighth.name == "a-b-8"


def test_a_folder_that_was_there_stays(tmp_path):
    with run_folder("x", str(tmp_path)) as folder:
        assert folder == tmp_path
    assert tmp_path.exists()


def test_the_switch_stops_at_once_when_pressed_again(capfd):
    switch = StopSwitch()
    assert not switch()
    switch.press()
    assert switch()
    with pytest.raises(KeyboardInterrupt):
        switch.press()
    assert capfd.readouterr().err.count("stopping after this step") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_handler_is_put_back(number):
    before = signal.getsignal(number)
    with stopping_on_interrupt() as switch:
        assert signal.getsignal(number) == switch.press
    assert signal.getsignal(number) is before


class Dripping(io.RawIOBase):
    """A pipe that gives what has arrived, piece by piece."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def read1(self, size: int = -1) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


def test_lines_are_given_as_they_arrive():
    stream = Dripping(b"one\ntw", b"o\n", b"\n\nthr", b"ee")
    assert list(read_lines(stream, "x")) == [["one"], ["two"], ["", ""], ["three"]]


def test_only_line_feeds_end_lines():
    text = "a\u2028b\x0bc\rd\r\n"
    assert list(read_lines(io.BytesIO(text.encode()), "x")) == [["a\u2028b\x0bc\rd"]]


def test_a_character_may_arrive_in_pieces():
    word = "좋아요\n".encode()
    assert list(read_lines(Dripping(word[:4], word[4:]), "x")) == [["좋아요"]]


def test_lines_that_are_not_utf8_are_named():
    with pytest.raises(UserError, match="x:3: found the byte 0xff at 2, wanted UTF-8"):
        list(read_lines(Dripping(b"a\n", b"b\nc\xff\n"), "x"))


def test_korean_lines_that_are_not_utf8_are_told_how_to_convert():
    with pytest.raises(UserError, match=r"x:2: found the byte .*; it reads as CP949: convert"):
        list(read_lines(io.BytesIO(b"a\n" + "정말 재미있어요\n".encode("cp949")), "x"))


@dataclass(frozen=True)
class Thing:
    value: float
    names: tuple[str, ...]


def test_json_is_valid_whatever_is_in_it():
    value = {"a": np.float32(0.5), "b": math.nan, "c": [np.int64(3), math.inf], 4: Path("x")}
    assert plain(value) == {"a": 0.5, "b": None, "c": [3, None], "4": "x"}
    assert plain(np.array([1.0, np.nan])) == [1.0, None]
    assert json_line(Thing(1.5, ("가",))) == '{"value": 1.5, "names": ["가"]}'
    assert plain([True, None]) == [True, None]


def test_a_recipe_knows_its_lines(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text('\ufeff# x = 1\nx = 2\n"y-z" = [\n  3,\n]\n[t]\na = 1\n', encoding="utf-8")
    found = read_recipe(path)
    assert {key: item.where for key, item in found.items()} == {
        "x": f"{path}:2",
        "y-z": f"{path}:3",
        "t": f"{path}:6",
    }


def test_recipes_that_cannot_be_read(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b"x = '\xe9'")
    with pytest.raises(UserError, match=r"latin\.toml: not UTF-8"):
        read_recipe(tmp_path / "latin.toml")
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        read_recipe(tmp_path)
