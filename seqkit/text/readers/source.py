r"""Files as clean text, before any format is looked at.

A line ends at ``\n``; a ``\r`` right before it belongs to the ending. Nothing else ends a line:
U+0085, U+2028, a form feed or a lone ``\r`` inside a line are part of it. (A file without a single
``\n`` that has ``\r``, as old Macintosh programs wrote, is cut at ``\r``.) Text is UTF-8, with or
without a byte order mark, plain or gzipped, whatever the file is called.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from seqkit.errors import Problem, UserError, and_more
from seqkit.file_names import similar_file
from seqkit.text.unicode import nfc

__all__ = [
    "BadLines",
    "FilePath",
    "Source",
    "columns_problem",
    "load",
    "other_encoding",
    "read_text",
    "split_lines",
]

FilePath: TypeAlias = str | PathLike[str]

SHOWN = 20
"""Problems of one file that are spelt out; the others are counted."""


@dataclass
class BadLines:
    """What is wrong with a file, line by line; raised together at the end.

    Attributes:
        name: the file, as the user wrote it.
        count: how many problems there are, those that are not spelt out included.
    """

    name: str
    count: int = 0
    shown: list[tuple[int, Problem]] = field(default_factory=list)

    def add(self, line: int, message: str) -> None:
        """Note a problem at a line, counted from 1."""
        self.note(Problem(message, f"{self.name}:{line}"), line)

    def note(self, problem: Problem, line: int = 0) -> None:
        """Note a problem that says itself where it stands; the same one is noted once."""
        if any(problem == noted for _, noted in self.shown):
            return
        self.count += 1
        if len(self.shown) < SHOWN:
            self.shown.append((line, problem))

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Note the problems that a block raises, and go on after it."""
        try:
            yield
        except UserError as error:
            for problem in error.problems:
                self.note(problem)

    def check(self) -> None:
        """Raise what was noted, in order of lines.

        Raises:
            UserError: something was; the first 20 are spelt out and the rest counted.
        """
        if self.count:
            raise self.error()

    def error(self) -> UserError:
        """Return what :meth:`check` raises."""
        rest = and_more(self.count - len(self.shown), "problems", self.name)
        shown = [problem for _, problem in sorted(self.shown, key=lambda pair: pair[0])]
        return UserError([*shown, *rest])


def columns_problem(found: int, wanted: int) -> str:
    """Return what to say of a row that has not as many columns as the first."""
    return f"found {found} column{'s' * (found != 1)}, wanted {wanted} as in the first line"


@dataclass(frozen=True)
class Source:
    """A file's text and its name for messages."""

    name: str
    text: str

    def composed(self) -> "Source":
        """Return the source with its text in NFC."""
        return Source(self.name, nfc(self.text))

    def lines(self) -> list[str]:
        """Return the lines without their endings."""
        return split_lines(self.text)

    def filled_lines(self) -> Iterator[tuple[int, str]]:
        """Yield (number from 1, line) of the lines that hold more than white space."""
        return ((n, line) for n, line in enumerate(self.lines(), 1) if line and not line.isspace())

    def where(self, line: int) -> str:
        """Return ``file:line``."""
        return f"{self.name}:{line}"

    def refuse(self, message: str, line: int | None = None) -> UserError:
        """Return the error that says what is wrong with this file, to be raised."""
        return UserError(Problem(message, self.name if line is None else self.where(line)))


def load(path: FilePath, *, normalize: bool = True) -> Source:
    """Read a file, plain or gzipped.

    Args:
        path: of a file; ``~`` is not expanded.
        normalize: bring the text to NFC.

    Raises:
        UserError: no such file, not readable, not UTF-8 (with the byte offset and the line), NUL
            characters (each line that has some), or nothing but white space.
    """
    name = str(path)
    text = _decode(_read_bytes(Path(path), name), name)
    if "\0" in text:
        _refuse_nul(text, name)
    if not text or text.isspace():
        raise UserError(Problem("the file is empty, wanted at least one line of text", name))
    return Source(name, nfc(text) if normalize else text)


def read_text(path: FilePath) -> str:
    r"""Return a whole file as one NFC string with ``\n`` line ends. Errors as in :func:`load`."""
    return _unify(load(path).text)


def split_lines(text: str) -> list[str]:
    r"""Cut a text into lines as this module defines them; a last ``\n`` starts no further line."""
    lines = _unify(text).split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _unify(text: str) -> str:
    if "\r" not in text:
        return text
    return text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")


def _read_bytes(path: Path, name: str) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UserError(Problem("there is no such file" + similar_file(path), name)) from None
    except IsADirectoryError:
        raise UserError(Problem("this is a folder, wanted a file", name)) from None
    except OSError as error:
        raise UserError(Problem(f"cannot be read: {error.strerror or error}", name)) from None
    return _unzip(data, name) if data[:2] == b"\x1f\x8b" else data


def _unzip(data: bytes, name: str) -> bytes:
    import gzip

    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise UserError(Problem(f"the gzip data are damaged: {error}", name)) from None


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from after the mark, if there is one.
        offset = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
    line = data.count(b"\n", 0, offset) + 1
    message = (
        f"byte {offset} (0x{data[offset]:02x}) is not UTF-8, which is wanted{other_encoding(data)}"
    )
    raise UserError(Problem(message, f"{name}:{line}"))


def other_encoding(data: bytes) -> str:
    """Return the end of a message on bytes that are not UTF-8: what else they may be.

    It is empty where that cannot be told.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _converted("reads as", ["UTF-16"])
    if _is_korean(data):
        return _converted("reads as", ["CP949"])
    # Nearly any bytes read as these, so that only a person can tell.
    possible = [name for name in _EAST_ASIAN if _is_encoded(data, name)] or [
        name for name in ["WINDOWS-1252"] if _is_encoded(data, name)
    ]
    return "" if not possible or _BINARY.search(data) else _converted("may be", possible)


def _converted(sure: str, names: list[str]) -> str:
    found = " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f"; it {sure} {found}: convert it with `iconv -f {names[0]} -t UTF-8`"


def _is_korean(data: bytes) -> bool:
    """Whether bytes read as CP949 and make the Hangul that people write.

    Text in other East Asian encodings reads as CP949 too, and makes Han characters and syllables
    that no Korean word has.
    """
    if not _is_encoded(data, "CP949"):
        return False
    letters = Counter(filter(str.isalpha, data.decode("CP949")))
    foreign = {letter: count for letter, count in letters.items() if not letter.isascii()}
    usual = sum(count for letter, count in foreign.items() if _is_usual_hangul(letter))
    return usual > 0.8 * sum(foreign.values())


def _is_usual_hangul(letter: str) -> bool:
    """Whether a syllable is among the 2,350 of KS X 1001, or a jamo as people type it."""
    if not "\u3131" <= letter <= "\u318e" and not "\uac00" <= letter <= "\ud7a3":
        return False
    return len(letter.encode("euc_kr", "ignore")) == 2  # other syllables are written in eight bytes


_EAST_ASIAN = ("CP949", "SHIFT_JIS", "GB18030", "BIG5")


_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f\xfe\xff]")
"""Bytes that no Western European text has as a rule, and files that are no text are full of."""


def _is_encoded(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_nul(text: str, name: str) -> None:
    bad = BadLines(name)
    for number, line in enumerate(split_lines(text), 1):
        if "\0" in line:
            column = line.index("\0") + 1
            bad.add(number, f"a NUL character at column {column}, wanted text without any")
    bad.check()
