"""One variant of the toy for each promise that a task can break; named like the check it fails."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqkit.kernels.threads import thread_count
from seqkit.metrics.measures import Measure
from seqkit.options import option
from seqkit.parameters import Parameter
from seqkit.tasks import Batches, Mistake, Model, TaskSpec
from tests.testing.toy import ToyConfig, ToyExample, ToyModel, ToyTask, toy_spec

BROKEN: dict[str, Callable[[], TaskSpec[Any]]] = {}


def breaks(check: str, **more: Any) -> Callable[[type], type]:
    """Register a variant as the one that a check must catch."""

    def register(variant: type) -> type:
        kind = next(k for k in (ToyTask, Model, ToyConfig) if issubclass(variant, k))
        part = {ToyTask: "task", Model: "model", ToyConfig: "config"}[kind]
        BROKEN[check] = lambda: toy_spec(**{part: variant}, **more)
        return variant

    return register


# --- what it says of itself -----------------------------------------------------------------------

BROKEN["summary-fits-one-line"] = lambda: toy_spec(summary="Say yes or no, and " * 8 + "more")
BROKEN["sample-is-there"] = lambda: toy_spec(sample="nowhere-to-be-found")


def _of_module(name: str) -> TaskSpec[Any]:
    def create(config: ToyConfig) -> ToyTask:
        return ToyTask(config)

    create.__module__ = f"tests.testing.{name}"
    return toy_spec(create=create)


BROKEN["import-is-light"] = lambda: _of_module("heavy_plugin")
BROKEN["import-is-quiet"] = lambda: _of_module("loud_plugin")


@breaks("options-have-help")
@dataclass(frozen=True, kw_only=True)
class Unexplained(ToyConfig):
    gamma: float = option(0.5, help=" ")


@breaks("options-make-a-recipe")
@dataclass(frozen=True, kw_only=True)
class Growing(ToyConfig):
    """Changes what it is given, so that a recipe means something else each time it is written."""

    ratio: int = option(3, help="grows", group="head")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "ratio", self.ratio + 1)


# --- data -----------------------------------------------------------------------------------------


@breaks("unreadable-files-are-the-users-mistake")
class Careless(ToyTask):
    def read(self, path):
        lines = path.read_text(encoding="utf-8").splitlines()
        return [ToyExample(*line.split("\t")) for line in lines]


@breaks("nothing-to-learn-from-is-the-users-mistake")
class Hopeful(ToyTask):
    def fit(self, train):
        return {**super().fit(train), "shown": len(train[0].text)} if train else 1 / 0


@breaks("examples-come-of-their-inputs")
class Shouting(ToyTask):
    def examples(self, inputs, targets=None):
        return super().examples([text.replace("film", "FILM") for text in inputs], targets)


@breaks("texts-are-text")
class Opaque(ToyTask):
    def shown(self, example):
        return {"text": example.text, "vector": np.zeros(2)}


@breaks("vocabulary-knows-training-only")
class Peeking(ToyTask):
    """Remembers every text it meets, which is how test words get into a vocabulary."""

    def __init__(self, config) -> None:
        super().__init__(config)
        self.met: list[ToyExample] = []

    def examples(self, inputs, targets=None):
        made = super().examples(inputs, targets)
        self.met += made
        return made

    def fit(self, train):
        words = sorted({word for example in self.met for word in example.words})
        return {**super().fit(train), "met": words}


@breaks("resources-survive-json")
class Tupled(ToyTask):
    def fit(self, train):
        found = super().fit(train)
        return {**found, "labels": tuple(found["labels"])}


@breaks("resources-are-the-same-in-every-process")
class Unsorted(ToyTask):
    """Numbers the labels in the order of a set, which is another in each process."""

    def fit(self, train):
        return {**super().fit(train), "labels": list({example.label for example in train})}


@breaks("batches-use-each-example-once")
class Dropping(ToyModel):
    """Leaves out the last batch, as a drop_last=True does."""

    def batches(self, examples, *, rng):
        made = super().batches(examples, rng=rng)
        return made[:-1] if len(made) > 1 else made


@breaks("batches-are-the-same-when-asked-again")
class Restless(ToyModel):
    """Shuffles although nobody asked for it."""

    def batches(self, examples, *, rng):
        made = super().batches(examples, rng=rng)
        order = np.random.default_rng().permutation(len(made))
        if len(order) > 1 and order[0] == 0:
            order = np.roll(order, self.turn())
        return made if rng is not None else Batches(len(made), lambda i: made[int(order[i])])

    calls = 0

    def turn(self) -> int:
        Restless.calls += 1
        return Restless.calls % 2


@breaks("loss-is-a-sum")
class Averaging(ToyModel):
    """Returns the mean, which the trainer then divides once more."""

    def loss(self, batch, state=None, *, train=False, rng=None):
        step = super().loss(batch, state, train=train, rng=rng)
        return replace(
            step,
            total=step.total / step.count,
            backward=lambda scale: step.backward(scale / step.count),
        )


# --- learning -------------------------------------------------------------------------------------


def changed(gradients: Callable[[ToyModel, float], None]) -> type[ToyModel]:
    """Make a model that does something more in each backward."""

    class Changed(ToyModel):
        def loss(self, batch, state=None, *, train=False, rng=None):
            step = super().loss(batch, state, train=train, rng=rng)

            def backward(scale: float) -> None:
                step.backward(scale)
                gradients(self, scale)

            return replace(step, backward=backward)

    return Changed


def _lean(model: ToyModel, scale: float) -> None:
    model.output.bias.grad += scale * np.arange(1.0, 3.0).astype(model.output.bias.value.dtype)


breaks("gradients-are-right")(changed(_lean))


@breaks("gradients-reach-every-parameter")
class Idle(ToyModel):
    def __init__(self, *parts) -> None:
        super().__init__(*parts)
        self.idle = Parameter(np.ones(3, np.float32))

    def parameters(self):
        yield from super().parameters()
        yield "idle", self.idle


@breaks("gradients-add")
class Assigning(ToyModel):
    def loss(self, batch, state=None, *, train=False, rng=None):
        step = super().loss(batch, state, train=train, rng=rng)

        def backward(scale: float) -> None:
            self.output.bias.zero_grad()
            step.backward(scale)

        return replace(step, backward=backward)


@breaks("backward-scales-the-gradient")
class Unscaled(ToyModel):
    def loss(self, batch, state=None, *, train=False, rng=None):
        step = super().loss(batch, state, train=train, rng=rng)
        return replace(step, backward=lambda scale: step.backward(1.0))


@breaks("two-forwards-may-precede-a-backward")
class Remembering(ToyModel):
    """Keeps its pass on itself, where the next pass overwrites it."""

    def loss(self, batch, state=None, *, train=False, rng=None):
        step = super().loss(batch, state, train=train, rng=rng)
        self.back = step.backward
        return replace(step, backward=lambda scale: self.back(scale))


@breaks("scoring-draws-nothing")
class Drawing(ToyModel):
    def loss(self, batch, state=None, *, train=False, rng=None):
        if rng is not None:
            rng.random()
        return super().loss(batch, state, train=train, rng=rng)


@breaks("training-draws-from-its-generator-only")
class Noisy(ToyModel):
    def loss(self, batch, state=None, *, train=False, rng=None):
        step = super().loss(batch, state, train=train, rng=rng)
        noise = 1e-3 * np.random.default_rng().random() if train else 0.0
        return replace(step, total=step.total + noise)


@breaks("loss-falls")
class Frozen(ToyModel):
    def __init__(self, *parts) -> None:
        super().__init__(*parts)
        for _, parameter in self.parameters():
            parameter.trainable = False


@breaks("equal-seeds-give-equal-models")
class Random(ToyTask):
    def build(self, resources, *, rng):
        return super().build(resources, rng=np.random.default_rng())


def _by_threads(model: ToyModel, scale: float) -> None:
    if model.output.bias.value.dtype == np.float32:  # not in the gradient check
        model.output.bias.grad += np.float32(1e-2 * thread_count())


breaks("threads-change-nothing")(changed(_by_threads))


@breaks("resumed-runs-end-alike")
class Counting(ToyModel):
    """Weighs later steps more, and a checkpoint knows nothing of the count."""

    steps = 0

    def loss(self, batch, state=None, *, train=False, rng=None):
        step = super().loss(batch, state, train=train, rng=rng)
        factor = 1.0 + self.steps // 2 if train else 1.0

        def backward(scale: float) -> None:
            self.steps += train
            step.backward(factor * scale)

        return replace(step, total=factor * step.total, backward=backward)


@breaks("model-files-keep-everything")
class Forgetful(ToyModel):
    """Predicts with something that is neither a parameter nor a resource."""

    confidence = 0.5

    def loss(self, batch, state=None, *, train=False, rng=None):
        self.confidence = 1.0 if train else self.confidence
        return super().loss(batch, state, train=train, rng=rng)

    def predict(self, examples):
        found = super().predict(examples)
        return [replace(p, probability=self.confidence * p.probability) for p in found]


# --- using ----------------------------------------------------------------------------------------


@dataclass
class Melted:
    label: str
    probability: float


@breaks("predictions-are-plain-values")
class Melting(ToyModel):
    def predict(self, examples):
        return [Melted(p.label, p.probability) for p in super().predict(examples)]


@breaks("predictions-do-not-depend-on-company")
class Sociable(ToyModel):
    def predict(self, examples):
        return [
            replace(p, probability=p.probability / len(examples)) for p in super().predict(examples)
        ]


@breaks("answers-come-from-inputs-alone")
class Cheating(ToyModel):
    """Looks at the gold answer, where there is one."""

    def probabilities(self, examples):
        rows = super().probabilities(examples)
        for row, example in zip(rows, examples, strict=True):
            if example.label in self.names:
                row[:] = np.eye(len(self.names))[self.names.index(example.label)]
        return rows


@breaks("predicting-changes-nothing")
class Touching(ToyModel):
    def predict(self, examples):
        self.output.bias.grad += 1
        return super().predict(examples)


@breaks("calibration-changes-no-answer")
class Contrary(ToyModel):
    def calibrate(self, dev):
        for parameter in (self.output.w, self.output.bias):
            parameter.value *= -1
        return ()


@breaks("notices-are-text")
class Chatty(ToyModel):
    """Tells one text instead of a list of texts, and each letter would be a notice."""

    def calibrate(self, dev):
        return "nothing to calibrate"


@breaks("gold-predictions-score-perfectly")
class Strict(ToyModel):
    """Calls the first text wrong whatever was said."""

    def score(self, examples, predictions):
        first = replace(predictions[0], label="?")
        return super().score(examples, [first, *predictions[1:]])


@breaks("empty-inputs-are-answered")
class Hungry(ToyModel):
    def predict(self, examples):
        assert all(example.text for example in examples), "found an empty text"
        return super().predict(examples)


@breaks("single-tokens-are-answered")
class Talkative(ToyModel):
    def predict(self, examples):
        assert all(len(example.words) != 1 for example in examples), "found a single word"
        return super().predict(examples)


@breaks("unknown-words-are-answered")
class Learned(ToyModel):
    def predict(self, examples):
        for example in examples:
            if example.words and not any(word in self.vocabulary for word in example.words):
                raise KeyError(example.words[0])
        return super().predict(examples)


class Typed(ToyExample):
    """A text whose words are read as they were typed."""

    @property
    def words(self) -> list[str]:
        return self.text.split()


@breaks("unicode-forms-are-alike")
class Verbatim(ToyTask):
    def read(self, path):
        return [Typed(example.text, example.label) for example in super().read(path)]

    def examples(self, inputs, targets=None):
        made = super().examples(inputs, targets)
        return [Typed(example.text, example.label) for example in made]


@breaks("probabilities-are-probabilities")
class Overconfident(ToyModel):
    def probabilities(self, examples):
        return 2 * super().probabilities(examples)

    def predict(self, examples):
        return [replace(p, probability=p.probability / 2) for p in super().predict(examples)]


@breaks("formats-are-text")
class Bare(ToyTask):
    @property
    def formats(self):
        return {"tsv": lambda example, prediction: prediction}


@breaks("unmet-answers-are-scored")
class Closed(ToyModel):
    def score(self, examples, predictions):
        for example in examples:
            self.names.index(example.label)
        return super().score(examples, predictions)


@breaks("scores-have-a-row-for-each-example")
class Padded(ToyModel):
    def score(self, examples, predictions):
        scoring = super().score(examples, predictions)
        rows = scoring.statistics
        return replace(scoring, statistics=np.concatenate([rows, 0 * rows[:1]]))


@breaks("perplexities-name-their-basis")
class Rankable(ToyModel):
    """Measures a perplexity, and does not say over which vocabulary."""

    def score(self, examples, predictions):
        scoring = super().score(examples, predictions)
        rows = np.append(scoring.statistics, np.ones((len(examples), 1)), axis=1)
        surprise = Measure("perplexity", lambda sums: sums[..., -1], higher_is_better=False)
        # The others look at their own columns, which stand where they stood.
        return replace(scoring, statistics=rows, measures=(*scoring.measures, surprise))


@breaks("mistakes-are-named")
class Harsh(ToyTask):
    """Calls every answer wrong."""

    def mistakes(self, example, prediction):
        return [Mistake("", example.label, prediction.label)]


@breaks("report-counts-the-data")
class Silent(ToyModel):
    def counts(self, examples):
        return {}


@breaks("report-has-an-interval")
class WithoutInterval(ToyModel):
    def score(self, examples, predictions):
        scoring = super().score(examples, predictions)
        one = Measure("one", lambda sums: np.ones(sums.shape[:-1]), resampled=False)
        return replace(scoring, measures=(one, *scoring.measures))


@breaks("report-has-a-baseline")
class Alone(ToyModel):
    def baselines(self, train) -> Iterator[Any]:
        return iter(())


@breaks("estimator-works")
class Unanswering(ToyTask):
    """Takes the whole prediction for an answer, also where examples are made with answers."""

    def examples(self, inputs, targets=None):
        labels = None if targets is None else [getattr(t, "label", t) for t in targets]
        return super().examples(inputs, labels)

    def answer(self, prediction):
        return prediction
