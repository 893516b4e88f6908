"""What an epoch costs beyond its steps and its validation: the bar, the log, the checkpoint.

Driven as ``seqkit run`` drives it, with a terminal that is thrown away. The trainer says how long
steps and validation took; the share of what remains is measured. The checkpoint stands apart: it is
what the epoch was for, and takes as long as the disk does.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from benchmarks.corpora import find_corpus
from benchmarks.epochs import CASES
from benchmarks.harness import Spread
from benchmarks.records import Result
from benchmarks.settings import Settings
from seqkit.cli.progress import RunProgress
from seqkit.datasets import DataFiles
from seqkit.options import parse
from seqkit.plugins import default_host
from seqkit.run_folder import RunFolder
from seqkit.runs import Run
from seqkit.training.reports import EpochReport

__all__ = ["Shares", "run", "shares_beside_training"]

LIMIT = 2.0
"""Percent of an epoch."""
EPOCHS = 2


class Shares(NamedTuple):
    """What a run took beside training, in percent of its steps.

    Attributes:
        shown: for the bar, the lines of the epochs, and the log where there is one.
        checkpoint: for writing the model and the optimiser's moments, once an epoch.
    """

    shown: float
    checkpoint: float


def run(settings: Settings) -> Iterator[Result]:
    """Train the sentence classifier on MR, shown on a terminal, without and with a run folder."""
    case = next(case for case in CASES if case.corpus == "mr-polarity")
    rounds = 1 if settings.quick else 5
    threads = settings.most_threads
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = find_corpus(case.corpus, settings.data, folder, quick=settings.quick)
        options = {**case.options, "epochs": EPOCHS}
        data = DataFiles(name=corpus.name, train=corpus.train, dev=corpus.dev)

        def shares(outputs: Sequence[Path | None]) -> list[Shares]:
            return [
                shares_beside_training(case.task, options, data, threads, output)
                for output in outputs
            ]

        alone = shares([None] * rounds)
        kept = shares([folder / f"run-{i}" for i in range(rounds)])
        for what, values, limit in (
            ("bar and epoch lines", [share.shown for share in alone], LIMIT),
            ("the same and the log", [share.shown for share in kept], LIMIT),
            ("a checkpoint of each epoch", [share.checkpoint for share in kept], 0.0),
        ):
            yield Result(
                suite="overhead",
                case=f"{case.name}: {what}",
                threads=threads,
                unit="%",
                ours=Spread(tuple(values)),
                limit=limit,
            )


def shares_beside_training(
    task: str, options: dict[str, object], data: DataFiles, threads: int, output: Path | None
) -> Shares:
    """Return what a run takes for anything else than steps and validation.

    Args:
        task: its name.
        options: of it.
        data: train and dev.
        threads: at most this many.
        output: run folder, for log and checkpoint; None for neither.
    """
    host = default_host()
    spec = host.find_task(task)
    config = parse(spec.config, options)
    training = Run(spec, config, data=data, host=host, output=output, threads=threads)
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        _timed(RunFolder, "save_progress") as saving,
    ):
        progress = RunProgress(Console(file=nowhere, force_terminal=True), epochs=EPOCHS)
        progress.data(training.load())
        progress.model(training.build())
        seconds = validation = 0.0
        started = time.perf_counter()
        with progress.training():
            for report in training.train():
                if isinstance(report, EpochReport):
                    progress.epoch(report, training.style)
                    seconds += report.seconds
                    validation += report.validation_seconds
                else:
                    progress.step(report)
        whole = time.perf_counter() - started
    saved = sum(saving)
    return Shares(100 * (whole - seconds - validation - saved) / seconds, 100 * saved / seconds)


@contextmanager
def _timed(owner: type, method: str) -> Iterator[list[float]]:
    """Inside the block, collect the seconds of each call of a method."""
    seconds: list[float] = []
    original = getattr(owner, method)

    def timed(*arguments: object) -> object:
        started = time.perf_counter()
        result = original(*arguments)
        seconds.append(time.perf_counter() - started)
        return result

    setattr(owner, method, timed)
    try:
        yield seconds
    finally:
        setattr(owner, method, original)
