"""What a measurement leaves behind, and what it is held against."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.harness import Spread, geometric_mean

__all__ = [
    "Report",
    "Result",
    "Suite",
    "Summary",
    "Target",
    "read_report",
    "summarise",
    "target_of",
]

Unit = Literal["s", "MB", "%"]


@dataclass(frozen=True)
class Target:
    """How much better seqkit is to be than PyTorch.

    Attributes:
        each: the least ratio of a single case; None for no such target.
        mean: the least geometric mean of the ratios of all cases.
    """

    each: float | None = None
    mean: float | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """One case, measured on both sides.

    Attributes:
        suite: name of the suite.
        case: what was done, in short.
        threads: of both sides.
        unit: seconds, megabytes or percent.
        ours: seqkit's figures.
        peers: PyTorch's, by the way it was done; the one of the least median counts. Empty where
            seqkit was measured alone.
        target: of this case, in place of the suite's.
        limit: the most that seqkit's median may be, whatever PyTorch's is; 0 for no limit.
        flops: multiplications and additions in matrix products, 0 where that says nothing.
        tanhs: values of tanh or exp, 0 likewise.
        tokens: read in one go, 0 likewise.
        facts: whatever else is worth knowing, such as final scores.
        machine: what it ran on; empty for the machine of the report.
    """

    suite: str
    case: str
    threads: int
    ours: Spread
    peers: Mapping[str, Spread] = field(default_factory=dict)
    unit: Unit = "s"
    target: float | None = None
    limit: float = 0.0
    flops: float = 0.0
    tanhs: float = 0.0
    tokens: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)

    @property
    def peer(self) -> str:
        """How PyTorch did it best; empty where it took no part."""
        return min(self.peers, key=lambda name: self.peers[name].median, default="")

    @property
    def ratio(self) -> float | None:
        """PyTorch's best median over seqkit's: above 1, seqkit needs less."""
        return self.peers[self.peer].median / self.ours.median if self.peers else None

    def to_json(self) -> dict[str, Any]:
        """Return everything, and the ratio."""
        return {
            **self.__dict__,
            "ours": self.ours.to_json(),
            "peers": {name: spread.to_json() for name, spread in self.peers.items()},
            "facts": dict(self.facts),
            "machine": dict(self.machine),
            "peer": self.peer,
            "ratio": self.ratio,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Result":
        """Take back what :meth:`to_json` gave."""
        fields = {key: document[key] for key in cls.__dataclass_fields__ if key in document}
        fields["ours"] = Spread.from_json(fields["ours"])
        fields["peers"] = {name: Spread.from_json(s) for name, s in fields["peers"].items()}
        return cls(**fields)


@dataclass(frozen=True)
class Suite:
    """Cases that share a target.

    Attributes:
        name: what it is called on the command line.
        summary: what is done.
        module: holds the function ``run(settings) -> Iterator[Result]`` of that name; it is
            imported when the suite is run.
        function: name of the function.
        target: of its cases.
    """

    name: str
    summary: str
    module: str
    function: str = "run"
    target: Target = Target()


@dataclass(frozen=True)
class Summary:
    """A suite's ratios in a nutshell.

    Attributes:
        mean: geometric mean.
        least: the worst ratio.
        least_case: whose it is.
        reached: how many of the cases with a target reach it.
        targets: how many cases have one.
    """

    mean: float
    least: float
    least_case: str
    reached: int
    targets: int


def summarise(results: Iterable[Result], target: Target) -> Summary | None:
    """Sum up the results of a suite; None where no times were compared.

    Mean and least are those of times: a mean of seconds and megabytes would mean nothing.
    """
    compared = [(ratio, result) for result in results if (ratio := result.ratio) is not None]
    times = [pair for pair in compared if pair[1].unit == "s"]
    if not times:
        return None
    least, worst = min(times, key=lambda pair: pair[0])
    wanted = [(target_of(result, target), ratio) for ratio, result in compared]
    checks = [ratio >= goal for goal, ratio in wanted if goal is not None]
    return Summary(
        mean=geometric_mean(ratio for ratio, _ in times),
        least=least,
        least_case=f"{worst.case}, {worst.threads} thread{'s' if worst.threads > 1 else ''}",
        reached=sum(checks),
        targets=len(checks),
    )


def target_of(result: Result, target: Target) -> float | None:
    """Return the ratio that a single result is to reach."""
    if result.target is not None:
        return result.target or None
    return target.each if result.unit == "s" else None


@dataclass(frozen=True)
class Report:
    """All that one call of ``python -m benchmarks`` found, or several.

    Attributes:
        machine: what the last one ran on; see :func:`benchmarks.machine.describe`.
        settings: how it was called.
        results: in the order of measuring.
    """

    machine: Mapping[str, Any]
    settings: Mapping[str, Any]
    results: tuple[Result, ...]

    def of(self, suite: str) -> list[Result]:
        """Return the results of a suite."""
        return [result for result in self.results if result.suite == suite]

    @property
    def machines(self) -> list[Mapping[str, Any]]:
        """What the results were measured on: one for each run."""
        found: list[Mapping[str, Any]] = []
        for result in self.results:
            if (machine := self._machine_of(result)) not in found:
                found.append(machine)
        return found or [self.machine]

    def _machine_of(self, result: Result) -> Mapping[str, Any]:
        return result.machine or self.machine

    def peak(self, result: Result, name: str) -> float | None:
        """Return what the machine could do at best when a result was measured, None if unknown.

        Args:
            result: says how many threads, and in which run.
            name: ``gflops`` or ``million_tanhs_per_second``.
        """
        peaks: Mapping[str, float] = self._machine_of(result).get(name, {})
        return peaks.get(str(result.threads))

    def share_of_peak(self, result: Result) -> float | None:
        """Return the share of the matrix-product peak that seqkit reached, None where unknown."""
        peak = self.peak(result, "gflops")
        if not (peak and result.flops and result.unit == "s"):
            return None
        return float(result.flops / result.ours.median / 1e9 / peak)

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        document = {
            "machine": dict(self.machine),
            "settings": dict(self.settings),
            "results": [result.to_json() for result in self.results],
        }
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_report(paths: Iterable[Path]) -> Report:
    """Read what :meth:`Report.write` wrote; of several files, later ones replace earlier cases."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    found = {
        (result.suite, result.case, result.threads): replace(result, machine=document["machine"])
        for document in documents
        for result in map(Result.from_json, document["results"])
    }
    return Report(documents[-1]["machine"], documents[-1]["settings"], tuple(found.values()))
