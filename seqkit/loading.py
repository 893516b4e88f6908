"""A saved model, ready to be used: ``seqkit.load(path).predict(texts)``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqkit import __version__
from seqkit.arrays import Array
from seqkit.bundle import (
    MODEL_NAME,
    Manifest,
    ModelFormatError,
    PluginVersion,
    bundle_arrays,
    fill_parameters,
    read_bundle,
    write_bundle,
)
from seqkit.errors import Problem, UserError
from seqkit.files import ensure_writable_folder
from seqkit.inputs import equal_labels, make_examples
from seqkit.kernels.compiled import use_compiled
from seqkit.kernels.threads import use_threads
from seqkit.options import as_json, parse
from seqkit.parameters import undrawn
from seqkit.plugins import PluginHost, default_host
from seqkit.predictions import refuse_nan, unwarned
from seqkit.suggestions import did_you_mean
from seqkit.tasks import Model, Resources, Task, TaskSpec

if TYPE_CHECKING:
    from seqkit.metrics.evaluation import Evaluation

__all__ = ["TrainedModel", "load"]

SHOWN_LABELS = 5
"""Labels that ``repr`` names; a tagger or an intent classifier has hundreds."""


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A model with the task that knows its formats.

    Attributes:
        spec: the task as its plugin offers it.
        task: reads files and makes examples.
        model: vocabularies and network.
        manifest: what the model file says of itself.
        threads: at most this many; all cores by default. No result depends on it.
        compiled: whether to use compiled kernels, where they are installed; None leaves it to
            :func:`seqkit.use_compiled` around the call.
        source: the path that it was loaded from; empty for one that was trained here.
    """

    spec: TaskSpec[Any]
    task: Task[Any, Any, Any]
    model: Model[Any, Any]
    manifest: Manifest
    threads: int | None = None
    compiled: bool | None = None
    source: str = ""

    @classmethod
    def of(
        cls,
        spec: TaskSpec[Any],
        task: Task[Any, Any, Any],
        model: Model[Any, Any],
        resources: Resources,
        *,
        host: PluginHost,
        config: Any = None,
        metadata: Mapping[str, Any] | None = None,
        threads: int | None = None,
    ) -> "TrainedModel":
        """Wrap a model that was trained here, with what its file would say of itself.

        Args:
            spec: the task as its plugin offers it.
            task: that made the examples.
            model: trained.
            resources: what the task fitted on the training split.
            host: tells which distribution brought the task.
            config: the options as they were given; by default those that the task has.
            metadata: seed, data, scores: what training leaves for people to read.
            threads: at most this many.
        """
        distribution, version = host.origin_of_task(spec.name)
        manifest = Manifest(
            seqkit=__version__,
            task=spec.name,
            api=spec.api,
            plugin=None if distribution == "seqkit" else PluginVersion(distribution, version),
            config=as_json(config or task.config),
            resources=dict(resources),
            metadata=dict(metadata or {}),
            tied=bundle_arrays(model.parameters())[1],
        )
        return cls(spec, task, model, manifest, threads)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the model file, for :func:`seqkit.load` and ``seqkit predict``.

        Args:
            path: a file that ends in ``.safetensors``, or a folder, which is made if need be and
                gets a ``model.safetensors``.
            overwrite: write over a model that is there.

        Returns:
            The file.

        Raises:
            UserError: there is one already, or it cannot be written.
        """
        place = Path(path)
        if place.suffix != ".safetensors":
            place = ensure_writable_folder(place) / MODEL_NAME
        if place.exists() and not overwrite:
            raise UserError(
                Problem("already there; choose another path, or say overwrite=True", str(place))
            )
        write_bundle(place, self.manifest, bundle_arrays(self.model.parameters())[0])
        return place

    def __repr__(self) -> str:
        name, labels = repr(self.spec.name), self.model.labels
        shown = [*map(repr, labels[:SHOWN_LABELS]), *(["..."] if labels[SHOWN_LABELS:] else [])]
        weights = sum(value.size for value in bundle_arrays(self.model.parameters())[0].values())
        parts = [name, *([f"labels=[{', '.join(shown)}]"] if labels else [])]
        parts += [f"weights={weights:,}"]
        parts += [f"data={self.metadata['data']!r}"] if "data" in self.metadata else []
        return f"TrainedModel({', '.join(parts)})"

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Seed, data, best epoch, validation score: what training left for people to read."""
        return self.manifest.metadata

    def examples(self, inputs: Sequence[Any], targets: Sequence[Any] | None = None) -> list[Any]:
        """Make the task's examples from texts, or from whatever else the task takes.

        A classifier knows labels as text; a number among the targets is the label that it equals.

        Raises:
            TypeError: ``inputs`` is one string instead of a sequence of them.
            UserError: another number of targets than inputs, an input or an answer that is
                missing, or what the task refuses.
        """
        if targets is not None and self.model.labels:
            targets = equal_labels(targets, self.model.labels)
        return make_examples(self.task, inputs, targets)

    def predict(self, inputs: Sequence[Any]) -> list[Any]:
        """Predict for texts (or whatever else the task takes), in their order.

        Raises:
            NotANumberError: an answer holds what is no number.
            TypeError: ``inputs`` is one string instead of a sequence of them.
            UserError: an input that is missing, or that the task refuses.
        """
        return self.predict_examples(self.examples(inputs))

    def predict_examples(self, examples: Sequence[Any]) -> list[Any]:
        """Predict for examples that the task has made, in their order.

        Raises:
            NotANumberError: an answer holds what is no number.
        """
        with use_threads(self.threads), use_compiled(self.compiled), unwarned():
            predictions = self.model.predict(examples)
        refuse_nan(predictions, self.source)
        return predictions

    def predict_proba(self, inputs: Sequence[Any]) -> Array:
        """Return the probability of each of ``model.labels``: (N, C).

        Raises:
            NotANumberError: one of them is no number.
            SeqkitError: the task does not choose one label for each input.
        """
        with use_threads(self.threads), use_compiled(self.compiled), unwarned():
            probabilities = self.model.probabilities(self.examples(inputs))
        refuse_nan([probabilities], self.source)
        return probabilities

    def evaluate(
        self,
        data: str | Path | Sequence[Any],
        targets: Sequence[Any] | None = None,
        *,
        resamples: int = 1000,
    ) -> "Evaluation":
        """Score gold data, with 95 % bootstrap intervals.

        Args:
            data: a file or folder that the task reads, or inputs.
            targets: the gold answers, where ``data`` is inputs. Those that training did not have
                count as wrong.
            resamples: of the bootstrap.

        Raises:
            NotANumberError: an answer holds what is no number.
            UserError: no examples; a file that cannot be read; for a classifier no gold labels, or
                none that it knows.
        """
        from seqkit.metrics.evaluation import evaluate

        if isinstance(data, str | Path):
            examples = self.task.read(Path(data))
        elif targets is None and self.model.labels:
            raise UserError("evaluate needs the gold label of each input as its second argument")
        else:
            examples = self.examples(data, targets)
        if not examples:
            raise UserError(
                Problem("no examples in it", str(data) if isinstance(data, str | Path) else "")
            )
        self._refuse_foreign_labels(examples)
        predictions = self.predict_examples(examples)
        with use_threads(self.threads), use_compiled(self.compiled), unwarned():
            scoring = self.model.score(examples, predictions)
        return evaluate(scoring, resamples=resamples, rng=np.random.default_rng(0))

    def _refuse_foreign_labels(self, examples: Sequence[Any]) -> None:
        """Labels of which a classifier knows none are of another naming, and its score is no score.

        Raises:
            UserError: it knows none of the gold labels.
        """
        if not self.task.classifies:
            return
        golds = (self.task.gold(example) for example in examples)
        found = {"" if gold is None else self.task.answer(gold) for gold in golds}
        if found.isdisjoint({"", *self.model.labels}):
            first = min(found)
            valid = did_you_mean(first, self.model.labels)
            raise UserError(f"the model knows none of the gold labels, such as {first!r}; {valid}")


def load(
    path: str | Path,
    *,
    threads: int | None = None,
    compiled: bool | None = None,
    host: PluginHost | None = None,
) -> TrainedModel:
    """Load a model file, or the run directory that holds one. Nothing in it is ever executed.

    Args:
        path: ``model.safetensors``, or its directory.
        threads: at most this many when it is used.
        compiled: True uses compiled kernels where they are installed (``seqkit[fast]``), for a
            program that answers for long: importing them takes a second. Probabilities then differ
            in their last digits.
        host: where the task is looked up; by default all installed plugins.

    Raises:
        ModelFormatError: not one of seqkit's model files, too new, cut short or inconsistent.
        UserError: the plugin of its task is not installed.

    Example:
        >>> model = seqkit.load("runs/sentiment-1")                    # doctest: +SKIP
        >>> model.predict(["I could not put it down."])[0].label       # doctest: +SKIP
        'positive'
    """
    manifest, arrays = read_bundle(path)
    host = host or default_host()
    spec = _find_task(manifest, path, host)
    where = str(path)
    try:
        task = host.create_task(spec, parse(spec.config, manifest.config))
        stored = sum(array.size for array in arrays.values())
        with use_threads(threads), use_compiled(compiled), undrawn(stored):
            model = task.build(manifest.resources, rng=np.random.default_rng(0))
    except UserError as error:
        raise ModelFormatError(
            Problem(str(problem), where) for problem in error.problems
        ) from error
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ModelFormatError(
            Problem(f"its resources do not fit the task {spec.name!r}: {error!r}", where)
        ) from error
    except MemoryError as error:
        raise ModelFormatError(
            Problem("its options ask for more memory than there is", where)
        ) from error
    fill_parameters(model.parameters(), arrays, manifest.tied, where=where)
    return TrainedModel(spec, task, model, manifest, threads, compiled, where)


def _find_task(manifest: Manifest, path: str | Path, host: PluginHost) -> TaskSpec[Any]:
    try:
        return host.find_task(manifest.task)
    except UserError as error:
        source = manifest.plugin
        hint = f"; install {source.distribution} (it was {source.version})" if source else ""
        first, *others = map(str, error.problems)
        raise UserError(Problem(text, str(path)) for text in (first + hint, *others)) from None
