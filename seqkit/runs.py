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
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqkit import __version__
from seqkit.bundle import MODEL_NAME, Manifest, PluginSource, bundle_arrays, write_bundle
from seqkit.datasets import DataFiles
from seqkit.errors import UserError
from seqkit.files import ensure_writable_folder, write_atomically
from seqkit.kernels.threads import use_threads
from seqkit.options import as_recipe, parse
from seqkit.parameters import unique_parameters
from seqkit.plugins import PluginHost, default_host
from seqkit.randomness import random_stream
from seqkit.reports import (
    BaselineReport,
    DataSummary,
    ModelSummary,
    RunReport,
    SplitSummary,
    plain_values,
)
from seqkit.sources import find_data
from seqkit.splits import Splits, fingerprint, read_splits
from seqkit.tasks import Model, Resources, TaskSpec
from seqkit.training.checkpoints import load_checkpoint, save_checkpoint
from seqkit.training.reports import EpochReport, StepReport
from seqkit.training.trainer import Trainer

__all__ = ["Run", "train"]

CHECKPOINT = "checkpoint.safetensors"

MOMENTS = {
    "sgd": 0,
    "momentum": 1,
    "nesterov": 1,
    "adagrad": 1,
    "rmsprop": 1,
    "adam": 2,
    "adamw": 2,
}
"""Arrays of the size of the weights that each optimiser keeps."""


def _never() -> bool:
    return False


class Run:
    """A training run of one task.

    Args:
        spec: the task.
        config: its options.
        data: where the examples come from.
        sample: whether they are a built-in sample; the report then says so.
        output: the run directory, made if need be; None writes nothing.
        seed: of everything random.
        threads: at most this many; all cores by default. The result does not depend on it.
        host: hears of finished epochs and runs.

    Raises:
        UserError: the output cannot be written.
    """

    def __init__(
        self,
        spec: TaskSpec[Any],
        config: Any,
        *,
        data: DataFiles,
        host: PluginHost,
        sample: bool = False,
        output: Path | None = None,
        seed: int = 0,
        threads: int | None = None,
    ) -> None:
        if output is not None:
            ensure_writable_folder(output)
        self.spec = spec
        self.config = config
        self.data = data
        self.sample = sample
        self.output = output
        self.seed = seed
        self.threads = threads
        self.host = host
        self.task = spec.create(config)
        self._started = time.perf_counter()
        self._notices: list[str] = []
        self._resume_from: Path | None = None
        self._fingerprint: str
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
        path = folder / CHECKPOINT
        if not path.exists():
            raise UserError(f"{folder}: no {CHECKPOINT} there, so there is nothing to resume")
        _, facts = load_checkpoint(path)
        spec = host.find_task(facts["task"])
        files = {name: Path(place) for name, place in facts["files"].items()}
        data = DataFiles(**files, name=facts["data"])
        run = cls(
            spec,
            parse(spec.config, facts["config"], where=str(path)),
            data=data,
            host=host,
            sample=facts["sample"],
            output=folder,
            seed=facts["seed"],
            threads=threads,
        )
        if fingerprint(data) != facts["fingerprint"]:
            raise UserError(f"{folder}: the data files have changed since the run was started")
        run._resume_from = path
        return run

    # --- the four stages -------------------------------------------------------------------------

    def load(self) -> DataSummary:
        """Read the data and fit the vocabularies on the training split.

        Raises:
            UserError: whatever is wrong with the files, all in one go.
        """
        self._splits = read_splits(self.task, self.data, rng=random_stream(self.seed, "split"))
        self._fingerprint = fingerprint(self.data)
        with use_threads(self.threads):
            self._resources = self.task.fit(self._splits.train)
            self.model = self.task.build(self._resources, rng=random_stream(self.seed, "weights"))
        self._data_summary = self._summarise_data()
        return self._data_summary

    def build(self) -> ModelSummary:
        """Prepare the network and the trainer, from a checkpoint where the run is resumed."""
        if self._resume_from is None:
            with use_threads(self.threads):
                self._notices += self.task.warm_start(self.model)
        self._trainer = Trainer(self.model, self.config, seed=self.seed, validate=self._validate)
        if self._resume_from is not None:
            checkpoint, _ = load_checkpoint(self._resume_from)
            self._trainer.restore(checkpoint)
        self._model_summary = self._summarise_model()
        return self._model_summary

    def train(self, *, stop: Callable[[], bool] = _never) -> Iterator[StepReport | EpochReport]:
        """Train; a checkpoint is written at each epoch and when ``stop()`` says so.

        Yields:
            A report for each step and for each epoch. At the end the model has its best weights.
        """
        reports = self._trainer.run(self._splits.train, stop=stop)
        while True:
            with use_threads(self.threads):
                report = next(reports, None)
            if report is None:
                break
            if isinstance(report, EpochReport):
                self._save_progress()
                self.host.epoch_finished(report, self.output)
            yield report
        if self.interrupted and self.output is not None:
            self._save_progress()
            self.save_model(self.output / MODEL_NAME)

    def finish(self) -> RunReport:
        """Save the model, score the test split (dev where there is none) beside the baselines, and
        save the report.
        """
        if self.output is not None:
            # Before scoring, which may take long or fail: no trained model gets lost.
            self._save_config()
            self.save_model(self.output / MODEL_NAME)
        split = "dev" if self._splits.test is None else "test"
        if split == "dev":
            self._notices.append(
                "no test split: the scores are those of dev, which chose the epoch"
            )
        examples = self._splits.dev if self._splits.test is None else self._splits.test
        with use_threads(self.threads):
            evaluation = self.model.evaluate(examples)
            baselines = tuple(self._score_baselines(examples))
        report = RunReport(
            task=self.spec.name,
            config=_plain(self.config),
            seed=self.seed,
            threads=self.threads or _cores(),
            data=self._data_summary,
            model=self._model_summary,
            epochs=self._trainer.history,
            best_epoch=self._trainer.best_epoch,
            stopped=self._trainer.stopped,
            split=split,
            evaluation=evaluation,
            baselines=baselines,
            seconds=time.perf_counter() - self._started,
            peak_megabytes=_peak_megabytes(),
            versions=self._versions(),
            notices=tuple(self._notices),
        )
        self._save_report(report)
        self.host.run_finished(report, self.output)
        return report

    @property
    def interrupted(self) -> bool:
        """Whether training was stopped before its end."""
        return self._trainer.stopped == "interrupted"

    @property
    def example_text(self) -> str:
        """A text of the split that is scored, to try the model on."""
        return self.task.text((self._splits.test or self._splits.dev)[0])

    # --- parts of the stages ---------------------------------------------------------------------

    def _validate(self) -> tuple[str, float, bool]:
        metric = self.model.evaluate(self._splits.dev, resamples=0).headline
        return metric.name, metric.value, metric.higher_is_better

    def _score_baselines(self, examples: list[Any]) -> Iterator[BaselineReport]:
        from seqkit.metrics.evaluation import evaluate

        started = time.perf_counter()
        for baseline in self.model.baselines(self._splits.train):
            scoring = self.model.score(examples, baseline.predict(examples))
            evaluation = evaluate(scoring, rng=np.random.default_rng(0))
            yield BaselineReport(baseline.name, evaluation, time.perf_counter() - started)
            started = time.perf_counter()

    def _summarise_data(self) -> DataSummary:
        seen = {self.task.text(example) for example in self._splits.train}
        summaries = tuple(
            SplitSummary(
                name=name,
                source=self._splits.sources[name],
                counts=self.model.counts(examples),
                seen_in_train=0
                if name == "train"
                else sum(self.task.text(example) in seen for example in examples),
            )
            for name, examples in self._splits.named()
        )
        notices = ["vocabularies and labels were fitted on the training split only"]
        notices += [
            f"{summary.seen_in_train} texts of {summary.name} also stand in train"
            for summary in summaries
            if summary.seen_in_train
        ]
        self._notices += notices
        return DataSummary(self.data.name, self.sample, summaries, tuple(notices))

    def _summarise_model(self) -> ModelSummary:
        values = [p.value for _, p in unique_parameters(self.model.parameters())]
        copies = 3 + MOMENTS[self.config.optimizer] + (self.config.averaging is not None)
        return ModelSummary(
            parts=self.model.describe(),
            parameters=sum(value.size for value in values),
            megabytes=copies * sum(value.nbytes for value in values) / 1e6,
        )

    def _versions(self) -> Mapping[str, str]:
        distribution, version = self.host.origin_of_task(self.spec.name)
        own = {"seqkit": __version__, "python": platform.python_version(), "numpy": np.__version__}
        return own if distribution in own else {**own, distribution: version}

    # --- what is written -------------------------------------------------------------------------

    def _save_progress(self) -> None:
        """Write the checkpoint and the options."""
        if self.output is None:
            return
        facts = {
            "task": self.spec.name,
            "config": _plain(self.config),
            "seed": self.seed,
            "data": self.data.name,
            "sample": self.sample,
            "files": {name: str(path.resolve()) for name, path in _paths(self.data).items()},
            "fingerprint": self._fingerprint,
        }
        save_checkpoint(self.output / CHECKPOINT, self._trainer.checkpoint(), facts)
        self._save_config()

    def save_model(self, path: Path) -> None:
        """Write the model file: weights, vocabularies, options and where they come from."""
        arrays, tied = bundle_arrays(self.model.parameters())
        distribution, version = self.host.origin_of_task(self.spec.name)
        manifest = Manifest(
            seqkit=__version__,
            task=self.spec.name,
            api=self.spec.api,
            plugin=None if distribution == "seqkit" else PluginSource(distribution, version),
            config=_plain(self.config),
            resources=dict(self._resources),
            metadata=self._metadata(),
            tied=tied,
        )
        write_bundle(path, manifest, arrays)

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
            }
        )
        return metadata

    def _save_config(self) -> None:
        assert self.output is not None
        head = f"# seqkit run {self.spec.name} --config config.toml --seed {self.seed}\n\n"
        write_atomically(self.output / "config.toml", (head + as_recipe(self.config)).encode())

    def _save_report(self, report: RunReport) -> None:
        if self.output is None:
            return
        text = json.dumps(report.to_json(), ensure_ascii=False, allow_nan=False, indent=2)
        write_atomically(self.output / "report.json", text.encode() + b"\n")


def _plain(config: Any) -> dict[str, Any]:
    """A config as JSON values."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return plain


def _paths(data: DataFiles) -> dict[str, Path]:
    names = ("single", "train", "dev", "test")
    return {name: path for name in names if (path := getattr(data, name)) is not None}


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _peak_megabytes() -> float:
    """Peak resident memory of this process; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def train(
    task: str,
    *,
    data: DataFiles | str | Path | None = None,
    output: str | Path | None = None,
    seed: int = 0,
    threads: int | None = None,
    host: PluginHost | None = None,
    **options: Any,
) -> RunReport:
    """Run a task from Python, as ``seqkit run`` does at the shell.

    Args:
        task: name of the task, or an alias.
        data: files, a file or folder, the name of a dataset, or by default the task's own sample.
        output: the run directory; by default nothing is written.
        seed: of everything random.
        threads: at most this many; all cores by default. The result does not depend on it.
        host: by default all installed plugins.
        options: of the task, by name.

    Raises:
        UserError: options or data that cannot be used.

    Example:
        >>> report = seqkit.train("sentiment", epochs=3, pooling="max,mean")     # doctest: +SKIP
        >>> print(report.evaluation.headline)                                    # doctest: +SKIP
    """
    host = host or default_host()
    spec = host.find_task(task)
    chosen = find_data(data, spec, host)
    run = Run(
        spec,
        parse(spec.config, options),
        data=chosen.files,
        sample=chosen.sample,
        output=None if output is None else Path(output),
        seed=seed,
        threads=threads,
        host=host,
    )
    run.load()
    run.build()
    for _ in run.train():
        pass
    return run.finish()
