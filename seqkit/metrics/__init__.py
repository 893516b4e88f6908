"""Scores with counts and confidence intervals, and the baselines to hold them against."""

from seqkit.metrics.bootstrap import Comparison, bootstrap_intervals, paired_bootstrap
from seqkit.metrics.calibration import score_calibration, score_confidence
from seqkit.metrics.classification import encode_labels, score_classification
from seqkit.metrics.evaluation import Evaluation, evaluate
from seqkit.metrics.language_modelling import score_lines, score_tokens
from seqkit.metrics.measures import (
    Interval,
    Measure,
    Metric,
    Scoring,
    Table,
    format_score,
    join_scorings,
    ratio,
)
from seqkit.metrics.tagging import score_tagging

__all__ = [
    "Comparison",
    "Evaluation",
    "Interval",
    "Measure",
    "Metric",
    "Scoring",
    "Table",
    "bootstrap_intervals",
    "encode_labels",
    "evaluate",
    "format_score",
    "join_scorings",
    "paired_bootstrap",
    "ratio",
    "score_calibration",
    "score_classification",
    "score_confidence",
    "score_lines",
    "score_tagging",
    "score_tokens",
]
