import json
from unicodedata import normalize

import pytest

from seqkit.text import (
    LabelledText,
    Text,
    read_fasttext,
    read_folder,
    read_jsonl,
    read_labelled,
    read_plain,
    read_text,
    read_texts,
)

from .test_tables import pairs, refused


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson.gz", "a.txt"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_json_lines(write, name, end):
    lines = [
        '\ufeff{"text": "가\x85\u2028\\n", "label": "pos"}',
        "",
        '{"label": 1, "text": ""}',
        "",
    ]
    path = write(name, end.join(lines))
    assert read_labelled(path) == [
        LabelledText("가\x85\u2028\n", "pos", f"{path}:1"),
        LabelledText("", "1", f"{path}:3"),
    ]


def test_json_fields_by_name(write):
    path = write("a.jsonl", '{"q": "a", "good": true, "text": 3}\n{"q": "b", "good": false}\n')
    assert pairs(read_jsonl(path, text_column="q", label_column="good")) == [
        ("a", "true"),
        ("b", "false"),
    ]


def test_json_text_is_composed(write):
    assert read_jsonl(write("a.jsonl", r'{"text": "e\u0301", "label": "x"}'))[0].text == "é"


def test_a_json_field_is_found_however_its_name_was_typed(write):
    composed, apart = "글", normalize("NFD", "글")
    for there, asked in ((composed, apart), (apart, composed)):
        path = write("a.jsonl", json.dumps({there: "a", "label": "x"}))
        assert pairs(read_jsonl(path, text_column=asked)) == [("a", "x")]


def test_a_json_field_that_is_there_twice_is_refused(write):
    sound = '{"text": "\\"text\\": 1", "label": "x", "more": {"a": 1, "b": {"text": 1}}}\n'
    path = write("a.jsonl", sound + '{"text": "a", "label": "x", "te\\u0078t": "b"}\n')
    wanted = "a.jsonl:2: field 'text' is there twice, wanted one of a name"
    assert refused(read_jsonl, path) == [wanted]


def test_all_bad_json_lines_are_reported(write):
    path = write(
        "a.jsonl",
        '{"text": "a", "label": "x"}\n{"text": 1, "label": null}\n[1]\n'
        '{"txet": "a", "label": " "}\n{\n',
    )
    found = refused(read_jsonl, path)
    assert [line.partition(": ")[0] for line in found] == [
        "a.jsonl:2",
        "a.jsonl:2",
        "a.jsonl:3",
        "a.jsonl:4",
        "a.jsonl:4",
        "a.jsonl:5",
    ]
    text = "\n".join(found)
    for expected in (
        "found a JSON list, wanted an object",
        "this is no JSON",
        "field 'text' is a whole number, wanted a string",
        "field 'label' is a null, wanted a string, a whole number, true or false",
        "there is no field 'text'; did you mean 'txet'?",
        "field 'label' is empty",
    ):
        assert expected in text


def test_a_decimal_number_is_no_json_label(write):
    found = refused(read_jsonl, write("a.jsonl", '{"text": "a", "label": 1.0}'))
    wanted = "wanted a string, a whole number, true or false"
    assert found == [f"a.jsonl:1: field 'label' is a decimal number, {wanted}"]


@pytest.mark.parametrize("field", ["text", "label"])
def test_a_nul_that_json_spells_out_is_refused(write, field):
    fields = {"text": "a", "label": "x"} | {field: "ab\0"}
    found = refused(read_jsonl, write("a.jsonl", json.dumps(fields)))
    place = "has a NUL character at place 3"
    assert found == [f"a.jsonl:1: field {field!r} {place}, wanted text without any"]


def test_json_nested_too_deep_is_a_bad_line(write):
    deep = '{"text": ' + "[" * 100_000 + "]" * 100_000 + "}"
    path = write("a.jsonl", '{"text": "a", "label": "x"}\n' + deep)
    assert "a.jsonl:2: lists or objects are nested too deep" in refused(read_jsonl, path)[0]


@pytest.mark.parametrize(
    ("name", "contents"),
    [("a.tsv", "label\ttext\nx\ta b\n"), ("a.jsonl", '{"label": "x", "text": "a b"}\n')],
)
def test_the_labels_are_not_taken_for_the_texts(write, name, contents):
    (found,) = refused(read_labelled, write(name, contents), text_column="label")
    assert found.startswith(f"{name}: text_column and label_column are the same column")


def test_json_without_usual_fields(write):
    found = refused(read_jsonl, write("a.jsonl", '{"x": 1}\n'))
    assert "found 'x'; name the field with text_column" in found[0]
    assert "no numbers" in refused(read_labelled, write("a.jsonl", "{}"), text_column=1)[0]
    assert "this is no JSON" in refused(read_jsonl, write("a.jsonl", "nothing"))[0]


def test_fasttext(write):
    path = write(
        "a.txt", "\ufeff__label__좋음 재밌다 ㅋㅋ\r\n\r\n__label__b  a\x85b \r\n__label__c\r\n"
    )
    assert read_labelled(path) == [
        LabelledText("재밌다 ㅋㅋ", "좋음", f"{path}:1"),
        LabelledText("a\x85b", "b", f"{path}:3"),
        LabelledText("", "c", f"{path}:4"),
    ]
    assert pairs(read_fasttext(write("b", "#x y"), prefix="#")) == [("y", "x")]


@pytest.mark.parametrize("space", ["\t", "\u3000", "  "])
def test_any_white_space_ends_a_fasttext_label(write, space):
    path = write("a.txt", f"__label__좋음{space}정말 재밌다\n")
    assert pairs(read_fasttext(path)) == [("정말 재밌다", "좋음")]


def test_all_bad_fasttext_lines_are_reported(write):
    path = write("a.txt", "__label__a x\nno label\n__label__ x\n__label__a __label__b x\n")
    assert refused(read_labelled, path) == [
        "a.txt:2: the line starts with 'no', wanted __label__ and a label",
        "a.txt:3: there is no label after __label__",
        "a.txt:4: the line has several labels, wanted one",
    ]


def test_a_folder_per_label(write, tmp_path):
    write("data/pos/b.txt", "\ufeff두\r\n줄\r\n")
    write("data/pos/a.txt.gz", "zip")
    write("data/neg/c.txt", "a\x85b")
    write("data/neg/.hidden.txt", "x")
    write("data/neg/notes.md", "x")
    write("data/readme.txt", "x")
    records = read_labelled(tmp_path / "data")
    assert pairs(records) == [("a\x85b", "neg"), ("zip", "pos"), ("두\n줄", "pos")]
    assert records[0].where.endswith("c.txt")
    assert [text.text for text in read_texts(tmp_path / "data")] == ["a\x85b", "zip", "두\n줄"]


def test_a_label_from_a_folder_is_the_same_as_one_from_a_table(write, tmp_path):
    write("data/" + normalize("NFD", "긍정 ") + "/a.txt", "재밌다")
    assert pairs(read_folder(tmp_path / "data")) == [("재밌다", "긍정")]


def test_a_folder_whose_name_is_no_label_is_refused(write, tmp_path):
    write("data/ /a.txt", "x")
    assert refused(read_folder, tmp_path / "data") == [
        " : the folder's name is white space, wanted a label"
    ]


@pytest.mark.parametrize("closed", ["data", "data/pos"])
def test_a_folder_that_may_not_be_read_is_refused(write, tmp_path, close_folder, closed):
    write("data/pos/a.txt", "x")
    write("data/neg/b.txt", "y")
    close_folder(tmp_path / closed)
    for reader in (read_folder, read_labelled, read_texts):
        found = refused(reader, tmp_path / "data")
        assert found == [f"{closed.rpartition('/')[2]}: cannot be read: Permission denied"]


def test_all_unreadable_files_of_a_folder_are_reported(write, tmp_path):
    write("data/pos/a.txt", b"\xff")
    write("data/neg/b.txt", "a\0")
    found = refused(read_folder, tmp_path / "data")
    assert [line.partition(": ")[0] for line in found] == ["b.txt:1", "a.txt:1"]


def test_folders_without_texts(write, tmp_path):
    write("data/a.txt", "x")
    assert "wanted a folder per label" in refused(read_folder, tmp_path / "data")[0]
    assert "no such folder" in refused(read_folder, tmp_path / "none")[0]


def test_plain_lines(write):
    path = write("a.txt", " a \n\nb\x85c\n \n")
    assert read_plain(path) == [Text(" a ", f"{path}:1"), Text("b\x85c", f"{path}:3")]
    assert [t.text for t in read_plain(path, blank_lines=True)] == [" a ", "", "b\x85c", " "]
    assert read_texts(path) == read_plain(path)


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.jsonl", '{"text": "a"}', ["a"]),
        ("a.txt", "__label__x a b", ["a b"]),
        ("a.txt", "some\ttabs", ["some\ttabs"]),
    ],
)
def test_texts_of_other_formats(write, name, content, texts):
    assert [text.text for text in read_texts(write(name, content))] == texts


def test_plain_text_has_no_labels(write):
    assert "cannot tell where text and label are" in refused(read_labelled, write("a", "x\n"))[0]


def test_a_missing_file_and_an_empty_one(tmp_path, write):
    for reader in (read_labelled, read_texts, read_plain, read_jsonl, read_fasttext):
        assert "no such file" in refused(reader, tmp_path / "none.tsv")[0]
        assert "is empty" in refused(reader, write("empty.jsonl", ""))[0]


@pytest.mark.realdata
def test_character_corpora(realdata):
    shakespeare = read_text(realdata("tiny-shakespeare/input.txt"))
    assert (len(shakespeare), len(set(shakespeare))) == (1_115_394, 65)
    names = [line.text for line in read_plain(realdata("names/names.txt"))]
    assert (len(names), len(set(names))) == (32_033, 29_494)
    for name in ("dates/date.txt", "addition/addition.txt"):
        assert len(read_plain(realdata(name))) == 50_000
