"""From statistics to what a report shows: values with confidence intervals, counts and tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqkit.metrics.bootstrap import IntervalMethod, bootstrap_intervals
from seqkit.metrics.measures import Metric, Scoring, Table
from seqkit.suggestions import nearest

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """Scores on some data.

    Attributes:
        metrics: the first is the headline.
        counts: what was scored.
        tables: shown below the scores.
    """

    metrics: tuple[Metric, ...]
    counts: Mapping[str, int]
    tables: tuple[Table, ...] = ()

    @property
    def headline(self) -> Metric:
        """The metric to watch."""
        return self.metrics[0]

    def metric(self, name: str) -> Metric:
        """Return the metric of a name.

        Raises:
            KeyError: there is none; the text names the ones there are.
        """
        for metric in self.metrics:
            if metric.name == name:
                return metric
        names = [metric.name for metric in self.metrics]
        near = nearest(name, names)
        hint = f"; did you mean {near!r}?" if near else ""
        raise KeyError(f"no metric {name!r} among {', '.join(names)}{hint}")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "metrics": [metric.to_json() for metric in self.metrics],
            "counts": dict(self.counts),
            "tables": [table.to_json() for table in self.tables],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Evaluation":
        """Read what :meth:`to_json` wrote."""
        return cls(
            metrics=tuple(Metric.from_json(metric) for metric in data["metrics"]),
            counts={str(name): int(count) for name, count in data["counts"].items()},
            tables=tuple(Table.from_json(table) for table in data.get("tables", ())),
        )


def evaluate(
    scoring: Scoring,
    *,
    resamples: int = 1000,
    level: float = 0.95,
    method: IntervalMethod = "percentile",
    rng: np.random.Generator,
) -> Evaluation:
    """Compute every measure, with a bootstrap interval over examples.

    Args:
        scoring: what a task returned.
        resamples: of the bootstrap; 0 leaves the intervals out.
        level: of the intervals.
        method: of the intervals: "percentile", or "bca" for small or skewed data.
        rng: draws the resamples; all measures share them.

    Returns:
        The metrics in the order of ``scoring.measures``. A metric has no interval where there are
        fewer than two examples, or where its value is undefined or infinite.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # a model that diverged has nan losses
        totals = np.asarray(scoring.statistics, dtype=np.float64).sum(axis=0)
    intervals = bootstrap_intervals(
        scoring.statistics,
        scoring.measures,
        resamples=resamples,
        level=level,
        method=method,
        rng=rng,
    )
    metrics = tuple(
        Metric(
            name=measure.name,
            value=float(measure.values(totals)),
            interval=interval,
            higher_is_better=measure.higher_is_better,
            style=measure.style,
        )
        for measure, interval in zip(scoring.measures, intervals, strict=True)
    )
    return Evaluation(metrics, scoring.counts, scoring.tables)
