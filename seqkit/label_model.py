"""What every model that gives one label to each input has in common."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.errors import Problem, UserError
from seqkit.layers.base import State
from seqkit.layers.losses import softmax, softmax_cross_entropy
from seqkit.layers.temperature import Temperature
from seqkit.parameters import Parameter
from seqkit.tasks import Baseline, Batches, Model, Step
from seqkit.text.batching import length_batches

if TYPE_CHECKING:
    from seqkit.metrics.measures import Scoring

__all__ = [
    "LabelBatch",
    "LabelInputs",
    "LabelModel",
    "LabelPrediction",
    "LogitsBackward",
    "fit_labels",
    "label_baseline",
    "label_predictions",
]


class LabelInputs(Protocol):
    """What a network reads of a batch: a packed sequence, or something that holds one."""

    @property
    def tokens(self) -> int:
        """M, the steps of all sequences together."""
        ...


ExampleT = TypeVar("ExampleT")
InputsT = TypeVar("InputsT", bound=LabelInputs)

LogitsBackward: TypeAlias = Callable[[Array], None]
"""``backward(d_logits (N, C))`` adds to the gradients of the parameters."""

PREDICTION_BATCH = 256
"""Inputs that are predicted at once."""


@dataclass(frozen=True)
class LabelPrediction:
    """The answer for one input.

    Attributes:
        label: the most probable one.
        probability: of that label.
        probabilities: of every label.
    """

    label: str
    probability: float
    probabilities: Mapping[str, float]

    @classmethod
    def certain(cls, label: str) -> "LabelPrediction":
        """Return a label for certain, as gold answers and baselines give it."""
        return cls(label, 1.0, {label: 1.0})


class LabelBatch(NamedTuple, Generic[InputsT]):
    """A batch of a :class:`LabelModel`.

    Attributes:
        inputs: what :meth:`LabelModel.encode` made of it.
        labels: (N,) gold ids; -1 for a label that training did not have.
    """

    inputs: InputsT
    labels: IntArray


class LabelModel(Model[ExampleT, LabelPrediction], Generic[ExampleT, InputsT]):
    """A softmax over labels, of honest probabilities; a subclass brings the network.

    Batches, loss, predictions, calibration, scores and a baseline are here.

    Args:
        labels: C names of the training split, distinct.
        batch_size: inputs of a batch in training.
        class_weights: (C,) how much an example of each label weighs in the loss; equally, by
            default.
        label_smoothing: share of each target that is spread over all labels in training.

    Attributes:
        unit: what an example is called in counts and notices; "s" makes several of it.
        temperature: divides the logits; fitted on the validation split by :meth:`calibrate`.
    """

    unit: ClassVar[str] = "input"

    def __init__(
        self,
        labels: Sequence[str],
        *,
        batch_size: int,
        class_weights: Array | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        self._labels = tuple(labels)
        self._ids = {label: i for i, label in enumerate(self._labels)}
        self._batch_size = batch_size
        self._class_weights = class_weights
        self._label_smoothing = label_smoothing
        self.temperature = Temperature()

    @abstractmethod
    def network_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield (name, parameter) of the network."""

    @abstractmethod
    def length(self, example: ExampleT) -> int:
        """Return the steps that an example takes; those of similar length share a batch."""

    @abstractmethod
    def gold_label(self, example: ExampleT) -> str:
        """Return the gold label; any text where there is none."""

    @abstractmethod
    def encode(self, examples: Sequence[ExampleT]) -> InputsT:
        """Return N examples as the network reads them."""

    def batch_encoder(
        self, examples: Sequence[ExampleT], *, learning: bool
    ) -> Callable[[IntArray], InputsT]:
        """Return what encodes some of many examples, given their numbers.

        A model may do once for all of them what would take longer batch by batch, and may read
        examples in another way to learn from them.
        """
        return lambda chosen: self.encode([examples[i] for i in chosen])

    @abstractmethod
    def forward(
        self,
        inputs: InputsT,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[Array, LogitsBackward]:
        """Run the network: return the logits (N, C), and their backward."""

    def infer(self, batches: Iterable[InputsT]) -> Iterator[Array]:
        """Yield the logits (N, C) of each batch; a model may know a quicker way than this."""
        for inputs in batches:
            yield self.forward(inputs)[0]

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of the network, and the temperature."""
        yield from self.network_parameters()
        yield from self.temperature.parameters()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the training split."""
        return self._labels

    def unlearnt_labels(self, examples: Sequence[ExampleT]) -> list[str]:
        """Return the gold labels that training did not have, sorted."""
        return sorted({self.gold_label(example) for example in examples} - {*self._labels})

    def batches(
        self, examples: Sequence[ExampleT], *, rng: np.random.Generator | None
    ) -> Batches[LabelBatch[InputsT]]:
        """Group inputs of similar length."""
        groups = self._groups(examples, self._batch_size, rng)
        encode = self.batch_encoder(examples, learning=rng is not None)
        gold = self.gold_ids(examples)

        def batch(i: int) -> LabelBatch[InputsT]:
            return LabelBatch(encode(groups[i]), gold[groups[i]])

        return Batches(len(groups), batch)

    def _groups(
        self, examples: Sequence[ExampleT], size: int, rng: np.random.Generator | None = None
    ) -> list[IntArray]:
        if len(examples) == 1 and rng is None:  # a sentence by itself waits for no sorting
            return [np.zeros(1, np.int64)]
        lengths = [self.length(example) for example in examples]
        return length_batches(lengths, batch_size=size, rng=rng)

    def gold_ids(self, examples: Sequence[ExampleT]) -> IntArray:
        """Return the ids (N,) of the gold labels; -1 for one that training did not have."""
        ids = [self._ids.get(self.gold_label(example), -1) for example in examples]
        return np.array(ids, dtype=np.int64)

    def loss(
        self,
        batch: LabelBatch[InputsT],
        state: State | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Step:
        """Return the cross-entropy of the gold labels."""
        logits, back_logits = self.forward(batch.inputs, train=train, rng=rng)
        loss = softmax_cross_entropy(
            logits,
            batch.labels,
            weights=self._class_weights,
            label_smoothing=self._label_smoothing if train else 0.0,
        )

        def backward(scale: float) -> None:
            back_logits(loss.backward(scale))

        return Step(loss.total, loss.count, batch.inputs.tokens, backward)

    def probabilities(self, examples: Sequence[ExampleT]) -> Array:
        """Return the probability of each label: (N, C), in the order of :attr:`labels`."""
        return softmax(self.temperature.scale(self.logits(examples)))

    def logits(self, examples: Sequence[ExampleT]) -> Array:
        """Return what the softmax turns into probabilities at a temperature of 1: (N, C)."""
        result = np.zeros((len(examples), len(self._labels)))
        groups = self._groups(examples, PREDICTION_BATCH)
        batches = (self.encode([examples[i] for i in group]) for group in groups)
        for group, logits in zip(groups, self.infer(batches), strict=True):
            result[group] = logits
        return result

    def calibrate(self, dev: Sequence[ExampleT]) -> Sequence[str]:
        """Fit the temperature."""
        before, after = self.temperature.fit(self.logits(dev), self.gold_ids(dev))
        return self.temperature.report(before, after, self.unit)

    def predict(self, examples: Sequence[ExampleT]) -> list[LabelPrediction]:
        """Return the most probable label of each input."""
        return label_predictions(self._labels, self.probabilities(examples))

    def score(
        self, examples: Sequence[ExampleT], predictions: Sequence[LabelPrediction]
    ) -> "Scoring":
        """Return accuracy, macro and per-label precision, recall and F1, the confusions, and how
        far the probabilities can be trusted.
        """
        from seqkit.metrics.calibration import score_calibration
        from seqkit.metrics.classification import encode_labels, score_classification
        from seqkit.metrics.measures import join_scorings

        gold = [self.gold_label(example) for example in examples]
        found = [prediction.label for prediction in predictions]
        names, (gold_ids, found_ids) = encode_labels(self._labels, gold, found)
        given = np.array([[p.probabilities.get(n, 0.0) for n in names] for p in predictions])
        units = f"{self.unit}s"
        return join_scorings(
            score_classification(gold_ids, found_ids, names, unit=units),
            score_calibration(given.reshape(len(gold_ids), len(names)), gold_ids, unit=units),
        )

    def item_losses(
        self, examples: Sequence[ExampleT], predictions: Sequence[LabelPrediction]
    ) -> Array:
        """Return -log of the probability of the gold label; infinite for one unknown to it."""
        pairs = zip(examples, predictions, strict=True)
        given = [p.probabilities.get(self.gold_label(example), 0.0) for example, p in pairs]
        with np.errstate(divide="ignore"):
            return -np.log(np.array(given, dtype=np.float64))

    def counts(self, examples: Sequence[ExampleT]) -> Mapping[str, int]:
        """Count the examples, and each label."""
        found = Counter(self.gold_label(example) for example in examples)
        labels = {f"label {label}": found[label] for label in sorted({*self._labels, *found})}
        return {f"{self.unit}s": len(examples), **labels}

    def baselines(self, train: Sequence[ExampleT]) -> Iterator[Baseline[ExampleT, LabelPrediction]]:
        """Yield the majority label."""
        from seqkit.metrics.baselines import MajorityClass

        majority = MajorityClass.fit(self.gold_label(example) for example in train)
        yield label_baseline("majority label", majority.predict)


def label_predictions(labels: Sequence[str], probabilities: Array) -> list[LabelPrediction]:
    """Return what the rows (N, C) of probabilities predict."""
    best = probabilities.argmax(axis=1).tolist()
    named = [dict(zip(labels, row, strict=True)) for row in probabilities.tolist()]
    return [
        LabelPrediction(labels[i], row[labels[i]], row) for i, row in zip(best, named, strict=True)
    ]


def label_baseline(
    name: str, predict: Callable[[Sequence[ExampleT]], Sequence[str]]
) -> Baseline[ExampleT, LabelPrediction]:
    """Return a baseline of a function from examples to labels."""
    return Baseline(name, lambda examples: [LabelPrediction.certain(a) for a in predict(examples)])


def fit_labels(labels: Iterable[str]) -> list[str]:
    """Return the different labels of the training split, sorted.

    Raises:
        UserError: there are fewer than two.
    """
    found = sorted(set(labels))
    if len(found) < 2:
        seen = f"only the label {found[0]!r}" if found else "no examples"
        raise UserError(Problem(f"found {seen}, wanted at least two labels", "training split"))
    return found
