"""What the task answers, and the classical methods that answer alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqkit.arrays import Array
from seqkit.metrics.baselines.majority import MajorityClass
from seqkit.metrics.baselines.tfidf import Analyzer, TfidfClassifier
from seqkit.tasks import Baseline

if TYPE_CHECKING:
    from seqkit_tasks.sentiment.task import LabelledTokens

__all__ = ["SentimentPrediction", "baselines_of", "predictions_of"]


@dataclass(frozen=True)
class SentimentPrediction:
    """The answer for a text.

    Attributes:
        label: the most probable one.
        probability: of that label.
        probabilities: of every label.
    """

    label: str
    probability: float
    probabilities: Mapping[str, float]


def predictions_of(labels: Sequence[str], probabilities: Array) -> list[SentimentPrediction]:
    """Return what the rows (N, C) of probabilities predict."""
    best = probabilities.argmax(axis=1).tolist()
    named = [dict(zip(labels, row, strict=True)) for row in probabilities.tolist()]
    return [
        SentimentPrediction(labels[i], row[labels[i]], row)
        for i, row in zip(best, named, strict=True)
    ]


def baselines_of(
    train: Sequence["LabelledTokens"], *, units: Analyzer
) -> Iterator[Baseline["LabelledTokens", SentimentPrediction]]:
    """Yield the majority label, and TF-IDF of ``units`` with logistic regression."""
    labels = [example.label for example in train]
    majority = MajorityClass.fit(labels)
    certain = SentimentPrediction(majority.label, 1.0, {majority.label: 1.0})
    yield Baseline("majority label", lambda examples: [certain] * len(examples))
    tfidf = TfidfClassifier.fit([example.text for example in train], labels, analyzer=units)

    def predict(examples: Sequence["LabelledTokens"]) -> list[SentimentPrediction]:
        return predictions_of(tfidf.labels, tfidf.probabilities([e.text for e in examples]))

    yield Baseline(f"TF-IDF of {units} + logistic regression", predict)
