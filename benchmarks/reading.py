"""From a corpus on disk to the first batch: reading, tokenising, vocabularies and batches.

seqkit alone, in fresh processes: PyTorch has no readers of its own, and what its scripts take to be
ready stands beside their epochs.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.children import run_json
from benchmarks.corpora import find_corpus
from benchmarks.epochs import CASES, EpochCase
from benchmarks.harness import Spread
from benchmarks.records import Result
from benchmarks.settings import Settings

__all__ = ["LIMITS", "ready", "run"]

LIMITS = {"nsmc": 10.0, "wikitext-2": 5.0}
"""The most seconds, by data set."""
PROCESSES = 5


def run(settings: Settings) -> Iterator[Result]:
    """Make each corpus ready to be trained on."""
    cases = {case.corpus: case for case in CASES}
    with tempfile.TemporaryDirectory() as folder:
        for name, case in cases.items():
            made = Path(folder) / name
            made.mkdir()
            corpus = find_corpus(name, settings.data, made, quick=settings.quick)
            yield from _measure(case, corpus.name, corpus.train, settings)


def _measure(case: EpochCase, name: str, train: Path, settings: Settings) -> Iterator[Result]:
    told = {"task": case.task, "train": str(train), "options": dict(case.options)}
    command = [sys.executable, "-m", "benchmarks.reading", json.dumps(told)]
    threads = settings.most_threads
    processes = 1 if settings.quick else PROCESSES
    runs = [run_json(command, threads=threads) for _ in range(processes)]
    document: dict[str, Any] = runs[-1][1]
    common: dict[str, Any] = {"suite": "reading", "threads": threads}
    yield Result(
        **common,
        case=f"{name}, {document['examples']:,} examples",
        ours=Spread(tuple(found["seconds"] for _, found in runs)),  # type: ignore[misc]
        limit=LIMITS.get(case.corpus, 0.0),
        facts={"seconds": document["parts"], "holds": document["counts"]},
    )
    yield Result(
        **common,
        case=f"{name}, memory",
        unit="MB",
        ours=Spread(tuple(child.megabytes for child, _ in runs)),
    )


def ready(told: dict[str, Any]) -> dict[str, Any]:
    """Read a corpus, fit the vocabularies, build the model and make all batches of an epoch.

    Args:
        told: ``task``, ``train`` (its file) and ``options``.

    Returns:
        ``seconds`` (without imports), ``parts`` (the same, by what was done), ``examples`` (how
        many) and ``counts`` (what they hold).
    """
    from seqkit.options import parse
    from seqkit.plugins import default_host
    from seqkit.randomness import random_stream

    spec = default_host().find_task(told["task"])
    task = spec.create(parse(spec.config, told["options"]))
    clock = [time.perf_counter()]
    examples = task.read(Path(told["train"]))
    clock.append(time.perf_counter())
    resources = task.fit(examples)
    clock.append(time.perf_counter())
    model = task.build(resources, rng=random_stream(0, "weights"))
    clock.append(time.perf_counter())
    model.prepare(examples)
    batches = model.batches(examples, rng=random_stream(0, "order"))
    for number in range(len(batches)):
        batches[number]
    clock.append(time.perf_counter())
    names = ("reading", "vocabularies", "weights", "batches")
    parts = {name: round(clock[i + 1] - clock[i], 2) for i, name in enumerate(names)}
    found = {"seconds": clock[-1] - clock[0], "parts": parts, "examples": len(examples)}
    return {**found, "counts": dict(model.counts(examples))}


if __name__ == "__main__":
    print(json.dumps(ready(json.loads(sys.argv[1]))))
