"""The model: gradients, legal answers, scores, and the baseline."""

from typing import Any

import numpy as np
import pytest
from ner_small import model, sentences, task
from seqkit.errors import UserError
from seqkit.metrics import Scoring
from seqkit.testing.gradients import gradient_error
from seqkit.text import PlacedWords, TagScheme

from seqkit_ner.sentences import Entity, Sentence

CODINGS = ["iob1", "iob2", "iobes"]


def values(scoring: Scoring) -> dict[str, float]:
    sums = scoring.statistics.sum(axis=0)
    return {measure.name: float(measure.compute(sums)) for measure in scoring.measures}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("output", ["crf", "softmax"])
def test_the_gradient_of_the_whole_model_is_right(coding: str, output: str) -> None:
    tagger = model(dtype=np.float64, coding=coding, output=output, batch_size=10)
    examples = [*sentences(), *task().examples([[], ["🙂"]], [[], ["B-PER"]])]
    (batch,) = tagger.batches(examples, rng=None)

    def step() -> Any:
        # Dropout and word dropout are part of the model, so they are on, and drawn alike.
        return tagger.loss(batch, train=True, rng=np.random.default_rng(3))

    step().backward(1.0)
    errors = gradient_error(lambda: step().total, tagger.parameters(), entries=24)
    assert len(errors) == len(dict(tagger.parameters()))
    assert max(errors.values()) <= 1e-7, errors


@pytest.mark.parametrize("coding", CODINGS)
def test_an_untrained_random_field_gives_legal_tags_only(coding: str) -> None:
    tagger = model(coding=coding, scheme=coding)
    rng = np.random.default_rng(0)
    for _, parameter in tagger.parameters():
        parameter.value[...] += rng.normal(size=parameter.value.shape)
    texts = [list("abcdefgh"[:n]) for n in range(9)]
    found = tagger.network.decode(texts)
    for ids, probabilities in found:
        assert TagScheme(tagger.config.coding).is_legal([tagger.tags[i] for i in ids])
        assert ((probabilities > 0) & (probabilities <= 1)).all()


def test_types_that_training_did_not_have_are_named() -> None:
    examples = task().examples([["Mira", "Hale"]], [["B-PER", "B-SHIP"]])
    assert [*model().unlearnt_labels(examples)] == ["SHIP"]
    assert not [*model().unlearnt_labels(sentences())]


def test_illegal_answers_of_a_softmax_are_read_by_the_mode() -> None:
    words = ["Mira", "Hale", "Sam"]
    read: dict[str, list[Entity]] = {}
    for mode in ("conll", "strict"):
        tagger = model(output="softmax", mode=mode, coding="iob2")
        wanted = [tagger.tags.index(tag) for tag in ("I-PER", "I-PER", "B-LOC")]
        found = (np.array(wanted), np.array([0.9, 0.5, 0.8]))
        read[mode] = list(tagger._answer(Sentence(PlacedWords.join(words)), found).entities)
    assert [(e.text, e.probability) for e in read["conll"]] == [("Mira Hale", 0.5), ("Sam", 0.8)]
    assert [e.text for e in read["strict"]] == ["Sam"]


def test_a_bias_against_outside_finds_more() -> None:
    def found(bias: float) -> int:
        predictions = model(outside_bias=bias).predict(sentences())
        return sum(tag != "O" for prediction in predictions for tag in prediction.tags)

    assert found(20.0) == 0
    assert found(-20.0) == sum(len(sentence.words) for sentence in sentences())


def test_the_report_tells_the_mode_and_the_bias() -> None:
    def notes(**options: Any) -> str:
        tagger = model(**options)
        return " ".join(tagger.score(sentences(), tagger.predict(sentences())).tables[0].notes)

    assert "changed by" not in notes()
    assert "The score of O was changed by -1.5 to find more or fewer." in notes(outside_bias=-1.5)
    assert "strictly: only legal tags count (mode strict)" in notes(mode="strict")


def test_gold_answers_score_perfectly_and_unseen_names_are_told_apart() -> None:
    tagger = model()
    examples = [*sentences(), *task().examples([["Mira", "Voss"]], [["B-PER", "I-PER"]])]
    gold = [task().gold(example) for example in examples]
    scoring = tagger.score(examples, [g for g in gold if g is not None])
    assert values(scoring)["entity F1"] == 1.0
    assert scoring.counts["unseen entities"] == 1
    nothing = tagger.score(examples, [task().gold(e) for e in _without(examples)])  # type: ignore[misc]
    assert values(nothing)["recall of unseen entities"] == 0.0


def _without(examples: list[Sentence]) -> list[Sentence]:
    return task().examples([e.words for e in examples], [["O"] * len(e.words) for e in examples])


def test_a_type_that_training_lacked_is_left_out_of_the_loss_and_counts_as_missed() -> None:
    tagger = model()
    (odd,) = task().examples([["Mira", "won"]], [["B-PRIZE", "O"]])
    (batch,) = tagger.batches([odd], rng=None)
    assert tagger.loss(batch).count == 0
    scoring = tagger.score([odd], tagger.predict([odd]))
    assert ("PRIZE", 0.0, 0.0, 0.0, 1, 0) in scoring.tables[0].rows
    assert values(scoring)["recall"] == 0.0


def test_sentences_without_gold_cannot_be_scored() -> None:
    examples = [sentences()[0], Sentence(PlacedWords.join(["Mira"]))]
    with pytest.raises(UserError, match="^sentence 2: found no gold tags, wanted them$"):
        model().score(examples, model().predict(examples))


def test_repaired_sentences_are_counted() -> None:
    examples = task().examples([["a", "b"], ["c"]], [["O", "I-X"], ["O"]])
    assert model().counts(examples)["illegal tag sequences, repaired"] == 1


def test_unknown_words_can_be_marked_and_another_model_can_start_from_this_one() -> None:
    tagger = model()
    (example,) = task().examples([["Mira", "zzz", "부산에서"]])
    assert tagger.unknown_tokens(example) == ["zzz", "부산에서"]
    reading = tagger.reading()
    assert reading is not None
    assert len(reading.words) == len(reading.table.value)
