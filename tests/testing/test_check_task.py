"""Each check passes a task that keeps the contract, and catches one that breaks this promise."""

import re
from dataclasses import replace

import pytest

from seqkit.errors import UserError
from seqkit.plugins import default_host
from seqkit.testing import TASK_CHECKS, check_task
from tests.testing.broken_tasks import BROKEN, Opaque
from tests.testing.toy import EXAMPLES, ToyExample, ToyModel, ToyPrediction, ToyTask, toy_spec

NAMES = [check.name for check in TASK_CHECKS]
NO_SAMPLE = "sample-is-there"


def by_status(records, status):
    return {record.name: record.reason for record in records if record.status == status}


def test_there_are_many_checks_and_each_says_what_must_hold():
    assert len(NAMES) >= 20
    assert len(set(NAMES)) == len(NAMES)
    assert all(check.summary.endswith(".") for check in TASK_CHECKS)


def test_every_check_has_a_task_that_it_must_catch():
    assert set(BROKEN) == set(NAMES)


def test_the_toy_keeps_the_contract():
    records = check_task(toy_spec(), EXAMPLES)
    assert [record.name for record in records] == NAMES
    assert by_status(records, "failed") == {}
    assert by_status(records, "skipped") == {NO_SAMPLE: "the task names no sample"}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_task_fails_its_check_and_no_other(name):
    slow = {n: "imports are looked at elsewhere" for n in NAMES if n.startswith("import-")}
    slow.pop(name, None)
    failed = by_status(check_task(BROKEN[name](), EXAMPLES, excused=slow), "failed")
    assert list(failed) == [name], failed
    assert failed[name]


SKIPPED = {
    "sentiment": set(),
    "pos-tagging": {"probabilities-are-probabilities", "unicode-forms-are-alike"},
    "language-modelling": {
        "loss-is-a-sum",
        "predictions-do-not-depend-on-company",
        "probabilities-are-probabilities",
        "unicode-forms-are-alike",
        "unmet-answers-are-scored",
    },
}
GOLD = {"gold-predictions-score-perfectly", "unmet-answers-are-scored", "estimator-works"}
"""What is skipped besides where a task does not say what would be a perfect prediction."""


@pytest.mark.parametrize("task", SKIPPED)
def test_the_built_in_tasks_keep_the_contract(task):
    records = check_task(default_host().find_task(task))
    assert [record.name for record in records] == NAMES
    assert by_status(records, "failed") == {}
    skipped = by_status(records, "skipped")
    unsaid = {name for name, reason in skipped.items() if "Task.gold" in reason}
    assert unsaid <= GOLD
    assert skipped.keys() - unsaid == SKIPPED[task] - unsaid


def test_an_excused_check_is_skipped_with_its_reason():
    records = check_task(toy_spec(), EXAMPLES, excused=dict.fromkeys(NAMES[1:], "too slow"))
    assert records[0].status == "passed"
    assert {record.reason for record in records[1:]} == {"excused: too slow"}


@pytest.mark.parametrize(
    ("excused", "message"),
    [
        ({"gradients-ad": "x"}, "there is no check 'gradients-ad'; did you mean 'gradients-add'"),
        ({"gradients-add": ""}, "'gradients-add' needs a reason"),
    ],
)
def test_an_excuse_must_name_a_check_and_a_reason(excused, message):
    with pytest.raises(ValueError, match=message):
        check_task(toy_spec(), EXAMPLES, excused=excused)


def test_a_task_without_data_is_refused_once_with_what_to_do():
    with pytest.raises(UserError) as caught:
        check_task(toy_spec())
    wanted = "wanted gold examples: --data at the shell, examples= in Python"
    assert str(caught.value) == f"the task 'toy' has no sample, {wanted}"


class Split(ToyTask):
    """Takes the words for the text, which nothing can print."""

    def text(self, example):
        return example.words

    def input(self, example):
        return example.text


class Listed(ToyTask):
    def key(self, example):
        return example.words


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (Split, r"text returned \['a', .*, wanted a str"),
        (Listed, r"key returned \['a', .*, wanted a str"),
        (Opaque, r"shown\.vector is a ndarray, .* wanted what JSON knows"),
    ],
)
def test_what_is_printed_of_an_example_must_be_text(task, reason):
    others = {name: "looked at elsewhere" for name in NAMES if name != "texts-are-text"}
    failed = by_status(check_task(toy_spec(task=task), EXAMPLES, excused=others), "failed")
    assert re.match(reason, failed["texts-are-text"])


class Omnivore(ToyTask):
    """Reads anything at all, a picture too."""

    def read(self, path):
        return [ToyExample(str(path.read_bytes()), "yes")] if path.stat().st_size else []


def test_a_task_that_takes_any_file_for_its_own_is_caught():
    failed = by_status(check_task(toy_spec(task=Omnivore), EXAMPLES), "failed")
    assert failed == {
        "unreadable-files-are-the-users-mistake": "a file (rubbish, read) was read as 1 examples"
    }


class Hasty(ToyTask):
    """Reads gold examples with care, and what is to be predicted without."""

    def read_inputs(self, path):
        return self.examples(path.read_text(encoding="utf-8").splitlines())


class Bending(ToyModel):
    """Rescales what it hands on in training, and forgets that in the backward."""

    def logits(self, batch, train=False, rng=None):
        logits, back, tokens = super().logits(batch, train, rng)
        return (logits * rng.random(logits.shape) if train else logits), back, tokens


class Undefined(ToyModel):
    """Its loss is no number, and so never equal to itself."""

    def logits(self, batch, train=False, rng=None):
        logits, back, tokens = super().logits(batch, train, rng)
        return logits * float("nan"), back, tokens


class Sequel(ToyModel):
    """Goes on from the text before, as a state that is kept on the model does."""

    before = 0.0

    def predict(self, examples):
        found = []
        for prediction in super().predict(examples):
            mixed = (prediction.probability + self.before) / 2
            self.before = prediction.probability
            found.append(replace(prediction, probability=mixed))
        return found


class Warm(ToyModel):
    """Keeps its temperature where the model file does not look."""

    temperature = 1.0

    def calibrate(self, dev):
        self.temperature = 2.0
        return ()

    def logits(self, batch, train=False, rng=None):
        logits, back, tokens = super().logits(batch, train, rng)
        return logits / self.temperature, back, tokens


class Mirrored(ToyModel):
    """Has its columns in another order than its labels."""

    def probabilities(self, examples):
        return super().probabilities(examples)[:, ::-1]

    def predict(self, examples):
        rows = super().probabilities(examples)
        return [ToyPrediction(self.names[row.argmax()], float(row.max())) for row in rows]


class Epochs(ToyModel):
    """Counts the epochs that it hears of, instead of hearing which one it is."""

    heard = 0

    def begin_epoch(self, epoch):
        self.heard += 1

    def loss(self, batch, state=None, *, train=False, rng=None):
        step = super().loss(batch, state, train=train, rng=rng)
        factor = 1.0 + self.heard if train else 1.0
        return replace(step, backward=lambda scale: step.backward(factor * scale))


class Unlabelled(ToyTask):
    """Forgets the gold answers that examples are made with."""

    def examples(self, inputs, targets=None):
        return [ToyExample(text) for text in inputs]


class Twins(ToyModel):
    def parameters(self):
        yield from ((name.rpartition(".")[2], p) for name, p in super().parameters())


@pytest.mark.parametrize(
    ("variant", "check", "reason"),
    [
        (
            {"task": Hasty},
            "unreadable-files-are-the-users-mistake",
            "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff",
        ),
        ({"model": Bending}, "gradients-are-right", "with train=True, relative errors above"),
        ({"model": Undefined}, "gradients-are-right", "with train=False, relative errors above"),
        ({"model": Sequel}, "predictions-do-not-depend-on-company", "predictions["),
        ({"model": Warm}, "model-files-keep-everything", "predictions[0].probability"),
        ({"model": Mirrored}, "probabilities-are-probabilities", "the answer is '"),
        ({"model": Epochs}, "resumed-runs-end-alike", "other weights: "),
        ({"task": Unlabelled}, "examples-come-of-their-inputs", "gold answers[0]: found ''"),
        ({"model": Twins}, "gradients-are-right", "ValueError: two parameters are named 'w_input'"),
    ],
)
def test_a_common_mistake_is_caught_with_its_reason(variant, check, reason):
    others = {name: "looked at elsewhere" for name in NAMES if name != check}
    failed = by_status(check_task(toy_spec(**variant), EXAMPLES, excused=others), "failed")
    assert failed[check].startswith(reason)


def test_a_task_that_no_other_process_can_import_is_not_fitted_there():
    class Local(ToyTask):
        pass

    skipped = by_status(check_task(toy_spec(task=Local), EXAMPLES), "skipped")
    reason = skipped["resources-are-the-same-in-every-process"]
    assert reason.startswith("another process cannot import <class ")
