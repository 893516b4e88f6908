"""A piece of work that both sides can do, and how it is compared: its time, and its memory."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from importlib import import_module
from typing import Any, ClassVar, Protocol

import numpy as np

from benchmarks.children import run_child
from benchmarks.harness import Spread, Thunk, alternate, same_threads
from benchmarks.records import Result
from benchmarks.settings import Settings

__all__ = ["Work", "compare", "compare_memory", "drawn"]

OURS = "seqkit"


class Work(Protocol):
    """A dataclass of plain values, so that a child process can be told of it.

    Attributes:
        flops: multiplications and additions in matrix products.
        tanhs: values of tanh or exp.
        tokens: read in one go.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def flops(self) -> float: ...

    @property
    def tanhs(self) -> float: ...

    @property
    def tokens(self) -> int: ...

    def ours(self) -> Thunk:
        """Prepare seqkit's way; preparing is not measured."""
        ...

    def peers(self) -> Mapping[str, Callable[[], Thunk]]:
        """Name PyTorch's ways; each is prepared when it is called, and torch imported then."""
        ...


def drawn(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Draw normal numbers in float32; in float64 before, they would be the peak of memory that is
    found.
    """
    numbers = rng.standard_normal(shape, np.float32)
    numbers *= scale
    return numbers


def compare(
    suite: str, case: str, work: Work, settings: Settings, *, target: float | None = None
) -> Iterator[Result]:
    """Time a work with each number of threads."""
    for threads in settings.threads:
        with same_threads(threads):
            sides = {OURS: work.ours()}
            sides |= {name: prepare() for name, prepare in work.peers().items()}
            found = alternate(sides, settings.effort)
        yield Result(
            suite=suite,
            case=case,
            threads=threads,
            ours=found.pop(OURS),
            peers=found,
            target=target,
            flops=work.flops,
            tanhs=work.tanhs,
            tokens=work.tokens,
        )


def compare_memory(
    suite: str, case: str, work: Work, settings: Settings, *, target: float | None = None
) -> Result:
    """Measure what a work needs on top of its weights and inputs, each side in fresh processes."""
    threads = settings.most_threads
    sides = {name: _memory(work, name, threads, settings) for name in (OURS, *work.peers())}
    ours = sides.pop(OURS)
    return Result(
        suite=suite,
        case=f"{case}, memory",
        threads=threads,
        unit="MB",
        ours=_spread(ours, "work"),
        peers={name: _spread(runs, "work") for name, runs in sides.items()},
        target=target,
        facts={
            "whole process, MB": {
                OURS: _spread(ours, "process").median,
                **{name: _spread(runs, "process").median for name, runs in sides.items()},
            }
        },
    )


def _memory(work: Work, side: str, threads: int, settings: Settings) -> list[dict[str, float]]:
    told = {
        "module": type(work).__module__,
        "name": type(work).__name__,
        "fields": asdict(work),
        "side": side,
        "threads": threads,
    }
    command = [sys.executable, "-m", "benchmarks.works", json.dumps(told)]
    runs = [run_child(command, threads=threads) for _ in range(1 if settings.quick else 3)]
    return [{"process": run.megabytes, "work": json.loads(run.output)["work"]} for run in runs]


def _spread(runs: list[dict[str, float]], name: str) -> Spread:
    return Spread(tuple(run[name] for run in runs))


def _measure_here(told: Mapping[str, Any]) -> dict[str, float]:
    """Do a work three times in this process, and say by how much memory grew at most."""
    from benchmarks.children import peak_megabytes, resident_megabytes

    kind = getattr(import_module(told["module"]), told["name"])
    work: Work = kind(**told["fields"])
    ours = told["side"] == OURS
    with same_threads(told["threads"], peer=not ours):
        if not ours:
            _load_everything()
        run = work.ours() if ours else work.peers()[told["side"]]()
        before = resident_megabytes()
        for _ in range(3):
            run()
    return {"work": max(peak_megabytes() - before, 0.1)}


def _load_everything() -> None:
    """Let PyTorch load what it loads at the first product and the first backward pass."""
    import torch

    values = torch.ones(64, 64, requires_grad=True)
    torch.nn.functional.cross_entropy(values @ values, torch.zeros(64, dtype=torch.long)).backward()


if __name__ == "__main__":
    print(json.dumps(_measure_here(json.loads(sys.argv[1]))))
