"""Sums of statistics over bootstrap resamples, quickly, exactly, and in little memory."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from seqkit.arrays import Array, IntArray

__all__ = ["group_rows", "resampled_sums"]

_CHUNK = 1 << 22
"""Counts drawn at a time: 32 MiB as int64."""

_DRAWS_PER_GROUP = 12
"""One binomial draw of a multinomial takes about as long as so many uniform draws."""


def group_rows(statistics: Array) -> tuple[Array, IntArray]:
    """Find the distinct rows.

    Args:
        statistics: (N, K) float64.

    Returns:
        The distinct rows (groups, K), in an order that depends on their bytes alone, and how often
        each occurs (groups,). Rows that differ only in the sign of a zero stay apart.
    """
    rows = np.ascontiguousarray(statistics)
    if not rows.size:
        return rows[:1], np.array([len(rows)][: len(rows)], dtype=np.int64)
    # A row as one opaque value compares by its bytes, ten times as fast as numpy's axis=0.
    opaque = rows.view(np.dtype((np.void, rows.shape[1] * rows.itemsize)))[:, 0]
    _, first, counts = np.unique(opaque, return_index=True, return_counts=True)
    return rows[first], counts


def resampled_sums(statistics: Array, resamples: int, rng: np.random.Generator) -> Iterator[Array]:
    """Sum the rows of resamples, each of N rows drawn with replacement.

    Identical rows are drawn together: how often each group occurs in a resample is multinomial, so
    a score with few distinct rows (accuracy has two) needs a handful of binomial draws. Where most
    rows differ, rows are drawn one by one and counted.

    The sums are exact, hence the same whatever the number of threads: statistics are first rounded
    to a power of two so fine that every partial sum fits the 53 bits of a float64 (a relative error
    below N * 2**-53 of the largest statistic).

    Args:
        statistics: (N, K) finite, N at least 1.
        resamples: how many.
        rng: draws them.

    Yields:
        Sums (chunk, K) for as many resamples as fit in memory, ``resamples`` rows altogether.
    """
    n = len(statistics)
    rounded = _round_to_grid(statistics)
    groups, sizes = group_rows(rounded)
    few = len(groups) * _DRAWS_PER_GROUP < n
    rows = groups if few else rounded
    used = rows.any(axis=0)  # columns of zeros, as of a rare class, need no product
    rows = np.ascontiguousarray(rows[:, used])
    chunk = max(1, _CHUNK // len(rows))
    for start in range(0, resamples, chunk):
        many = min(chunk, resamples - start)
        drawn = rng.multinomial(n, sizes / n, size=many) if few else _draw_counts(n, many, rng)
        sums = np.zeros((many, statistics.shape[1]))
        sums[:, used] = drawn.astype(np.float64) @ rows
        yield sums


def _draw_counts(n: int, resamples: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Draw (resamples, n): how often each of n rows occurs in each resample."""
    drawn = rng.integers(0, n, size=(resamples, n))
    drawn += np.arange(resamples)[:, None] * n
    return np.bincount(drawn.ravel(), minlength=resamples * n).reshape(resamples, n)


def _round_to_grid(statistics: Array) -> Array:
    """Round each column to a power of two of which N times its maximum holds at most 2**53."""
    values = np.asarray(statistics, dtype=np.float64)
    _, of_maximum = np.frexp(np.abs(values).max(axis=0, initial=0.0))
    shift = of_maximum + len(values).bit_length() - 53
    rounded: Array = np.ldexp(np.rint(np.ldexp(values, -shift)), shift)
    return rounded
