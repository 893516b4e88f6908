"""``python -m benchmarks``: run suites, print a table, write JSON, render the page."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from benchmarks.epochs import CASES
from benchmarks.machine import describe, faster
from benchmarks.page import write_page
from benchmarks.records import Report, Result, read_report
from benchmarks.settings import Settings
from benchmarks.suites import SUITES, chosen_suites, load_suite
from benchmarks.table import print_report

__all__ = ["main", "warn_if_chosen"]

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"
BUSY = 0.5
"""Load of the machine, before anything is measured, from which on figures mean little."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    parser = _parser()
    found = parser.parse_args(arguments)
    if found.list:
        print("\n".join(f"{suite.name:16} {suite.summary}" for suite in SUITES))
        return 0
    console = Console(stderr=True)
    if found.render:
        report = read_report(found.render)
        write_page(report, PAGE)
        console.print(f"wrote {PAGE.relative_to(ROOT)}")
        return 0
    try:
        suites = chosen_suites(found.names)
        settings = Settings(
            threads=_threads(found.threads),
            quick=found.quick,
            whole=found.whole,
            only=_part_of_a_case(found.only),
            data=data_folder(),
        )
    except ValueError as error:
        parser.error(str(error))
    if find_spec("torch") is None:
        parser.error("PyTorch is not installed; pip install -e '.[bench]'")
    _warn_if_busy(console)
    warn_if_chosen(console)
    machine = {**describe(settings.threads, quick=settings.quick), "load": _load()}
    results: list[Result] = []
    facts = {"names": found.names, "threads": list(settings.threads), "quick": settings.quick}
    facts |= {"whole": settings.whole, "rounds": settings.effort.rounds}
    try:
        for suite in suites:
            for result in _watched(load_suite(suite)(settings), console):
                results.append(result)
                # Each time, so that a long run that is stopped, or killed, leaves what it has.
                if found.json:
                    Report(machine, facts, tuple(results)).write(found.json)
    except KeyboardInterrupt:
        console.print("stopped; what was measured so far:")
    machine = faster(machine, describe(settings.threads, quick=settings.quick))
    report = Report(machine, facts, tuple(results))
    if found.json:
        report.write(found.json)
    # What is no terminal folds nothing.
    print_report(report, Console(width=None if sys.stdout.isatty() else 180))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure seqkit beside PyTorch, on this machine.",
        epilog="Example: python -m benchmarks lstm bilstm --threads 1 --json figures.json",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; all by default")
    parser.add_argument("--list", action="store_true", help="print the names, and stop")
    parser.add_argument(
        "--threads", default="1,2", help="numbers of threads, such as 1,2 (default)"
    )
    parser.add_argument("--quick", action="store_true", help="minutes: to see that all runs")
    parser.add_argument("--whole", action="store_true", help="whole epochs where a part would do")
    parser.add_argument(
        "--only",
        default="",
        metavar="TEXT",
        help="whole epochs of the cases with this in their name",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument(
        "--render",
        type=Path,
        metavar="FILE",
        nargs="+",
        help="measure nothing; put the figures of these JSON files on docs/performance.md",
    )
    return parser


def _threads(text: str) -> tuple[int, ...]:
    try:
        counts = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        counts = ()
    if not counts or counts[0] < 1:
        raise ValueError(f"--threads wants numbers from 1, such as 1,2; found {text!r}")
    return counts


def _part_of_a_case(text: str) -> str:
    names = [case.name for case in CASES]
    if not any(text in name for name in names):
        raise ValueError(f"--only: no epoch has {text!r} in its name; there are {names}")
    return text


def data_folder() -> Path | None:
    """Return the folder of the public data sets, or None where it is absent."""
    folder = Path(os.environ.get("SEQKIT_REALDATA") or ROOT.parent / "shared" / "data")
    return folder.resolve() if folder.is_dir() else None


def _watched(results: Iterator[Result], console: Console) -> Iterator[Result]:
    """Print each result in a line as it comes."""
    for result in results:
        ratio = "" if result.ratio is None else f"  ratio {result.ratio:.2f}"
        console.print(
            f"{result.suite}: {result.case}, {result.threads} threads{ratio}",
            highlight=False,
            soft_wrap=True,
        )
        yield result


def _load() -> float:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0


def _warn_if_busy(console: Console) -> None:
    if _load() > BUSY:
        console.print(
            f"[yellow]the machine is busy (load {_load()}): figures will mean little, above all "
            "with several threads[/yellow]"
        )


def warn_if_chosen(console: Console) -> None:
    """Who sets this, for results that are the same on every machine, has slower products."""
    if (kernels := os.environ.get("OPENBLAS_CORETYPE")) is not None:
        console.print(
            f"[yellow]OPENBLAS_CORETYPE={kernels}: NumPy multiplies with kernels that were chosen "
            "by hand, and PyTorch with its own; unset it to measure what this machine does[/yellow]"
        )


if __name__ == "__main__":
    sys.exit(main())
