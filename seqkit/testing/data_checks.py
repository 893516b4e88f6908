"""Checks of what a task makes of data: examples, vocabularies, batches."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from seqkit.testing.checks import checks_of, require, skip
from seqkit.testing.comparing import difference, impurity
from seqkit.testing.inputs import planted
from seqkit.testing.refitting import refitted, refitting_order
from seqkit.testing.subject import TaskSubject, steps_over

__all__ = ["DATA_CHECKS"]

PLANTED = ("qzxjk", "\ue0f1")
"""A word and a letter that no training text has."""

HASH_SEEDS = (1, 2, 3, 4)
"""Of strings; two of them can give the few labels of a set the same order."""


def examples_come_of_their_inputs(subject: TaskSubject) -> None:
    """An example made of another one's input and answer has the same text and answer."""
    task = subject.task()
    inputs, targets = subject.inputs(subject.train), subject.targets(subject.train)
    made = task.examples(inputs, targets)
    require(len(made) == len(inputs), f"{len(inputs)} inputs made {len(made)} examples")
    found = subject.targets(made)  # None where only a file says what kind of answer it is
    said = "" if found is None else difference(found, targets, place="gold answers")
    require(not said, said)
    made = task.examples(inputs)
    require(len(made) == len(inputs), f"{len(inputs)} inputs alone made {len(made)} examples")
    for example, original in zip(made, subject.train, strict=True):
        said = difference(task.text(example), task.text(original), place="text")
        require(not said, said)


def texts_are_text(subject: TaskSubject) -> None:
    """The text and the key of an example are text, and what is shown of it is for JSON."""
    task = subject.task()
    for example in subject.others:
        for name, tell in [("text", task.text), ("key", task.key)]:  # keys are made of texts
            found = tell(example)
            require(isinstance(found, str), f"{name} returned {found!r}, wanted a str")
        shown = task.shown(example)
        require(isinstance(shown, Mapping), f"shown returned {shown!r}, wanted a mapping")
        said = impurity(dict(shown), "shown")
        require(not said, f"{said}, wanted what JSON knows")


def vocabulary_knows_training_only(subject: TaskSubject) -> None:
    """What a task has read or made of other splits does not reach what it fits on training."""
    task = subject.task()
    if subject.files is not None:
        for path in subject.files.paths().values():
            task.read(path)
    inputs = subject.inputs(subject.others)
    try:
        task.examples([planted(item, PLANTED) for item in inputs])
    except TypeError:
        task.examples(inputs)
    resources = task.fit(subject.train)
    written = json.dumps(resources, ensure_ascii=False)
    leaked = [word for word in PLANTED if word in written]
    require(not leaked, "a word of another split stands in the resources")
    said = difference(resources, subject.resources, place="resources")
    require(not said, f"they differ from those of a task that saw the training split only{said}")


def resources_survive_json(subject: TaskSubject) -> None:
    """What was fitted comes back from JSON as it was, and builds the same model."""
    said = impurity(subject.resources, "resources") or _tuples(subject.resources, "resources")
    require(not said, f"{said}, wanted what JSON knows")
    read = json.loads(json.dumps(subject.resources))
    found = subject.model(read).predict(subject.others)
    said = difference(found, subject.model().predict(subject.others), place="predictions")
    require(not said, said)


def resources_are_the_same_in_every_process(subject: TaskSubject) -> None:
    """What was fitted does not follow the order of a set, which each process has its own of."""
    order = refitting_order(subject)
    first, *others = (refitted(order, hash_seed=seed) for seed in HASH_SEEDS)
    for other in others:
        said = difference(other, first, place="resources")
        require(not said, f"{said} where PYTHONHASHSEED is another: sort what comes out of a set")


def _tuples(value: Any, place: str) -> str:
    """Say where a tuple is, which JSON gives back as a list."""
    if isinstance(value, tuple):
        return f"{place} is a tuple"
    if isinstance(value, dict):
        return next(filter(None, (_tuples(v, f"{place}.{k}") for k, v in value.items())), "")
    if isinstance(value, list):
        return next(filter(None, (_tuples(v, f"{place}[{i}]") for i, v in enumerate(value))), "")
    return ""


def batches_use_each_example_once(subject: TaskSubject) -> None:
    """The batches of all examples hold what those of each example hold, in any order."""
    model = subject.model()
    wanted = np.array([0, 0])
    for example in subject.train:
        wanted += _size(steps_over(model, [example]))
    require(wanted.all(), f"found items and tokens {wanted.tolist()}, wanted some")
    for rng in (None, np.random.default_rng(0)):
        batches = model.batches(subject.train, rng=rng)
        found = _size([model.loss(batches[index]) for index in range(len(batches))])
        order = "in fixed order" if rng is None else "in random order"
        texts = f"items and tokens {found.tolist()}, those of single examples {wanted.tolist()}"
        require((found == wanted).all(), f"{order} the batches hold {texts}")


def _size(steps: list[Any]) -> Any:
    return np.array([sum(s.count for s in steps), sum(s.tokens for s in steps)])


def batches_are_the_same_when_asked_again(subject: TaskSubject) -> None:
    """Without a generator the order is fixed, and a batch is the same whenever it is made."""
    model = subject.model()
    first, second = (model.batches(subject.train, rng=None) for _ in range(2))
    require(len(first) == len(second), f"{len(first)} batches, and then {len(second)}")
    for index in range(len(first)):
        again = [model.loss(batches[index]).total for batches in (first, first, second)]
        require(len(set(again)) == 1, f"batch {index} has the losses {again} when made again")


def loss_is_a_sum(subject: TaskSubject) -> None:
    """The loss of a batch is the sum of the losses of its examples alone."""
    if not subject.independent:
        skip("the order of its examples carries meaning: splits_shuffled is false")
    model, _ = subject.generic_model()
    half = len(subject.train) // 2
    for pair in zip(subject.train[:half], subject.train[half:], strict=False):
        alone = sum(step.total for e in pair for step in steps_over(model, [e]))
        together = sum(step.total for step in steps_over(model, pair))
        said = difference(together, alone, tolerance=1e-6, place="two examples")
        require(not said, f"{said}: a batch must not change what an example costs")


DATA_CHECKS = checks_of(
    examples_come_of_their_inputs,
    texts_are_text,
    vocabulary_knows_training_only,
    resources_survive_json,
    resources_are_the_same_in_every_process,
    batches_use_each_example_once,
    batches_are_the_same_when_asked_again,
    loss_is_a_sum,
)
