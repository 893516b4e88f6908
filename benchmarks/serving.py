"""A trained model in use: a file of sentences, one sentence in a process, one from the shell.

The model is the sentiment classifier on MR (18,000 words, BiLSTM 128), with the weights that it
starts from: what they are makes no difference to the time. Both sides load files of their own.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.children import run_child
from benchmarks.corpora import find_corpus
from benchmarks.epochs import REVIEWS
from benchmarks.harness import Spread, alternate, alternate_calls, same_threads
from benchmarks.records import Result
from benchmarks.settings import Settings

__all__ = ["cold_start", "predict", "sentence"]

SENTENCES = 10_000
WORDS = 20
PEER = "padded, inference_mode"


@dataclass(frozen=True)
class Served:
    """A model on disk, for either side, and texts to try it on.

    Attributes:
        ours: seqkit's model file.
        peer: PyTorch's.
        texts: of a data set.
        file: the same, one a line.
    """

    ours: Path
    peer: Path
    texts: list[str]
    file: Path

    @property
    def sentence(self) -> str:
        """A sentence of twenty words, as they come in the texts."""
        return " ".join(" ".join(self.texts[:20]).split()[:WORDS])


@contextmanager
def _served(settings: Settings) -> Iterator[Served]:
    """Write the models and the texts into a folder that lasts as long as the block."""
    from benchmarks.peers import classifier

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = find_corpus("mr-polarity", settings.data, folder, quick=settings.quick)
        known = [text for text, _ in classifier.read(str(corpus.train))]
        count = SENTENCES // 20 if settings.quick else SENTENCES
        texts = (known * (1 + count // len(known)))[:count]
        served = Served(
            folder / "model.safetensors", folder / "model.pt", texts, folder / "texts.txt"
        )
        served.file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        _save_ours(served.ours, corpus.train)
        _save_peer(served.peer, known)
        yield served


def _save_ours(path: Path, train: Path) -> None:
    import numpy as np

    from seqkit import __version__
    from seqkit.bundle import Manifest, bundle_arrays, write_bundle
    from seqkit.options import parse
    from seqkit.plugins import default_host

    spec = default_host().find_task("sentiment")
    task = spec.create(parse(spec.config, REVIEWS))
    resources = task.fit(task.read(train))
    model = task.build(resources, rng=np.random.default_rng(0))
    arrays, tied = bundle_arrays(model.parameters())
    manifest = Manifest(
        task=spec.name,
        api=spec.api,
        seqkit=__version__,
        config=dict(REVIEWS),
        resources=dict(resources),
        tied=tied,
    )
    write_bundle(path, manifest, arrays)


def _save_peer(path: Path, texts: list[str]) -> None:
    from benchmarks.peers import classifier, common, serving

    ids, _ = common.fit_ids(classifier.tokenise(text, dict(REVIEWS)) for text in texts)
    predictor = serving.Predictor(ids, ["negative", "positive"], dict(REVIEWS))
    serving.save(str(path), predictor)


def predict(settings: Settings) -> Iterator[Result]:
    """Answer a file: in a process that has the model, and from the shell with all it takes."""
    from benchmarks.peers import serving

    with _served(settings) as served:
        ours, peer = _load_ours(served), serving.load(str(served.peer))

        def read() -> list[str]:
            return served.file.read_text(encoding="utf-8").splitlines()

        case = f"{len(served.texts):,} sentences"
        tokens = sum(len(text.split()) for text in served.texts)
        for threads in settings.threads:
            with same_threads(threads):
                sides = {
                    "seqkit": lambda: ours.predict(read()),
                    PEER: lambda: peer.predict(read()),
                }
                found = alternate(sides, settings.effort)
            yield Result(
                suite="predict",
                case=f"{case}, in process",
                threads=threads,
                ours=found.pop("seqkit"),
                peers=found,
                tokens=tokens,
            )
        yield from _at_the_shell("predict", case, ["--input", str(served.file)], served, settings)


def sentence(settings: Settings) -> Iterator[Result]:
    """Answer one sentence in a process that has the model: usually, and at worst."""
    from benchmarks.peers import serving

    blocks, calls = (3, 50) if settings.quick else (11, 200)
    with _served(settings) as served:
        ours, peer = _load_ours(served), serving.load(str(served.peer))
        texts = [served.sentence]
        sides = {"seqkit": lambda: ours.predict(texts), PEER: lambda: peer.predict(texts)}
        for threads in settings.threads:
            with same_threads(threads):
                found = alternate_calls(sides, blocks=blocks, calls=calls)
            slowest = {name: _slow_calls(spread, calls) for name, spread in found.items()}
            for case, spreads in (("median", found), ("99th percentile", slowest)):
                yield Result(
                    suite="sentence",
                    case=f"{WORDS} words, {case}",
                    threads=threads,
                    ours=spreads["seqkit"],
                    peers={PEER: spreads[PEER]},
                    tokens=WORDS,
                )


def _slow_calls(spread: Spread, calls: int) -> Spread:
    """Return each block's 99th percentile."""
    values = spread.values
    blocks = (values[start : start + calls] for start in range(0, len(values), calls))
    return Spread(tuple(Spread(block).quantile(0.99) for block in blocks))


def cold_start(settings: Settings) -> Iterator[Result]:
    """Answer one sentence from the shell, from nothing to the answer."""
    with _served(settings) as served:
        yield from _at_the_shell("cold-start", "1 sentence", [served.sentence], served, settings)


def _at_the_shell(
    suite: str, case: str, arguments: list[str], served: Served, settings: Settings
) -> Iterator[Result]:
    """Yield the time and the memory of a command, in turn with the peer's script."""
    threads = settings.most_threads
    ours = ["-m", "seqkit", "predict", str(served.ours), "--threads", str(threads), *arguments]
    peer = ["-m", "benchmarks.peers.serving", str(served.peer), *arguments]
    commands = {"seqkit": ours, "script with torch.load": peer}
    rounds = settings.effort.rounds
    runs: dict[str, list[Any]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            runs[name].append(run_child([sys.executable, *command], threads=threads))
    kept = {name: found[1:] for name, found in runs.items()}  # the first one filled the page cache
    seconds = {name: Spread(tuple(run.seconds for run in found)) for name, found in kept.items()}
    memory = {name: Spread(tuple(run.megabytes for run in found)) for name, found in kept.items()}
    common: dict[str, Any] = {"suite": suite, "threads": threads}
    case = f"{case}, from the shell"
    mine, theirs = seconds.pop("seqkit"), memory.pop("seqkit")
    yield Result(**common, case=case, ours=mine, peers=seconds)
    yield Result(**common, case=f"{case}, memory", unit="MB", ours=theirs, peers=memory)


def _load_ours(served: Served) -> Any:
    import seqkit

    return seqkit.load(served.ours)
