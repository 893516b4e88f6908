"""Scores with counts and confidence intervals, and the baselines to hold them against."""

from typing import TYPE_CHECKING

from seqkit.lazy import lazy_names

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

if TYPE_CHECKING:
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
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "answers": ["score_answers"],
            "bootstrap": ["Comparison", "bootstrap_intervals", "paired_bootstrap"],
            "calibration": ["score_calibration", "score_confidence"],
            "classification": ["encode_labels", "score_classification"],
            "edits": ["edit_distance", "edit_distances", "score_sequences"],
            "entities": ["score_entities"],
            "evaluation": ["Evaluation", "evaluate"],
            "language_modelling": ["score_lines", "score_tokens"],
            "measures": [
                "Interval",
                "Measure",
                "Metric",
                "Scoring",
                "Table",
                "format_score",
                "join_scorings",
                "ratio",
            ],
            "tagging": ["score_tagging"],
        },
    )
