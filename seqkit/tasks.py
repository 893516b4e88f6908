"""The contract of a task: what a plugin author writes, and what everything else builds on.

A *task* knows formats and options; a *model* knows vocabularies and weights::

    spec = TaskSpec(name="sentiment", summary="...", config=SentimentConfig, create=...)
    task = spec.create(config)                   # no data yet: reads files, makes examples
    resources = task.fit(train)                  # vocabularies of the training split, as JSON
    model = task.build(resources, rng=rng)       # the network, freshly initialised
    model.predict(task.examples(["so good"]))    # what people want

Saving writes the config, the resources and the parameters; loading calls ``create`` and ``build``
and fills in the parameters. So nothing has to be written for it, and nothing can be forgotten.
"""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar, overload

import numpy as np

from seqkit.arrays import Array
from seqkit.errors import SeqkitError, UserError
from seqkit.layers.base import State
from seqkit.mistakes import Mistake, differences
from seqkit.options import options_of
from seqkit.parameters import Parameter
from seqkit.training.config import TrainingConfig
from seqkit.training.step import Step

if TYPE_CHECKING:
    from seqkit.layers.base import RecurrentLayer
    from seqkit.metrics.evaluation import Evaluation
    from seqkit.metrics.measures import Metric, Scoring
    from seqkit.sampling import Sampling

__all__ = [
    "API",
    "Baseline",
    "Batches",
    "Json",
    "Mistake",
    "Model",
    "Reading",
    "Resources",
    "SpecError",
    "Step",
    "Task",
    "TaskSpec",
]

API = 1
"""The version of the plugin API that this seqkit offers."""

Json: TypeAlias = Any
"""None, bool, int, float, str, and lists and string-keyed mappings of them."""

Resources: TypeAlias = Mapping[str, Json]
"""What a task fits on the training split: vocabularies, label sets."""

ConfigT = TypeVar("ConfigT", bound=TrainingConfig)
ExampleT = TypeVar("ExampleT")
PredictionT = TypeVar("PredictionT")
BatchT = TypeVar("BatchT")


class SpecError(SeqkitError):
    """A plugin offers something that cannot be used."""


class Batches(Sequence[BatchT]):
    """Batches whose number is known and which are made when they are asked for.

    Args:
        count: how many.
        make: returns batch ``i``, the same one whenever it is called.
    """

    def __init__(self, count: int, make: Callable[[int], BatchT]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> BatchT: ...
    @overload
    def __getitem__(self, index: slice) -> "Batches[BatchT]": ...
    def __getitem__(self, index: int | slice) -> "BatchT | Batches[BatchT]":
        if isinstance(index, slice):
            chosen = range(self._count)[index]
            return Batches(len(chosen), lambda i: self._make(chosen[i]))
        return self._make(range(self._count)[index])


@dataclass(frozen=True)
class Baseline(Generic[ExampleT, PredictionT]):
    """A classical method on the same data, so that a score never stands alone.

    Attributes:
        name: shown in the report: "TF-IDF + logistic regression".
        predict: predicts for examples what the model predicts.
    """

    name: str
    predict: Callable[[Sequence[ExampleT]], Sequence[PredictionT]]


@dataclass(frozen=True)
class Reading:
    """What reads the tokens in a model, so that another model may start from it.

    Attributes:
        words: (V,) the token of each row of the table.
        table: (V, D) the tokens' vectors.
        recurrent: reads the vectors in time; where it reads other features beside them, the vectors
            come first.
        merges: how words are cut, where the tokens are pieces of words.
    """

    words: Sequence[str]
    table: Parameter
    recurrent: "RecurrentLayer[Any]"
    merges: Sequence[tuple[str, str]] | None = None


class Model(ABC, Generic[ExampleT, PredictionT]):
    """A network with its vocabularies: learns from examples, predicts, and is scored."""

    @abstractmethod
    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield (name, parameter); a tied parameter may come under several names."""

    def prepare(self, train: Sequence[ExampleT]) -> None:
        """Look at the training examples before the first batch, also that of a resumed run.

        For what is fitted at once instead of learnt step by step: counts, a linear classifier. The
        same examples must give the same bytes, and what prediction needs of it goes into parameters
        that are not trainable.
        """

    @abstractmethod
    def batches(
        self, examples: Sequence[ExampleT], *, rng: np.random.Generator | None
    ) -> Sequence[Any]:
        """Return the batches of one pass over the examples, for :meth:`loss`.

        Args:
            examples: all of them, each to be used exactly once.
            rng: draws the order of a training epoch; None asks for a fixed order.
        """

    def begin_epoch(self, epoch: int) -> None:
        """Hear which epoch, from 1, the next batches of training belong to.

        For what changes over the epochs, such as scheduled sampling; a resumed run says it again.
        """
        return

    @abstractmethod
    def loss(
        self,
        batch: Any,
        state: State | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Step:
        """Return the loss of a batch and its backward.

        Args:
            batch: one of :meth:`batches`.
            state: ``Step.state`` of the batch before, or None for the first one; after a resumed
                run a plain tuple of the same arrays.
            train: whether dropout and the like are on.
            rng: draws dropout masks; given whenever ``train`` is true.
        """

    @abstractmethod
    def predict(self, examples: Sequence[ExampleT]) -> list[PredictionT]:
        """Return one prediction an example, in the same order. Predictions are frozen dataclasses
        of plain values: their fields are what ``seqkit predict`` prints as JSON. A number that is
        missing is None; nan is refused where a loaded model predicts it.
        """

    @abstractmethod
    def score(self, examples: Sequence[ExampleT], predictions: Sequence[PredictionT]) -> "Scoring":
        """Compare predictions with the examples' gold answers. The first measure is the headline:
        training keeps the weights that are best by it on the validation split.
        """

    @abstractmethod
    def counts(self, examples: Sequence[ExampleT]) -> Mapping[str, int]:
        """Count what a split holds: "sentences", "tokens", "unknown tokens", each label ..."""

    def baselines(self, train: Sequence[ExampleT]) -> Iterator[Baseline[ExampleT, PredictionT]]:
        """Yield classical methods fitted on the training split."""
        return iter(())

    @property
    def labels(self) -> tuple[str, ...]:
        """What a classifier chooses from; empty for other tasks."""
        return ()

    def unlearnt_labels(self, examples: Sequence[ExampleT]) -> Iterable[str]:
        """Return the gold labels, tags or types that training did not have, each once.

        No model can give them, so they count as wrong; reports name them.
        """
        return ()

    def probabilities(self, examples: Sequence[ExampleT]) -> Array:
        """Return the probability of each of :attr:`labels`: (N, C); for classifiers.

        Raises:
            SeqkitError: the task does not choose one label for each example.
        """
        raise SeqkitError(f"{type(self).__name__} gives no probabilities of labels")

    def item_losses(
        self, examples: Sequence[ExampleT], predictions: Sequence[PredictionT]
    ) -> Array:
        """Say how badly each gold example was answered, the larger the worse: (N,).

        ``seqkit evaluate --errors`` lists the worst. By default it is the headline measure of the
        example alone, negative where higher is better; nan where it is undefined. A model that
        gives probabilities does better: a wrong answer given with confidence is worse than a
        doubtful one.
        """
        scoring = self.score(examples, predictions)
        values = scoring.by_example()
        return -values if scoring.headline.higher_is_better else values

    def unknown_tokens(self, example: ExampleT) -> Sequence[str]:
        """Return the tokens of an example that the model does not know, in their order, as they
        stand in the text; by default none.
        """
        return ()

    def calibrate(self, dev: Sequence[ExampleT]) -> Sequence[str]:
        """Make the probabilities of :meth:`predict` honest, on validation examples, after training.

        No answer may change. What it finds goes into parameters that are not trainable, such as a
        :class:`seqkit.layers.temperature.Temperature`, and is saved with the model.

        Returns:
            Notices for the person who runs it.
        """
        return ()

    def reading(self) -> Reading | None:
        """Return what reads the tokens, for ``--init-from``; None where nothing can be taken over.

        By default it is found among the model's attributes: its one
        :class:`~seqkit.layers.text_encoder.TextEncoder`, and the one
        :class:`~seqkit.text.Vocabulary` that has as many words as the encoder's table has rows.
        """
        from seqkit.layers.text_encoder import TextEncoder
        from seqkit.text.vocabulary import Vocabulary

        parts = list(vars(self).values())
        encoders = [part for part in parts if isinstance(part, TextEncoder)]
        if len(encoders) != 1:
            return None
        table, rows = encoders[0].embedding.table, encoders[0].embedding.rows
        words = [part for part in parts if isinstance(part, Vocabulary) and len(part) == rows]
        if len(words) != 1:
            return None
        return Reading(words[0].words, table, encoders[0].recurrent, words[0].merges)

    def sample(
        self,
        example: ExampleT,
        *,
        sampling: "Sampling",
        samples: int = 1,
        length: int | None = None,
        seed: int = 0,
    ) -> Sequence[str]:
        """Draw texts that answer an input; ``seqkit generate --prompt INPUT`` prints them.

        Args:
            example: the input.
            sampling: how daring the choice of the next token is.
            samples: how many texts.
            length: tokens of a text at most; as long as the model holds right by default.
            seed: the same seed writes the same texts.

        Raises:
            UserError: the model writes no texts, or not for this input.
        """
        raise UserError("found a model that writes no texts, wanted one of a task that does")

    def describe(self) -> Mapping[str, str]:
        """Say in a few words what the network is made of, by part; shown before training."""
        return {}

    def validate(self, examples: Sequence[ExampleT]) -> "Metric":
        """Return the score that chooses the best epoch: the headline, unless said otherwise.

        A model that takes long to predict may look less carefully here, as with a smaller beam.
        """
        return self.evaluate(examples, resamples=0).headline

    def evaluate(
        self,
        examples: Sequence[ExampleT],
        *,
        resamples: int = 1000,
        rng: np.random.Generator | None = None,
    ) -> "Evaluation":
        """Predict and score, with 95 % bootstrap intervals.

        Args:
            examples: with gold answers.
            resamples: of the bootstrap; 0 leaves the intervals out.
            rng: of the bootstrap; by default seeded with 0, so that intervals are reproducible.
        """
        from seqkit.metrics.evaluation import evaluate

        scoring = self.score(examples, self.predict(examples))
        return evaluate(scoring, resamples=resamples, rng=rng or np.random.default_rng(0))


class Task(ABC, Generic[ConfigT, ExampleT, PredictionT]):
    """Formats and options of a task, before any data is known.

    Attributes:
        config: the options.
        splits_shuffled: whether a single file is split at random (True) or in order (False).
        formats: what ``seqkit predict --format`` offers beside ``jsonl``: name to a function that
            renders one (example, prediction) as text.
        classifies: whether each input gets one label out of a fixed set, whatever the options; a
            task that does so for some data only leaves it False, and its model's labels tell.
    """

    splits_shuffled: ClassVar[bool] = True
    classifies: ClassVar[bool] = False

    def __init__(self, config: ConfigT) -> None:
        self.config = config

    @property
    def formats(self) -> Mapping[str, Callable[[ExampleT, PredictionT], str]]:
        """What ``seqkit predict --format`` offers beside ``jsonl``."""
        return {}

    def fitting_steps(self, steps: Sequence[str]) -> Sequence[str]:
        """Return the steps that its spec suggests after a run (``next_steps``) and that the options
        leave possible; all of them by default.
        """
        return steps

    @abstractmethod
    def read(self, path: Path) -> list[ExampleT]:
        """Read gold examples from a file or folder.

        Raises:
            UserError: what cannot be read, every bad line named in one go.
        """

    @abstractmethod
    def examples(
        self, inputs: Sequence[Any], targets: Sequence[Any] | None = None
    ) -> list[ExampleT]:
        """Make examples from Python values: texts (or what the task takes) and gold answers."""

    def input(self, example: ExampleT) -> Any:
        """Return what :meth:`examples` would make this example of: its text, unless said otherwise.

        A task of words instead of texts, or of two inputs, returns its own.
        """
        return self.text(example)

    def read_inputs(self, path: Path) -> list[ExampleT]:
        """Read what is to be predicted, without gold answers: by default a text a line.

        Raises:
            UserError: the file cannot be read.
        """
        from seqkit.text.readers import read_plain

        return self.examples([line.text for line in read_plain(path, blank_lines=True)])

    def answer(self, prediction: PredictionT) -> Any:
        """Return the part of a prediction that stands against a gold answer: a label, the tags."""
        return prediction

    def gold(self, example: ExampleT) -> PredictionT | None:
        """Return the prediction that answers a gold example perfectly; None where that is unknown.

        The conformance checks score it, and take ``answer(gold(example))`` for the gold answer.
        """
        return None

    def mistakes(self, example: ExampleT, prediction: PredictionT) -> Sequence[Mistake]:
        """Say where a prediction is not the gold answer, the worst place first.

        By default from :meth:`gold` and :meth:`answer`: where these are lists of one length, the
        elements that differ, each with its word if :meth:`input` is such a list too. A
        prediction's field ``probability`` is taken for its confidence.
        """
        gold = self.gold(example)
        if gold is None:
            return ()
        confidence = getattr(prediction, "probability", None)
        return differences(
            self.answer(gold),
            self.answer(prediction),
            confidence=confidence,
            words=self.input(example),
        )

    @abstractmethod
    def text(self, example: ExampleT) -> str:
        """Return an example's input as text, equal for equal inputs; for what is no text, a digest
        of it.
        """

    def key(self, example: ExampleT) -> str:
        """Return what makes an example the same as another: its text in NFC, unless said otherwise.

        Examples of one key stay together where a file is divided, and those of another split are
        reported. A task whose inputs repeat by design, such as one that writes names of a few
        kinds, adds the gold answer.
        """
        return unicodedata.normalize("NFC", self.text(example))

    def shown(self, example: ExampleT) -> Mapping[str, Json]:
        """Return how ``seqkit predict`` says which input an answer is for: ``{"text": ...}``."""
        return {"text": self.text(example)}

    @abstractmethod
    def fit(self, train: Sequence[ExampleT]) -> Resources:
        """Fit vocabularies and label sets on the training split.

        Raises:
            UserError: the split cannot be learnt from (empty, one label only ...).
        """

    @abstractmethod
    def build(
        self, resources: Resources, *, rng: np.random.Generator
    ) -> Model[ExampleT, PredictionT]:
        """Build the model, freshly initialised. Loading calls it too and then fills in the weights,
        so it must not read files.

        Raises:
            UserError: the resources are inconsistent.
        """

    def warm_start(self, model: Model[ExampleT, PredictionT]) -> Sequence[str]:
        """Fill in what comes from outside, such as pretrained vectors, before the first epoch.

        Returns:
            Notices for the person who runs it, such as the vectors' coverage.
        """
        return ()


@dataclass(frozen=True, kw_only=True)
class TaskSpec(Generic[ConfigT]):
    """What a plugin yields from ``seqkit_tasks``: a task, before anything heavy is imported.

    Attributes:
        name: lower-case words with hyphens, such as ``pos-tagging``.
        summary: one line for ``--help``.
        config: a frozen dataclass of :func:`~seqkit.options.option` fields that derives from
            :class:`~seqkit.training.TrainingConfig`.
        create: makes the task from its config; imports what is heavy here.
        aliases: shorter names.
        sample: name of the dataset that ``seqkit run NAME`` uses when no data is given.
        next_steps: what the terminal suggests after a run, without ``seqkit``: ``{run}`` stands for
            the run directory and ``{text}`` for a text of the data.
        api: the plugin API it was written for.

    Raises:
        SpecError: on a malformed name, summary, config or next step.
    """

    name: str
    summary: str
    config: type[ConfigT]
    create: Callable[[ConfigT], Task[ConfigT, Any, Any]]
    aliases: tuple[str, ...] = field(default=())
    sample: str | None = None
    next_steps: tuple[str, ...] = ("predict {run} {text}", "evaluate {run} --data FILE")
    api: int = 1

    def __post_init__(self) -> None:
        import re

        for name in (self.name, *self.aliases):
            if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
                raise SpecError(f"task name {name!r}: wanted lower-case words with hyphens")
        if not self.summary or "\n" in self.summary:
            raise SpecError(f"task {self.name!r}: the summary must be one line")
        if not (isinstance(self.config, type) and issubclass(self.config, TrainingConfig)):
            raise SpecError(f"task {self.name!r}: its config must derive from TrainingConfig")
        try:
            options_of(self.config)
        except TypeError as error:
            raise SpecError(f"task {self.name!r}: {error}") from None
        for step in self.next_steps:
            self._check_step(step)

    def _check_step(self, step: str) -> None:
        """Fill a next step in as it will be after a run, which would be a poor time to fail."""
        try:
            step.format(run="", text="")
        except (AttributeError, IndexError, KeyError, ValueError):
            wanted = "wanted no other fields than {run} and {text}; {{ is a brace"
            raise SpecError(f"task {self.name!r}: next step {step!r}: {wanted}") from None
