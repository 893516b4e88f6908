import unicodedata

import pytest

from seqkit.text import (
    TaggedSentence,
    create_sentence,
    create_tokenizer,
    format_conllu,
    is_conllu,
    read_conll,
    read_conllu,
    read_tagged,
    write_conllu,
)

from .test_tables import refused

TREEBANK = """\
# newdoc
# sent_id = s1
# text = I don't care.
1\tI\tI\tPRON\tPRP\tCase=Nom|Number=Sing\t4\tnsubj\t_\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdo\tdo\tAUX\tVBP\t_\t4\taux\t_\t_
3\tn't\tnot\tPART\tRB\t_\t4\tadvmod\t_\t_
3.1\treally\treally\tADV\tRB\t_\t_\t_\t4:advmod\t_
4\tcare\tcare\tVERB\tVB\t_\t0\troot\t_\tSpaceAfter=No
5\t.\t.\tPUNCT\t.\t_\t4\tpunct\t_\t_

1\t좋\u1161\t_\tADJ\t_\t_\t_\t_\t_\t_

"""


def line(number, **columns) -> str:
    names = ("form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
    return "\t".join([str(number), *(columns.get(name, "x") for name in names)]) + "\n"


def test_words_ranges_and_empty_nodes_are_kept_apart(write):
    path = write("a.conllu", TREEBANK)
    first, second = read_conllu(path)
    assert first.forms == ("I", "do", "n't", "care", ".")
    assert first.tags() == ("PRON", "AUX", "PART", "VERB", "PUNCT")
    assert first.tags("xpos")[1] == "VBP"
    assert [token.form for token in first.ranges] == ["don't"]
    assert [node.id for node in first.empty_nodes] == ["3.1"]
    assert first.words[0].features == {"Case": "Nom", "Number": "Sing"}
    assert first.words[1].features == {}
    assert (first.sent_id, first.text, first.comment("none")) == ("s1", "I don't care.", None)
    assert first.spaced() == first.text
    assert len(first.comments) == 3
    assert (first.where, second.where) == (f"{path}:1", f"{path}:12")
    assert second.text == second.forms[0]


@pytest.mark.parametrize("name", ["a.conllu", "a.conllu.gz"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_writing_gives_what_was_read(write, tmp_path, name, mark, end):
    sentences = read_conllu(write(name, mark + TREEBANK.replace("\n", end)))
    write_conllu(tmp_path / "out.conllu", sentences)
    assert (tmp_path / "out.conllu").read_bytes() == TREEBANK.encode()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "out.conllu"])


def test_a_last_line_without_an_end_and_blank_lines_with_spaces(write):
    path = write("a.conllu", "\n \n" + TREEBANK.replace("\n\n", "\n \t\n\n").rstrip())
    assert format_conllu(read_conllu(path)) == TREEBANK


def test_equal_cells_are_one_object(tmp_path) -> None:
    path = tmp_path / "two.conllu"
    path.write_text(TREEBANK + TREEBANK, encoding="utf-8")
    first, *_ = sentences = read_conllu(path)
    again = sentences[len(sentences) // 2]
    assert first.words == again.words
    assert all(a is b for a, b in zip(first.words[0], again.words[0], strict=True))


def test_forms_and_tags_are_composed_and_lines_are_not(write):
    tag = unicodedata.normalize("NFD", "명사")
    path = write("a.conllu", line(1, form="e\u0301", lemma="e\u0301", xpos=tag))
    (sentence,) = read_conllu(path)
    assert (sentence.forms, sentence.words[0].lemma) == (("é",), "é")
    assert sentence.tags("xpos") == ("명사",)
    assert "e\u0301" in format_conllu([sentence])
    assert tag in format_conllu([sentence])


def test_new_tags_change_nothing_else(write):
    first, _ = read_conllu(write("a.conllu", TREEBANK))
    tagged = first.with_tags(["A", "B", "C", "D", "E"])
    assert tagged.tags() == ("A", "B", "C", "D", "E")
    undone = tagged.with_tags(first.tags())
    assert undone == first
    changed = [new for old, new in zip(first.lines, tagged.lines, strict=True) if old != new]
    assert changed[1] == "2\tdo\tdo\tB\tVBP\t_\t4\taux\t_\t_"
    assert len(changed) == 5
    assert first.with_tags(list("abcde"), "xpos").tags() == first.tags()


@pytest.mark.parametrize("tags", [["A"], ["A", "B", "C", "D", ""], ["A", "B", "C", "D", "E F"]])
def test_impossible_tags(write, tags):
    first, _ = read_conllu(write("a.conllu", TREEBANK))
    with pytest.raises(ValueError, match="tag"):
        first.with_tags(tags)


def test_all_bad_lines_are_reported(write):
    text = (
        line(1) + line(3) + "3\tno columns\n" + line(4, upos="") + line("6-7") + line("2.1") + "\n"
        "# only a comment\n\n" + line("1-2") + line(1) + "\n"
    )
    assert refused(read_conllu, write("a.conllu", text)) == [
        "a.conllu:1: range 6-7 goes beyond the last word, 4",
        "a.conllu:2: found the id '3', wanted 2",
        "a.conllu:3: found 2 columns, wanted 10 with tabs between",
        "a.conllu:4: column 4 (UPOS) is empty, wanted a value or _",
        "a.conllu:5: range 6-7 does not start at 5 and go up",
        "a.conllu:6: empty node 2.1 does not follow word 2",
        "a.conllu:8: the sentence has no words",
        "a.conllu:10: range 1-2 goes beyond the last word, 1",
    ]


def test_ranges_that_overlap_are_refused(write):
    text = line("1-3") + line(1) + line("2-3") + line(2) + line(3) + "\n"
    assert refused(read_conllu, write("a.conllu", text)) == [
        "a.conllu:3: range 2-3 overlaps with range 1-3"
    ]


@pytest.mark.parametrize(("ids", "wanted"), [("1.1 1.1", "1.2"), ("1.2 1.2", "1.1")])
def test_empty_nodes_that_are_not_in_order_are_refused(write, ids, wanted):
    first, second = ids.split()
    text = line("0.1") + line(1) + line(first) + line(second) + "\n"
    number, found = (4, second) if wanted == "1.2" else (3, first)
    assert refused(read_conllu, write("a.conllu", text)) == [
        f"a.conllu:{number}: found the empty node {found}, wanted {wanted}"
    ]


def test_ids_of_thousands_of_digits_are_refused(write):
    many = "9" * 5000
    text = line(f"1-{many}") + line(1) + line(f"{many}.1") + line(many) + "\n"
    assert refused(read_conllu, write("a.conllu", text)) == [
        "a.conllu:1: found the id '1-999999999999999999', wanted 1",
        "a.conllu:2: found the id '1', wanted 2",
        "a.conllu:3: found the id '99999999999999999999', wanted 3",
        "a.conllu:4: found the id '99999999999999999999', wanted 4",
    ]


def test_a_treebank_with_half_a_surrogate_pair_is_not_written(tmp_path):
    sentences = [create_sentence(["a"]), create_sentence(["b", "c\ud800"])]
    assert refused(write_conllu, tmp_path / "a.conllu", sentences) == [
        r"a.conllu:4: '\ud800' is half of a surrogate pair, which UTF-8 has no bytes for"
    ]
    assert not (tmp_path / "a.conllu").exists()


def test_a_comment_of_several_lines_is_refused():
    with pytest.raises(ValueError, match="wanted comments without line ends"):
        create_sentence(["a"], comments=["x\n1\ty"])


def test_a_new_sentence_from_a_tokenised_text():
    words = create_tokenizer("words")
    text = "I don't  care."
    sentence = create_sentence(words.tokenize(text), list("ABCDE"), text=text, comments=["x = 1"])
    assert sentence.text == sentence.spaced() == "I don't care."
    assert sentence.tags() == tuple("ABCDE")
    assert format_conllu([sentence]).startswith("# x = 1\n# text = I don't care.\n1\tI\t_\tA\t_")


def test_a_new_sentence_can_be_read(write):
    sentence = create_sentence(["둘", "낱말"])
    path = write("a.conllu", format_conllu([sentence]))
    (read,) = read_conllu(path)
    assert (read.words, read.lines) == (sentence.words, sentence.lines)


@pytest.mark.parametrize("forms", [[], [""], ["a\tb"]])
def test_impossible_words(forms):
    with pytest.raises(ValueError, match="wanted words"):
        create_sentence(forms)


def test_tags_of_a_treebank(write):
    path = write("a.conllu", TREEBANK.partition("\n\n")[0])
    (sentence,) = read_tagged(path)
    assert sentence.tokens == ("I", "do", "n't", "care", ".")
    assert read_tagged(path, tag_column="XPOS")[0].tags[0] == "PRP"
    assert read_tagged(path, tag_column="feats")[0].tags[1] == "_"
    assert refused(read_tagged, path, tag_column="upso")[0].endswith(
        "there is no tag 'upso'; did you mean 'upos'? Valid are: 'upos', 'xpos', 'feats'"
    )


def test_words_without_a_tag_are_reported(write):
    path = write("a.conllu", line(1, form="a", upos="_") + line(2) + line(3, form="b", upos="_"))
    assert refused(read_tagged, path) == [
        "a.conllu:1: word 1 ('a') has no UPOS, wanted one",
        "a.conllu:3: word 3 ('b') has no UPOS, wanted one",
    ]


@pytest.mark.parametrize("name", ["A.CONLLU", "A.CONLLU.GZ", "a.conll", "a"])
def test_a_treebank_is_known_by_its_name_or_its_first_line(write, name):
    path = write(name, TREEBANK)
    assert is_conllu(path)
    assert read_tagged(path)[0].tokens == ("I", "do", "n't", "care", ".")


def test_columns_that_are_given_by_number_are_no_treebank(write):
    (sentence, *_) = read_tagged(write("a.conll", line(1, form="a")), token_column=2, tag_column=1)
    assert (sentence.tokens, sentence.tags) == (("a",), ("1",))


COLUMNS = "-DOCSTART- -X- O\n\nEU NNP B-ORG\nrejects VBZ O\n\n가\x85 나 O\n"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["a.conll", "a.conll.gz", "a.txt"])
def test_columns_between_tabs(write, mark, end, name):
    text = "EU\tB-ORG\n#1\tO\n\t\n \n가\x85 나\tO\n".replace("\n", end)
    path = write(name, mark + text)
    assert read_tagged(path) == [
        TaggedSentence(("EU", "#1"), ("B-ORG", "O"), f"{path}:1"),
        TaggedSentence(("가\x85 나",), ("O",), f"{path}:5"),
    ]


def test_columns_between_spaces(write):
    path = write(
        "a.txt", "-DOCSTART- -X- O O\n\nEU NNP x B-ORG\nis  VBZ y O \n-DOCSTART- -X- O O\na b c d"
    )
    assert [(s.tokens, s.tags) for s in read_conll(path)] == [
        (("EU", "is"), ("B-ORG", "O")),
        (("a",), ("d",)),
    ]
    assert read_conll(path, token_column=-1, tag_column=2)[0].tokens == ("B-ORG", "O")
    assert read_tagged(path, tag_column="2")[0].tags == ("NNP", "VBZ")


def test_the_tags_are_not_taken_for_the_words(write):
    path = write("a.txt", "EU NNP B-ORG\nis VBZ O\n")
    (found,) = refused(read_tagged, path, token_column="3")
    assert found.startswith("a.txt: token_column and tag_column are the same column")


def test_bad_columns_are_all_reported(write):
    path = write("a.conll", "a\tO\nb\nc\t\nd\tO\tO\n")
    assert refused(read_conll, path) == [
        "a.conll:2: found 1 column, wanted 2 as in the first line",
        "a.conll:3: found an empty word or tag, wanted both",
        "a.conll:4: found 3 columns, wanted 2 as in the first line",
    ]


def test_impossible_columns(write):
    path = write("a.conll", "a\tO\n")
    assert "wanted 1 to 2" in refused(read_conll, path, tag_column=3)[0]
    assert "numbers from 1, found 'tag'" in refused(read_tagged, path, tag_column="tag")[0]
    assert "found 1 column," in refused(read_conll, write("b.conll", "a\n"))[0]
    assert "no words" in refused(read_conll, write("c.conll", "-DOCSTART-\n"))[0]


def test_a_missing_file_and_an_empty_one(tmp_path, write):
    for reader in (read_conllu, read_conll, read_tagged):
        assert "no such file" in refused(reader, tmp_path / "none.conllu")[0]
        assert "is empty" in refused(reader, write("empty.conllu", ""))[0]
        assert "byte 1 " in refused(reader, write("wrong.conllu", b"a\xff"))[0]
        assert "NUL" in refused(reader, write("nul.conllu", "a\0"))[0]


@pytest.mark.realdata
def test_english_web_treebank(realdata):
    counts = []
    for part in ("train", "dev", "test"):
        path = realdata(f"ud-english-ewt/en_ewt-ud-{part}.conllu")
        sentences = read_conllu(path)
        counts.append((len(sentences), sum(len(sentence.words) for sentence in sentences)))
        assert format_conllu(sentences).encode() == path.read_bytes()
        assert sum(" ".join(s.text.split()) != " ".join(s.spaced().split()) for s in sentences) == 0
    assert counts == [(12_544, 204_577), (2_001, 25_147), (2_077, 25_094)]
    assert len({tag for sentence in sentences for tag in sentence.tags()}) == 17


@pytest.mark.realdata
def test_wnut(realdata):
    names = ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated")
    parts = [read_tagged(realdata(f"wnut-17/{name}")) for name in names]
    entities = [sum(t.startswith("B-") for s in part for t in s.tags) for part in parts]
    assert [len(part) for part in parts] == [3_394, 1_009, 1_287]
    assert entities == [1_975, 836, 1_079]
