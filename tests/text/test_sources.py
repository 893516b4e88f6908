import gzip
import unicodedata

import pytest

from seqkit.errors import UserError
from seqkit.text.readers import read_text
from seqkit.text.readers.source import BadLines, load, split_lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\n", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\nb", ["a", "b"]),
        ("a\n\n", ["a", ""]),
        ("a\x85b\u2028c\x0bd\x1ce\rf\n", ["a\x85b\u2028c\x0bd\x1ce\rf"]),
        ("a\rb\r", ["a", "b"]),
        ("", []),
    ],
)
def test_what_ends_a_line(text, lines):
    assert split_lines(text) == lines


def test_the_byte_order_mark_is_no_text(write):
    assert load(write("a.txt", b"\xef\xbb\xbfa\n")).lines() == ["a"]


def test_a_byte_order_mark_inside_stays(write):
    assert load(write("a.txt", "a\ufeffb\n")).lines() == ["a\ufeffb"]


def test_text_is_composed(write):
    path = write("a.txt", "\u1112\u1161\u11ab e\u0301\n")
    assert load(path).text == "한 é\n"
    assert load(path, normalize=False).text == "\u1112\u1161\u11ab e\u0301\n"
    assert load(path, normalize=False).composed().text == "한 é\n"


@pytest.mark.parametrize("name", ["a.txt.gz", "misnamed.txt"])
def test_gzip_is_known_by_its_content(write, name):
    assert read_text(write(name, gzip.compress("한글\r\nb\n".encode()))) == "한글\nb\n"


def refused(path) -> list[str]:
    with pytest.raises(UserError) as caught:
        load(path)
    return [str(problem).replace(str(path.parent), "…") for problem in caught.value.problems]


def test_a_missing_file_gives_the_nearest(write, tmp_path):
    write("train.tsv", "a")
    assert refused(tmp_path / "trian.tsv") == [
        "…/trian.tsv: there is no such file; did you mean '…/train.tsv'?"
    ]


def test_a_file_whose_name_is_in_another_unicode_form_is_told(write, tmp_path):
    there = unicodedata.normalize("NFD", "리뷰.tsv")
    write(there, "a")
    assert refused(tmp_path / "리뷰.tsv") == [
        f"…/리뷰.tsv: there is no such file; '…/{there}' looks the same and is spelt in other code "
        "points (NFC or NFD): rename it, or let the shell complete its name"
    ]


def test_a_missing_folder_is_told(tmp_path):
    assert refused(tmp_path / "no" / "a.txt") == [
        "…/a.txt: there is no such file; there is no folder '…' either"
    ]


def test_a_folder_is_no_file(tmp_path):
    assert "this is a folder" in refused(tmp_path)[0]


def test_what_the_system_refuses_is_told(tmp_path):
    assert "cannot be read" in refused(tmp_path / ("x" * 5000))[0]


@pytest.mark.parametrize("content", ["", " \n\t\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(write, content):
    assert refused(write("a.txt", content)) == [
        "…/a.txt: the file is empty, wanted at least one line of text"
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_wrong_bytes_are_given_by_offset_and_line(write, mark, suffix):
    data = mark + b"ab\ncd\xff\n"
    path = write("a.txt" + suffix, gzip.compress(data) if suffix else data)
    offset = len(mark) + 5
    assert refused(path) == [
        f"…/a.txt{suffix}:2: byte {offset} (0xff) is not UTF-8, which is wanted"
    ]


def test_other_encodings_are_recognised(write):
    assert (
        "reads as CP949: convert it with `iconv" in refused(write("a", "한글".encode("cp949")))[0]
    )
    assert "reads as UTF-16" in refused(write("a", "한글".encode("utf-16")))[0]
    latin = refused(write("a", "label\ttext\nbon\tun café près d'ici".encode("latin-1")))[0]
    assert "may be WINDOWS-1252: convert it with `iconv" in latin
    assert "iconv" not in refused(write("a", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xe9\xff"))[0]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("これはとてもいい映画でした", "shift_jis"),
        ("谢谢你们，这个电影很好看", "gb18030"),
        ("這部電影很好看", "big5"),
    ],
)
def test_other_east_asian_text_is_not_taken_for_korean(write, text, encoding):
    (said,) = refused(write("a", text.encode(encoding)))
    assert "reads as" not in said
    assert encoding.upper() in said.partition("may be ")[2].partition(": convert")[0]


@pytest.mark.parametrize(
    "text", ["ㅋㅋ 재밌다 ㅠㅠ", "映畵를 봤다, 정말 좋았다", "별 ★★★ “최고”", "뷁!"]
)
def test_korean_is_recognised_with_what_people_write_in_it(write, text):
    (said,) = refused(write("a", f"정말 좋은 영화, {text}".encode("cp949")))
    assert "it reads as CP949: convert it with `iconv -f CP949 -t UTF-8`" in said


def test_every_nul_is_reported(write):
    assert refused(write("a.txt", "ok\na\0b\nok\n\0\n")) == [
        "…/a.txt:2: a NUL character at column 2, wanted text without any",
        "…/a.txt:4: a NUL character at column 1, wanted text without any",
    ]


@pytest.mark.parametrize("cut", [5, 15, -4])
def test_damaged_gzip_is_refused(write, cut):
    assert "the gzip data are damaged" in refused(write("a", gzip.compress(b"abc" * 99)[:cut]))[0]


def test_many_problems_are_counted_and_twenty_shown():
    bad = BadLines("f")
    bad.check()
    for line in range(1, 58):
        bad.add(line, "wrong")
    with pytest.raises(UserError) as caught:
        bad.check()
    problems = caught.value.problems
    assert len(problems) == 21
    assert str(problems[19]) == "f:20: wrong"
    assert str(problems[20]) == "f: and 37 more problems"
