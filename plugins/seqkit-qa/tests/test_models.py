"""Both models: gradients by the complex step, and the edges of their inputs."""

from typing import Any

import numpy as np
import pytest
from seqkit.errors import UserError
from seqkit.testing.gradients import gradient_error

from seqkit_qa.config import QAConfig
from seqkit_qa.model import QAModel
from seqkit_qa.task import QATask

TEXT = "Nora walked to the mill. 민지는 부엌으로 갔다. Then Tom left."
INPUTS = [
    (TEXT, "Where is Nora?"),
    ("Tom left. Nora left.", ""),
    (TEXT, "민지는 어디에 있니?"),
    ("x", "what?"),
]
ANSWERS = ["the mill", "Tom", "부엌으로", "x"]
EMPTY = [("", "Where?"), ("", ""), (" \n", "?")]


def made(kind: Any, **options: Any) -> tuple[QATask, QAModel, list[Any]]:
    """A small float64 model away from all special points, and its training examples."""
    task = QATask(QAConfig(answer=kind, units=3, embedding=3, **options))
    examples = task.examples(INPUTS, ANSWERS)
    rng = np.random.default_rng(0)
    model = task.build(task.fit(examples), rng=rng)
    for _, parameter in model.parameters():
        value = parameter.value.astype(np.float64)
        parameter.value = value + 0.1 * rng.normal(size=value.shape)
    return task, model, examples


@pytest.mark.parametrize("kind", ["closed", "span"])
@pytest.mark.parametrize(
    "options", [{"hops": 1}, {"hops": 3, "layers": 2}, {"bidirectional": False}]
)
def test_gradients_of_the_whole_model(kind: Any, options: Any) -> None:
    task, model, examples = made(kind, **options)
    if kind == "closed":
        examples += task.examples(EMPTY, ["x", "Tom", "x"])
    batch = model.encode(examples)
    model.loss(batch).backward(1.0)
    errors = gradient_error(lambda: model.loss(batch).total, model.parameters())
    assert max(errors.values()) < 1e-10, errors


@pytest.mark.parametrize("kind", ["closed", "span"])
def test_empty_texts_and_questions_are_answered(kind: Any) -> None:
    task, model, examples = made(kind)
    for inputs in ([EMPTY[0]], EMPTY, [*EMPTY, *INPUTS]):
        answers = model.predict(task.examples(inputs))
        assert len(answers) == len(inputs)
        if kind == "span":
            empty = answers[: min(3, len(inputs))]
            assert {(a.answer, a.start, a.end) for a in empty} == {("", 0, 0)}
        else:
            assert {a.answer for a in answers} <= set(ANSWERS)


def test_spans_stand_where_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    task, model, _ = made("span", longest_answer=2)
    for (text, _), answer in zip(INPUTS, model.predict(task.examples(INPUTS)), strict=True):
        assert answer.start is not None
        assert text[answer.start : answer.end] == answer.answer
        assert 0 < answer.probability <= 1
        assert len(task.examples([(answer.answer, "")])[0].tokens) <= 2


def test_answers_that_are_too_long_to_be_found_are_counted() -> None:
    name = "answers of more than 1 tokens (longest_answer)"
    _, model, examples = made("span", longest_answer=1)
    assert model.counts(examples)[name] == 1
    _, model, examples = made("span", longest_answer=2)
    assert not any("longest_answer" in counted for counted in model.counts(examples))


def test_a_sentence_is_read_once_however_often_it_stands_in_a_batch() -> None:
    task, model, _ = made("closed")
    batch = model.encode(task.examples([("Nora left. Tom left. Nora left.", "Tom left.")] * 2))
    assert batch.words.batch == 2
    assert batch.sentences.flatten().tolist() == [0, 1, 0] * 2
    assert batch.tokens == 2 * 12


def test_the_kind_of_answer_is_told_by_the_data() -> None:
    from seqkit_qa.readers import Record

    task = QATask(QAConfig())
    with_places = [task._ask(Record(TEXT, "Who?", ("Nora",), 0))] * 2
    assert task.fit(with_places)["kind"] == "span"
    assert task.fit(task.examples(INPUTS, ANSWERS))["kind"] == "closed"


def test_spans_that_stand_nowhere_are_refused() -> None:
    task = QATask(QAConfig(answer="span"))
    examples = task.examples(INPUTS, ["the mill", "Ida", "x", "x"])
    with pytest.raises(UserError) as caught:
        task.fit(examples)
    assert str(caught.value).splitlines() == [
        "question 2, '': the answer 'Ida' does not stand in the text",
        "question 3, '민지는 어디에 있니?': the answer 'x' does not stand in the text",
    ]


def test_one_answer_is_nothing_to_choose_from() -> None:
    task = QATask(QAConfig())
    with pytest.raises(UserError, match="found 1 different answers, wanted at least two"):
        task.fit(task.examples(INPUTS, ["x"] * 4))


def test_a_place_is_the_tokens_that_touch_the_answer() -> None:
    task = QATask(QAConfig())
    places = [
        e.place for e in task.examples([(TEXT, "?")] * 4, ["mill", "the mill.", "부엌", "Ida"])
    ]
    assert places == [(4, 4), (3, 5), (7, 7), None]
