import csv
import unicodedata

import pytest

from seqkit.errors import UserError
from seqkit.text import (
    LabelledText,
    Row,
    format_tsv,
    read_csv,
    read_csv_columns,
    read_labelled,
    read_texts,
    read_tsv,
    read_tsv_columns,
)

PLAIN = "text\tlabel\n"


def pairs(records) -> list[tuple[str, str]]:
    return [(record.text, record.label) for record in records]


def refused(call, *arguments, **options) -> list[str]:
    with pytest.raises(UserError) as caught:
        call(*arguments, **options)
    return [str(problem).rpartition("/")[2] for problem in caught.value.problems]


def test_a_record_knows_its_line(write):
    path = write("a.tsv", PLAIN + "good\tpos\n\nbad\tneg\n")
    assert read_tsv(path) == [
        LabelledText("good", "pos", f"{path}:2"),
        LabelledText("bad", "neg", f"{path}:4"),
    ]


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_ends_and_compression(write, name, mark, end):
    path = write(name, mark + end.join(["text\tlabel", "가\t1", "나 \t0", ""]))
    assert pairs(read_labelled(path)) == [("가", "1"), ("나 ", "0")]


def test_quotes_and_unicode_line_ends_are_text_in_tsv(write):
    path = write("a.tsv", PLAIN + '"a\x85b\u2028c\t1\n')
    assert pairs(read_tsv(path)) == [('"a\x85b\u2028c', "1")]


@pytest.mark.parametrize(
    ("header", "text", "label"),
    [("id\tdocument\tlabel", 1, 2), ("Sentiment\tid\tREVIEW", 2, 0), ("class\tx\tsentence", 2, 0)],
)
def test_usual_names_are_found(write, header, text, label):
    path = write("a.txt", f"{header}\na\tb\tc\n")
    assert pairs(read_labelled(path)) == [("abc"[text], "abc"[label])]


@pytest.mark.parametrize("columns", [("doc", "y"), (2, 3), ("2", "-1"), ("doc", 3)])
def test_columns_by_name_and_number(write, columns):
    options = {"text_column": columns[0], "label_column": columns[1], "header": True}
    assert pairs(read_tsv(write("a.tsv", "id\tdoc\ty\n7\tgood\t1\n"), **options)) == [("good", "1")]


def test_numbers_alone_mean_no_header(write):
    path = write("a.tsv", "1\tgood\n0\tbad\n")
    assert pairs(read_tsv(path, text_column=2, label_column=1)) == [("good", "1"), ("bad", "0")]


def test_numbers_with_a_usual_header(write):
    path = write("a.tsv", "label\ttext\n0\tbad\n")
    assert pairs(read_tsv(path, text_column=2, label_column=1)) == [("bad", "0")]


@pytest.mark.parametrize(
    ("name", "mark", "said"),
    [("a.csv", ";", "semicolons"), ("a.csv", "\t", "tabs"), ("a.tsv", ",", "commas")],
)
@pytest.mark.parametrize("given", [{}, {"text_column": "text"}, {"text_column": 2}])
def test_another_mark_between_the_columns_is_named(write, name, mark, said, given):
    path = write(name, f"text{mark}label\ngood{mark}pos\n")
    (problem,) = refused(read_labelled, path, **given)
    assert problem.startswith(f"{name}:1: the first line is one column")
    assert f"with {said} in it, wanted commas between the columns of a .csv" in problem


def test_a_single_column_may_have_commas_in_its_name(write):
    path = write("a.tsv", "text, of a review\ngood\n")
    assert [text.text for text in read_texts(path, text_column="text, of a review")] == ["good"]


def test_a_wrong_name_gives_the_nearest_and_all(write):
    path = write("a.tsv", "id\tdocument\tlabel\n1\ta\t0\n")
    assert refused(read_labelled, path, text_column="docment") == [
        "a.tsv:1: there is no column 'docment'; did you mean 'document'? "
        "Valid are: 'id', 'document', 'label'"
    ]


@pytest.mark.parametrize("number", [0, 4, -4])
def test_a_wrong_number_is_refused(write, number):
    path = write("a.tsv", "id\tdocument\tlabel\n1\ta\t0\n")
    assert "wanted 1 to 3, or -1 for the last" in refused(read_tsv, path, text_column=number)[0]


def test_a_name_without_a_header_is_refused(write):
    found = refused(read_tsv, write("a.tsv", "a\tb\n"), text_column="x", header=False)
    assert "must be a number" in found[0]


def test_no_usual_name_is_refused_with_what_was_found(write):
    assert refused(read_tsv, write("a.tsv", "x\ty\na\tb\n")) == [
        "a.tsv:1: none of the usual column names (text, document, sentence, review, content, "
        "comment) is in the first line, found 'x', 'y'; name the column, or number it from 1, "
        "with text_column"
    ]


def test_all_bad_lines_are_reported(write):
    path = write("a.tsv", PLAIN + "a\tb\tc\nok\t1\nalone\nempty\t \n\t1\n")
    assert refused(read_tsv, path) == [
        "a.tsv:2: found 3 columns, wanted 2 as in the first line",
        "a.tsv:4: found 1 column, wanted 2 as in the first line",
        "a.tsv:5: the label is empty, wanted one",
    ]


def test_an_empty_text_is_a_text(write):
    assert pairs(read_tsv(write("a.tsv", PLAIN + "\t1\n"))) == [("", "1")]


def test_a_header_alone_is_refused(write):
    assert "a header and nothing else" in refused(read_tsv, write("a.tsv", PLAIN))[0]


def test_csv_quotes(write):
    path = write("a.csv", 'text,label\r\n"a, ""b""\r\nc",1\r\n\r\nd,0\r\n')
    assert read_csv(path) == [
        LabelledText('a, "b"\nc', "1", f"{path}:3"),
        LabelledText("d", "0", f"{path}:5"),
    ]


def test_csv_keeps_unicode_line_ends(write):
    assert pairs(read_labelled(write("a.csv", "text,label\na\x85b\u2028c,1\n"))) == [
        ("a\x85b\u2028c", "1")
    ]


def test_a_long_csv_cell_is_read(write):
    limit = csv.field_size_limit()
    path = write("a.csv", "text,label\n" + "가" * (limit + 1) + ",1\n")
    assert pairs(read_csv(path)) == [("가" * (limit + 1), "1")]
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize("cell", ["a\rb", '"a\rb"'])
def test_a_lone_carriage_return_is_part_of_a_csv_cell(write, cell):
    assert pairs(read_csv(write("a.csv", f"text,label\n{cell},1\n"))) == [("a\rb", "1")]


def test_broken_csv_is_reported_with_the_rest(write):
    path = write("a.csv", 'text,label\n"a"b,1\nok,1\none\n"never closed,0\n')
    found = refused(read_csv, path)
    assert [line.partition(": ")[0] for line in found] == ["a.csv:2", "a.csv:4", "a.csv:5"]
    assert "not closed or not doubled" in found[0]
    assert "found 1 column, wanted 2" in found[1]


def test_csv_that_is_broken_from_the_start(write):
    assert refused(read_csv, write("a.csv", '"text,label\na,1\n'))[0].startswith("a.csv:2: ")


@pytest.mark.parametrize(
    ("header", "column"), [("text\ttext\tlabel", "text"), ("Text\ttext \tlabel", None)]
)
def test_a_name_of_several_columns_is_refused(write, header, column):
    path = write("a.tsv", f"{header}\na\tb\t1\n")
    assert refused(read_tsv, path, text_column=column) == [
        "a.tsv:1: the columns 1 and 2 are all called 'text'; give the number of the one meant"
    ]
    assert pairs(read_tsv(path, text_column=2)) == [("b", "1")]


def test_any_columns(write):
    path = write("a.tsv", "from\tto\tx\na\tb\tc\n")
    assert read_tsv_columns(path, ["to", "from"]) == [Row(("b", "a"), f"{path}:2")]
    assert [row.values for row in read_tsv_columns(path, [1])] == [("from",), ("a",)]
    path = write("a.csv", "from,to\na,b\n")
    assert [row.values for row in read_csv_columns(path, [2], header=True)] == [("b",)]


def test_texts_alone_need_no_label(write):
    assert [r.text for r in read_texts(write("a.tsv", "id\ttext\n1\ta\n"))] == ["a"]
    assert [r.text for r in read_texts(write("a.csv", "id,x\n1,a\n"), text_column="x")] == ["a"]
    assert [r.text for r in read_texts(write("a", "1\ta\n2\tb\n"), text_column=2)] == ["a", "b"]


@pytest.mark.realdata
def test_nsmc(realdata):
    train = read_labelled(realdata("nsmc/ratings_train.txt"))
    test = read_labelled(realdata("nsmc/ratings_test.txt"))
    assert (len(train), len(test)) == (150_000, 50_000)
    assert sum(not record.text for record in (*train, *test)) == 8
    assert {record.label for record in train} == {"0", "1"}


@pytest.mark.realdata
def test_mr_polarity(realdata):
    parts = [
        read_labelled(realdata(f"mr-polarity/{part}.tsv")) for part in ("train", "dev", "test")
    ]
    assert list(map(len, parts)) == [8_529, 1_066, 1_067]
    assert {record.label for part in parts for record in part} == {"positive", "negative"}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_column_is_found_however_its_name_was_typed(write, form):
    path = write("a.tsv", "글\tlabel\na\tx\n")
    assert pairs(read_tsv(path, text_column=unicodedata.normalize(form, "글"))) == [("a", "x")]


def test_what_is_written_as_a_line_of_a_table_is_read_back(write):
    lines = [format_tsv("text", "label"), format_tsv("two\r\nlines\tand a tab", "good")]
    assert "\n" not in "".join(lines)
    (record,) = read_tsv(write("table.tsv", "\n".join(lines)))
    assert (record.text, record.label) == ("two lines and a tab", "good")
