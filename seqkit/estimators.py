"""Any task as a scikit-learn estimator: ``seqkit.estimator("sentiment", pooling="max")``.

The options of the task are the parameters of the estimator, so ``get_params``, ``clone``,
``GridSearchCV``, ``Pipeline`` and ``cross_val_score`` work on them.
"""

import inspect
import textwrap
from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from seqkit.arrays import Array
from seqkit.bundle import bundle_arrays, fill_parameters
from seqkit.errors import Problem, UserError
from seqkit.inputs import equal_labels, is_number, make_examples
from seqkit.kernels.compiled import use_compiled, worth_compiling
from seqkit.kernels.threads import use_threads
from seqkit.loading import TrainedModel
from seqkit.options import options_of, parse
from seqkit.plugins import PluginHost, default_host
from seqkit.randomness import check_seed, random_stream
from seqkit.splits import DEV_SHARES, divide
from seqkit.tasks import Model, Resources, Task, TaskSpec
from seqkit.text.unicode import nfc
from seqkit.training.trainer import Trainer
from seqkit.training.validation import validate
from seqkit.transfer import fit, initialise

__all__ = ["TaskEstimator", "estimator"]


class TaskEstimator(BaseEstimator):  # type: ignore[misc]
    """A task behind ``fit``, ``predict`` and ``score``; made by :func:`estimator`."""

    _spec: TaskSpec[Any]
    _host: PluginHost | None
    seed: int
    threads: int | None
    model_: Model[Any, Any]
    task_: Task[Any, Any, Any]
    _resources: Resources
    _seed: int

    def fit(self, X: Sequence[Any], y: Sequence[Any] | None = None) -> "TaskEstimator":  # noqa: N803
        """Train on inputs (texts, or what the task takes) and gold answers.

        A tenth of them is held out and chooses the epoch whose weights are kept; of a classifier, a
        tenth of each label.

        Args:
            X: N inputs.
            y: N answers; None for a task that learns from text alone.

        Returns:
            Itself.

        Raises:
            UserError: options or data that cannot be used.
        """
        seed = check_seed(self.seed)
        self.task_ = self._spec.create(self._config())
        examples = self._gold_examples(X, y, _joined_numbers(y))
        train, dev = self._split(examples, y, seed)
        long = worth_compiling(len(train) * self.task_.config.epochs)
        with use_threads(self.threads), use_compiled(long or None):
            self._resources = self._fit_resources(train, dev, y)
            self.model_ = self.task_.build(self._resources, rng=random_stream(seed, "weights"))
            initialise(self.task_, self.model_, host=self._plugins)
            self._remember_answers(y)
            trainer = Trainer(
                self.model_,
                self.task_.config,
                seed=seed,
                validate=lambda: validate(self.model_, dev, self.task_.config),
            )
            for _ in trainer.run(train):
                pass
            self.model_.calibrate(dev)
        self.best_epoch_ = trainer.best_epoch
        self._seed = seed
        return self

    def predict(self, X: Sequence[Any]) -> Any:  # noqa: N803
        """Return the answer for each input: labels as an array, other answers as a list."""
        check_is_fitted(self, "model_")
        with use_threads(self.threads):
            predictions = self.model_.predict(self._examples(X))
        answers = [self.task_.answer(prediction) for prediction in predictions]
        if not hasattr(self, "classes_"):
            return answers
        return np.array([self._answers[answer] for answer in answers], dtype=self.classes_.dtype)

    def predict_proba(self, X: Sequence[Any]) -> Array:  # noqa: N803
        """Return the probability of each of ``classes_``: (N, C)."""
        check_is_fitted(self, "model_")
        with use_threads(self.threads):
            probabilities = self.model_.probabilities(self._examples(X))
        column = {label: i for i, label in enumerate(self.model_.labels)}
        result = np.zeros((len(probabilities), len(self.classes_)))
        for i, value in enumerate(self.classes_):
            if (label := _label(value)) in column:
                result[:, i] = probabilities[:, column[label]]
        return result

    def predict_log_proba(self, X: Sequence[Any]) -> Array:  # noqa: N803
        """Return the logarithm of :meth:`predict_proba`: (N, C), -inf where that is 0."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the model in seqkit's own format, in which nothing is ever executed.

        :func:`seqkit.load` and ``seqkit predict`` read it. They give labels as text, whatever they
        were when it was fitted; the parameters ``seed`` and ``threads`` are not part of a model.

        Args:
            path: a file that ends in ``.safetensors``, or a folder, which is made if need be.
            overwrite: write over a model that is there.

        Returns:
            The file.

        Raises:
            NotFittedError: it has not been fitted.
            UserError: there is a model already, or it cannot be written.
        """
        check_is_fitted(self, "model_")
        trained = TrainedModel.of(
            self._spec,
            self.task_,
            self.model_,
            self._resources,
            host=self._plugins,
            metadata={"seed": self._seed, "best_epoch": self.best_epoch_},
        )
        return trained.save(path, overwrite=overwrite)

    def score(self, X: Sequence[Any], y: Sequence[Any] | None = None) -> float:  # noqa: N803
        """Return the headline metric of the task, such as the accuracy of ``sentiment``.

        A metric that is the better the lower it is, such as perplexity, is negated: scikit-learn
        takes the highest score for the best.
        """
        check_is_fitted(self, "model_")
        examples = self._gold_examples(X, y, getattr(self, "classes_", ()))
        with use_threads(self.threads):
            metric = self.model_.evaluate(examples, resamples=0).headline
        return metric.value if metric.higher_is_better else -metric.value

    @property
    def _plugins(self) -> PluginHost:
        return default_host() if self._host is None else self._host

    def _examples(self, inputs: Sequence[Any], answers: Sequence[Any] | None = None) -> list[Any]:
        if not isinstance(inputs, str):
            check_consistent_length(inputs, answers)
        return make_examples(self.task_, inputs, answers)

    def _gold_examples(
        self, inputs: Sequence[Any], answers: Sequence[Any] | None, labels: Collection[Any]
    ) -> list[Any]:
        """Make gold examples; a number among the answers is the label that it equals."""
        if answers is not None:
            answers = equal_labels(answers, labels)
        examples = self._examples(inputs, answers)
        if answers is None and self.task_.classifies:
            raise UserError("found no labels, wanted one for each input as the second argument")
        return examples

    def _fit_resources(
        self, train: list[Any], dev: list[Any], y: Sequence[Any] | None
    ) -> Resources:
        """Fit the vocabularies; say so where a label is missing because it was held out."""
        try:
            return fit(self.task_, train, host=self._plugins)
        except UserError as error:
            if train is dev or y is None or len(set(map(_label, y))) < 2:
                raise
            held_out = f"{len(dev)} of the {len(train) + len(dev)} inputs chooses the best epoch"
            problem = Problem(f"{held_out} and is not trained on; give more", "held out")
            raise UserError([*error.problems, problem]) from None

    def _config(self) -> Any:
        values = {item.name: getattr(self, item.name) for item in options_of(self._spec.config)}
        return parse(self._spec.config, values)

    def _split(
        self, examples: list[Any], y: Sequence[Any] | None, seed: int
    ) -> tuple[list[Any], list[Any]]:
        rng = random_stream(seed, "split")
        labels = None
        if y is not None and self.task_.classifies:
            labels = [*map(_label, equal_labels(y, _joined_numbers(y)))]
        try:
            train, dev = divide(self.task_, examples, DEV_SHARES, rng=rng, labels=labels)
        except UserError:
            # One distinct example: nothing can be held out, so it chooses the epoch itself.
            return examples, examples
        return train, dev

    def _remember_answers(self, y: Sequence[Any] | None) -> None:
        """Tasks know labels as text; the caller gets back the values that were given.

        Of a label that was given in several Unicode forms, that is the last one by code points:
        NFC.
        """
        if y is not None and self.model_.labels:
            self._answers = {_label(value): value for value in np.unique(np.asarray(list(y)))}
            self.classes_ = np.unique(np.asarray([*self._answers.values()]))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.target_tags.required = False
        return tags

    def __reduce__(self) -> tuple[Any, ...]:
        # The class is made at run time, so a copy in another process has to make it again.
        return _empty, (self._spec.name, self._host), self._state()

    def __deepcopy__(self, memo: dict[int, Any]) -> "TaskEstimator":
        # In this process the plugins are at hand, and need not be found again.
        made = memo[id(self)] = type(self)()
        made.__setstate__(deepcopy(self._state(), memo))
        return made

    def _state(self) -> dict[str, Any]:
        """Return what a copy needs: what a model is made of need not be copyable; its weights and
        resources are.
        """
        state = self.__dict__.copy()
        if "model_" in state:
            fitted = state.pop("task_").config, state.pop("_resources")
            state["_weights"] = *fitted, *bundle_arrays(state.pop("model_").parameters())
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        weights = state.pop("_weights", None)
        self.__dict__.update(state)
        if weights is not None:
            config, self._resources, arrays, tied = weights
            self.task_ = self._spec.create(config)
            with use_threads(self.threads):
                self.model_ = self.task_.build(self._resources, rng=random_stream(0, "weights"))
            fill_parameters(self.model_.parameters(), arrays, tied)


def _joined_numbers(answers: Iterable[Any] | None) -> Collection[Any]:
    """Return answers that are all numbers as those of one array, which has one type for all."""
    values = [] if answers is None else list(answers)
    return np.asarray(values) if all(map(is_number, values)) else ()


class _TaskClassifier(ClassifierMixin, TaskEstimator):  # type: ignore[misc]
    """A task that chooses one label for each input."""

    # The mixin's is accuracy, whatever the headline of the task.
    score = TaskEstimator.score


def estimator(task: str, *, host: PluginHost | None = None, **options: Any) -> TaskEstimator:
    """Return an unfitted scikit-learn estimator of a task.

    Args:
        task: its name, or an alias.
        host: by default all installed plugins. Copies keep it; to be pickled, its plugins must be
            modules that can be imported.
        options: parameters to set: the task's options, ``seed``, ``threads``.

    Raises:
        UserError: no such task or option, or a value that cannot be used.

    Example:
        >>> from sklearn.model_selection import cross_val_score
        >>> model = seqkit.estimator("sentiment", epochs=5)              # doctest: +SKIP
        >>> cross_val_score(model, texts, labels, cv=3)                  # doctest: +SKIP
    """
    spec = (host or default_host()).find_task(task)
    own = {name: options[name] for name in ("seed", "threads") if name in options}
    rest = {name: value for name, value in options.items() if name not in own}
    parse(spec.config, rest, others=("seed", "threads"))
    check_seed(own.get("seed", 0))
    made: TaskEstimator = _estimator_class(spec, host)(**options)
    return made


@cache
def _estimator_class(spec: TaskSpec[Any], host: PluginHost | None) -> type[TaskEstimator]:
    """Make the class whose ``__init__`` has the task's options as its signature."""
    defaults = {item.name: item.default for item in options_of(spec.config)}
    defaults |= {"seed": 0, "threads": None}
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(n, keyword, default=value) for n, value in defaults.items()]
    this = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)

    def __init__(self: TaskEstimator, **options: Any) -> None:  # noqa: N807
        for name in options.keys() - defaults.keys():
            raise TypeError(f"no such parameter: {name!r}")
        for name, value in {**defaults, **options}.items():
            setattr(self, name, value)

    __init__.__signature__ = inspect.Signature([this, *parameters])  # type: ignore[attr-defined]
    task = spec.create(spec.config())
    base = _TaskClassifier if task.classifies else TaskEstimator
    title = "".join(part.title() for part in spec.name.split("-")) + "Estimator"
    # On the class, so that a clone, which is made of the parameters alone, has them too.
    members = {"__init__": __init__, "_spec": spec, "_host": host}
    members["__doc__"] = _describe(spec, task.classifies)
    return type(title, (base,), members)


_ABOUT = """{summary}.

A scikit-learn estimator, made by ``seqkit.estimator({name!r})``.

Of what ``fit`` is given, a tenth is held out and chooses the epoch whose weights are kept.
``score`` is the headline metric of the task, negated where lower is better. ``save`` writes a
model that ``seqkit.load`` reads.

Args:
{options}

Attributes:
    model_: the fitted model.
    task_: the task that makes examples.
    best_epoch_: whose weights were kept, from 1; 0 where nothing was trained.
"""


def _describe(spec: TaskSpec[Any], classifies: bool) -> str:
    """Write the docstring of an estimator: what ``help`` shows."""
    helps = {item.name: item.help for item in options_of(spec.config)}
    helps["seed"] = "of everything random, the held-out tenth included"
    helps["threads"] = "at most this many; all cores by default. No result depends on it"
    lines = (
        textwrap.fill(f"{name}: {said}.", 96, initial_indent=" " * 4, subsequent_indent=" " * 8)
        for name, said in helps.items()
    )
    text = _ABOUT.format(summary=spec.summary, name=spec.name, options="\n".join(lines))
    return text + ("    classes_: (C,) the labels, as they were given.\n" if classifies else "")


def _label(value: Any) -> str:
    """Return a label as a task knows it."""
    return nfc(str(value))


def _empty(task: str, host: PluginHost | None) -> TaskEstimator:
    return estimator(task, host=host)
