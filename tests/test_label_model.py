"""What every model of labels gets from the core: batches, loss, predictions, scores, a baseline."""

import numpy as np
import pytest

from seqkit.label_model import LabelModel, LabelPrediction
from seqkit.layers.linear import Linear
from seqkit.layers.pooling import MeanPooling
from seqkit.sequences import pack


class MeanOfNumbers(LabelModel):
    """Labels a list of numbers by its mean."""

    unit = "lists"

    def __init__(self, **options):
        super().__init__(["high", "low"], batch_size=2, **options)
        self.output = Linear(1, 2, rng=np.random.default_rng(0), dtype=np.float64)
        self.output.w.value[...] = [[1.0, -1.0]]

    def parameters(self):
        yield from self.output.parameters()
        yield from super().parameters()

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


def test_labels_are_smoothed_in_training_only():
    plain, smooth = MeanOfNumbers(), MeanOfNumbers(label_smoothing=0.2)
    batch = plain.batches(EXAMPLES, rng=None)[0]
    assert smooth.loss(batch).total == plain.loss(batch).total
    assert smooth.loss(batch, train=True).total != plain.loss(batch, train=True).total


def test_the_score_counts_a_label_that_training_never_met():
    model = MeanOfNumbers()
    examples = [*EXAMPLES, ([1.0], "middling")]
    scoring = model.score(examples, model.predict(examples))
    sums = scoring.statistics.sum(axis=0)
    assert scoring.measures[0].compute(sums) == pytest.approx(2 / 5)
    assert scoring.counts == {"lists": 5}
    counts = {"lists": 5, "label high": 2, "label low": 2, "label middling": 1}
    assert model.counts(examples) == counts


def test_the_commonest_label_is_a_baseline():
    (baseline,) = MeanOfNumbers().baselines([*EXAMPLES, ([], "low")])
    assert baseline.name == "commonest label"
    assert baseline.predict(EXAMPLES[:1]) == [LabelPrediction("low", 1.0, {"low": 1.0})]


def test_the_worst_item_is_the_one_that_was_answered_wrong_with_confidence():
    model = MeanOfNumbers()
    losses = model.item_losses(
        [*EXAMPLES, ([1.0], "middling")], model.predict([*EXAMPLES, ([1.0], "")])
    )
    assert losses.argsort().tolist() == [0, 1, 2, 3, 4]
    assert losses[4] == np.inf


def test_probabilities_are_calibrated_on_what_was_held_out():
    model = MeanOfNumbers()
    before = model.probabilities(EXAMPLES)
    (notice,) = model.calibrate([*EXAMPLES, ([1.0], "middling")])
    after = model.probabilities(EXAMPLES)
    assert "fitted on dev" in notice
    assert "per list there" in notice
    assert (before.argmax(axis=1) == after.argmax(axis=1)).all()
    gold = [model.labels.index(label) for _, label in EXAMPLES]
    rows = np.arange(len(gold))
    assert np.log(after[rows, gold]).mean() > np.log(before[rows, gold]).mean()
