"""The tagger: gradients, loss, predictions, scores."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import UserError
from seqkit.kernels.threads import use_threads
from seqkit.tagging import features
from seqkit.testing.gradients import gradient_error
from seqkit.tokens import ModelTokens, tokens_at_hand
from seqkit.training.trainer import Trainer
from seqkit_tasks.pos_tagging.examples import TaggedWords, TagPrediction
from seqkit_tasks.pos_tagging.model import PosTaggingModel
from tests.tasks.pos_tagging import config, model, task, train_examples

OUTPUTS = ["softmax", "crf"]
TAGGERS = {output: model(output=output) for output in OUTPUTS}


def whole_batch(tagger: PosTaggingModel, examples: Sequence[TaggedWords]) -> Any:
    (batch,) = tagger.batches(examples, rng=None)
    return batch


def mean_loss(tagger: PosTaggingModel, examples: Sequence[TaggedWords]) -> float:
    step = tagger.loss(whole_batch(tagger, examples))
    return step.total / step.count


# --- gradients -----------------------------------------------------------------------------------


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("encoder", ["lstm", "gru"])
def test_the_gradient_of_the_whole_model_is_right(output: str, encoder: str) -> None:
    tagger = model(dtype=np.float64, output=output, encoder=encoder, layers=2, batch_size=10)
    examples = [*train_examples(), TaggedWords(()), TaggedWords(("Neu", "🙂"), ("NEW", "ADJ"))]
    batch = whole_batch(tagger, examples)

    def loss() -> Any:
        # Dropout and word dropout are part of the model, so they are on, and drawn alike.
        return tagger.loss(batch, train=True, rng=np.random.default_rng(3)).total

    tagger.loss(batch, train=True, rng=np.random.default_rng(3)).backward(1.0)
    errors = gradient_error(loss, tagger.parameters(), entries=24)
    assert len(errors) == len(dict(tagger.parameters()))
    assert max(errors.values()) <= 1e-7, errors


def test_the_backward_scales_and_adds() -> None:
    tagger = model(dtype=np.float64, batch_size=10)
    batch = whole_batch(tagger, train_examples())
    first, second = tagger.loss(batch), tagger.loss(batch)
    first.backward(1.0)
    once = {name: parameter.grad.copy() for name, parameter in tagger.parameters()}
    second.backward(0.5)
    for name, parameter in tagger.parameters():
        np.testing.assert_allclose(parameter.grad, 1.5 * once[name], rtol=1e-12, atol=1e-15)


def test_words_hidden_in_training_teach_the_vector_of_unknown_words() -> None:
    def rows_learnt(**options: Any) -> set[int]:
        tagger = model(batch_size=10, **options)
        batch = whole_batch(tagger, train_examples())
        tagger.loss(batch, train=True, rng=np.random.default_rng(0)).backward(1.0)
        gradient = tagger.features.embedding.table.grad
        return set(np.flatnonzero(np.abs(gradient).sum(axis=1)).tolist())

    unknown = 0
    assert unknown in rows_learnt(word_dropout=0.9)
    assert unknown not in rows_learnt(word_dropout=0.0)


def test_rare_words_are_hidden_more_often_than_common_ones() -> None:
    words = task().fit(train_examples())["words"]
    shares = model(word_dropout=0.5).features._hidden_shares
    counts = dict(zip(words["words"], words["counts"], strict=True))
    place = words["words"].index
    assert counts["the"] == 4
    assert shares[place("the")] == pytest.approx(0.5 / 4.5)
    assert shares[place("stop")] == pytest.approx(0.5 / 1.5)


# --- loss ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", OUTPUTS)
def test_every_sentence_is_in_one_batch_and_the_batches_stay_the_same(output: str) -> None:
    tagger = model(output=output, batch_size=2)
    batches = tagger.batches(train_examples(), rng=np.random.default_rng(0))
    assert sum(batch.tags.batch for batch in batches) == 5
    for first, second in zip(batches, batches, strict=True):
        np.testing.assert_array_equal(first.words.ids.data, second.words.ids.data)


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_loss_of_a_batch_is_the_sum_over_its_sentences(output: str) -> None:
    tagger = model(output=output, batch_size=10)
    examples = [*train_examples(), TaggedWords(())]
    step = tagger.loss(whole_batch(tagger, examples))
    alone = [tagger.loss(whole_batch(tagger, [example])) for example in examples]
    assert step.total == pytest.approx(sum(one.total for one in alone), rel=1e-5)
    assert step.count == step.tokens == sum(one.count for one in alone) == 23


def test_a_tag_that_training_lacked_has_no_loss() -> None:
    tagger = TAGGERS["softmax"]
    words = ("the", "dog", "sleeps")
    step = tagger.loss(whole_batch(tagger, [TaggedWords(words, ("DET", "ODD", "VERB"))]))
    full = tagger.loss(whole_batch(tagger, [TaggedWords(words, ("DET", "NOUN", "VERB"))]))
    assert (step.count, full.count) == (2, 3)
    assert step.total < full.total


def test_a_random_field_leaves_out_the_sentence_with_a_tag_that_training_lacked() -> None:
    tagger = model(output="crf", batch_size=10)
    examples = train_examples()
    odd = TaggedWords(("an", "odd", "one"), ("DET", "ODD", "NOUN"))
    step = tagger.loss(whole_batch(tagger, [*examples[:3], odd, *examples[3:]]))
    plain = tagger.loss(whole_batch(tagger, examples))
    assert step.total == pytest.approx(plain.total, rel=1e-5)
    assert step.count == plain.count
    alone = tagger.loss(whole_batch(tagger, [odd]))
    alone.backward(1.0)
    assert (alone.total, alone.count) == (0.0, 0)


# --- predictions ---------------------------------------------------------------------------------

WORDS = st.sampled_from(["the", "The", "dog", "sleeps", "unbekannt", "걷는다", "🙂", "é", "a" * 40])
INPUTS = st.lists(st.lists(WORDS, max_size=8), max_size=8)


@pytest.mark.parametrize("output", OUTPUTS)
@given(inputs=INPUTS)
def test_a_sentence_alone_gets_what_it_gets_in_any_company(
    output: str, inputs: list[list[str]]
) -> None:
    tagger = TAGGERS[output]
    examples = task().examples(inputs)
    together = tagger.predict(examples)
    alone = [tagger.predict([example])[0] for example in examples]
    for one, other, example in zip(together, alone, examples, strict=True):
        assert one.words == example.words
        assert one.tags == other.tags
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)


@pytest.mark.parametrize("output", OUTPUTS)
def test_predictions_are_plain_values(output: str) -> None:
    tagger = TAGGERS[output]
    (prediction,) = tagger.predict([TaggedWords(("the", "qqq", "걷는다"))])
    assert [type(tag) for tag in prediction.tags] == [str] * 3
    assert [type(share) for share in prediction.probabilities] == [float] * 3
    assert all(0 < share <= 1 for share in prediction.probabilities)
    assert json.dumps(prediction.probabilities)
    assert set(prediction.tags) <= set(tagger.tags)


@pytest.mark.parametrize("output", OUTPUTS)
def test_nothing_to_tag_is_legal(output: str) -> None:
    tagger = TAGGERS[output]
    assert tagger.predict([]) == []
    assert tagger.predict([TaggedWords(())] * 2) == [TagPrediction((), (), ())] * 2


def test_there_is_no_dropout_in_a_prediction() -> None:
    options = {"dropout": 0.9, "word_dropout": 0.9, "layer_dropout": 0.9, "layers": 2}
    noisy, quiet = model(**options), model(dropout=0.0, word_dropout=0.0, layers=2)
    assert noisy.predict(train_examples()) == quiet.predict(train_examples())


def test_the_softmax_gives_the_probability_of_the_chosen_tag() -> None:
    tagger = model(batch_size=10)
    (prediction,) = tagger.predict([TaggedWords(("the",))])
    loss = mean_loss(tagger, [TaggedWords(("the",), prediction.tags)])
    assert np.exp(-loss) == pytest.approx(prediction.probabilities[0], rel=1e-5)


def test_the_random_field_gives_marginals() -> None:
    tagger = TAGGERS["crf"]
    words = ("the", "dog")
    (prediction,) = tagger.predict([TaggedWords(words)])
    first, second = prediction.tags

    def share(*tags: str) -> float:
        return float(np.exp(-tagger.loss(whole_batch(tagger, [TaggedWords(words, tags)])).total))

    agreeing = sum(share(first, tag) for tag in tagger.tags)
    assert agreeing == pytest.approx(prediction.probabilities[0], rel=1e-4)
    paths = {(a, b): share(a, b) for a in tagger.tags for b in tagger.tags}
    assert max(paths, key=paths.__getitem__) == (first, second)


def test_each_distinct_word_is_spelt_once_for_a_prediction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tagger = model()
    examples = task().examples([["the", "The", "the"], ["dog", "the"], []] * 50)
    whole = tagger.predict(examples)
    read: list[int] = []
    encode = tagger.features.spelling.encode

    def counted(characters: Any, **options: Any) -> Any:
        read.append(characters.batch)
        return encode(characters, **options)

    monkeypatch.setattr(tagger.features.spelling, "encode", counted)
    monkeypatch.setattr(features, "CHARACTER_BUDGET", 4)
    again = tagger.predict(examples)
    assert read == [1, 1, 1]
    assert [one.tags for one in again] == [one.tags for one in whole]


# --- scores --------------------------------------------------------------------------------------


def gold_as_predicted(examples: Sequence[TaggedWords]) -> list[TagPrediction]:
    return [TagPrediction(x.words, x.tags, (1.0,) * len(x.tags)) for x in examples]


def test_gold_answers_are_scored_as_perfect() -> None:
    examples = train_examples()
    scoring = TAGGERS["softmax"].score(examples, gold_as_predicted(examples))
    sums = scoring.statistics.sum(axis=0)
    values = {measure.name: float(measure.compute(sums)) for measure in scoring.measures}
    assert scoring.measures[0].name == "accuracy"
    assert np.isnan(values.pop("accuracy on unseen words"))
    assert values.pop("calibration error") == 0.0
    assert set(values.values()) == {1.0}
    assert scoring.counts["words"] == 23


def test_calibration_changes_the_probabilities_of_a_softmax_and_no_tag() -> None:
    tagger, examples = model(), train_examples()
    before = tagger.predict(examples)
    (notice,) = tagger.calibrate(examples)
    after = tagger.predict(examples)
    assert [one.tags for one in before] == [one.tags for one in after]
    assert before[0].probabilities != after[0].probabilities
    assert "per word there instead of" in notice


def test_calibration_on_unseen_tags_alone_says_nothing() -> None:
    assert model().calibrate([TaggedWords(("the", "dog"), ("ODD", "ODD"))]) == ()


def test_a_random_field_is_left_as_it_is() -> None:
    tagger, examples = model(output="crf"), train_examples()
    before = tagger.predict(examples)
    assert tagger.calibrate(examples) == ()
    assert tagger.predict(examples) == before


def test_the_temperature_leaves_the_loss_alone() -> None:
    tagger, examples = model(), train_examples()
    before = mean_loss(tagger, examples)
    tagger.calibrate(examples)
    assert mean_loss(tagger, examples) == before


def test_a_tag_that_training_lacked_is_wrong_and_named_once() -> None:
    tagger = TAGGERS["softmax"]
    examples = [TaggedWords(("dog", "x"), ("NOUN", "ODD")), TaggedWords(("y",), ("ODD",))]
    scoring = tagger.score(examples, gold_as_predicted(examples))
    right = scoring.measures[0].compute(scoring.statistics.sum(axis=0))
    assert float(right) == pytest.approx(1 / 3)
    notes = [note for table in scoring.tables for note in table.notes if "ODD" in note]
    assert notes == ["Tags that training lacked, counted as wrong: ODD (2)."]
    assert tagger.counts(examples)["words with a tag unseen in train"] == 2
    assert "words with a tag unseen in train" not in tagger.counts(train_examples())


def test_seen_means_seen_in_training_even_without_a_vector() -> None:
    tagger = model(min_count=2)
    examples = task().examples([["Stop", "stop", "unmet", "the"]], [["VERB"] * 4])
    assert tagger.counts(examples)["unknown words"] == 3
    scoring = tagger.score(examples, gold_as_predicted(examples))
    assert scoring.counts["unseen words"] == 1


def test_a_word_that_came_with_the_vectors_alone_is_unseen() -> None:
    with tokens_at_hand(ModelTokens(["unmet"])):
        tagger = model(extend_vocabulary=True, init_from="run")
    examples = task().examples([["unmet", "the"]], [["VERB", "DET"]])
    assert tagger.counts(examples)["unknown words"] == 0
    scoring = tagger.score(examples, gold_as_predicted(examples))
    assert scoring.counts["unseen words"] == 1


def test_sentences_without_gold_tags_cannot_be_scored() -> None:
    examples = [TaggedWords(()), TaggedWords(("dog",))]
    with pytest.raises(UserError, match=r"^sentence 2: found 0 gold tags for 1 word$"):
        TAGGERS["softmax"].evaluate(examples)


def test_the_baseline_gives_each_word_its_commonest_tag() -> None:
    examples = train_examples()
    (baseline,) = TAGGERS["softmax"].baselines(examples)
    predictions = baseline.predict([TaggedWords(("the", "dog")), TaggedWords(())])
    assert [p.tags for p in predictions] == [("DET", "NOUN"), ()]


def test_the_description_names_the_parts() -> None:
    assert set(TAGGERS["crf"].describe()) == {"words", "spelling", "encoder", "output"}


# --- training ------------------------------------------------------------------------------------


def trained(threads: int, **options: Any) -> PosTaggingModel:
    tagger = model(**options)

    def validate() -> tuple[str, float, bool]:
        return "accuracy", tagger.evaluate(train_examples(), resamples=0).headline.value, True

    with use_threads(threads):
        for _ in Trainer(tagger, tagger.config, seed=1, validate=validate).run(train_examples()):
            pass
    return tagger


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_number_of_threads_changes_no_bit(output: str) -> None:
    options = {"output": output, "epochs": 2, "batch_size": 2, "units": 32}
    one, two = (trained(threads, **options) for threads in (1, 2))
    for (name, first), (_, second) in zip(one.parameters(), two.parameters(), strict=True):
        assert first.value.tobytes() == second.value.tobytes(), name


@pytest.mark.parametrize("output", OUTPUTS)
def test_it_learns_what_the_context_decides(output: str) -> None:
    options = {"epochs": 40, "learning_rate": 0.02, "batch_size": 2, "dropout": 0.0, "units": 16}
    tagger = trained(1, output=output, patience=None, **options)
    predicted = [prediction.tags for prediction in tagger.predict(train_examples())]
    assert predicted == [example.tags for example in train_examples()]  # "well" has three tags


def test_the_options_are_checked() -> None:
    assert config().as_read(["The"]) == ["the"]
    assert config(lowercase=False).as_read(["The"]) == ["The"]
