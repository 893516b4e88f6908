"""What every model of labels gets from the core: batches, loss, honest predictions, scores."""

import numpy as np
import pytest

from seqkit.label_model import LabelModel, LabelPrediction
from seqkit.layers.linear import Linear
from seqkit.layers.pooling import MeanPooling
from seqkit.sequences import pack


class MeanOfNumbers(LabelModel):
    """Labels a list of numbers by its mean."""

    unit = "list"

    def __init__(self, **options):
        super().__init__(["high", "low"], batch_size=2, **options)
        self.output = Linear(1, 2, rng=np.random.default_rng(0), dtype=np.float64)
        self.output.w.value[...] = [[1.0, -1.0]]

    def network_parameters(self):
        return self.output.parameters()

    def length(self, example):
        return len(example[0])

    def gold_label(self, example):
        return example[1]

    def encode(self, examples):
        return pack([np.array(numbers, np.float64).reshape(-1, 1) for numbers, _ in examples])

    def forward(self, inputs, *, train=False, rng=None):
        pooled, back_pooling = MeanPooling().forward(inputs)
        logits, back_output = self.output.forward(pooled)
        return logits, lambda d_logits: back_pooling(back_output(d_logits))


EXAMPLES = [([3.0, 2.0], "high"), ([-1.0], "low"), ([], "low"), ([4.0, -9.0, 1.0], "high")]


def test_predictions_come_in_the_order_of_the_examples():
    predictions = MeanOfNumbers().predict(EXAMPLES)
    assert [p.label for p in predictions] == ["high", "low", "high", "low"]
    first = predictions[0]
    assert first.probability == first.probabilities["high"] == pytest.approx(1 / (1 + np.exp(-5)))
    assert sum(first.probabilities.values()) == pytest.approx(1.0)


def test_no_example_no_prediction():
    model = MeanOfNumbers()
    assert model.predict([]) == []
    assert model.probabilities([]).shape == (0, 2)


def test_the_loss_is_the_cross_entropy_of_the_gold_labels():
    model = MeanOfNumbers()
    batches = model.batches(EXAMPLES, rng=None)
    steps = [model.loss(batches[i]) for i in range(len(batches))]
    chances = [p.probabilities[gold] for p, (_, gold) in
               zip(model.predict(EXAMPLES), EXAMPLES, strict=True)]  # fmt: skip
    assert sum(step.total for step in steps) == pytest.approx(-np.log(chances).sum())
    assert [step.count for step in steps] == [2, 2]
    assert sum(step.tokens for step in steps) == 6


def test_the_score_counts_a_label_that_training_never_met():
    model = MeanOfNumbers()
    examples = [*EXAMPLES, ([1.0], "middling")]
    scoring = model.score(examples, model.predict(examples))
    sums = scoring.statistics.sum(axis=0)
    assert scoring.measures[0].compute(sums) == pytest.approx(2 / 5)
    assert scoring.counts == {"lists": 5}
    counts = {"lists": 5, "label high": 2, "label low": 2, "label middling": 1}
    assert model.counts(examples) == counts


def test_the_majority_label_is_a_baseline():
    (baseline,) = MeanOfNumbers().baselines([*EXAMPLES, ([], "low")])
    assert baseline.name == "majority label"
    assert baseline.predict(EXAMPLES[:1]) == [LabelPrediction("low", 1.0, {"low": 1.0})]


def test_the_worst_item_is_the_one_that_was_answered_wrong_with_confidence():
    model = MeanOfNumbers()
    losses = model.item_losses(
        [*EXAMPLES, ([1.0], "middling")], model.predict([*EXAMPLES, ([1.0], "")])
    )
    assert losses.argsort().tolist() == [0, 1, 2, 3, 4]
    assert losses[4] == np.inf


def test_calibration_changes_probabilities_and_no_label():
    model = MeanOfNumbers()
    before = model.predict(EXAMPLES)
    (notice,) = model.calibrate([*EXAMPLES, ([-2.0], "high"), ([9.0], "middling")])
    after = model.predict(EXAMPLES)
    assert float(model.temperature) > 1.0
    assert [p.label for p in after] == [p.label for p in before]
    assert after[0].probability < before[0].probability
    assert f"temperature {float(model.temperature):.2f}, fitted on dev" in notice
    assert "per list there" in notice


def test_calibration_on_unseen_labels_alone_says_nothing():
    model = MeanOfNumbers()
    assert model.calibrate([([1.0], "never met"), ([2.0], "nor this")]) == ()
    assert float(model.temperature) == 1.0


def test_the_temperature_is_a_parameter_that_no_gradient_changes():
    model = MeanOfNumbers()
    named = dict(model.parameters())
    assert list(named) == ["w", "bias", "temperature"]
    assert named["temperature"] is model.temperature.value
    assert not named["temperature"].trainable


def test_the_score_tells_how_far_probabilities_can_be_trusted():
    model = MeanOfNumbers()
    predictions = model.predict(EXAMPLES)
    scoring = model.score(EXAMPLES, predictions)
    assert {measure.name for measure in scoring.measures} >= {"accuracy", "calibration error"}
    table = next(table for table in scoring.tables if table.title == "Reliability")
    assert sum(row[1] for row in table.rows) == len(EXAMPLES)
    mean = sum(row[1] * row[2] for row in table.rows) / len(EXAMPLES)
    assert mean == pytest.approx(np.mean([p.probability for p in predictions]))


def total_loss(model, examples, **options):
    batches = model.batches(examples, rng=None)
    return sum(model.loss(batch, **options).total for batch in batches)


def test_a_class_weight_multiplies_the_loss_of_its_label():
    plain, weighed = MeanOfNumbers(), MeanOfNumbers(class_weights=np.array([1.0, 3.0]))
    high, low = EXAMPLES[:1], EXAMPLES[1:2]
    assert total_loss(weighed, high) == pytest.approx(total_loss(plain, high))
    assert total_loss(weighed, low) == pytest.approx(3.0 * total_loss(plain, low))


def test_label_smoothing_takes_part_in_training_only():
    plain, smooth = MeanOfNumbers(), MeanOfNumbers(label_smoothing=0.5)
    rng = np.random.default_rng(0)
    assert total_loss(smooth, EXAMPLES) == total_loss(plain, EXAMPLES)
    trained = [total_loss(model, EXAMPLES, train=True, rng=rng) for model in (plain, smooth)]
    assert trained[0] != trained[1]


class Marked(MeanOfNumbers):
    """Reads what it learns from with a 0 before it."""

    def batch_encoder(self, examples, *, learning):
        marks = [0.0] if learning else []
        marked = [([*marks, *numbers], label) for numbers, label in examples]
        return super().batch_encoder(marked, learning=learning)


def test_a_model_may_read_otherwise_what_it_learns_from():
    model = Marked()
    read = [model.batches(EXAMPLES, rng=rng) for rng in (None, np.random.default_rng(0))]
    tokens = [sum(batch.inputs.tokens for batch in batches) for batches in read]
    assert tokens == [6, 6 + len(EXAMPLES)]
