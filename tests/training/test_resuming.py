"""A run that is stopped anywhere and resumed ends on the same bytes as one that never was."""

import dataclasses
import itertools
import math
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from seqkit.bundle import ModelFormatError, read_bundle
from seqkit.container import read_container, write_container
from seqkit.errors import UserError
from seqkit.training import (
    EpochReport,
    StepReport,
    TrainingConfig,
    load_checkpoint,
    save_checkpoint,
)
from tests.training.tiny import EXAMPLES, TinyModel, scores, trainer_of, weights_of

OPTIMIZERS = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"]
SCHEDULES = ["constant", "step", "plateau", "cosine"]
VALUES = [1.0, 0.5, 2.0]
STEPS = 12
STOPS = STEPS + 2
"""A run may stop after each step, and after each epoch but the last."""


def without_times(history):
    return [dataclasses.replace(report, seconds=0.0, validation_seconds=0.0) for report in history]


def stop_after(times):
    """Say stop when asked for the nth time."""
    asked = itertools.count(1)
    return lambda: next(asked) >= times


def trainer_at(history=(), **options):
    """A trainer whose validation goes on after the scores of a history."""
    return trainer_of(TinyModel(), validate=scores(VALUES[len(history) :]), **options)


def uninterrupted(**options):
    model, trainer = trainer_at(**options)
    list(trainer.run(EXAMPLES))
    return weights_of(model), without_times(trainer.history), trainer.best_epoch, trainer.stopped


def resumed(checkpoint, **options):
    model, trainer = trainer_at(checkpoint.progress.history, **options)
    trainer.restore(checkpoint)
    list(trainer.run(EXAMPLES))
    return weights_of(model), without_times(trainer.history), trainer.best_epoch, trainer.stopped


def check_every_stop(tmp_path, **options):
    wanted = uninterrupted(**options)
    for stop in range(1, STOPS + 1):
        _, trainer = trainer_at(**options)
        list(trainer.run(EXAMPLES, stop=stop_after(stop)))
        assert trainer.stopped == "interrupted"
        checkpoint = trainer.checkpoint()
        assert resumed(checkpoint, **options) == wanted
        save_checkpoint(tmp_path / "c", checkpoint, {"stop": stop})
        loaded, facts = load_checkpoint(tmp_path / "c")
        assert facts == {"stop": stop}
        assert resumed(loaded, **options) == wanted


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer(tmp_path, optimizer):
    check_every_stop(tmp_path, optimizer=optimizer, weight_decay=0.01, averaging=0.9)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("averaging", [None, 0.9])
def test_every_schedule(tmp_path, schedule, averaging):
    check_every_stop(tmp_path, schedule=schedule, averaging=averaging, warmup=6)


@pytest.mark.parametrize(("averaging_patience", "averaged"), [(1, True), (2, False)])
def test_averaging_begins_where_it_would_have_begun(tmp_path, averaging_patience, averaged):
    check_every_stop(tmp_path, averaging_patience=averaging_patience)
    assert (uninterrupted(averaging_patience=averaging_patience) != uninterrupted()) == averaged


def test_patience_is_counted_on(tmp_path):
    wanted = uninterrupted(epochs=9, patience=1)
    assert wanted[-1] == "no better score for 1 epoch"
    _, trainer = trainer_at(epochs=9, patience=1)
    list(trainer.run(EXAMPLES, stop=stop_after(8)))
    assert resumed(trainer.checkpoint(), epochs=9, patience=1) == wanted


@pytest.mark.parametrize("averaging", [None, 0.9])
def test_a_checkpoint_can_be_taken_at_every_report(averaging):
    wanted = uninterrupted(averaging=averaging)
    _, trainer = trainer_at(averaging=averaging)
    checkpoints = [(report, trainer.checkpoint()) for report in trainer.run(EXAMPLES)]
    assert len(checkpoints) == STEPS + len(VALUES)
    for _, checkpoint in checkpoints:
        assert resumed(checkpoint, averaging=averaging) == wanted
    assert resumed(trainer.checkpoint(), averaging=averaging) == wanted  # nothing left to do


class Varying(TinyModel):
    """An epoch has one batch more or less than the one before."""

    def batches(self, examples, *, rng):
        batches = super().batches(examples, rng=rng)
        return batches if int(rng.integers(2)) else batches[:-1]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("kind", [TinyModel, Varying])
def test_a_run_may_be_stopped_at_every_chance(kind, schedule):
    options = {"schedule": schedule, "seed": 1, "epochs": 4}
    validation = [*VALUES, 1.0]
    model, trainer = trainer_of(kind(), validate=scores(validation), **options)
    list(trainer.run(EXAMPLES))
    lengths = {r.tokens for r in trainer.history}
    assert len(lengths) == (2 if kind is Varying else 1)
    wanted = weights_of(model), without_times(trainer.history)

    while True:
        done = len(trainer.history) if trainer.stopped == "interrupted" else 0
        resumed_model, other = trainer_of(kind(), validate=scores(validation[done:]), **options)
        if trainer.stopped == "interrupted":
            other.restore(trainer.checkpoint())
        list(other.run(EXAMPLES, stop=lambda: True))
        trainer = other
        if trainer.stopped != "interrupted":
            break
    assert (weights_of(resumed_model), without_times(trainer.history)) == wanted


def test_the_same_trainer_can_go_on_itself():
    wanted = uninterrupted()
    model, trainer = trainer_at()
    while trainer.stopped in ("", "interrupted"):
        list(trainer.run(EXAMPLES, stop=lambda: True))
    assert (weights_of(model), without_times(trainer.history)) == wanted[:2]


def test_more_epochs_later():
    wanted = uninterrupted(epochs=3)
    _, trainer = trainer_at(epochs=2)
    list(trainer.run(EXAMPLES))
    assert resumed(trainer.checkpoint(), epochs=3) == wanted


def test_a_cosine_has_its_course_from_the_epochs():
    _, trainer = trainer_at(epochs=2, schedule="cosine")
    list(trainer.run(EXAMPLES))
    with pytest.raises(UserError, match="made with epochs = 2, found 3"):
        resumed(trainer.checkpoint(), epochs=3, schedule="cosine")


def test_a_checkpoint_is_a_value():
    _, trainer = trainer_at(averaging=0.9)
    running = trainer.run(EXAMPLES)
    next(running)
    checkpoint = trainer.checkpoint()
    before = {name: array.tobytes() for name, array in checkpoint.arrays.items()}
    progress = dataclasses.asdict(checkpoint.progress)
    list(running)
    assert {name: array.tobytes() for name, array in checkpoint.arrays.items()} == before
    assert dataclasses.asdict(checkpoint.progress) == progress


def test_a_checkpoint_without_copies_is_the_same_until_training_goes_on():
    _, trainer = trainer_at(epochs=2)
    reports = trainer.run(EXAMPLES)
    for _ in range(6):
        next(reports)
        copied, lent = trainer.checkpoint(), trainer.checkpoint(copy=False)
        assert copied.progress == lent.progress
        assert copied.arrays.keys() == lent.arrays.keys()
        for name, array in copied.arrays.items():
            np.testing.assert_array_equal(array, lent.arrays[name])


def test_the_carried_state_comes_back_as_a_plain_tuple():
    """A state from a checkpoint serves as well as the NamedTuple that it was."""
    seen = []

    class Watching(TinyModel):
        def loss(self, batch, state=None, **options):
            seen.append(state)
            return super().loss(batch, state, **options)

    _, trainer = trainer_of(Watching(), validate=scores(VALUES))
    list(trainer.run(EXAMPLES, stop=stop_after(2)))
    assert [state is None for state in seen] == [True, False]
    _, other = trainer_of(Watching(), validate=scores(VALUES))
    other.restore(trainer.checkpoint())
    next(other.run(EXAMPLES))
    assert type(seen[-1]) is tuple
    assert len(seen[-1]) == 1


def test_a_model_without_state_is_given_none(tmp_path):
    _, trainer = trainer_of(TinyModel(carried=False), validate=scores(VALUES))
    list(trainer.run(EXAMPLES, stop=stop_after(2)))
    save_checkpoint(tmp_path / "c", trainer.checkpoint(), {})
    assert load_checkpoint(tmp_path / "c")[0].carried() is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_scores_that_are_not_finite_are_kept(tmp_path, value):
    _, trainer = trainer_of(validate=scores([value]), schedule="plateau")
    list(trainer.run(EXAMPLES, stop=stop_after(5)))
    save_checkpoint(tmp_path / "c", trainer.checkpoint(), {})
    loaded, _ = load_checkpoint(tmp_path / "c")
    np.testing.assert_equal(loaded.progress.history[0].score, value)


def test_seconds_add_up_over_a_stop():
    _, trainer = trainer_at()
    list(trainer.run(EXAMPLES, stop=stop_after(3)))
    checkpoint = trainer.checkpoint()
    before = checkpoint.progress.current.seconds
    assert before > 0
    _, other = trainer_at()
    other.restore(checkpoint)
    first = next(r for r in other.run(EXAMPLES) if isinstance(r, EpochReport))
    assert first.seconds > before


def test_options_and_a_seed_out_of_arrays_can_be_saved(tmp_path):
    numbers = {"epochs": np.int64(1), "learning_rate": np.logspace(-2, -1, 2)[0]}
    _, trainer = trainer_of(seed=np.arange(4)[3], **numbers)
    list(trainer.run(EXAMPLES))
    save_checkpoint(tmp_path / "c", trainer.checkpoint(), {})
    _, plain = trainer_of(seed=3, epochs=1, learning_rate=0.01)
    plain.restore(load_checkpoint(tmp_path / "c")[0])
    assert plain.best_epoch == 1


def test_equal_runs_give_equal_checkpoint_files(tmp_path):
    def normalised(checkpoint):
        current = dataclasses.replace(checkpoint.progress.current, seconds=0.0)
        progress = dataclasses.replace(
            checkpoint.progress, current=current, history=without_times(checkpoint.progress.history)
        )
        return dataclasses.replace(checkpoint, progress=progress)

    for name in ("a", "b"):
        _, trainer = trainer_at(averaging=0.9)
        list(trainer.run(EXAMPLES, stop=stop_after(6)))
        save_checkpoint(tmp_path / name, normalised(trainer.checkpoint()), {"k": [1]})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


# --- what does not fit ---------------------------------------------------------------------------


@pytest.fixture
def checkpoint():
    _, trainer = trainer_at()
    list(trainer.run(EXAMPLES, stop=stop_after(6)))
    return trainer.checkpoint()


def refused(checkpoint, model=None, **options):
    model, trainer = trainer_of(model, **options)
    before = weights_of(model)
    with pytest.raises(UserError) as caught:
        trainer.restore(checkpoint)
    assert weights_of(model) == before
    assert trainer.history == ()
    return str(caught.value)


def test_another_seed(checkpoint):
    assert "seed = 3, found 4" in refused(checkpoint, seed=4)


def test_other_options_are_all_named(checkpoint):
    words = refused(checkpoint, optimizer="sgd", learning_rate=0.1, averaging=0.5)
    assert "optimizer = adam, found sgd" in words
    assert "learning_rate = 0.05, found 0.1" in words
    assert "averaging = None, found 0.5" in words
    assert len(words.splitlines()) == 3


def test_another_model(checkpoint):
    words = refused(checkpoint, TinyModel(size=4))
    assert "weights: tensor 'table' is float32 (5, 3), wanted float32 (5, 4)" in words
    assert "best: tensor 'head.w'" in words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("weights/frozen", "weights: no tensor 'frozen'"),
        ("best/table", "best: no tensor 'table'"),
        ("carried/0", "carried: 0 arrays, wanted 1"),
        ("optimizer/steps", "lacks 'steps'"),
        ("optimizer/table.squares", "lacks 'table.squares'"),
    ],
)
def test_a_checkpoint_with_something_missing(checkpoint, name, words):
    arrays = {key: array for key, array in checkpoint.arrays.items() if key != name}
    assert len(arrays) < len(checkpoint.arrays)
    assert words in refused(dataclasses.replace(checkpoint, arrays=arrays))


def test_other_data(checkpoint):
    _, trainer = trainer_at()
    trainer.restore(checkpoint)
    with pytest.raises(UserError, match=r"epoch 2 had 4 batches .* now has 3"):
        list(trainer.run(EXAMPLES[:5]))


# --- files ---------------------------------------------------------------------------------------


def test_a_checkpoint_is_no_model(tmp_path, checkpoint):
    save_checkpoint(tmp_path / "c", checkpoint, {})
    with pytest.raises(ModelFormatError, match="checkpoint for resuming"):
        read_bundle(tmp_path / "c")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("format", "seqkit-model", "nothing to resume from"),
        ("format_version", 2, "version is 2, wanted 1"),
        ("format_version", True, "version is True"),
        ("format_version", None, "version is None"),
        ("facts", [], "malformed"),
        ("progress", None, "malformed"),
        ("progress", {"seed": 1}, "malformed"),
    ],
)
def test_malformed_checkpoints(tmp_path, checkpoint, key, value, words):
    save_checkpoint(tmp_path / "c", checkpoint, {})
    document, arrays = read_container(tmp_path / "c")
    write_container(tmp_path / "c", {**document, key: value}, arrays)
    with pytest.raises(ModelFormatError, match=words):
        load_checkpoint(tmp_path / "c")


def test_facts_that_are_not_json(tmp_path, checkpoint):
    with pytest.raises(ValueError, match="not JSON"):
        save_checkpoint(tmp_path / "c", checkpoint, {"path": tmp_path})
    assert not (tmp_path / "c").exists()


KILLED = """
import os, signal, sys
from seqkit.training import save_checkpoint
from tests.training.tiny import EXAMPLES, trainer_of
model, trainer = trainer_of(epochs=2)
write = os.write
def write_half_and_die(descriptor, data):
    write(descriptor, bytes(data[: len(data) // 2]))
    os.kill(os.getpid(), signal.SIGKILL)
for number, report in enumerate(trainer.run(EXAMPLES)):
    if number == 5:
        os.write = write_half_and_die
    save_checkpoint(sys.argv[1], trainer.checkpoint(), {"number": number})
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_killed_while_saving_the_last_checkpoint_resumes(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    child = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=os.getcwd(), check=False)
    assert child.returncode == -signal.SIGKILL
    checkpoint, facts = load_checkpoint(path)
    assert facts == {"number": 4}

    def end(checkpoint):
        model, trainer = trainer_of(epochs=2)
        if checkpoint:
            trainer.restore(checkpoint)
        list(trainer.run(EXAMPLES))
        return weights_of(model)

    assert end(checkpoint) == end(None)


def test_adamw_pulls_as_its_paper_has_it_unless_it_is_told_otherwise():
    def end(**options):
        model, trainer = trainer_at(learning_rate=0.1, **options)
        list(trainer.run(EXAMPLES))
        return weights_of(model)

    assert end(optimizer="adamw") == end(optimizer="adamw", weight_decay=0.01)
    assert end(optimizer="adamw", weight_decay=0.0) == end(optimizer="adam")
    assert end(optimizer="adamw") != end(optimizer="adam")


def test_every_option_is_tried():
    """The lists above name all that the options offer."""
    hints = {f.name: f.type for f in dataclasses.fields(TrainingConfig)}
    assert set(hints["optimizer"].__args__) == set(OPTIMIZERS)
    assert set(hints["schedule"].__args__) == set(SCHEDULES)


def test_step_reports_go_on_counting(checkpoint):
    _, trainer = trainer_at(checkpoint.progress.history)
    trainer.restore(checkpoint)
    steps = [(r.epoch, r.step) for r in trainer.run(EXAMPLES) if isinstance(r, StepReport)]
    assert steps == [(2, 2), (2, 3), (2, 4), (3, 1), (3, 2), (3, 3), (3, 4)]


def test_a_model_hears_which_epoch_begins_and_again_when_it_is_resumed():
    model, trainer = trainer_at()
    list(trainer.run(EXAMPLES, stop=stop_after(6)))
    assert model.epochs == [1, 2]
    again, other = trainer_at(trainer.checkpoint().progress.history)
    other.restore(trainer.checkpoint())
    list(other.run(EXAMPLES))
    assert again.epochs == [2, 3]
