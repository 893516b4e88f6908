"""Scores with counts and confidence intervals, and the baselines to hold them against."""

from seqkit.metrics.answers import score_answers
from seqkit.metrics.bootstrap import Comparison, bootstrap_intervals, paired_bootstrap
from seqkit.metrics.calibration import score_calibration, score_confidence
from seqkit.metrics.classification import encode_labels, score_classification
from seqkit.metrics.edits import edit_distance, edit_distances, score_sequences
from seqkit.metrics.entities import score_entities
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
    "edit_distance",
    "edit_distances",
    "encode_labels",
    "evaluate",
    "format_score",
    "join_scorings",
    "paired_bootstrap",
    "ratio",
    "score_answers",
    "score_calibration",
    "score_classification",
    "score_confidence",
    "score_entities",
    "score_lines",
    "score_sequences",
    "score_tagging",
    "score_tokens",
]
