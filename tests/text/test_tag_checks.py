"""What is said of wrong tags."""

from seqkit.text import illegal_tags, wrong_tags


def test_numbers_and_forms_that_are_wrong_are_said_together() -> None:
    rows = [["O", "B-X"], ["O"], ["NOUN", "B-", "B-X"]]
    problems = map(str, wrong_tags(rows, [2, 2, 3], ["a:1", "a:4", "a:6"]))
    wanted = "wanted O, or B, I, E or S and a type, such as B-PER"
    assert list(problems) == [
        "a:4: found 1 tag for 2 words",
        f"a:6: found the tag 'NOUN', {wanted}",
        f"a:6: found the tag 'B-', {wanted}",
    ]


def test_the_first_illegal_tag_of_each_sentence_is_said() -> None:
    rows = [["B-X", "I-X"], ["O", "I-X", "I-Y"], ["B-X", "S-X"]]
    problems = map(str, illegal_tags(rows, ["a:1", "a:4", "a:8"], "iob2"))
    assert list(problems) == [
        "a:4: word 2 has I-X, in IOB2 it would be B-X",
        "a:8: word 2 has S-X, in IOB2 it would be B-X",
    ]


def test_a_scheme_in_which_all_is_legal_is_named() -> None:
    (problem,) = illegal_tags([["B-X", "E-X"]], ["a:1"], "iob2")
    assert str(problem).endswith("; all tags are legal in IOBES")
    assert list(illegal_tags([["B-X", "E-X"]], ["a:1"], "iobes")) == []
