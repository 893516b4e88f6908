"""One run: read the data, train, evaluate beside the baselines, and save everything.

A :class:`Run` goes through four stages, each called once and in this order, so that whoever drives
it (the command line, an estimator, a notebook) can show what happens in between::

    run = Run(spec, config, data=files, output=Path("runs/mine"), host=host)
    run.load()                     # data summary
    run.build()                    # model summary
    for report in run.train():     # step and epoch reports
        ...
    run.finish()                   # the run report; everything is on disk
"""

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.bundle import bundle_arrays
from seqkit.datasets import DataFiles
from seqkit.errors import Problem, UserError
from seqkit.file_names import refuse_undecodable
from seqkit.kernels.compiled import describe_kernels, use_compiled, worth_compiling
from seqkit.kernels.threads import thread_count, use_threads
from seqkit.loading import TrainedModel
from seqkit.metrics.measures import Style
from seqkit.options import as_json, parse, with_options
from seqkit.overlap import sketch_of
from seqkit.plugins import PluginHost, default_host
from seqkit.randomness import check_seed, random_stream
from seqkit.reports import BaselineReport, DataSummary, ModelSummary, RunReport, plain_values
from seqkit.run_folder import (
    RunFacts,
    RunFolder,
    file_options,
    refuse_used_folder,
    resources_digest,
)
from seqkit.sources import find_data
from seqkit.splits import Splits, read_splits
from seqkit.summaries import (
    machine,
    peak_megabytes,
    summarise_data,
    summarise_model,
    unlearnt_notices,
    versions,
)
from seqkit.tasks import Model, Resources, TaskSpec
from seqkit.training.checkpoints import Checkpoint
from seqkit.training.reports import EpochReport, StepReport
from seqkit.training.trainer import Trainer
from seqkit.training.validation import validation_metric
from seqkit.transfer import fit, initialise

__all__ = ["FinishedRun", "Run", "train"]


SHORT_TEXT = 120
"""Characters of a text that is easily pasted into a shell."""

LONGEST_TEXT = 1000
"""Characters; whatever is longer loses its end, though a question may then miss its text."""


def _never() -> bool:
    return False


class Run:
    """A training run of one task.

    Args:
        spec: the task.
        config: its options.
        data: where the examples come from.
        sample: whether they are a built-in sample; the report then says so.
        data_options: that name the data in the command with which config.toml begins; by default
            those of its files, and none for a sample.
        output: the run directory, made if need be; None writes nothing.
        seed: of everything random.
        threads: at most this many; all cores by default. The result does not depend on it.
        host: hears of finished epochs and runs.

    Attributes:
        higher_is_better: whether a validation score is the better the higher it is; known once an
            epoch is finished.
        style: how a validation score is shown, as a percentage or as it is; known likewise.

    Raises:
        UserError: the output cannot be written, a file has a name that is not UTF-8, or the seed
            is no whole number, or below 0.
    """

    def __init__(
        self,
        spec: TaskSpec[Any],
        config: Any,
        *,
        data: DataFiles,
        host: PluginHost,
        sample: bool = False,
        data_options: Sequence[str] | None = None,
        output: Path | None = None,
        seed: int = 0,
        threads: int | None = None,
    ) -> None:
        refuse_undecodable(_names_in(data, config, output))
        self.spec = spec
        self.config = config
        self.data = data
        self.sample = sample
        if data_options is None:
            data_options = () if sample else file_options(data)
        self._data_options = tuple(data_options)
        self.output = output
        self.seed = check_seed(seed)
        self.threads = threads
        self.host = host
        self.higher_is_better = True
        self.style: Style = "number"
        self._folder = None if output is None else RunFolder(output)
        self.task = host.create_task(spec, config)
        self._started = time.perf_counter()
        self._notices: list[str] = []
        self._compiled = False
        self._resumed: Checkpoint | None = None
        self._facts: RunFacts
        self._splits: Splits[Any]
        self._resources: Resources
        self._trainer: Trainer
        self._data_summary: DataSummary
        self._model_summary: ModelSummary
        self.model: Model[Any, Any]

    @classmethod
    def resume(cls, folder: Path, *, host: PluginHost, threads: int | None = None) -> "Run":
        """Continue a run that was stopped, from its directory.

        Raises:
            UserError: no checkpoint there, or the data has changed since.
        """
        checkpoint, facts = RunFolder.load_progress(folder)
        spec = host.find_task(facts.task)
        run = cls(
            spec,
            parse(spec.config, facts.config, where=str(folder)),
            data=facts.data_files(),
            host=host,
            sample=facts.sample,
            data_options=facts.data_options,
            output=folder,
            seed=facts.seed,
            threads=threads,
        )
        # The options stay as they were typed, which may have been in another folder.
        run.task = host.create_task(spec, with_options(run.config, facts.sources))
        run._resumed = checkpoint
        run._facts = facts
        return run

    # --- the four stages -------------------------------------------------------------------------

    def load(self) -> DataSummary:
        """Read the data and fit the vocabularies on the training split.

        Raises:
            UserError: whatever is wrong with the files, all in one go; or a resumed run fits other
            vocabularies than it was started with.
        """
        self._splits = self._read_splits()
        if self._resumed is None:
            self._facts = self._first_facts()
        self._compiled = worth_compiling(len(self._splits.train) * self.config.epochs)
        with self._computing():
            self._resources = fit(self.task, self._splits.train, host=self.host)
            self._check_fitted()
            self.model = self.task.build(self._resources, rng=random_stream(self.seed, "weights"))
        summary = summarise_data(
            self.task, self.model, self._splits, name=self.data.name, sample=self.sample
        )
        notices = (*summary.notices, *self._validation_notices())
        self._data_summary = dataclasses.replace(summary, notices=notices)
        self._notices += notices
        return self._data_summary

    def _read_splits(self) -> Splits[Any]:
        """Read the data; say so where it is a sample, which may not be what was meant."""
        try:
            return read_splits(self.task, self.data, rng=random_stream(self.seed, "split"))
        except UserError as error:
            if not self.sample:
                raise
            read = f"the sample {self.data.name!r} was read; give the files that are meant"
            raise UserError([*error.problems, Problem(read, "data")]) from None

    def _first_facts(self) -> RunFacts:
        return RunFacts.of(
            self.spec.name,
            as_json(self.config),
            self.data,
            sample=self.sample,
            seed=self.seed,
            data_options=self._data_options,
        )

    def _check_fitted(self) -> None:
        """Hold a resumed run to the vocabularies of its first sitting; note those of a new one."""
        if self._resumed is not None and self.output is not None:
            self._facts.check_fitted(self._resources, self.output)
        digest = resources_digest(self._resources)
        self._facts = dataclasses.replace(self._facts, resources=digest)

    def _validation_notices(self) -> Iterator[str]:
        limit, count = self.config.validation_examples, len(self._splits.dev)
        if limit is not None and limit < count:
            yield f"epochs are compared on the first {limit:,} of {count:,} examples of dev"

    def build(self) -> ModelSummary:
        """Prepare the network and the trainer, from a checkpoint where the run is resumed."""
        if self._resumed is None:
            with self._computing():
                started = initialise(self.task, self.model, host=self.host)
            self._facts = dataclasses.replace(self._facts, notices=tuple(started))
        self._notices += self._facts.notices
        self._trainer = Trainer(self.model, self.config, seed=self.seed, validate=self._validate)
        if self._resumed is not None:
            self._trainer.restore(self._resumed)
            self._resumed = None
        self._model_summary = summarise_model(self.model, self.config)
        return self._model_summary

    def train(self, *, stop: Callable[[], bool] = _never) -> Iterator[StepReport | EpochReport]:
        """Train; a checkpoint is written at each epoch and when ``stop()`` says so.

        Yields:
            A report for each step and for each epoch. At the end the model has its best weights.
        """
        reports = self._trainer.run(self._splits.train, stop=stop)
        while True:
            with self._computing():
                report = next(reports, None)
            if report is None:
                break
            if isinstance(report, EpochReport):
                self._save_progress()
                self.host.epoch_finished(report, self.output)
            yield report
        if self.interrupted:
            self._save_progress()
            if self._folder is not None:
                self._calibrate()
                self._save_model()

    def finish(self) -> RunReport:
        """Score the test split (dev where there is none) beside the baselines, and save."""
        # Before scoring, which may take long or fail: no trained model gets lost.
        self._notices += self._calibrate()
        self._save_model()
        split, examples = self._scored_split()
        self._notices += unlearnt_notices(self.model, examples)
        with self._computing():
            evaluation = self.model.evaluate(examples)
            baselines = tuple(self._score_baselines(examples))
            threads, kernels = int(thread_count()), describe_kernels()
        report = RunReport(
            task=self.spec.name,
            config=as_json(self.config),
            seed=self.seed,
            threads=threads,
            kernels=kernels,
            data=self._data_summary,
            model=self._model_summary,
            epochs=self._trainer.history,
            best_epoch=self._trainer.best_epoch,
            stopped=self._trainer.stopped,
            split=split,
            evaluation=evaluation,
            baselines=baselines,
            seconds=time.perf_counter() - self._started,
            peak_megabytes=peak_megabytes(),
            machine=machine(),
            versions=versions(*self.host.origin_of_task(self.spec.name)),
            notices=tuple(self._notices),
        )
        if self._folder is not None:
            self._folder.save_report(report)
        self.host.run_finished(report, self.output)
        return report

    @property
    def interrupted(self) -> bool:
        """Whether training was stopped before its end."""
        return self._trainer.stopped == "interrupted"

    @property
    def trained(self) -> TrainedModel:
        """The model with the weights it has now, as :func:`seqkit.load` would give it."""
        return TrainedModel.of(
            self.spec,
            self.task,
            self.model,
            self._resources,
            host=self.host,
            config=self.config,
            metadata=self._metadata(),
            threads=self.threads,
        )

    @property
    def finished(self) -> bool:
        """Whether its report is written, by an earlier sitting too: nothing is left to train."""
        return self._folder is not None and self._folder.has_report

    @property
    def written(self) -> list[str]:
        """Names of the files that the run has written to its output, those of plugins too."""
        return [] if self._folder is None else self._folder.written

    @property
    def example_text(self) -> str:
        """A text of the split that is scored, to try the model on: a short one, if there is."""
        short = (text for text in self._scored_texts() if len(text) <= SHORT_TEXT)
        found = next(short, None) or min(self._scored_texts(), key=len, default="a text")
        if len(found) <= LONGEST_TEXT:
            return found
        from seqkit.text.unicode import graphemes

        return "".join(graphemes(found[:LONGEST_TEXT])[:-1])  # the last one may have been cut

    def _scored_texts(self) -> Iterator[str]:
        texts = (self.task.text(example) for example in self._splits.scored)
        return (text for text in texts if text.strip())

    # --- parts of the stages ---------------------------------------------------------------------

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """Use as many threads as allowed, and compiled kernels where the run is long enough."""
        with use_threads(self.threads), use_compiled(self._compiled or None):
            yield

    def _validate(self) -> tuple[str, float, bool]:
        metric = validation_metric(self.model, self._splits.dev, self.config)
        self.higher_is_better, self.style = metric.higher_is_better, metric.style
        return metric.name, metric.value, metric.higher_is_better

    def _scored_split(self) -> tuple[str, list[Any]]:
        if self._splits.test is None:
            notice = "no test split: the scores are those of dev, which chose the epoch"
            self._notices.append(notice)
        return ("dev" if self._splits.test is None else "test"), self._splits.scored

    def _score_baselines(self, examples: list[Any]) -> Iterator[BaselineReport]:
        from seqkit.metrics.evaluation import evaluate

        started = time.perf_counter()
        for baseline in self.model.baselines(self._splits.train):
            scoring = self.model.score(examples, baseline.predict(examples))
            evaluation = evaluate(scoring, rng=np.random.default_rng(0))
            yield BaselineReport(baseline.name, evaluation, time.perf_counter() - started)
            started = time.perf_counter()

    def _calibrate(self) -> Sequence[str]:
        with self._computing():
            return self.model.calibrate(self._splits.dev)

    def _save_progress(self) -> None:
        if self._folder is not None:
            checkpoint = self._trainer.checkpoint(copy=False)
            self._folder.save_progress(checkpoint, self._facts, self.config)

    def _save_model(self) -> None:
        if self._folder is not None:
            self._folder.save_config(self._facts, self.config)
            arrays, _ = bundle_arrays(self.model.parameters())
            self._folder.save_model(self.trained.manifest, arrays)

    @cached_property
    def _trained_on(self) -> list[str]:
        # Every text is hashed for it, and the model is described more than once.
        return sketch_of(map(self.task.key, self._splits.learnt_from))

    def _metadata(self) -> dict[str, Any]:
        """What a loaded model tells about itself; nothing that differs between equal runs."""
        best = self._trainer.best_epoch
        score = next((e for e in self._trainer.history if e.epoch == best), None)
        validation = None if score is None else {"metric": score.metric, "value": score.score}
        metadata: dict[str, Any] = plain_values(
            {
                "seed": self.seed,
                "data": self.data.name,
                "best_epoch": best,
                "validation": validation,
                "counts": {split.name: dict(split.counts) for split in self._data_summary.splits},
                "trained_on": self._trained_on,
            }
        )
        return metadata


def _names_in(data: DataFiles, config: Any, output: Path | None) -> Iterator[str]:
    """Yield what the files of a run say of paths, and every other text among the options."""
    yield from map(str, data.paths().values())
    yield from (value for value in vars(config).values() if isinstance(value, str))
    if output is not None:
        yield str(output)


class FinishedRun(RunReport):
    """The report of a run, and the model that it reports on.

    Attributes:
        trained: the model, no part of the report's JSON.
    """

    trained: TrainedModel

    @classmethod
    def of(cls, report: RunReport, trained: TrainedModel) -> "FinishedRun":
        """Put the two together."""
        fields = {item.name: getattr(report, item.name) for item in dataclasses.fields(report)}
        made = cls(**fields)
        # A report is frozen, and its fields are what ``report.json`` holds.
        object.__setattr__(made, "trained", trained)
        return made


def train(
    task: str,
    *,
    data: DataFiles | str | Path | None = None,
    output: str | Path | None = None,
    overwrite: bool = False,
    seed: int = 0,
    threads: int | None = None,
    host: PluginHost | None = None,
    **options: Any,
) -> FinishedRun:
    """Run a task from Python, as ``seqkit run`` does at the shell.

    The model is in the report's ``trained``. With ``output`` it also lies in that folder, for
    :func:`seqkit.load`; without, ``trained.save(path)`` keeps it.

    Args:
        task: name of the task, or an alias.
        data: a file or folder, ``DataFiles(train=..., test=...)``, the name of a dataset, or by
            default the task's own sample.
        output: the run directory; by default nothing is written.
        overwrite: write over the run that ``output`` holds, and over files of the same names.
        seed: of everything random.
        threads: at most this many; all cores by default. The result does not depend on it.
        host: by default all installed plugins.
        options: of the task, by name.

    Returns:
        The report, with the model.

    Raises:
        UserError: options or data that cannot be used; ``output`` holds a run, or files that one
            would write over.

    Example:
        >>> report = seqkit.train("sentiment", epochs=3, pooling="max,mean")     # doctest: +SKIP
        >>> print(report.evaluation.headline)                                    # doctest: +SKIP
        >>> report.trained.predict(["I could not put it down."])                 # doctest: +SKIP
    """
    host = host or default_host()
    spec = host.find_task(task)
    _refuse_splits(options)
    config = parse(spec.config, options, others=("data", "overwrite", "seed", "threads"))
    if output is not None and not overwrite:
        advice = "choose another output, or say overwrite=True"
        refuse_used_folder(Path(output), where=str(output), advice=advice)
    chosen = find_data(data, spec, host)
    run = Run(
        spec,
        config,
        data=chosen.files,
        sample=chosen.sample,
        data_options=("--data", str(data)) if isinstance(data, str | Path) else None,
        output=None if output is None else Path(output),
        seed=seed,
        threads=threads,
        host=host,
    )
    run.load()
    run.build()
    for _ in run.train():
        pass
    return FinishedRun.of(run.finish(), run.trained)


def _refuse_splits(options: Mapping[str, Any]) -> None:
    """The files of the splits are options at the shell, and one argument here."""
    if given := [split for split in ("train", "dev", "test") if split in options]:
        wanted = f"data=seqkit.datasets.DataFiles({', '.join(f'{split}=...' for split in given)})"
        raise UserError(Problem(f"files go together into {wanted}", ", ".join(given)))
