"""What is handed over from Python and cannot be used is said by its number, never by a crash."""

import unicodedata
from typing import Any

import numpy as np
import pytest

import seqkit
from seqkit.errors import UserError
from seqkit.inputs import (
    answer_texts,
    equal_labels,
    make_examples,
    tag_lists,
    texts,
    texts_or_words,
)
from seqkit.plugins import default_host

NAN = float("nan")


def task(name: str) -> Any:
    spec = default_host().find_task(name)
    return spec.create(spec.config())


@pytest.mark.parametrize("name", ["sentiment", "language-modelling", "pos-tagging"])
@pytest.mark.parametrize(
    ("missing", "shown"), [(NAN, r"nan \(float\)"), (None, "None"), (np.float32("nan"), "nan")]
)
def test_a_missing_text_is_named_by_its_number(name: str, missing: Any, shown: str) -> None:
    with pytest.raises(UserError, match=f"input 2: found .*{shown}.*, wanted .*a text"):
        make_examples(task(name), ["a text", missing, "another"])


@pytest.mark.parametrize("name", ["sentiment", "language-modelling"])
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, r"3 \(int\)"),
        (["a", "b"], r"\['a', 'b'\] \(list\)"),
        (b"a", r"b'a' \(bytes\)"),
        (np.array(["a", "b"]), r"an array of shape \(2,\)"),
    ],
)
def test_what_is_no_text_is_refused_by_a_task_of_texts(name: str, value: Any, shown: str) -> None:
    with pytest.raises(UserError, match=f"input 1: found {shown}, wanted a text"):
        make_examples(task(name), [value, "a text"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": ["good", "bad"]}, r"found one dict; write \[input\]"),
        ({"good", "bad"}, r"found \{.* \(set\)"),
    ],
)
def test_what_would_give_its_keys_or_no_order_is_no_list_of_inputs(given: Any, said: str) -> None:
    with pytest.raises(TypeError, match=f"wanted a list of inputs, {said}"):
        make_examples(task("sentiment"), given)


def test_what_has_an_order_is_a_list_of_inputs() -> None:
    stars = {"good": 5, "bad": 1}
    for given in (stars.keys(), tuple(stars), iter(stars)):
        made = make_examples(task("sentiment"), given)
        assert [example.text for example in made] == ["good", "bad"]


def test_all_inputs_that_are_no_texts_are_named_at_once() -> None:
    with pytest.raises(UserError) as caught:
        texts(["a", 1, "b", None])
    assert [problem.where for problem in caught.value.problems] == ["input 2", "input 4"]


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(UserError, match=r"found \[0, 1, .*\.\.\. \(list\), wanted") as caught:
        texts([list(range(1000))])
    assert len(str(caught.value)) < 100


def test_texts_of_numpy_are_texts() -> None:
    assert texts(np.array(["a", "b"])) == ["a", "b"]  # type: ignore[arg-type]


def test_a_word_that_is_no_text_is_refused_by_a_tagger() -> None:
    with pytest.raises(UserError, match=r"input 2: found \['It', nan\] \(list\), wanted a text or"):
        make_examples(task("pos"), [["It", "rains"], ["It", NAN]])


def test_what_a_tagger_takes_beside_texts_and_words_is_let_through() -> None:
    assert texts_or_words(["It rains.", ["It"], 3], beside=(int,)) == ["It rains.", ["It"], 3]


@pytest.mark.parametrize("label", [None, NAN, ["yes"], np.array(["yes"])])
def test_what_is_no_label_is_named_by_its_number(label: Any) -> None:
    with pytest.raises(UserError, match=r"label 2: found .*, wanted a label: a text or"):
        make_examples(task("sentiment"), ["a", "b"], ["yes", label])


def test_missing_tags_are_named_by_their_number() -> None:
    with pytest.raises(UserError, match="answer 2: found None, wanted a gold answer"):
        make_examples(task("pos"), [["It"], ["rains"]], [["PRON"], None])


@pytest.mark.parametrize("answer", ["NOUN", 3])
def test_tags_that_are_no_list_are_refused(answer: Any) -> None:
    with pytest.raises(UserError, match=r"answer 2: found .*, wanted a list of tags"):
        make_examples(task("pos"), [["It"], ["rains"]], [["PRON"], answer])


def test_tags_may_be_numbers() -> None:
    assert tag_lists([[1, 2], ()]) == [("1", "2"), ()]


def test_an_answer_is_a_text_or_a_number_or_several_of_them() -> None:
    given = ["two", 2, np.int64(3), np.bool_(True), ["2", 2.5], np.array(["a", "b"]), ()]
    wanted = [("two",), ("2",), ("3",), ("True",), ("2", "2.5"), ("a", "b"), ()]
    assert answer_texts(given) == wanted


@pytest.mark.parametrize("wrong", [["a", NAN], [["a"]], len], ids=["missing", "nested", "other"])
def test_an_answer_that_is_neither_text_nor_number_is_named_by_its_number(wrong: Any) -> None:
    with pytest.raises(UserError, match=r"^answer 2: found .*, wanted a text or a number, or a"):
        answer_texts(["yes", wrong])


@pytest.mark.parametrize("inputs", [None, 3])
def test_inputs_that_are_no_list_are_refused(inputs: Any) -> None:
    with pytest.raises(TypeError, match="wanted a list of inputs, found"):
        make_examples(task("sentiment"), inputs)


def test_labels_may_be_numbers_and_truth_values() -> None:
    labels = [1, 2.5, True, np.int64(3), np.bool_(False)]
    made = make_examples(task("sentiment"), ["a"] * 5, labels)
    assert [example.label for example in made] == ["1", "2.5", "True", "3", "False"]


def test_a_number_that_is_a_label_of_its_own_is_no_other_label() -> None:
    assert equal_labels([1, 1.0], ["1", "1.0"]) == [1, 1.0]


def test_a_data_frame_is_refused_with_its_columns() -> None:
    class DataFrame:
        columns = ("review", "stars")
        iloc = None

        def __iter__(self) -> Any:
            return iter(self.columns)

    with pytest.raises(UserError, match="found a data frame, wanted one of its columns"):
        make_examples(task("sentiment"), DataFrame())  # type: ignore[arg-type]


def test_an_estimator_names_the_text_that_is_missing() -> None:
    with pytest.raises(UserError, match=r"input 2: found nan \(float\)"):
        seqkit.estimator("sentiment").fit(["a", NAN], ["yes", "no"])


def test_an_estimator_of_a_classifier_asks_for_labels() -> None:
    with pytest.raises(UserError, match="found no labels, wanted one for each input"):
        seqkit.estimator("sentiment").fit(["a", "b"])


def test_an_estimator_says_that_a_label_was_held_out() -> None:
    with pytest.raises(UserError, match="held out: 1 of the 2 inputs chooses the best epoch"):
        seqkit.estimator("sentiment").fit(["good", "bad"], ["yes", "no"])


@pytest.mark.parametrize(
    ("given", "wanted"), [("random_state", "seed"), ("n_jobs", "threads"), ("max_iter", "epochs")]
)
def test_what_scikit_learn_calls_it_leads_to_the_option(given: str, wanted: str) -> None:
    with pytest.raises(UserError, match=f"{given}: no such option; did you mean '{wanted}'?"):
        seqkit.estimator("sentiment", **{given: 0})


def test_train_knows_what_other_libraries_call_the_seed() -> None:
    with pytest.raises(UserError, match="random_state: no such option; did you mean 'seed'"):
        seqkit.train("sentiment", random_state=0)


def test_a_label_is_the_same_in_any_unicode_form() -> None:
    decomposed = unicodedata.normalize("NFD", "긍정")
    examples = make_examples(task("sentiment"), ["a", "b"], ["긍정", decomposed])
    assert [example.label for example in examples] == ["긍정", "긍정"]


def test_a_tag_is_the_same_in_any_unicode_form() -> None:
    assert tag_lists([[unicodedata.normalize("NFD", "명사"), "VERB"]]) == [("명사", "VERB")]
