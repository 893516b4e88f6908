"""The machine: what it is, and how fast its parts are, measured in the same run."""

import os
import platform
import time
from collections.abc import Callable, Iterable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

__all__ = ["SPEEDS", "describe", "faster"]

Work: TypeAlias = tuple[Callable[[], object], float]
"""A function, and how many units of work it does."""

SPEEDS = ("gflops", "gigabytes_per_second", "million_tanhs_per_second")
"""What is measured, each for every number of threads."""

PACKAGES = ("numpy", "torch", "scikit-learn", "numba")


def describe(threads: Iterable[int], *, quick: bool) -> dict[str, Any]:
    """Return names and versions, and the speeds that a roofline is made of.

    ``gflops``, ``gigabytes_per_second`` and ``million_tanhs_per_second`` give the best of several
    tries for each number of threads, as text, in float32: products of two matrices of 1,536
    columns, by NumPy or compiled, copies of 128 MB counted twice (read and written), and
    ``np.tanh`` on what fits into the second-level cache.
    """
    tries = 3 if quick else 12
    counts = sorted(set(threads))
    return {
        "processor": _processor(),
        "cores": _cores(),
        "memory_gigabytes": round(_memory() / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version for name in PACKAGES if (version := _version(name))},
        "blas": _blas(),
        "measured": time.strftime("%Y-%m-%d"),
        "gflops": {
            str(n): max(_speed(partial(_product, c), n, tries) for c in (False, True))
            for n in counts
        },
        "gigabytes_per_second": {str(n): _speed(_copy, n, tries) for n in counts},
        "million_tanhs_per_second": {str(n): _speed(_tanh, n, tries) for n in counts},
    }


def faster(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Keep the higher of each speed: what else ran meanwhile can only have lowered it."""
    speeds = {
        name: {n: max(before[name][n], after[name][n]) for n in before[name]} for name in SPEEDS
    }
    return {**before, **speeds}


def _speed(prepare: Callable[[], Work], threads: int, tries: int) -> float:
    """Let each thread do the same, and return the best rate of all together."""
    from seqkit.kernels.threads import parallel, use_threads

    works = [prepare() for _ in range(threads)]
    best = 0.0
    with use_threads(threads):
        for _ in range(tries):
            started = time.perf_counter()
            parallel(*(run for run, _ in works))
            best = max(best, sum(units for _, units in works) / (time.perf_counter() - started))
    return round(best, 1)


def _product(compiled: bool) -> Work:
    """A product of two matrices, in GFLOP; compiled where that can be, or by NumPy."""
    from seqkit.kernels.compiled import use_compiled
    from seqkit.kernels.compiled_product import matmul

    size = 1536
    a, b = np.random.default_rng(0).normal(size=(2, size, size)).astype(np.float32)
    out = np.empty_like(a)

    def run() -> None:
        with use_compiled(compiled):
            matmul(a, b, out)

    return run, 2 * size**3 / 1e9


def _copy() -> Work:
    """A copy from memory to memory, in gigabytes read and written."""
    source = np.ones(2**25, np.float32)
    target = np.ones_like(source)
    return lambda: np.copyto(target, source), 2 * source.nbytes / 1e9


def _tanh() -> Work:
    """Values of tanh, in millions."""
    values = np.linspace(-3, 3, 2**15, dtype=np.float32)
    out = np.empty_like(values)

    def run() -> None:
        for _ in range(32):
            np.tanh(values, out)

    return run, 32 * values.size / 1e6


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n")
    except OSError:
        return platform.processor()
    told = dict(line.split("\t", 1) for line in lines if "\t" in line)
    name, family = (told.get(key, "").lstrip("\t: ") for key in ("model name", "cpu family"))
    return f"{name}, family {family}" if family else name


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _blas() -> str:
    from threadpoolctl import threadpool_info

    found = [info for info in threadpool_info() if info["user_api"] == "blas"]
    names = (f"{i['internal_api']} {i['version']} ({i.get('architecture', '?')})" for i in found)
    return ", ".join(sorted(set(names)))
