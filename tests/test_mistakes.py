"""Where two answers differ, for any kind of answer."""

import pytest

from seqkit.mistakes import Mistake, differences


@pytest.mark.parametrize("answer", ["yes", "", 3, None, ["a", "b"], ("a",), []])
def test_equal_answers_have_no_difference(answer: object):
    assert differences(answer, answer) == []


def test_two_labels_differ_as_a_whole():
    assert differences("yes", "no", confidence=0.9) == [Mistake("", "yes", "no", 0.9)]


def test_texts_of_one_length_are_no_lists_of_letters():
    assert differences("가나", "가다") == [Mistake("", "가나", "가다")]


def test_lists_of_one_length_differ_in_places_counted_from_1():
    found = differences(["NOUN", "VERB", "ADJ"], ("NOUN", "NOUN", "ADV"))
    assert found == [Mistake("2", "VERB", "NOUN"), Mistake("3", "ADJ", "ADV")]


def test_words_of_the_same_number_name_the_places():
    gold, predicted = ["B", "O"], ["B", "I"]
    assert differences(gold, predicted, words=["서울", "역"]) == [Mistake("역", "O", "I")]
    for other in (["서울"], "서울", None):
        assert differences(gold, predicted, words=other) == [Mistake("2", "O", "I")]


def test_lists_of_other_lengths_differ_as_a_whole():
    assert differences(["a"], ["a", "b"]) == [Mistake("", ["a"], ["a", "b"])]
