"""Checks of a model in use: predictions, scores, the report, the estimator."""

import copy
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from seqkit.errors import UserError
from seqkit.metrics.measures import Metric
from seqkit.parameters import unique_parameters
from seqkit.plugins import use_host
from seqkit.randomness import random_stream
from seqkit.testing.checks import checks_of, require, skip
from seqkit.testing.comparing import difference, impurity
from seqkit.testing.inputs import accented, emptied, shortened, unknown
from seqkit.testing.subject import TaskSubject, weights_of

__all__ = ["USING_CHECKS"]

NO_LABELS = "the model is no classifier: it has no labels"
NO_GOLD = "Task.gold says of no example what would be the perfect prediction"
UNMET = "no-training-answer-is-this"


def predictions_are_plain_values(subject: TaskSubject) -> None:
    """Predictions are frozen dataclasses of plain values, one for each example."""
    predictions = subject.trained.predict(subject.others)
    found, wanted = len(predictions), len(subject.others)
    require(found == wanted, f"{wanted} examples got {found} predictions")
    for prediction in predictions:
        kind = type(prediction)
        frozen = getattr(getattr(kind, "__dataclass_params__", None), "frozen", False)
        require(frozen, f"{kind.__name__} is no frozen dataclass")
        said = impurity(prediction, kind.__name__)
        require(not said, f"{said}, wanted a plain value")


def predictions_do_not_depend_on_company(subject: TaskSubject) -> None:
    """An example is predicted alone as in any batch, whatever was predicted before it."""
    if not subject.independent:
        skip("the order of its examples carries meaning: splits_shuffled is false")
    model = subject.trained
    together = model.predict(subject.others)
    # From the end: what leaks from an example into the next one goes into others than above.
    alone = [prediction for e in subject.others[::-1] for prediction in model.predict([e])][::-1]
    said = difference(together, alone, tolerance=1e-4, place="predictions")
    require(not said, said)


def answers_come_from_inputs_alone(subject: TaskSubject) -> None:
    """What is answered does not depend on the gold answer, which a new input does not have."""
    # Untrained on what it was to learn, it is wrong about some where it does not cheat.
    task, model, gold = subject.task(), subject.model(), subject.train
    made = task.examples(subject.inputs(gold))
    if [task.text(example) for example in made] != [task.text(example) for example in gold]:
        skip("the examples made of the inputs have other texts")
    found, wanted = (list(map(task.answer, model.predict(e))) for e in (gold, made))
    said = difference(found, wanted, tolerance=1e-4, place="answers")
    require(not said, f"{said}, as for the same input without a gold answer")


def predicting_changes_nothing(subject: TaskSubject) -> None:
    """Predicting and scoring leave weights and gradients as they were."""
    model = subject.model()
    parameters = dict(unique_parameters(model.parameters()))
    before = weights_of(model)
    model.score(subject.others, model.predict(subject.others))
    model.counts(subject.others)
    said = difference(weights_of(model), before, place="weights")
    require(not said, said)
    touched = [name for name, parameter in parameters.items() if parameter.has_grad]
    require(not touched, f"it left a gradient on {', '.join(touched)}")


def calibration_changes_no_answer(subject: TaskSubject) -> None:
    """Making probabilities honest leaves every answer as it was."""
    task, model = subject.task(), subject.model()
    subject.train_model(model)
    before = [task.answer(prediction) for prediction in model.predict(subject.others)]
    model.calibrate(subject.others)
    after = [task.answer(prediction) for prediction in model.predict(subject.others)]
    said = difference(after, before, place="answers")
    require(not said, said)


def notices_are_text(subject: TaskSubject) -> None:
    """Notices of warm_start and calibrate are lists of texts; describe gives texts by part."""
    task, model = subject.task(), subject.model()
    told = {"warm_start": task.warm_start(model), "calibrate": model.calibrate(subject.others)}
    for name, notices in told.items():
        rows = isinstance(notices, list | tuple) and all(isinstance(line, str) for line in notices)
        require(rows, f"{name} returned {notices!r}, wanted a list of texts, or () for none")
    parts = model.describe()
    texts = isinstance(parts, Mapping) and all(isinstance(v, str) for v in parts.values())
    require(texts, f"describe returned {parts!r}, wanted a mapping to texts")


def gold_predictions_score_perfectly(subject: TaskSubject) -> None:
    """What is right scores 100 %, and no worse than what the model says."""
    gold = [subject.task().gold(example) for example in subject.others]
    if any(prediction is None for prediction in gold):
        skip(NO_GOLD)
    perfect = _metrics(subject, gold)
    headline = perfect[0]
    if np.isnan(headline.value):
        skip(f"{headline.name} of the perfect predictions is undefined")
    if headline.higher_is_better and headline.style == "percent":
        wanted = "wanted 100.00; if lower is better, say so by higher_is_better=False"
        require(headline.value == 1.0, f"they have the {headline}, {wanted}")
    own = _metrics(subject, subject.trained.predict(subject.others))
    worse = [f"{p} (the model: {o})" for p, o in zip(perfect, own, strict=True) if _worse(p, o)]
    require(not worse, f"the perfect predictions score worse: {', '.join(worse)}")


def _metrics(subject: TaskSubject, predictions: Sequence[Any]) -> tuple[Metric, ...]:
    from seqkit.metrics.evaluation import evaluate

    scoring = subject.trained.score(subject.others, predictions)
    return evaluate(scoring, resamples=0, rng=np.random.default_rng(0)).metrics


def _worse(found: Metric, other: Metric) -> bool:
    way = 1 if found.higher_is_better else -1
    return way * found.value < way * other.value


def empty_inputs_are_answered(subject: TaskSubject) -> None:
    """An input without any token is answered, alone and among others."""
    _answer(subject, emptied)


def single_tokens_are_answered(subject: TaskSubject) -> None:
    """An input of one token is answered, alone and among others."""
    _answer(subject, shortened)


def unknown_words_are_answered(subject: TaskSubject) -> None:
    """An input of unknown words alone is answered, alone and among others."""
    _answer(subject, unknown)


def unicode_forms_are_alike(subject: TaskSubject) -> None:
    """A classifier reads é and 한 alike, typed composed (NFC) or in pieces (NFD)."""
    if not subject.trained.labels:
        skip(NO_LABELS)
    task, targets = subject.task(), subject.targets(subject.train)
    if targets is None:
        skip(NO_GOLD)
    inputs = subject.inputs(subject.train)
    try:
        composed = [accented(item, "NFC") for item in inputs]
        apart = [accented(item, "NFD") for item in inputs]
        train = task.examples(composed, targets)
    except (TypeError, UserError) as error:
        skip(str(error))
    model = task.build(task.fit(train), rng=random_stream(0, "weights"))
    found, wanted = (model.probabilities(task.examples(given)) for given in (apart, composed))
    said = difference(found, wanted, place="probabilities")
    require(not said, f"{said}, as for the same text in NFC: seqkit.text.nfc composes it")


def _answer(subject: TaskSubject, change: Callable[[Any], Any]) -> None:
    task, inputs = subject.task(), subject.inputs(subject.others)
    try:
        changed = change(inputs[0])
    except TypeError as error:
        skip(str(error))
    for given in ([changed], [inputs[0], changed, *inputs[1:]]):
        examples = task.examples(given)
        predictions = subject.trained.predict(examples)
        found = f"{len(predictions)} predictions for {len(given)} inputs"
        require(len(predictions) == len(given), found)
        said = impurity(predictions, "predictions")
        require(not said, said)
        subject.trained.counts(examples)


def probabilities_are_probabilities(subject: TaskSubject) -> None:
    """Probabilities have a column for each label, add up to 1, and are highest for the answer."""
    labels = subject.trained.labels
    if not labels and not subject.task().classifies:
        skip(NO_LABELS)
    require(labels and len(set(labels)) == len(labels), f"found the labels {labels}")
    found = np.asarray(subject.trained.probabilities(subject.others))
    wanted = (len(subject.others), len(labels))
    require(found.shape == wanted, f"found the shape {found.shape}, wanted {wanted}")
    require((found >= 0).all(), "one is below 0")
    require(np.allclose(found.sum(axis=1), 1.0, atol=1e-4), f"they add up to {found.sum(axis=1)}")
    answers = map(subject.task().answer, subject.trained.predict(subject.others))
    for answer, row in zip(answers, found, strict=True):
        likeliest = [labels[i] for i in np.flatnonzero(row >= row.max() - 1e-6)]
        other = answer in labels and answer not in likeliest  # what is no label is not looked at
        require(not other, f"the answer is {answer!r}, the likeliest {likeliest[0]!r}")


def formats_are_text(subject: TaskSubject) -> None:
    """Each output format renders each prediction as text."""
    formats = subject.task().formats
    if not formats:
        skip("the task has no format beside jsonl")
    predictions = subject.trained.predict(subject.others)
    for name, render in formats.items():
        require(name != "jsonl", "jsonl is what every task has already")
        for example, prediction in zip(subject.others, predictions, strict=True):
            written = render(example, prediction)
            require(isinstance(written, str), f"{name} renders a {type(written).__name__}")


def unmet_answers_are_scored(subject: TaskSubject) -> None:
    """A gold answer that training never met is scored and counted, or refused with a UserError."""
    targets = subject.targets(subject.others)
    if targets is None:
        skip(NO_GOLD)
    try:
        strange = [_strange(target) for target in targets]
    except TypeError as error:
        skip(str(error))
    try:
        examples = subject.task().examples(subject.inputs(subject.others), strange)
    except UserError as error:
        skip(f"such answers are refused, as those of a closed form may be: {error.problems[0]}")
    model = subject.trained
    model.score(examples, model.predict(examples))
    model.counts(examples)


def _strange(target: Any) -> Any:
    if isinstance(target, str):
        return UNMET
    if isinstance(target, list | tuple) and all(isinstance(part, str) for part in target):
        return type(target)(UNMET for _ in target)
    raise TypeError(f"found a gold answer of type {type(target).__name__}")


def scores_have_a_row_for_each_example(subject: TaskSubject) -> None:
    """The statistics have a row for each example, or the bootstrap resamples something else."""
    model = subject.trained
    found = model.score(subject.others, model.predict(subject.others)).statistics.shape[0]
    wanted = len(subject.others)
    require(found == wanted, f"found {found} rows for {wanted} examples")


def perplexities_name_their_basis(subject: TaskSubject) -> None:
    """A perplexity says over which vocabulary it is, or two models are ranked that cannot be."""
    model = subject.trained
    measures = model.score(subject.others, model.predict(subject.others)).measures
    bare = [m.name for m in measures if m.name.startswith("perplexity") and not m.basis]
    require(not bare, f"no Measure.basis: {', '.join(bare)}; score_lines(vocabulary=...) sets it")


def mistakes_are_named(subject: TaskSubject) -> None:
    """Each example has its loss, unknown tokens are text, and what is right is no mistake."""
    task, model, examples = subject.task(), subject.trained, subject.others
    predictions = model.predict(examples)
    rows = len(model.score(examples, predictions).statistics)
    shape = np.shape(model.item_losses(examples, predictions))
    require(shape == (rows,), f"losses of the shape {shape} for {rows} examples")
    for example, prediction in zip(examples, predictions, strict=True):
        kinds = {type(token).__name__ for token in model.unknown_tokens(example)} - {"str"}
        require(not kinds, f"an unknown token is of type {', '.join(sorted(kinds))}")
        kinds = {type(mistake).__name__ for mistake in task.mistakes(example, prediction)}
        require(kinds <= {"Mistake"}, f"found {', '.join(sorted(kinds))}, wanted Mistake")
        right = task.gold(example)
        said = [] if right is None else task.mistakes(example, right)
        wrong = [m for m in said if m.gold is not None or m.predicted is not None]
        require(not wrong, f"the gold answer is called wrong: {wrong[:1]}")


def report_counts_the_data(subject: TaskSubject) -> None:
    """The report says what a split holds: whole numbers, some of them above 0."""
    counts = subject.trained.counts(subject.others)
    wrong = [f"{name} {n!r}" for name, n in counts.items() if type(n) is not int or n < 0]
    require(not wrong, f"no whole numbers: {', '.join(wrong)}")
    require(any(counts.values()), f"found {dict(counts)}, wanted what the split holds")


def report_has_an_interval(subject: TaskSubject) -> None:
    """The headline has a confidence interval that holds the score."""
    headline = subject.trained.evaluate(subject.others, resamples=50).headline
    interval = headline.interval
    require(interval is not None, f"{headline.name} {headline.value} has none")
    assert interval is not None
    require(interval.low <= headline.value <= interval.high, f"it is outside: {headline}")


def report_has_a_baseline(subject: TaskSubject) -> None:
    """A classical method is scored on the same data by the same measures."""
    baselines = list(subject.trained.baselines(subject.train))
    require(baselines, "there is none")
    for baseline in baselines:
        predictions = baseline.predict(subject.others)
        found = f"{baseline.name}: {len(predictions)} for {len(subject.others)} examples"
        require(len(predictions) == len(subject.others), found)
        subject.trained.score(subject.others, predictions)


def estimator_works(subject: TaskSubject) -> None:
    """The task works as a scikit-learn estimator: clone, parameters, fit, predict, score, copy."""
    from sklearn.base import clone

    from seqkit.estimators import estimator

    inputs, targets = subject.inputs(subject.train), subject.targets(subject.train)
    if targets is None and subject.trained.labels:
        skip(NO_GOLD)
    with use_host(subject.host):
        options = dataclasses.asdict(subject.config)
        made = clone(estimator(subject.spec.name, **options, seed=3))
        _require_parameters(made.get_params(), {**options, "seed": 3})
        try:
            made.fit(inputs, targets)
        except UserError:
            if targets is None:
                skip(NO_GOLD)
            raise
        answers = made.predict(inputs)
        require(len(answers) == len(inputs), f"{len(answers)} answers for {len(inputs)} inputs")
        require(np.isfinite(made.score(inputs, targets)), "its score is not finite")
        said = difference(copy.deepcopy(made).predict(inputs), answers, place="answers of a copy")
        require(not said, said)


def _require_parameters(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    said = difference({name: found.get(name) for name in wanted}, wanted, place="parameters")
    require(not said, said)


USING_CHECKS = checks_of(
    predictions_are_plain_values,
    predictions_do_not_depend_on_company,
    answers_come_from_inputs_alone,
    predicting_changes_nothing,
    calibration_changes_no_answer,
    notices_are_text,
    gold_predictions_score_perfectly,
    empty_inputs_are_answered,
    single_tokens_are_answered,
    unknown_words_are_answered,
    unicode_forms_are_alike,
    probabilities_are_probabilities,
    formats_are_text,
    unmet_answers_are_scored,
    scores_have_a_row_for_each_example,
    perplexities_name_their_basis,
    mistakes_are_named,
    report_counts_the_data,
    report_has_an_interval,
    report_has_a_baseline,
    estimator_works,
)
