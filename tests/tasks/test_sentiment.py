import itertools
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import seqkit
from seqkit.errors import UserError
from seqkit.kernels.compiled import use_compiled
from seqkit.label_model import LabelPrediction
from seqkit.options import parse
from seqkit.parameters import unique_parameters
from seqkit.testing.gradients import gradient_error
from seqkit.text import fit_word_vectors
from seqkit.training.trainer import Trainer
from seqkit_tasks.sentiment.config import SentimentConfig
from seqkit_tasks.sentiment.model import SentimentModel
from seqkit_tasks.sentiment.task import LabelledTokens, SentimentTask

TEXTS = [
    "I loved it!",
    "",
    "A dull film, and far too long",
    "good",
    "not good at all",
    "I loved the long end of a good film",
]
LABELS = ["good", "bad", "bad", "good", "bad", "good"]
STARS = ["3", "1", "1", "3", "2", "3"]
POOLINGS = [("last",), ("max",), ("mean",), ("attention",), ("last", "max", "mean", "attention")]

TOLERANCE = 1e-10
"""Of the complex step; 1e-7 is promised, and the errors are near 1e-15."""

SMALL: dict[str, Any] = {
    "embedding": 4,
    "units": 3,
    "dropout": 0.0,
    "batch_size": 8,
    "word_ngrams": 0,
    "character_ngrams": 0,
}


def small_model(
    texts: Sequence[str] = TEXTS, labels: Sequence[str] = LABELS, seed: int = 0, **options: Any
) -> tuple[SentimentTask, SentimentModel, list[LabelledTokens]]:
    """A task, a freshly drawn model, and the examples that it was fitted on."""
    task = SentimentTask(SentimentConfig(**(SMALL | options)))
    examples = task.examples(texts, labels)
    model = task.build(task.fit(examples), rng=np.random.default_rng(seed))
    assert isinstance(model, SentimentModel)
    return task, model, examples


def in_float64(model: SentimentModel, *, scale: float = 0.5) -> SentimentModel:
    """Cast and shake the weights, biases too, which start at zero and might hide a mistake."""
    rng = np.random.default_rng(1)
    for _, parameter in unique_parameters(model.parameters()):
        noise = rng.normal(scale=scale, size=parameter.value.shape)
        parameter.value = parameter.value.astype(np.float64) + noise
    return model


def whole_loss(model: SentimentModel, examples: Sequence[LabelledTokens], **options: Any) -> Any:
    steps = [model.loss(batch, **options) for batch in model.batches(examples, rng=None)]
    return sum(step.total for step in steps), steps


def gradient_errors(model: SentimentModel, examples: Sequence[LabelledTokens]) -> dict[str, float]:
    for _, parameter in unique_parameters(model.parameters()):
        parameter.zero_grad()
    for step in whole_loss(model, examples)[1]:
        step.backward(1.0)
    learnt = [(name, p) for name, p in model.parameters() if p.trainable]
    return gradient_error(lambda: whole_loss(model, examples)[0], learnt, entries=40)


# --- gradients ------------------------------------------------------------------------------------


@pytest.mark.parametrize("pooling", POOLINGS, ids="+".join)
@pytest.mark.parametrize("bidirectional", [True, False], ids=["both ways", "one way"])
def test_the_gradient_of_the_whole_model_is_right_for_each_pooling(pooling, bidirectional) -> None:
    _, model, examples = small_model(pooling=pooling, bidirectional=bidirectional)
    errors = gradient_errors(in_float64(model), examples)
    assert max(errors.values()) <= TOLERANCE, errors


@pytest.mark.parametrize("encoder", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [True, False], ids=["both ways", "one way"])
def test_the_gradient_of_two_layers_is_right_for_each_encoder(encoder, bidirectional) -> None:
    _, model, examples = small_model(
        encoder=encoder, bidirectional=bidirectional, layers=2, pooling=("last", "mean")
    )
    errors = gradient_errors(in_float64(model), examples)
    assert max(errors.values()) <= TOLERANCE, errors


def test_the_gradient_is_right_with_class_weights_and_label_smoothing() -> None:
    _, model, examples = small_model(
        labels=STARS, class_weights="balanced", label_smoothing=0.2, pooling=("mean",)
    )
    in_float64(model)
    (batch,) = model.batches(examples, rng=None)
    step = model.loss(batch, train=True, rng=np.random.default_rng(0))
    step.backward(1.0)
    errors = gradient_error(
        lambda: model.loss(batch, train=True, rng=np.random.default_rng(0)).total,
        model.parameters(),
        entries=40,
    )
    assert max(errors.values()) <= TOLERANCE, errors


def test_the_gradient_is_right_with_ngrams_beside_the_encoder() -> None:
    _, model, examples = small_model(word_ngrams=3, character_ngrams=2)
    model.prepare(examples)
    errors = gradient_errors(in_float64(model), examples)
    assert "evidence.scale" in errors
    assert max(errors.values()) <= TOLERANCE, errors


@pytest.mark.parametrize(
    "options",
    [
        {"bidirectional": False},
        {"layers": 2, "connection": "dense"},
        {"encoder": "gru", "tokenizer": "characters"},
        {"tokenizer": "jamo", "word_ngrams": 0},
    ],
    ids=str,
)
def test_the_gradient_is_right_where_tokens_have_shares_of_the_evidence(options) -> None:
    ngrams = {"word_ngrams": 2, "character_ngrams": 2, "token_evidence": True}
    _, model, examples = small_model(labels=STARS, **(ngrams | options))
    model.prepare(examples)
    errors = gradient_errors(in_float64(model), examples)
    assert max(errors.values()) <= TOLERANCE, errors


def test_what_tokens_have_of_the_evidence_is_read_by_the_encoder() -> None:
    _, model, examples = small_model(word_ngrams=2, token_evidence=True)
    model.prepare(examples)
    inputs = model.encode(examples)
    assert inputs.shares.data.shape == (inputs.tokens, model.evidence.width)
    turned = inputs._replace(shares=inputs.shares.with_data(-inputs.shares.data))
    assert not np.allclose(model.forward(inputs)[0], model.forward(turned)[0])
    assert "with what n-grams say of each token" in model.describe()["encoder"]


@pytest.mark.parametrize("compiled", [True, False])
def test_many_texts_are_read_as_few_are(compiled: bool) -> None:
    _, model, examples = small_model(word_ngrams=2, token_evidence=True, tokenizer="whitespace")
    model.prepare(examples)
    with use_compiled(compiled):
        many = model.probabilities(examples * 120)
        few = model.probabilities(examples)
    assert many == pytest.approx(np.tile(few, (120, 1)), abs=1e-6)


def test_a_model_with_shares_is_saved_and_loaded(tmp_path: Path) -> None:
    rows = [
        f"{label}\t{text} 좋다 {i}"
        for i in range(9)
        for text, label in zip(TEXTS, LABELS, strict=True)
    ]
    data = tmp_path / "data.tsv"
    data.write_text("\n".join(["label\ttext", *rows]), encoding="utf-8")
    options = {"units": 4, "epochs": 2, "token_evidence": True}
    trained = seqkit.train("sentiment", data=data, output=tmp_path / "run", **options).trained
    loaded = seqkit.load(tmp_path / "run")
    texts = [*TEXTS, "좋다 좋다"]
    assert loaded.predict(texts) == trained.predict(texts)
    alone = np.concatenate([loaded.predict_proba([text]) for text in texts])
    assert loaded.predict_proba(texts) == pytest.approx(alone, abs=1e-6)


@pytest.mark.parametrize("tokenizer", ["words", "characters"])
def test_counted_vectors_are_those_of_the_training_texts_and_are_kept(tokenizer: str) -> None:
    _, model, examples = small_model(TEXTS * 3, LABELS * 3, tokenizer=tokenizer, count_vectors=True)
    drawn = model.encoder.embedding.table.value.copy()
    model.prepare(examples)
    table = model.encoder.embedding.table
    counted = fit_word_vectors([example.tokens for example in examples], width=4)
    vectors = dict(zip(counted.words, counted.matrix, strict=True))
    for word, before, now in zip(model.vocabulary.words, drawn, table.value, strict=True):
        assert now == pytest.approx(vectors.get(word, before), abs=1e-6)
    assert len(vectors) >= 15
    assert not table.trainable


def test_too_few_tokens_cannot_be_counted() -> None:
    _, model, examples = small_model(embedding=100, count_vectors=True)
    with pytest.raises(UserError, match=r"count_vectors: found \d+ words with neighbours, wanted"):
        model.prepare(examples)


def test_counted_vectors_stand_alone() -> None:
    with pytest.raises(UserError, match="count_vectors: found beside vectors or init_from"):
        parse(SentimentConfig, {"count_vectors": True, "vectors": "v.txt"})


def test_without_ngrams_there_is_no_evidence_to_read() -> None:
    _, model, examples = small_model(token_evidence=True)
    model.prepare(examples)
    assert model.encode(examples).shares is None
    assert "n-grams" not in model.describe()["encoder"]


def test_a_text_that_is_learnt_from_does_not_vouch_for_itself() -> None:
    _, model, examples = small_model(word_ngrams=2)
    model.prepare(examples)

    def spoken_for_gold(rng: np.random.Generator | None) -> float:
        batches = model.batches(examples, rng=rng)
        return sum(b.inputs.evidence[np.arange(len(b.labels)), b.labels].sum() for b in batches)

    assert spoken_for_gold(np.random.default_rng(0)) < spoken_for_gold(None)


def test_ngrams_alone_tell_the_labels_of_the_texts_they_were_fitted_on() -> None:
    _, model, examples = small_model(word_ngrams=1, character_ngrams=3)
    model.prepare(examples)
    for parameter in (model.output.w, model.output.bias):
        parameter.value[...] = 0
    assert [p.label for p in model.predict(examples)] == LABELS


@pytest.mark.parametrize("pooling", POOLINGS, ids="+".join)
def test_every_parameter_that_is_learnt_gets_a_gradient(pooling: tuple[str, ...]) -> None:
    _, model, examples = small_model(pooling=pooling, layers=2)
    for step in whole_loss(model, examples)[1]:
        step.backward(1.0)
    without = [name for name, p in model.parameters() if p.trainable and not p.grad.any()]
    assert not without


def test_a_frozen_table_gets_none() -> None:
    _, model, examples = small_model(freeze_vectors=True, vectors="not read here.txt")
    for step in whole_loss(model, examples)[1]:
        step.backward(1.0)
    named = dict(model.parameters())
    assert not named["encoder.embedding.table"].has_grad
    assert named["output.w"].grad.any()


# --- honest probabilities -------------------------------------------------------------------------


def test_calibration_changes_probabilities_and_no_label() -> None:
    _, model, examples = small_model()
    in_float64(model, scale=3.0)
    model.temperature.value.value[...] = 1.0
    before = model.predict(examples)
    (notice,) = model.calibrate(examples)
    after = model.predict(examples)
    assert [p.label for p in before] == [p.label for p in after]
    assert [p.probability for p in before] != [p.probability for p in after]
    assert f"temperature {float(model.temperature):.2f}, fitted on dev" in notice


def test_the_report_tells_how_far_probabilities_can_be_trusted() -> None:
    _, model, examples = small_model()
    evaluation = model.evaluate(examples)
    mean = np.mean([p.probability for p in model.predict(examples)])
    assert 0 <= evaluation.metric("calibration error").value <= 1
    table = next(table for table in evaluation.tables if table.title == "Reliability")
    count = table.columns.index("examples")
    confidence = table.columns.index("mean confidence")
    assert sum(row[count] * row[confidence] for row in table.rows) / len(TEXTS) == pytest.approx(
        mean
    )


def test_a_label_that_training_lacked_counts_as_wrong_in_calibration() -> None:
    task, model, _ = small_model()
    evaluation = model.evaluate(task.examples(["good"], ["neutral"]))
    probability = model.predict(task.examples(["good"]))[0].probability
    assert evaluation.metric("calibration error").value == pytest.approx(probability)


def test_text_and_label_are_not_one_column() -> None:
    with pytest.raises(UserError, match="label_column: found the column that is text_column too"):
        SentimentConfig(text_column="review", label_column="review")


# --- alone and in a batch -------------------------------------------------------------------------


@given(st.permutations(range(len(TEXTS))), st.integers(1, len(TEXTS)))
def test_a_text_alone_and_in_any_batch_has_the_same_probabilities(order, count) -> None:
    _, model, examples = small_model(pooling=POOLINGS[-1], layers=2)
    chosen = [examples[i] for i in order[:count]]

    def largest_difference() -> float:
        alone = np.concatenate([model.probabilities([example]) for example in chosen])
        return float(np.abs(model.probabilities(chosen) - alone).max())

    assert largest_difference() <= 1e-5
    in_float64(model)
    assert largest_difference() <= 1e-12


def test_more_texts_than_fit_in_one_batch_come_back_in_their_order() -> None:
    task, model, _ = small_model()
    texts = [" ".join(["good"] * (i % 7) + ["film"] * (i % 3)) for i in range(600)]
    together = model.probabilities(task.examples(texts))
    for i in (0, 1, 255, 256, 257, 599):
        alone = model.probabilities(task.examples([texts[i]]))[0]
        np.testing.assert_allclose(together[i], alone, atol=1e-5)


def test_batches_use_each_example_once_in_an_order_that_the_seed_determines() -> None:
    _, model, examples = small_model(TEXTS * 5, LABELS * 5, batch_size=4)

    def epoch(seed: int) -> list[tuple[int, ...]]:
        batches = model.batches(examples, rng=np.random.default_rng(seed))
        return [tuple(batch.inputs.ids.data.tolist()) for batch in batches]

    assert epoch(0) == epoch(0)
    assert epoch(0) != epoch(1)
    tokens = sorted(itertools.chain.from_iterable(epoch(0)))
    assert tokens == sorted(model.vocabulary.encode_flat([e.tokens for e in examples])[0].tolist())


# --- any text -------------------------------------------------------------------------------------


ODD_TEXTS = {
    "empty": "",
    "blank": " ",
    "lines": "\n\t",
    "unknown": "zzz qqq",
    "emoji": "🙂👩\u200d👩\u200d👧",
    "Korean": "정말 재미있었다 ㅋㅋㅋ",
    "accent": "e\u0301",
    "NUL": "\x00",
    "long word": "a" * 5000,
}


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
@pytest.mark.parametrize("tokenizer", ["whitespace", "words", "characters", "jamo"])
def test_any_text_gets_a_prediction(text: str, tokenizer: str) -> None:
    task, model, _ = small_model(tokenizer=tokenizer, pooling=POOLINGS[-1])
    (prediction,) = model.predict(task.examples([text]))
    assert prediction.label in model.labels
    assert prediction.probability == max(prediction.probabilities.values())
    assert sum(prediction.probabilities.values()) == pytest.approx(1.0)


def test_no_text_gets_no_prediction() -> None:
    task, model, _ = small_model()
    assert model.predict(task.examples([])) == []
    assert model.probabilities(task.examples([])).shape == (0, 2)


def test_nothing_of_a_text_of_20_000_tokens_is_dropped() -> None:
    task, model, _ = small_model(pooling=("max",), bidirectional=False)
    long = "film " * 19_999
    ends = task.examples([long + last for last in ("good", "not")])
    assert len(ends[0].tokens) == 20_000
    first, second = model.probabilities(ends)
    assert np.isfinite(first).all()
    assert not np.array_equal(first, second)


def test_composed_and_decomposed_text_is_the_same_text() -> None:
    task, _, _ = small_model()
    for text in ("재미있다", "café"):
        decomposed = unicodedata.normalize("NFD", text)
        assert decomposed != text
        assert task.examples([decomposed])[0].tokens == task.examples([text])[0].tokens


def test_capitals_are_read_as_small_letters_unless_they_are_wanted() -> None:
    assert small_model()[0].examples(["GOOD"])[0].tokens == ("good",)
    assert small_model(lowercase=False)[0].examples(["GOOD"])[0].tokens == ("GOOD",)


# --- labels ---------------------------------------------------------------------------------------


def test_labels_are_found_in_the_training_texts_and_sorted() -> None:
    task, model, examples = small_model(labels=STARS)
    assert model.labels == ("1", "2", "3")
    assert model.probabilities(examples).shape == (6, 3)
    assert list(model.predict(examples)[0].probabilities) == ["1", "2", "3"]
    assert task.answer(model.predict(examples)[0]) in {"1", "2", "3"}


@pytest.mark.parametrize(
    ("labels", "found"),
    [(["good"] * 6, r"only the label 'good'"), ([], "no examples")],
)
def test_one_label_only_is_refused_with_what_was_found(labels: list[str], found: str) -> None:
    task = SentimentTask(SentimentConfig())
    with pytest.raises(UserError, match=f"training split: found {found}, wanted at least two"):
        task.fit(task.examples(TEXTS[: len(labels)], labels))


def test_a_label_that_training_lacks_counts_as_wrong() -> None:
    task, model, _ = small_model()
    strange = task.examples(["I loved it!", "good"], ["great", "good"])
    predictions = [LabelPrediction("good", 1.0, {"good": 1.0})] * 2
    scoring = model.score(strange, predictions)
    assert scoring.measures[0].compute(scoring.statistics.sum(axis=0)) == 0.5
    assert model.counts(strange)["label great"] == 1
    assert model.evaluate(strange).headline.value <= 0.5


def test_balanced_class_weights_let_each_label_weigh_the_same() -> None:
    labels = ["bad"] + ["good"] * 5
    _, plain, examples = small_model(labels=labels)
    _, balanced, _ = small_model(labels=labels, class_weights="balanced")

    def loss_of(model: SentimentModel, number: int) -> float:
        return whole_loss(model, [examples[number]])[0]

    assert loss_of(balanced, 0) == pytest.approx(3.0 * loss_of(plain, 0), rel=1e-5)
    assert loss_of(balanced, 1) == pytest.approx(0.6 * loss_of(plain, 1), rel=1e-5)


def test_label_smoothing_takes_part_in_training_only() -> None:
    _, plain, examples = small_model()
    _, smooth, _ = small_model(label_smoothing=0.5)
    rng = np.random.default_rng(0)
    assert whole_loss(smooth, examples)[0] == whole_loss(plain, examples)[0]
    trained = [whole_loss(m, examples, train=True, rng=rng)[0] for m in (plain, smooth)]
    assert trained[0] != trained[1]


# --- learning and scoring -------------------------------------------------------------------------

TWENTY = [f"{'good' if i % 2 else 'bad'} {noun}" for i, noun in enumerate("abcdefghijklmnopqrst")]


@pytest.mark.parametrize("encoder", ["rnn", "lstm", "gru"])
def test_twenty_texts_can_be_learnt_by_heart(encoder: str) -> None:
    labels = ["yes" if i % 2 else "no" for i in range(20)]
    task, model, examples = small_model(
        TWENTY, labels, encoder=encoder, epochs=15, learning_rate=0.03, patience=None
    )
    before = whole_loss(model, examples)[0]
    trainer = Trainer(
        model,
        task.config,
        seed=0,
        validate=lambda: ("loss", float(whole_loss(model, examples)[0]), False),
    )
    for _ in trainer.run(examples):
        pass
    assert whole_loss(model, examples)[0] < before / 10
    assert model.evaluate(examples).headline.value == 1.0


def test_gold_labels_score_perfectly_and_wrong_ones_not_at_all() -> None:
    _, model, examples = small_model(labels=STARS)

    def accuracy(labels: Sequence[str]) -> float:
        predictions = [LabelPrediction(label, 1.0, {label: 1.0}) for label in labels]
        scoring = model.score(examples, predictions)
        totals = scoring.statistics.sum(axis=0)
        measures = [m for m in scoring.measures if m.higher_is_better]
        return {m.name: float(m.compute(totals)) for m in measures}

    perfect = accuracy(STARS)
    assert set(perfect.values()) == {1.0}
    assert {"accuracy", "macro F1"} <= perfect.keys()
    assert accuracy(["1", "2", "2", "1", "3", "1"])["accuracy"] == 0.0


def test_an_evaluation_has_an_interval_and_the_confusions() -> None:
    _, model, examples = small_model(labels=STARS)
    evaluation = model.evaluate(examples)
    assert evaluation.headline.name == "accuracy"
    assert evaluation.headline.interval is not None
    assert evaluation.counts["texts"] == 6
    assert any("onfus" in table.title or "redict" in table.title for table in evaluation.tables)


def test_counts_say_what_a_split_holds() -> None:
    task, model, examples = small_model()
    assert model.counts(examples) == {
        "texts": 6,
        "tokens": 26,
        "unknown tokens": 0,
        "label bad": 3,
        "label good": 3,
    }
    assert model.counts(task.examples(["good zzz"], ["bad"]))["unknown tokens"] == 1


def test_rare_words_are_unknown_where_that_is_asked_for() -> None:
    _, model, examples = small_model(min_count=2)
    assert "good" in model.vocabulary
    assert "dull" not in model.vocabulary
    assert model.counts(examples)["unknown tokens"] > 0
    assert len(small_model(max_vocabulary=4)[1].vocabulary) == 4


def test_baselines_are_the_majority_and_tfidf() -> None:
    task, model, examples = small_model(labels=["good", "good", "good", "good", "bad", "good"])
    baselines = {b.name: b.predict(task.examples(["x", ""])) for b in model.baselines(examples)}
    assert list(baselines) == ["majority label", "TF-IDF of words + logistic regression"]
    assert [p.label for p in baselines["majority label"]] == ["good", "good"]


def test_the_ngrams_that_the_model_looks_at_are_a_baseline_of_their_own() -> None:
    _, model, examples = small_model(word_ngrams=2, character_ngrams=3)
    model.prepare(examples)
    *_, ngrams = model.baselines(examples)
    assert ngrams.name == "the model's n-grams alone"
    found = ngrams.predict(examples)
    model.output.w.value[...] = 0
    model.output.bias.value[...] = 0
    silent = model.predict(examples)  # with an encoder that says nothing
    for ours, theirs in zip(found, silent, strict=True):
        assert ours.label == theirs.label
        assert ours.probability == pytest.approx(theirs.probability, abs=1e-6)


@pytest.mark.parametrize("texts", [["", "", ""], ["🙂", "…", "。"]])
def test_baselines_do_not_mind_texts_without_a_word(texts: list[str]) -> None:
    _, model, examples = small_model(texts, ["good", "bad", "bad"])
    for baseline in model.baselines(examples):
        assert len(baseline.predict(examples)) == 3


# --- options and resources ------------------------------------------------------------------------


@pytest.mark.parametrize("pooling", [(), ("max", "max"), ("maximum",), ("max", "las")])
def test_a_pooling_that_makes_no_sense_is_refused(pooling: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match=r"pooling: .*wanted"):
        SentimentConfig(pooling=pooling)


def test_what_training_refuses_is_refused_here_too_and_with_the_rest() -> None:
    with pytest.raises(UserError) as caught:
        SentimentConfig(pooling=("las",), averaging=1.0)
    assert [problem.where for problem in caught.value.problems] == ["averaging", "pooling"]


def test_an_encoder_that_nobody_offers_is_refused() -> None:
    with pytest.raises(UserError, match="did you mean 'lstm'"):
        small_model(encoder="lstn")


@pytest.mark.parametrize(
    "change",
    [
        {"labels": ["good"], "label_shares": [1.0]},
        {"labels": ["good", "good"]},
        {"labels": ["good", 3]},
        {"labels": ["bad", "good", "so-so"]},
        {"label_shares": [0.5]},
        {"label_shares": [0.0, 1.0]},
        {"label_shares": [0.9, 0.9]},
    ],
)
def test_resources_that_contradict_themselves_are_refused(change: dict[str, Any]) -> None:
    task, _, examples = small_model()
    resources = {**task.fit(examples), **change}
    with pytest.raises(UserError, match=r"labels|label_shares"):
        task.build(resources, rng=np.random.default_rng(0))


def test_pretrained_vectors_are_where_training_starts(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("good 1 2 3 4\nfilm 5 6 7 8\nother 0 0 0 0\n", encoding="utf-8")
    task, model, _ = small_model(vectors=str(path))
    table, ids = model.encoder.embedding.table.value, model.vocabulary.ids
    before = table.copy()
    (notice,) = task.warm_start(model)
    assert table[ids["good"]].tolist() == [1, 2, 3, 4]
    assert table[ids["film"]].tolist() == [5, 6, 7, 8]
    assert np.array_equal(table[ids["dull"]], before[ids["dull"]])
    assert f"2 of {len(model.vocabulary)} words" in notice


def test_vectors_of_another_width_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("good 1 2 3\nfilm 5 6 7\n", encoding="utf-8")
    task, model, _ = small_model(vectors=str(path))
    with pytest.raises(UserError, match=r"vectors\.txt"):
        task.warm_start(model)


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "label\ttext\ngood\tA film\nbad\tNo film\n"),
        ("a.csv", 'text,label\n"A film",good\n"No film",bad\n'),
        ("a.jsonl", '{"text": "A film", "label": "good"}\n{"text": "No film", "label": "bad"}\n'),
        ("a.txt", "__label__good A film\n__label__bad No film\n"),
        ("b.txt", "id\tdocument\tlabel\n1\tA film\tgood\n2\tNo film\tbad\n"),
    ],
)
def test_labelled_texts_are_read_from_the_usual_formats(tmp_path, name, content) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    found = SentimentTask(SentimentConfig()).read(path)
    assert [(example.text, example.label) for example in found] == [
        ("A film", "good"),
        ("No film", "bad"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.tsv", "label\ttext\ngood\tA film\nbad\tNo film\n", {}),
        ("a.tsv", "text\nA film\nNo film\n", {}),
        ("a.csv", 'text,label\n"A film",good\n"No film",bad\n', {}),
        ("a.jsonl", '{"text": "A film"}\n{"text": "No film"}\n', {}),
        ("a.txt", "A film\nNo film\n", {}),
        ("a.txt", "A film\nNo film\n", {"text_column": "document"}),
        ("a.txt", "id\tdocument\n1\tA film\n2\tNo film\n", {"text_column": "document"}),
    ],
)
def test_texts_to_be_answered_are_read_from_the_same_formats(
    tmp_path: Path, name: str, content: str, options: Any
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    found = SentimentTask(SentimentConfig(**options)).read_inputs(path)
    assert [(example.text, example.label) for example in found] == [("A film", ""), ("No film", "")]


def test_a_text_of_several_lines_is_a_line_of_a_table() -> None:
    task = SentimentTask(SentimentConfig())
    (example,) = task.examples(["a fine\r\nfilm\tindeed\n"])
    line = task.formats["tsv"](example, LabelPrediction("good", 0.75, {"good": 0.75}))
    assert line == "good\t0.7500\ta fine film indeed "


def test_a_blank_line_of_plain_text_is_answered_too(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("A film\n\nNo film\n", encoding="utf-8")
    texts = [example.text for example in SentimentTask(SentimentConfig()).read_inputs(path)]
    assert texts == ["A film", "", "No film"]


def test_columns_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("stars\treview\n5\tA film\n", encoding="utf-8")
    task = SentimentTask(SentimentConfig(text_column="review", label_column="stars"))
    assert [(e.text, e.label) for e in task.read(path)] == [("A film", "5")]


def test_predictions_can_be_written_as_columns() -> None:
    task, _, examples = small_model()
    prediction = LabelPrediction("good", 0.75, {"good": 0.75, "bad": 0.25})
    assert task.formats["tsv"](examples[0], prediction) == "good\t0.7500\tI loved it!"


def test_equal_tokens_are_one_object() -> None:
    task = SentimentTask(SentimentConfig(tokenizer="characters"))
    first, second = task.examples(["재미있다", "재미없다"])
    assert first.tokens[0] is second.tokens[0]
    assert first.tokens[3] is second.tokens[3]
