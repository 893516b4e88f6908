"""Pretrained vectors: formats, coverage, and every way a file can be broken."""

import gzip
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest

from seqkit.errors import UserError
from seqkit.text.vectors import load_vectors, vector_words

GLOVE = "the 0.1 -0.2\nof 1 2\n. . . 5 6\nSeoul 3e-1 4\n"


@pytest.fixture
def write(tmp_path: Any) -> Any:
    def write(content: Any, name: str = "vectors.txt") -> Any:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def problems(path: Any, words: Any = ("the",), **options: Any) -> Any:
    with pytest.raises(UserError) as caught:
        load_vectors(path, words, **options)
    return [str(problem).replace(str(path), "FILE") for problem in caught.value.problems]


@pytest.mark.parametrize("header", ["", "4 2\n"], ids=["glove", "word2vec"])
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("ending", ["\n", " \n", "\r\n"])
def test_formats(write: Any, header: str, zipped: bool, ending: str) -> None:
    content = (header + GLOVE).replace("\n", ending).encode()
    path = write(gzip.compress(content) if zipped else content)
    vectors = load_vectors(path, ["of", "missing", "The", ". . ."])
    np.testing.assert_array_equal(
        vectors.matrix, np.array([[1, 2], [0, 0], [0.1, -0.2], [5, 6]], np.float32)
    )
    assert vectors.matrix.dtype == np.float32
    assert vectors.found.tolist() == [True, False, True, True]
    assert vectors.lowered.tolist() == [False, False, True, False]
    assert (vectors.lines, vectors.duplicates, vectors.width) == (4, 0, 2)
    assert str(vectors) == "3 of 4 words have a vector (75.0%), 1 of them by lower-casing"


@pytest.mark.parametrize("header", ["", "5 2\n"], ids=["glove", "word2vec"])
def test_the_words_of_a_file_come_in_its_order(write: Any, header: str) -> None:
    path = write(header + GLOVE + "of 7 8\n")
    assert vector_words(path) == ["the", "of", ". . .", "Seoul"]


def test_words_that_are_no_text_are_refused(write: Any) -> None:
    with pytest.raises(UserError, match=r":2: a word that is not UTF-8"):
        vector_words(write(b"the 1 2\n\xff\xfe 3 4\n"))


def test_korean_words_and_other_precisions(write: Any) -> None:
    vectors = load_vectors(write("한국 1 2\n"), ["한국"], dtype=np.float64, width=2)
    assert vectors.matrix.tolist() == [[1.0, 2.0]]
    assert vectors.matrix.dtype == np.float64


@pytest.mark.parametrize("header", ["", "4 2\n"], ids=["glove", "word2vec"])
def test_a_byte_order_mark_is_no_part_of_the_first_line(write: Any, header: str) -> None:
    path = write("\ufeff" + header + GLOVE)
    assert load_vectors(path, ["the"]).found.all()
    assert vector_words(path)[0] == "the"


def test_decomposed_words_are_found_by_their_composed_form(write: Any) -> None:
    path = write(normalize("NFD", "한국 1 2\ncafé 3 4\n"))
    vectors = load_vectors(path, ["Café", "한국"])
    np.testing.assert_array_equal(vectors.matrix, np.array([[3, 4], [1, 2]], np.float32))
    assert vector_words(path) == ["한국", "café"]


def test_exact_case_wins_wherever_it_stands(write: Any) -> None:
    for content in ("the 1\nThe 2\n", "The 2\nthe 1\n"):
        vectors = load_vectors(write(content), ["The", "the", "THE"])
        assert vectors.matrix[:, 0].tolist() == [2, 1, 1]
        assert vectors.lowered.tolist() == [False, False, True]
    assert not load_vectors(write("the 1\n"), ["The"], lowercase=False).found.any()


def test_the_first_of_duplicates_counts(write: Any) -> None:
    vectors = load_vectors(write("a 1\nb 2\na 3\na 4\nz 1\nz 1\n"), ["a", "b"])
    assert vectors.matrix[:, 0].tolist() == [1, 2]
    assert vectors.duplicates == 2


def test_bad_lines_are_named_together(write: Any) -> None:
    path = write("3 2\nthe 1 2\nof 1\nto 1 2 3\n")
    assert problems(path) == [
        "FILE:3: expected 2 numbers, found 1",
        "FILE:4: expected 2 numbers, found 3",
    ]
    assert problems(write("the 1 x\nof 1 nan\n"), ["the", "of"]) == [
        "FILE:1: could not convert string to float: b'x'",
        "FILE:2: expected 2 finite numbers",
    ]
    assert problems(write("the 1 2\nof 1 1e39\n"), ["of"]) == [
        "FILE:2: expected 2 finite numbers"  # it is, but not in single precision
    ]
    many = problems(write("a 1 2\n" + "b 1\n" * 30))
    assert len(many) == 21
    assert many[-1] == "FILE: and 10 more bad lines"


def test_wrong_width_and_wrong_count(write: Any) -> None:
    told = [
        "FILE:1: its vectors are 2 numbers wide, wanted 3; set the width of the embedding to 2, "
        "or take other vectors"
    ]
    assert problems(write("1 2\nthe 1 2\n"), width=3) == told
    assert problems(write("the 1 2\na 1 2\n"), width=3) == told
    assert problems(write("the 1 2\na 1\n")) == ["FILE:2: expected 2 numbers, found 1"]
    assert problems(write("9 2\nthe 1 2\n")) == ["FILE:1: the header promises 9 vectors, found 1"]


def test_a_number_of_thousands_of_digits_begins_no_file_of_vectors(write: Any) -> None:
    path = write("9" * 5000 + " 3\nthe 1 2 3\n")
    assert problems(path) == ["FILE:2: expected 1 numbers, found 3"]


def test_files_that_are_no_vector_files(write: Any, tmp_path: Any) -> None:
    assert problems(tmp_path / "absent") == ["FILE: cannot be read: No such file or directory"]
    assert problems(tmp_path) == ["FILE: cannot be read: Is a directory"]
    assert problems(write("")) == ["FILE:1: no numbers stand beside the words"]
    assert problems(write("2 2\n")) == [
        "FILE: holds no vectors",
    ]
    assert "not a text file" in problems(write(b"1 2\nthe \0\0\0\0\n"))[0]
    damaged = gzip.compress(GLOVE.encode() * 50)[:-20]
    assert "gzip file is damaged" in problems(write(damaged))[0]


def test_missing_words_get_vectors_as_wide_as_the_others(write: Any) -> None:
    words = [f"w{i}" for i in range(2000)]
    lines = "".join(f"w{i} {3 * (-1) ** i} {3 * (-1) ** i}\n" for i in range(100))
    vectors = load_vectors(write(lines), words)
    table = vectors.table(np.random.default_rng(0))
    assert (table[:100] == vectors.matrix[:100]).all()
    assert abs(table[100:].std() - 3) < 0.1
    assert not vectors.matrix[100:].any()
    assert table.dtype == np.float32


def test_words_must_be_distinct(write: Any) -> None:
    with pytest.raises(ValueError, match="distinct"):
        load_vectors(write(GLOVE), ["a", "a"])


def test_no_words(write: Any) -> None:
    vectors = load_vectors(write(GLOVE), [])
    assert vectors.matrix.shape == (0, 2)
    assert vectors.coverage == 0
