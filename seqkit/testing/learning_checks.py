"""Checks of the gradient and of training."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.arrays import Array
from seqkit.options import with_options
from seqkit.parameters import Parameter
from seqkit.randomness import random_stream
from seqkit.tasks import Model
from seqkit.testing.checks import checks_of, require
from seqkit.testing.comparing import difference
from seqkit.testing.files import model_bytes
from seqkit.testing.subject import TaskSubject, total_loss, weights_of
from seqkit.training.checkpoints import load_checkpoint, save_checkpoint
from seqkit.training.step import Step

__all__ = ["LEARNING_CHECKS"]

TOLERANCE = 1e-4
"""Of a gradient's error, relative to its length; right ones are near 1e-9 in float64."""

STEPS = (1e-5, 1e-6)
"""Of the difference quotient; the smaller one serves where the larger steps over a kink."""

Parameters = dict[str, Parameter]


def _gradients(parameters: Parameters) -> dict[str, Array]:
    return {name: parameter.grad.copy() for name, parameter in parameters.items()}


def _forget(parameters: Parameters) -> None:
    for parameter in parameters.values():
        parameter.zero_grad()


def _two_batches(subject: TaskSubject, model: Model[Any, Any]) -> tuple[Any, Any]:
    """A batch out of each half of the examples."""
    half = (len(subject.train) + 1) // 2
    parts = (subject.train[:half], subject.train[half:])
    first, second = (model.batches(part, rng=None)[0] for part in parts)
    return first, second


def gradients_are_right(subject: TaskSubject) -> None:
    """The gradient of each parameter agrees in float64 with the loss, with and without training."""
    model, parameters = subject.generic_model()
    batch, _ = _two_batches(subject, model)
    for train in (False, True):
        loss = partial(_loss, model, batch, train)
        if train and _is_drawn(loss):  # from elsewhere, which is for other checks to tell
            continue
        _forget(parameters)
        loss().backward(1.0)
        gradients = _gradients(parameters)
        errors = {n: _error(loss, p, gradients[n]) for n, p in parameters.items()}
        wrong = [f"{name} {error:.0e}" for name, error in errors.items() if not error <= TOLERANCE]
        what = f"with train={train}, relative errors above {TOLERANCE:.0e}"
        require(not wrong, f"{what}: {', '.join(wrong)}")


def _is_drawn(loss: Callable[[], Step]) -> bool:
    """Whether two looks see two losses; one that is no number is as wrong twice."""
    first, again = loss().total, loss().total
    return first != again and not np.isnan([first, again]).all()


def _loss(model: Model[Any, Any], batch: Any, train: bool) -> Step:
    """The loss of a batch; in training with the same dropout masks at each call."""
    return model.loss(batch, train=train, rng=np.random.default_rng(0) if train else None)


def _error(loss: Callable[[], Step], parameter: Parameter, gradient: Array) -> float:
    """Compare a gradient with the slope of the loss along a random direction."""
    direction = random_stream(0, "direction", gradient.size).normal(size=gradient.shape)
    wanted = float((gradient * direction).sum())
    scale = max(float(np.linalg.norm(gradient)), 1e-3)
    slopes = (_slope(loss, parameter, step * direction) / step for step in STEPS)
    return min(abs(slope - wanted) / scale for slope in slopes)


def _slope(loss: Callable[[], Step], parameter: Parameter, change: Array) -> float:
    value = parameter.value
    try:
        parameter.value = value + change
        above = loss().total
        parameter.value = value - change
        return float(above - loss().total) / 2
    finally:
        parameter.value = value


def gradients_reach_every_parameter(subject: TaskSubject) -> None:
    """Each trainable parameter has a gradient after one pass over the examples."""
    model, parameters = subject.generic_model()
    _forget(parameters)
    batches = model.batches(subject.train, rng=None)
    for index in range(len(batches)):
        model.loss(batches[index]).backward(1.0)
    missed = [name for name, gradient in _gradients(parameters).items() if not gradient.any()]
    require(not missed, f"no gradient reaches {', '.join(missed)}")


def gradients_add(subject: TaskSubject) -> None:
    """A second backward adds to the gradients of the first."""
    model, parameters = subject.generic_model()
    pair = _two_batches(subject, model)
    found = []
    for batches in ([0], [1], [0, 1]):
        _forget(parameters)
        for index in batches:
            model.loss(pair[index]).backward(1.0)
        found.append(_gradients(parameters))
    first, second, both = found
    wanted = {name: first[name] + second[name] for name in both}
    said = difference(both, wanted, tolerance=1e-8, place="gradients")
    require(not said, f"{said}: write grad += ..., not grad[...] = ...")


def backward_scales_the_gradient(subject: TaskSubject) -> None:
    """``backward(3)`` adds three times what ``backward(1)`` adds."""
    model, parameters = subject.generic_model()
    batch, _ = _two_batches(subject, model)
    found = []
    for scale in (1.0, 3.0):
        _forget(parameters)
        model.loss(batch).backward(scale)
        found.append(_gradients(parameters))
    wanted = {name: 3 * gradient for name, gradient in found[0].items()}
    said = difference(found[1], wanted, tolerance=1e-8, place="gradients")
    require(not said, said)


def two_forwards_may_precede_a_backward(subject: TaskSubject) -> None:
    """A second forward leaves the backward of the first as it was."""
    model, parameters = subject.generic_model()
    first, second = _two_batches(subject, model)
    _forget(parameters)
    model.loss(first).backward(1.0)
    wanted = _gradients(parameters)
    _forget(parameters)
    step = model.loss(first)
    model.loss(second)
    step.backward(1.0)
    said = difference(_gradients(parameters), wanted, tolerance=1e-8, place="gradients")
    require(not said, f"{said}: keep what backward needs in its closure, not on the model")


def scoring_draws_nothing(subject: TaskSubject) -> None:
    """With train=False the loss neither needs the generator nor draws from it."""
    model = subject.model()
    batch, _ = _two_batches(subject, model)
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    totals = [model.loss(batch, rng=given).total for given in (rng, None, rng)]
    require(rng.bit_generator.state == before, "it drew from the generator")
    require(len(set(totals)) == 1, f"the same batch has the losses {totals}")


def training_draws_from_its_generator_only(subject: TaskSubject) -> None:
    """With train=True the loss is the same for a generator of the same seed."""
    model = subject.model()
    batch, _ = _two_batches(subject, model)
    totals = [model.loss(batch, train=True, rng=np.random.default_rng(0)).total for _ in range(2)]
    require(totals[0] == totals[1], f"the losses are {totals[0]} and then {totals[1]}")


def loss_falls(subject: TaskSubject) -> None:
    """Training on twenty examples lowers their loss by a tenth at least."""
    model = subject.model()
    before = total_loss(model, subject.train)
    rate = max(0.01, subject.config.learning_rate)
    changes = {"epochs": 60, "learning_rate": rate, "warmup": 0, "schedule": "constant"}
    config = with_options(subject.config, changes)
    subject.train_model(model, config=config, enough=0.9 * before)
    after = total_loss(model, subject.train)
    require(after <= 0.9 * before, f"it was {before:.4f} before and is {after:.4f} after")


def equal_seeds_give_equal_models(subject: TaskSubject) -> None:
    """The same seed gives the same bytes of the model file."""
    files = []
    for _ in range(2):
        model = subject.fresh_model()
        subject.train_model(model)
        files.append(model_bytes(subject, model))
    require(files[0] == files[1], "two runs of one seed wrote different files")


def threads_change_nothing(subject: TaskSubject) -> None:
    """One thread and two give the same weights."""
    model = subject.model()
    subject.train_model(model, threads=2)
    _require_equal_weights(weights_of(model), weights_of(subject.trained))


def resumed_runs_end_alike(subject: TaskSubject) -> None:
    """A run that is stopped in its second epoch and resumed ends on the same weights."""
    stopped = subject.model()
    # What a model counts by itself, of steps or of epochs, begins anew where the run is resumed.
    steps = iter(range(len(stopped.batches(subject.train, rng=None))))
    trainer = subject.train_model(stopped, stop=lambda: next(steps, None) is None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.safetensors"
        save_checkpoint(path, trainer.checkpoint(), {})
        checkpoint, _ = load_checkpoint(path)
    resumed = subject.model()
    subject.train_model(resumed, restore=lambda fresh: fresh.restore(checkpoint))
    _require_equal_weights(weights_of(resumed), weights_of(subject.trained))


def _require_equal_weights(found: dict[str, Array], wanted: dict[str, Array]) -> None:
    different = [name for name in wanted if found[name].tobytes() != wanted[name].tobytes()]
    require(not different, f"other weights: {', '.join(different)}")


def model_files_keep_everything(subject: TaskSubject) -> None:
    """A calibrated, saved and loaded model predicts what it predicted before, to the last bit."""
    from seqkit.loading import load
    from seqkit.plugins import use_host

    model = subject.model()
    subject.train_model(model)
    model.calibrate(subject.others)
    wanted = model.predict(subject.others)
    with tempfile.TemporaryDirectory() as folder, use_host(subject.host):
        path = Path(folder) / "model.safetensors"
        path.write_bytes(model_bytes(subject, model))
        loaded = load(path)
    said = difference(loaded.model.predict(subject.others), wanted, place="predictions")
    require(not said, f"{said}: what predict uses must be a parameter or a resource")


LEARNING_CHECKS = checks_of(
    gradients_are_right,
    gradients_reach_every_parameter,
    gradients_add,
    backward_scales_the_gradient,
    two_forwards_may_precede_a_backward,
    scoring_draws_nothing,
    training_draws_from_its_generator_only,
    loss_falls,
    equal_seeds_give_equal_models,
    threads_change_nothing,
    resumed_runs_end_alike,
    model_files_keep_everything,
)
