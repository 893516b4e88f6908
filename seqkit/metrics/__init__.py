"""Scores with counts and confidence intervals, and the baselines to hold them against."""

from seqkit.metrics.bootstrap import Comparison, bootstrap_intervals, paired_bootstrap
from seqkit.metrics.evaluation import Evaluation, evaluate
from seqkit.metrics.measures import (
    Interval,
    Measure,
    Metric,
    Scoring,
    Table,
    format_score,
    ratio,
)

__all__ = [
    "Comparison",
    "Evaluation",
    "Interval",
    "Measure",
    "Metric",
    "Scoring",
    "Table",
    "bootstrap_intervals",
    "evaluate",
    "format_score",
    "paired_bootstrap",
    "ratio",
]
