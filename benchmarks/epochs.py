"""Whole epochs of the three tasks, each side in fresh processes: time, memory and the final score.

Both sides have the same model, batches of the same size made of sentences of similar length (or the
same windows), dropout, clipping and optimiser. PyTorch may pad or pack, and update dense or sparse:
each way is tried on a part of an epoch first, and the fastest one runs.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.children import ChildRun, run_json
from benchmarks.corpora import Corpus, find_corpus
from benchmarks.harness import Spread
from benchmarks.records import Result
from benchmarks.settings import Settings

__all__ = ["CASES", "EpochCase", "numpy_alone", "run", "run_side"]

PADDING = ("padded+fused", "padded+sparse", "packed+fused", "packed+sparse")
MEMORY_TARGET = 2.0
LEAST_SCORED = 50


@dataclass(frozen=True)
class EpochCase:
    """A model to train.

    Attributes:
        name: for the table.
        task: seqkit's.
        peer: module of :mod:`benchmarks.peers`.
        corpus: data set.
        options: of the task; the peer is told the same, with its defaults filled in.
        target: least ratio of the times.
        variants: of the peer.
        epochs: of one process; their median counts.
        processes: of each side.
        limit: training examples of an epoch unless ``--whole`` is given; 0 for all.
        pilot: training examples on which PyTorch's ways are tried.
        quick: training examples of quick runs.
    """

    name: str
    task: str
    peer: str
    corpus: str
    options: Mapping[str, Any]
    target: float
    variants: tuple[str, ...] = PADDING
    epochs: int = 1
    processes: int = 1
    limit: int = 0
    pilot: int = 1_000
    quick: int = 100


TAGGER = {
    "embedding": 100,
    "character_embedding": 25,
    "character_units": 25,
    "units": 128,
    "batch_size": 32,
    "dropout": 0.3,
    "lowercase": True,
    "learning_rate": 0.003,
    "clip_norm": 5.0,
}
CLASSIFIER = {
    "embedding": 100,
    "units": 128,
    "pooling": ["max"],
    "word_ngrams": 0,  # the linear classifier beside the encoder is no part of PyTorch's script
    "character_ngrams": 0,
    "dropout": 0.5,
    "word_dropout": 0.1,
    "lowercase": True,
    "learning_rate": 0.001,
    "clip_norm": 5.0,
}
REVIEWS = CLASSIFIER | {"tokenizer": "whitespace", "min_count": 1, "batch_size": 32}
KOREAN = CLASSIFIER | {"tokenizer": "characters", "min_count": 2, "batch_size": 64}
LANGUAGE = {
    "tokenizer": "whitespace",
    "min_count": 1,
    "layers": 2,
    "batch_size": 20,
    "window": 35,
    "tied": True,
    "dropout": 0.2,
    "layer_dropout": 0.2,
    "learning_rate": 0.003,
    "schedule": "constant",
    "clip_norm": 1.0,
}
WAYS = ("fused", "foreach")

CASES = (
    EpochCase(
        "pos-tagging",
        "pos-tagging",
        "tagger",
        "ud-english-ewt",
        TAGGER,
        1.5,
        epochs=3,
        processes=3,
    ),
    EpochCase(
        "sentiment, MR",
        "sentiment",
        "classifier",
        "mr-polarity",
        REVIEWS,
        1.5,
        epochs=3,
        processes=3,
    ),
    EpochCase("sentiment, NSMC", "sentiment", "classifier", "nsmc", KOREAN, 1.5, processes=3),
    EpochCase(
        "language-modelling 2x200",
        "language-modelling",
        "language_model",
        "wikitext-2",
        LANGUAGE | {"units": 200},
        1.6,
        variants=WAYS,
        processes=3,
        limit=3_000,
        pilot=300,
        quick=30,
    ),
    EpochCase(
        "language-modelling 2x650",
        "language-modelling",
        "language_model",
        "wikitext-2",
        LANGUAGE | {"units": 650},
        1.3,
        variants=WAYS,
        processes=3,
        limit=1_500,
        pilot=300,
        quick=10,
    ),
)


def run(settings: Settings) -> Iterator[Result]:
    """Train every case, with the largest number of threads, and compiled kernels as in a run."""
    yield from _run("epochs", settings, compiled=True)


def numpy_alone(settings: Settings) -> Iterator[Result]:
    """Train every case with NumPy's kernels alone, which is all that there is without numba."""
    yield from _run("numpy-epochs", settings, compiled=False)


def _run(suite: str, settings: Settings, *, compiled: bool) -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        for case in (case for case in CASES if settings.only in case.name):
            made = Path(folder) / case.corpus
            made.mkdir(exist_ok=True)
            corpus = find_corpus(case.corpus, settings.data, made, quick=settings.quick)
            yield from _compare(suite, case, corpus, settings, compiled=compiled)


def _compare(
    suite: str, case: EpochCase, corpus: Corpus, settings: Settings, *, compiled: bool
) -> Iterator[Result]:
    """Yield the time and the memory of a case."""
    limit = case.quick if settings.quick else 0 if settings.whole else case.limit
    epochs = 1 if settings.quick else case.epochs
    threads = settings.most_threads
    variant = _fastest_way(case, corpus, settings)
    told: dict[str, Any] = {
        "epochs": epochs,
        "limit": limit,
        "threads": threads,
        "compiled": compiled,
    }
    pairs = [
        [run_side(case, corpus, side, **told) for side in ("", variant)]
        for _ in range(1 if settings.quick else case.processes)
    ]
    ours, peers = zip(*pairs, strict=True)
    where = f"{case.name}, {corpus.name}" + (f", {limit:,} examples" if limit else "")
    common: dict[str, Any] = {"suite": suite, "threads": threads}
    yield Result(
        **common,
        case=where,
        ours=_seconds(ours),
        peers={variant: _seconds(peers)},
        target=case.target,
        tokens=int(ours[0][1]["tokens"]),
        facts={"seqkit": _facts(ours), "PyTorch": _facts(peers)},
    )
    yield Result(
        **common,
        case=f"{where}, memory",
        unit="MB",
        ours=Spread(tuple(run.megabytes for run, _ in ours)),
        peers={variant: Spread(tuple(run.megabytes for run, _ in peers))},
        target=MEMORY_TARGET,
    )


Child = tuple[ChildRun, dict[str, Any]]


def run_side(
    case: EpochCase,
    corpus: Corpus,
    variant: str,
    *,
    epochs: int,
    limit: int,
    threads: int,
    compiled: bool = True,
) -> Child:
    """Train in a child: seqkit where ``variant`` is empty, or PyTorch in that way.

    seqkit takes NumPy's kernels alone unless it may take ``compiled`` ones.
    """
    told: dict[str, Any] = {
        "task": case.task,
        "train": str(corpus.train),
        "dev": str(corpus.dev),
        "options": dict(case.options),
        "epochs": epochs,
        "limit": limit,
        "dev_limit": max(limit // 5, LEAST_SCORED) if limit else 0,
        "threads": threads,
        "variant": variant,
        "compiled": compiled,
    }
    module = f"benchmarks.peers.{case.peer}" if variant else "benchmarks.training"
    return run_json([sys.executable, "-m", module, json.dumps(told)], threads=threads)


def _fastest_way(case: EpochCase, corpus: Corpus, settings: Settings) -> str:
    limit = case.quick if settings.quick else case.pilot
    tried = {
        variant: run_side(
            case, corpus, variant, epochs=1, limit=limit, threads=settings.most_threads
        )[1]["epochs"][-1]
        for variant in case.variants
    }
    return min(tried, key=lambda variant: tried[variant])


def _seconds(runs: tuple[Child, ...]) -> Spread:
    return Spread(tuple(seconds for _, document in runs for seconds in document["epochs"]))


def _facts(runs: tuple[Child, ...]) -> dict[str, Any]:
    """What the last process found beside the time."""
    run, document = runs[-1]
    epochs = len(document["epochs"])
    return {
        "score": f"{document['metric']} {document['score']:.4g} after {epochs} epochs"
        if epochs > 1
        else f"{document['metric']} {document['score']:.4g}",
        "ready": round(document["ready"], 2),
        "whole process, seconds": round(run.seconds, 2),
        "tokens": document["tokens"],
    }
