"""Timing several ways to do the same work, alternating between them in one process."""

import math
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

__all__ = [
    "Effort",
    "Spread",
    "Thunk",
    "alternate",
    "alternate_calls",
    "geometric_mean",
    "same_threads",
]

Thunk: TypeAlias = Callable[[], object]
"""Does the work once."""

MOST_REPEATS = 1_000

LONG = 0.25
"""Seconds of a call from which on it needs no other before it."""


@dataclass(frozen=True)
class Spread:
    """What was measured, over and over: seconds, or megabytes.

    Attributes:
        values: in the order in which they were measured.
    """

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a spread wants at least one value")

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        """The smallest value."""
        return min(self.values)

    def quantile(self, share: float) -> float:
        """Return the value below which a share of the others lies, between neighbours if need be.

        Args:
            share: from 0 to 1.
        """
        ordered = sorted(self.values)
        place = share * (len(ordered) - 1)
        low, high = math.floor(place), math.ceil(place)
        return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

    def to_json(self) -> dict[str, object]:
        """Return the figures and what they sum up to."""
        return {
            "median": self.median,
            "min": self.least,
            "lower_quartile": self.quantile(0.25),
            "upper_quartile": self.quantile(0.75),
            "values": list(self.values),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> "Spread":
        """Take back what :meth:`to_json` gave."""
        values = document["values"]
        assert isinstance(values, list)
        return cls(tuple(values))


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        rounds: values of each side; their median counts.
        sample: seconds that a value is taken over at least; shorter work is repeated.
    """

    rounds: int = 9
    sample: float = 0.05


def geometric_mean(ratios: Iterable[float]) -> float:
    """Return the mean that treats twice as fast and twice as slow alike; nan of nothing."""
    logarithms = [math.log(ratio) for ratio in ratios]
    return math.exp(statistics.fmean(logarithms)) if logarithms else math.nan


def alternate(sides: Mapping[str, Thunk], effort: Effort) -> dict[str, Spread]:
    """Time each side in turn, round after round.

    What disturbs the machine for a while so meets all sides. Who begins changes from round to
    round, and work that is too short for the clock is repeated. Before it begins there is a call
    that is not counted, for the other side has just left its data in the cache and its threads
    spinning; in work that takes long, these milliseconds are lost anyway.

    Args:
        sides: by name. Each is called twice before anything counts.
        effort: how long to measure.

    Returns:
        Seconds of one call, by name.
    """
    samples = {name: _Sample.of(run, effort.sample) for name, run in sides.items()}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    names = list(sides)
    for number in range(effort.rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            seconds[name].append(samples[name].take())
    return {name: Spread(tuple(values)) for name, values in seconds.items()}


def alternate_calls(sides: Mapping[str, Thunk], *, blocks: int, calls: int) -> dict[str, Spread]:
    """Time single calls, in blocks that alternate; for what a user waits for, where tails count.

    Args:
        sides: by name.
        blocks: of each side.
        calls: in a block, after two that are not counted.

    Returns:
        Seconds of every call, by name.
    """
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(blocks):
        for name, run in sides.items():
            run()
            run()
            seconds[name] += [_timed(run, 1) for _ in range(calls)]
    return {name: Spread(tuple(values)) for name, values in seconds.items()}


class _Sample(NamedTuple):
    """How a value is taken.

    Attributes:
        run: what is timed.
        repeats: calls that make a sample of the wanted length.
        settle: whether a call that is not counted comes before them.
    """

    run: Thunk
    repeats: int
    settle: bool

    @classmethod
    def of(cls, run: Thunk, sample: float) -> "_Sample":
        """Warm up, and look how long a call takes."""
        run()
        once = max(_timed(run, 1), 1e-9)
        repeats = max(1, min(MOST_REPEATS, math.ceil(sample / once)))
        return cls(run, repeats, once < LONG)

    def take(self) -> float:
        """Return the seconds of a call."""
        if self.settle:
            self.run()
        return _timed(self.run, self.repeats)


def _timed(run: Thunk, repeats: int) -> float:
    started = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - started) / repeats


@contextmanager
def same_threads(count: int, *, peer: bool = True) -> Iterator[None]:
    """Give both sides as many threads inside the block.

    Args:
        count: of threads.
        peer: whether PyTorch takes part. seqkit limits NumPy's BLAS alone (threadpoolctl would
            limit PyTorch's OpenMP as well, unless told which), so the two settings do not meet.
    """
    from seqkit.kernels.compiled import use_compiled
    from seqkit.kernels.threads import use_threads

    if peer:
        import torch

        torch.set_num_threads(count)
    with use_threads(count), use_compiled():
        yield
