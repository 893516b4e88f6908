"""How a call of ``python -m benchmarks`` was meant, for every suite to read."""

from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.harness import Effort

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """What the command line asked for.

    Attributes:
        threads: each case is measured with each of these numbers.
        quick: fewer rounds, fewer cases, less data: to see that everything runs.
        whole: train whole epochs where a part of one is measured by default.
        only: whole epochs of the cases whose name holds this.
        data: folder of the public data sets, or None where they are absent.
    """

    threads: tuple[int, ...] = (1, 2)
    quick: bool = False
    whole: bool = False
    only: str = ""
    data: Path | None = field(default=None)

    @property
    def effort(self) -> Effort:
        """How long to measure a single case."""
        return Effort(rounds=3, sample=0.005) if self.quick else Effort()

    @property
    def most_threads(self) -> int:
        """The largest number of threads, for what is measured with one number only."""
        return max(self.threads)
