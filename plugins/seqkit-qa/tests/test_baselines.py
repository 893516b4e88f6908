"""The nearest sentence, as a word of it and as a run of words."""

from seqkit_qa.baselines import NearestSentence
from seqkit_qa.config import QAConfig
from seqkit_qa.task import QATask

STORY = "Nora went to the mill. Tom went to the barn. Nora went to the lake. Tom ate."


def answers(question: str, *, spans: bool = False, text: str = STORY) -> str:
    task = QATask(QAConfig())
    train = task.examples([(STORY, "Where is Nora?")] * 3, ["mill", "barn", "lake"])
    nearest = NearestSentence(train, "barn", spans=spans)
    return nearest.predict(task.examples([(text, question)]))[0].answer


def test_the_later_of_equally_near_sentences_answers() -> None:
    assert answers("Where is Nora?") == "lake"


def test_a_sentence_without_a_known_answer_passes_the_question_on() -> None:
    assert answers("Where is Tom?") == "barn"


def test_a_word_of_the_question_is_no_answer() -> None:
    assert answers("Is Nora at the lake?") == "mill"


def test_without_any_the_commonest_answer_is_taken() -> None:
    assert answers("Where is Tom?", text="Tom ate.") == "barn"
    assert answers("Where is Tom?", text="") == "barn"


def test_a_span_is_the_longest_run_of_new_words() -> None:
    assert (
        answers("Where has Nora gone to?", spans=True, text="Nora went to the old mill")
        == "the old mill"
    )
    assert answers("Nora?", spans=True, text="Nora") == "Nora"
    assert answers("Nora?", spans=True, text="") == ""
