"""How time and memory grow: with the corpus, the length of sequences, batch, units and vocabulary.

Time per token should stay flat or fall, except with the units; memory should grow with what a batch
holds, and not with the corpus beyond its own text.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.corpora import find_corpus
from benchmarks.epochs import CASES, run_side
from benchmarks.harness import Spread
from benchmarks.layers import LayerWork
from benchmarks.output_layer import OutputWork
from benchmarks.records import Result
from benchmarks.settings import Settings
from benchmarks.works import Work, compare, compare_memory

__all__ = ["run"]

STEPS = (25, 50, 100, 200, 400, 800)
BATCH = (1, 4, 16, 64, 256)
UNITS = (32, 64, 128, 256, 512, 1024)
WORDS = (5_000, 20_000, 80_000, 320_000)
EXAMPLES = (1_000, 2_000, 4_000, 8_000)
MIDDLE = LayerWork("lstm", steps=50, batch=32, features=128, units=128)


def run(settings: Settings) -> Iterator[Result]:
    """Grow one thing at a time, with the largest number of threads."""
    alone = replace(settings, threads=(settings.most_threads,))
    for case, work in _works():
        if settings.quick and work.flops > 4e9:
            continue
        yield from compare("growth", case, work, alone)
        yield compare_memory("growth", case, work, alone, target=0.0)
    yield from _corpus(settings)


def _works() -> Iterator[tuple[str, Work]]:
    for steps in STEPS:
        yield f"LSTM, sequences of {steps}", replace(MIDDLE, steps=steps)
    for batch in BATCH:
        yield f"LSTM, batches of {batch}", replace(MIDDLE, batch=batch)
    for units in UNITS:
        yield f"LSTM, {units} units", replace(MIDDLE, features=units, units=units)
    for words in WORDS:
        yield f"output layer, {words:,} words", OutputWork(700, 200, words)


def _corpus(settings: Settings) -> Iterator[Result]:
    """Train on more and more sentences."""
    case = next(case for case in CASES if case.corpus == "mr-polarity")
    threads = settings.most_threads
    with tempfile.TemporaryDirectory() as folder:
        corpus = find_corpus(case.corpus, settings.data, Path(folder), quick=settings.quick)
        for limit in EXAMPLES[:1] if settings.quick else EXAMPLES:
            sides = {
                side: run_side(case, corpus, side, epochs=1, limit=limit, threads=threads)
                for side in ("", "padded+sparse")
            }
            (ours, found), (peer, theirs) = sides[""], sides["padded+sparse"]
            name = f"{case.name}, {limit:,} sentences"
            yield Result(
                suite="growth",
                case=name,
                threads=threads,
                ours=Spread(tuple(found["epochs"])),
                peers={"padded+sparse": Spread(tuple(theirs["epochs"]))},
                tokens=found["tokens"],
            )
            yield Result(
                suite="growth",
                case=f"{name}, memory",
                threads=threads,
                unit="MB",
                ours=Spread((ours.megabytes,)),
                peers={"padded+sparse": Spread((peer.megabytes,))},
                target=0.0,
            )
