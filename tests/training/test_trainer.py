"""The training loop: what it yields, when it ends, and whose weights the model has then."""

import math
from dataclasses import replace

import numpy as np
import pytest

from seqkit.errors import SeqkitError, UserError
from seqkit.parameters import Parameter
from seqkit.training import EpochReport, NonFiniteError, Step, StepReport
from tests.training.tiny import EXAMPLES, TinyModel, scores, trainer_of, weights_of


def epochs(reports):
    return [report for report in reports if isinstance(report, EpochReport)]


def test_yields_a_report_for_each_step_and_each_epoch():
    _, trainer = trainer_of(epochs=2)
    reports = list(trainer.run(EXAMPLES))
    kinds = [type(report) for report in reports]
    assert kinds == ([StepReport] * 4 + [EpochReport]) * 2
    assert [r.step for r in reports[:4]] == [1, 2, 3, 4]
    assert all(r.steps == 4 and r.epoch == 1 for r in reports[:4])
    assert trainer.history == tuple(epochs(reports))
    assert trainer.stopped == "all epochs done"


def test_an_epoch_report_sums_up_its_steps():
    _, trainer = trainer_of(epochs=1, learning_rate=0.01, clip_norm=2.0)
    *steps, epoch = trainer.run(EXAMPLES)
    sizes = [2, 2, 2, 1]
    total = sum(step.loss * size for step, size in zip(steps, sizes, strict=True))
    assert epoch.train_loss == pytest.approx(total / 7)
    assert epoch.tokens == 21 == sum(step.tokens for step in steps)
    assert epoch.gradient_norm == pytest.approx(np.mean([step.gradient_norm for step in steps]))
    assert epoch.clipped_share == np.mean([step.clipped for step in steps])
    assert epoch.clipped_share > 0
    assert epoch.learning_rate == steps[-1].learning_rate == 0.01
    assert epoch.seconds > 0
    assert epoch.tokens_per_second == epoch.tokens / epoch.seconds
    assert (epoch.metric, epoch.best) == ("loss", True)


def test_it_learns():
    model, trainer = trainer_of(TinyModel(rates=0.0, carried=False), epochs=60)
    before = model.validation_loss()
    list(trainer.run(EXAMPLES))
    assert model.validation_loss() < 0.5 * before


def test_the_gradient_of_a_step_is_that_of_the_mean_loss():
    """One SGD step at rate 1 moves the weights by the gradient of total / count."""
    model, trainer = trainer_of(
        TinyModel(rates=0.0), epochs=1, optimizer="sgd", learning_rate=1.0, clip_norm=None
    )
    before = model.w.value.copy()
    reference = TinyModel(rates=0.0)
    step = reference.loss(reference.batches(EXAMPLES[:2], rng=None)[0])
    step.backward(1 / 2)
    report = next(iter(trainer.run(EXAMPLES[:2])))
    np.testing.assert_allclose(model.w.value, before - reference.w.grad, rtol=1e-6)
    gradients = [reference.w.grad, reference.table.grad]
    assert report.gradient_norm == pytest.approx(math.sqrt(sum((g**2).sum() for g in gradients)))


def test_options_out_of_their_limits_are_refused_before_any_step():
    with pytest.raises(UserError, match="did you mean 'adam'") as caught:
        trainer_of(epochs=-1, optimizer="adm")
    assert len(caught.value.problems) == 2
    with pytest.raises(UserError, match="seed: found -1"):
        trainer_of(seed=-1)


def test_equal_seeds_give_equal_weights_and_others_do_not():
    ends = []
    for seed in (1, 1, 2):
        model, trainer = trainer_of(seed=seed)
        list(trainer.run(EXAMPLES))
        ends.append(weights_of(model))
    assert ends[0] == ends[1] != ends[2]


class Watched(TinyModel):
    """Remembers what it was given, and the first number of each generator."""

    def __init__(self):
        super().__init__()
        self.orders, self.draws, self.states = [], [], []

    def batches(self, examples, *, rng):
        batches = super().batches(examples, rng=rng)
        self.orders.append(str(batches))
        return batches

    def loss(self, batch, state=None, *, train=False, rng=None):
        if train:
            self.draws.append(rng.bit_generator.random_raw())
            self.states.append(state)
        step = super().loss(batch, state, train=train, rng=rng)
        self.last = step.state
        return step


def test_every_epoch_has_its_order_and_every_step_its_dropout():
    model, trainer = trainer_of(Watched(), epochs=3)
    list(trainer.run(EXAMPLES))
    assert len(set(model.orders)) == 3
    assert len(set(model.draws)) == 12


def test_state_is_carried_within_an_epoch_and_no_further():
    model, trainer = trainer_of(Watched(), epochs=2, validate=scores([1.0, 2.0]))
    before = None
    for report in trainer.run(EXAMPLES):
        if isinstance(report, StepReport) and report.step > 1:
            assert model.states[-1] is before
        before = model.last
    assert [state is None for state in model.states] == [True, False, False, False] * 2


def test_frozen_weights_stay_and_gather_no_gradient():
    model, trainer = trainer_of()
    before = model.frozen.value.copy()
    list(trainer.run(EXAMPLES))
    np.testing.assert_array_equal(model.frozen.value, before)
    assert not model.frozen.has_grad


def test_a_gradient_from_before_is_forgotten():
    ends = []
    for dirty in (False, True):
        model, trainer = trainer_of(epochs=1)
        if dirty:
            model.w.grad += 100
        list(trainer.run(EXAMPLES))
        ends.append(weights_of(model))
    assert ends[0] == ends[1]


def test_no_epochs():
    model, trainer = trainer_of(epochs=0)
    before = weights_of(model)
    assert list(trainer.run(EXAMPLES)) == []
    assert weights_of(model) == before
    assert (trainer.best_epoch, trainer.history, trainer.stopped) == (0, (), "all epochs done")


@pytest.mark.parametrize("schedule", ["constant", "step", "plateau", "cosine"])
@pytest.mark.parametrize("averaging", [None, 0.9])
def test_epochs_without_batches(schedule, averaging):
    model, trainer = trainer_of(epochs=2, schedule=schedule, averaging=averaging)
    before = weights_of(model)
    reports = list(trainer.run([]))
    assert [report.tokens for report in reports] == [0, 0]
    assert [report.train_loss for report in reports] == [0.0, 0.0]
    assert weights_of(model) == before


def test_a_batch_without_items_changes_nothing():
    class WithEmptyBatch(TinyModel):
        def batches(self, examples, *, rng):
            batches = super().batches(examples, rng=rng)
            return [batches[0], [], *batches[1:]]

        def loss(self, batch, state=None, **options):
            step = super().loss(batch, state, **options)
            return step if batch else Step(0.0, 0, 0, self.never, step.state)

        def never(self, scale):
            raise AssertionError("nothing to go back through")

    model, trainer = trainer_of(WithEmptyBatch(), epochs=1)
    running = trainer.run(EXAMPLES)
    next(running)
    before = weights_of(model)
    report = next(running)
    assert (report.step, report.steps, report.loss, report.gradient_norm) == (2, 5, 0.0, 0.0)
    assert weights_of(model) == before
    *_, epoch = running
    assert epoch.tokens == 21


# --- the best weights ----------------------------------------------------------------------------


def run_recording_weights(trainer, model):
    seen = {0: weights_of(model)}
    for report in trainer.run(EXAMPLES):
        if isinstance(report, EpochReport):
            seen[report.epoch] = weights_of(model)
    return seen


@pytest.mark.parametrize(
    ("values", "higher_is_better", "best"),
    [
        ([1.0, 3.0, 2.0], True, 2),
        ([3.0, 1.0, 2.0], False, 2),
        ([1.0, 1.0, 1.0], True, 1),
        ([math.nan, 1.0, 2.0], False, 2),
        ([math.nan, math.nan, math.nan], True, 1),
        ([math.inf, math.inf, 5.0], False, 3),
        ([2.0, math.nan, 1.0], True, 1),
    ],
)
def test_the_model_ends_on_the_best_weights(values, higher_is_better, best):
    model, trainer = trainer_of(validate=scores(values, higher_is_better))
    seen = run_recording_weights(trainer, model)
    assert trainer.best_epoch == best
    assert weights_of(model) == seen[best]
    assert len({str(weights) for weights in seen.values()}) == 4


def test_a_model_that_fails_to_prepare_keeps_the_best_weights():
    model, trainer = trainer_of(epochs=3, validate=scores([3.0, 2.0, 1.0]))
    seen = run_recording_weights(trainer, model)

    def fail(train):
        raise OSError("no memory left")

    model.prepare = fail
    with pytest.raises(OSError, match="no memory left"):
        list(trainer.run(EXAMPLES))
    assert weights_of(model) == seen[1]
    assert trainer.stopped == "interrupted"


def test_a_parameter_must_not_be_unfrozen_while_a_trainer_runs():
    model, trainer = trainer_of(epochs=3)

    def begin_epoch(epoch):
        model.frozen.trainable = epoch > 1

    model.begin_epoch = begin_epoch
    with pytest.raises(ValueError, match="found changed: frozen; train again with a new trainer"):
        list(trainer.run(EXAMPLES))
    assert [report.epoch for report in trainer.history] == [1]


def test_the_best_flag_marks_every_new_best():
    _, trainer = trainer_of(epochs=4, validate=scores([1.0, 2.0, 2.0, 3.0]))
    assert [r.best for r in epochs(trainer.run(EXAMPLES))] == [True, True, False, True]


def test_patience_ends_training():
    _, trainer = trainer_of(epochs=9, patience=2, validate=scores([1.0, 2.0, 2.0, 1.5, 9.0]))
    list(trainer.run(EXAMPLES))
    assert len(trainer.history) == 4
    assert trainer.best_epoch == 2
    assert trainer.stopped == "no better score for 2 epochs"


def test_the_last_epoch_is_no_lack_of_patience():
    _, trainer = trainer_of(epochs=2, patience=1, validate=scores([2.0, 1.0]))
    list(trainer.run(EXAMPLES))
    assert trainer.stopped == "all epochs done"


def test_patience_of_one_epoch():
    _, trainer = trainer_of(epochs=3, patience=1, validate=scores([2.0, 1.0]))
    list(trainer.run(EXAMPLES))
    assert trainer.stopped == "no better score for 1 epoch"


def test_an_interrupted_run_has_the_best_weights_so_far():
    model, trainer = trainer_of(validate=scores([1.0]))
    taken, seen = 0, {}

    def stop():
        return taken == 6

    for report in trainer.run(EXAMPLES, stop=stop):
        taken += isinstance(report, StepReport)
        if isinstance(report, EpochReport):
            seen = weights_of(model)
    assert taken == 6
    assert trainer.stopped == "interrupted"
    assert weights_of(model) == seen


def test_interrupted_in_the_first_epoch_the_model_has_its_current_weights():
    model, trainer = trainer_of()
    before = weights_of(model)
    reports = list(trainer.run(EXAMPLES, stop=lambda: True))
    assert len(reports) == 1
    assert weights_of(model) != before
    assert (trainer.best_epoch, trainer.stopped) == (0, "interrupted")


def test_a_stop_after_the_last_epoch_is_no_interruption():
    _, trainer = trainer_of(epochs=1)
    list(trainer.run(EXAMPLES, stop=lambda: bool(trainer.history)))
    assert trainer.stopped == "all epochs done"


def test_closing_the_generator_interrupts():
    model, trainer = trainer_of(validate=scores([1.0]))
    running = trainer.run(EXAMPLES)
    for report in running:
        if isinstance(report, EpochReport):
            seen = weights_of(model)
            next(running)
            break
    assert weights_of(model) != seen
    running.close()
    assert trainer.stopped == "interrupted"
    assert weights_of(model) == seen


# --- averaged weights ----------------------------------------------------------------------------


def test_validation_sees_the_averages_and_training_goes_on_from_its_own_weights():
    plain, unaveraged = trainer_of(validate=scores([1.0, 2.0, 3.0]))
    own = run_recording_weights(unaveraged, plain)

    model = TinyModel()
    validated = []

    def validate():
        validated.append(weights_of(model))
        return "score", len(validated) + 0.0, True

    _, trainer = trainer_of(model, validate=validate, averaging=0.5)
    assert run_recording_weights(trainer, model) == own
    assert validated[0] != own[1]
    assert weights_of(model) == validated[2]


def test_a_validation_that_fails_leaves_the_training_weights():
    model = TinyModel()

    def fail():
        raise ZeroDivisionError

    _, trainer = trainer_of(model, validate=fail, averaging=0.5)
    running = trainer.run(EXAMPLES)
    for _ in range(4):
        next(running)
    before = weights_of(model)
    with pytest.raises(ZeroDivisionError):
        next(running)
    assert weights_of(model) == before


# --- the learning rate ---------------------------------------------------------------------------


def rates(validate=None, **options):
    _, trainer = trainer_of(validate=validate, learning_rate=1e-3, **options)
    return [r.learning_rate for r in trainer.run(EXAMPLES) if isinstance(r, StepReport)]


def test_warm_up_rises_step_by_step():
    assert rates(epochs=2, warmup=5) == pytest.approx(
        [1e-3 * min(1, (i + 1) / 5) for i in range(8)]
    )


def test_a_step_schedule_drops_by_epoch():
    assert rates(epochs=3, schedule="step", schedule_factor=0.1) == pytest.approx(
        [1e-3] * 4 + [1e-4] * 4 + [1e-5] * 4
    )


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_a_plateau_schedule_hears_of_the_validation_score(higher_is_better):
    values = [1.0, 2.0, 1.5, 3.0]
    signed = values if higher_is_better else [-value for value in values]
    found = rates(
        scores(signed, higher_is_better), epochs=4, schedule="plateau", schedule_factor=0.5
    )
    assert found == pytest.approx([1e-3] * 12 + [5e-4] * 4)


def test_a_cosine_schedule_falls_over_the_whole_run():
    found = rates(epochs=3, schedule="cosine")
    assert found == pytest.approx(
        [1e-3 * 0.5 * (1 + math.cos(math.pi * i / 12)) for i in range(12)]
    )


# --- clipping ------------------------------------------------------------------------------------


def moved(**options):
    model, trainer = trainer_of(
        TinyModel(rates=0.0), epochs=1, optimizer="sgd", learning_rate=1.0, **options
    )
    before = np.concatenate([p.value.ravel() for p in (model.table, model.w)])
    report = next(iter(trainer.run(EXAMPLES)))
    after = np.concatenate([p.value.ravel() for p in (model.table, model.w)])
    return after - before, report


def test_clipping_by_norm():
    change, report = moved(clip_norm=0.01)
    assert np.linalg.norm(change) == pytest.approx(0.01, rel=1e-4)
    assert report.clipped
    assert report.gradient_norm > 0.01


def test_clipping_by_value():
    change, report = moved(clip_norm=None, clip_value=0.01)
    assert np.abs(change).max() == pytest.approx(0.01, rel=1e-4)
    assert report.clipped


def test_clipping_by_both():
    change, report = moved(clip_norm=0.01, clip_value=0.002)
    assert np.abs(change).max() == pytest.approx(0.002, rel=1e-3)
    assert report.clipped
    assert report.gradient_norm > 0.01


@pytest.mark.parametrize("off", [None, 0.0])
def test_clipping_off(off):
    change, report = moved(clip_norm=off, clip_value=off)
    assert not report.clipped
    assert np.linalg.norm(change) == pytest.approx(report.gradient_norm, rel=1e-5)


# --- what is not finite --------------------------------------------------------------------------


class Spoilt(TinyModel):
    """Goes wrong at its sixth loss: in the loss, or in one gradient."""

    def __init__(self, where):
        super().__init__()
        self.where = where

    def loss(self, batch, state=None, **options):
        step = super().loss(batch, state, **options)
        if self.losses != 6:
            return step
        if self.where == "loss":
            return Step(math.inf, step.count, step.tokens, step.backward)

        def backward(scale):
            step.backward(scale)
            self.w.grad[0] = math.nan

        return Step(step.total, step.count, step.tokens, backward, step.state)


@pytest.mark.parametrize(
    ("where", "parameter", "words"),
    [("loss", None, "the loss is inf"), ("gradient", "head.w", "gradient of head.w is nan")],
)
def test_what_is_not_finite_is_refused_before_the_weights_are_touched(where, parameter, words):
    model, trainer = trainer_of(Spoilt(where), validate=scores([1.0]))
    seen = []
    with pytest.raises(NonFiniteError, match=words) as caught:
        seen.extend(weights_of(model) for _ in trainer.run(EXAMPLES))
    error = caught.value
    assert isinstance(error, SeqkitError)
    assert (error.epoch, error.step, error.parameter) == (2, 2, parameter)
    assert "epoch 2, step 2" in str(error)
    assert trainer.stopped == "not finite"
    assert weights_of(model) == seen[4]  # the best, of the first epoch
    assert not any(p.has_grad for _, p in model.parameters())
    last = trainer.checkpoint().part("weights")
    assert {name: last[name].tobytes() for name in last}.items() <= seen[-1].items()


def test_a_loss_that_is_nan_before_any_update_points_at_the_model_and_not_at_the_options():
    class Undefined(TinyModel):
        def loss(self, batch, state=None, **options):
            return replace(super().loss(batch, state, **options), total=math.nan)

    _, trainer = trainer_of(Undefined())
    with pytest.raises(NonFiniteError) as caught:
        list(trainer.run(EXAMPLES))
    said = "epoch 1, step 1: the loss is nan; no update was made yet: look at the loss, its inputs"
    assert str(caught.value).startswith(said)


def test_two_names_for_two_parameters_are_refused():
    class Twice(TinyModel):
        def parameters(self):
            yield "w", self.w
            yield "w", Parameter(np.zeros(1))

    with pytest.raises(ValueError, match="'w'"):
        trainer_of(Twice())
