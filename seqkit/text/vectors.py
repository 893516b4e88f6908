"""Pretrained word vectors: word2vec and fastText text files (with a header) and GloVe (without).

The file is streamed, and only the rows of a given vocabulary are kept: a file of two million words
costs no more memory than the words that are looked for.
"""

import gzip
import math
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from seqkit.arrays import Array, BoolArray, DTypeLike
from seqkit.errors import Problem, UserError, and_more
from seqkit.files import write_atomically
from seqkit.text.unicode import nfc

__all__ = ["Vectors", "load_vectors", "vector_words", "write_vectors"]

SHOWN = 20
"""Bad lines that an error names; the others it counts."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """Rows of a vector file for the words of a vocabulary.

    Attributes:
        matrix: (V, D) the vectors, zeros for words that are not in the file.
        found: (V,) which words are.
        lowered: (V,) which of these were found only in lower case.
        duplicates: later lines for a word that already had its vector; the first one counts.
        lines: vectors in the file.
    """

    matrix: Array
    found: BoolArray
    lowered: BoolArray
    duplicates: int
    lines: int

    @property
    def width(self) -> int:
        """D."""
        return int(self.matrix.shape[1])

    @property
    def coverage(self) -> float:
        """Share of the vocabulary that was found."""
        return float(self.found.mean()) if len(self.found) else 0.0

    def __str__(self) -> str:
        found, words, lowered = int(self.found.sum()), len(self.found), int(self.lowered.sum())
        return (
            f"{found:,} of {words:,} words have a vector ({self.coverage:.1%}), "
            f"{lowered:,} of them by lower-casing"
        )

    def table(self, rng: np.random.Generator) -> Array:
        """Return a table to start from; missing words get Gaussian vectors like the others."""
        table = self.matrix.copy()
        spread = float(self.matrix[self.found].std()) if self.found.any() else 0.1
        missing = ~self.found
        table[missing] = rng.normal(0.0, spread, (int(missing.sum()), self.width))
        return table


def load_vectors(
    path: str | Path,
    words: Sequence[str],
    *,
    width: int | None = None,
    lowercase: bool = True,
    dtype: DTypeLike = np.float32,
) -> Vectors:
    """Read the vectors of some words from a text file, gzipped or not.

    Each line is a word and D numbers, separated by single spaces. A first line of two whole
    numbers is a header (lines, D). A word may contain spaces, as some in GloVe do.
    Words are looked up as they stand, and in NFC.

    Args:
        path: the file, UTF-8.
        words: V distinct words; row i of the result is for ``words[i]``.
        width: D, if the file must have it; otherwise the header or the first line tells.
        lowercase: give a word that is not in the file the vector of its lower-case form.
        dtype: of the result.

    Raises:
        ValueError: ``words`` holds a word twice.
        UserError: no such file, no text, or lines that are broken, all named with their numbers.
    """
    path = Path(path)
    with _opened(path) as file:
        return _Reader(path, words, width, lowercase, dtype).read(file)


def vector_words(path: str | Path) -> list[str]:
    """Return the distinct words of a file of vectors, in NFC and in its order.

    Raises:
        UserError: as :func:`load_vectors`; what is no UTF-8 among them.
    """
    path = Path(path)
    reader = _WordReader(path, (), None, False, np.float32)
    with _opened(path) as file:
        reader.read(file)
    return list(reader.words)


def write_vectors(path: str | Path, words: Sequence[str], matrix: Array) -> None:
    """Write a text file as word2vec's: a header, then a word and D numbers a line.

    Args:
        path: the file.
        words: V of them, without white space.
        matrix: (V, D)

    Raises:
        UserError: it cannot be written.
    """
    lines = [f"{len(words)} {matrix.shape[1]}"]
    for word, row in zip(words, matrix.tolist(), strict=True):
        lines.append(" ".join([word, *(f"{value:.5g}" for value in row)]))
    write_atomically(path, "\n".join([*lines, ""]).encode())


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, through gzip where its first bytes say so."""
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if not zipped:
                yield file
                return
            with gzip.open(file) as text:
                yield text  # type: ignore[misc]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(Problem(f"the gzip file is damaged: {error}", str(path))) from None
    except OSError as error:
        raise UserError(Problem(f"cannot be read: {error.strerror}", str(path))) from None


class _Reader:
    """Reads one file: looks at every line, converts only those it needs."""

    def __init__(
        self,
        path: Path,
        words: Sequence[str],
        width: int | None,
        lowercase: bool,
        dtype: DTypeLike,
    ) -> None:
        self.path = path
        self.width = width
        self.dtype = dtype
        self.exact = {word.encode("utf-8", "surrogatepass"): i for i, word in enumerate(words)}
        if len(self.exact) < len(words):
            raise ValueError("words must be distinct")
        self.lower: dict[bytes, list[int]] = {}
        for i, word in enumerate(words):
            if lowercase and word.lower() != word:
                key = word.lower().encode("utf-8", "surrogatepass")
                self.lower.setdefault(key, []).append(i)
        self.rows: dict[int, Array] = {}
        self.lowered: dict[int, Array] = {}
        self.duplicates = 0
        self.problems: list[Problem] = []
        self.bad_lines = 0

    @np.errstate(over="ignore")  # what is too large becomes infinite, and is refused
    def read(self, file: BinaryIO) -> Vectors:
        """Read the file to its end."""
        first = file.readline()
        first = first.removeprefix(BOM_UTF8)
        if b"\0" in first or b"\0" in (second := file.readline()):
            raise UserError(Problem("is not a text file; convert it to word2vec text", self._at()))
        promised = self._header(first)
        if not self.width:
            raise UserError(Problem("no numbers stand beside the words", self._at(1)))
        lines = 0
        start = [second] if promised is not None else [first, second]
        number = 1 if promised is None else 2
        for rest in (start, file):
            for line in rest:
                if line.strip():
                    lines += 1
                    self._line(number, line.rstrip())
                number += 1
        self._finish(lines, promised)
        return self._vectors(lines)

    def _header(self, line: bytes) -> int | None:
        """Return the number of lines that a header promises, None without header; learn D."""
        fields = line.split()
        if len(fields) != 2 or not all(map(_is_count, fields)) or self.width == 1:
            numbers = line.rstrip().split(b" ")[1:]
            if numbers and all(map(_is_number, numbers)):
                self._check_width(len(numbers))
            self.width = self.width or len(numbers)
            return None
        declared = int(fields[1])
        self._check_width(declared)
        self.width = declared
        return int(fields[0])

    def _check_width(self, found: int) -> None:
        """Refuse a file of another width once, not line by line.

        Raises:
            UserError: the vectors are not as wide as they must be.
        """
        if self.width not in (None, found):
            wanted = f"wanted {self.width}; set the width of the embedding to {found}"
            message = f"its vectors are {found} numbers wide, {wanted}, or take other vectors"
            raise UserError(Problem(message, self._at(1)))

    def _line(self, number: int, line: bytes) -> None:
        assert self.width is not None
        values = line.count(b" ")
        word = line[: line.find(b" ")] if values == self.width else self._long_word(line)
        if word is None:
            self._bad(number, f"expected {self.width} numbers, found {values}")
        elif (key := self._key(word)) is not None:
            self._keep(number, key, line[len(word) :])

    def _key(self, word: bytes) -> bytes | None:
        """Return the word as it is looked for, in NFC if not as it stands; None if it is not."""
        if word in self.exact or word in self.lower:
            return word
        composed = _composed(word)
        return composed if composed in self.exact or composed in self.lower else None

    def _long_word(self, line: bytes) -> bytes | None:
        """Return a word that contains spaces; None where there are too few or many numbers."""
        assert self.width is not None
        fields = line.split(b" ")
        extra = fields[1 : -self.width] if self.width else []
        return (
            None if not extra or any(map(_is_number, extra)) else b" ".join(fields[: -self.width])
        )

    def _keep(self, number: int, word: bytes, text: bytes) -> None:
        try:
            row = np.array([float(value) for value in text.split()], self.dtype)
        except ValueError as error:
            self._bad(number, str(error))
            return
        if len(row) != self.width or not np.isfinite(row).all():
            self._bad(number, f"expected {self.width} finite numbers")
            return
        place = self.exact.get(word)
        lowered = self.lower.get(word, ())
        if place in self.rows or any(i in self.lowered for i in lowered):
            self.duplicates += 1
            return
        if place is not None:
            self.rows[place] = row
        self.lowered |= dict.fromkeys(lowered, row)

    def _bad(self, number: int, message: str) -> None:
        self.bad_lines += 1
        if self.bad_lines <= SHOWN:
            self.problems.append(Problem(message, self._at(number)))

    def _finish(self, lines: int, promised: int | None) -> None:
        """Raise what is wrong with the file."""
        self.problems += and_more(self.bad_lines - SHOWN, "bad lines", self._at())
        if not lines:
            self.problems.append(Problem("holds no vectors", self._at()))
        elif promised not in (None, lines):
            self.problems.append(
                Problem(f"the header promises {promised} vectors, found {lines}", self._at(1))
            )
        if self.problems:
            raise UserError(self.problems)

    def _vectors(self, lines: int) -> Vectors:
        assert self.width is not None
        words = len(self.exact)
        matrix = np.zeros((words, self.width), self.dtype)
        found, lowered = np.zeros(words, np.bool_), np.zeros(words, np.bool_)
        for place, row in (self.lowered | self.rows).items():
            matrix[place] = row
            found[place] = True
            lowered[place] = place not in self.rows
        return Vectors(matrix, found, lowered, self.duplicates, lines)

    def _at(self, number: int | None = None) -> str:
        return str(self.path) if number is None else f"{self.path}:{number}"


class _WordReader(_Reader):
    """Takes every word and converts no number."""

    words: dict[str, None]

    def read(self, file: BinaryIO) -> Vectors:
        self.words = {}
        return super().read(file)

    def _key(self, word: bytes) -> bytes:
        return word

    def _keep(self, number: int, word: bytes, text: bytes) -> None:
        try:
            self.words[nfc(word.decode("utf-8"))] = None
        except UnicodeDecodeError as error:
            self._bad(number, f"a word that is not UTF-8: {error.reason}")


def _composed(word: bytes) -> bytes:
    """Return a word in NFC, as readers and tokenisers give it; what is no UTF-8 as it is."""
    if word.isascii():
        return word
    try:
        return nfc(word.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return word


def _is_count(field: bytes) -> bool:
    return field.isdigit() and len(field) < 10  # Python reads no number of thousands of digits


def _is_number(field: bytes) -> bool:
    try:
        return math.isfinite(float(field))
    except ValueError:
        return False
