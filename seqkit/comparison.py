"""Two models on the same items: whether the difference is more than chance, and where they part.

The bootstrap is paired: each resample draws the same items for both, so what makes an item hard
cancels. See :func:`seqkit.metrics.paired_bootstrap`.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.arrays import Array
from seqkit.errors import Problem, UserError
from seqkit.inspection import Answered, Item, answer_gold, item_of
from seqkit.loading import TrainedModel
from seqkit.metrics.bootstrap import Comparison, paired_bootstrap
from seqkit.metrics.evaluation import Evaluation
from seqkit.metrics.measures import Measure, Metric
from seqkit.reports import plain_values

__all__ = ["ComparedMeasure", "ModelComparison", "PartedItem", "Refusal", "compare", "compare_on"]

_WHOLE = "the whole text, nothing in it unknown"


@dataclass(frozen=True)
class ComparedMeasure:
    """One measure of both models.

    Attributes:
        a: of the first model, with its interval.
        b: of the second.
        comparison: the difference a - b with its interval, and how often a is the better one.
    """

    a: Metric
    b: Metric
    comparison: Comparison


@dataclass(frozen=True)
class Refusal:
    """Measures by which the two cannot be ranked, and why."""

    measures: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class PartedItem:
    """An item that the two models answer unequally well.

    Attributes:
        a: what the first made of it.
        b: the second; text and gold answer are the same.
    """

    a: Item
    b: Item


@dataclass(frozen=True)
class ModelComparison:
    """Two models on the same items.

    Attributes:
        items: how many there are.
        measures: those by which they can be ranked; the headline, where it is one, comes first.
        refused: the others.
        a_better: items that alone score better with the first, by the first of ``measures``.
        b_better: those that score better with the second.
        parted: the items on which they differ most.
        notices: what a careful reader should know.
    """

    items: int
    measures: tuple[ComparedMeasure, ...]
    refused: tuple[Refusal, ...]
    a_better: int
    b_better: int
    parted: tuple[PartedItem, ...]
    notices: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        plain: dict[str, Any] = plain_values(asdict(self))
        plain["measures"] = [
            {"a": m.a.to_json(), "b": m.b.to_json(), **plain_values(asdict(m.comparison))}
            for m in self.measures
        ]
        plain["parted"] = [{"a": p.a.to_json(), "b": p.b.to_json()} for p in self.parted]
        return plain


def compare_on(
    path: Path, a: TrainedModel, b: TrainedModel, *, items: int = 10, resamples: int = 1000
) -> ModelComparison:
    """Let two models answer gold data, and compare them; see :func:`compare`.

    Raises:
        UserError: as there, or data that cannot be read.
    """
    _require_one_task(a, b)
    answers = (answer_gold(a, path), answer_gold(b, path))
    return compare(*answers, items=items, resamples=resamples)


def compare(a: Answered, b: Answered, *, items: int = 10, resamples: int = 1000) -> ModelComparison:
    """Compare two models that have answered the same gold data.

    Args:
        a: the answers of the first model.
        b: of the second.
        items: how many to show of those on which they part.
        resamples: of the bootstrap.

    Raises:
        UserError: models of different tasks, items that are not the same, or no measure by which
            the two can be ranked; with the reason.
    """
    _require_one_task(a.trained, b.trained)
    _require_same_items(a, b)
    ranked = tuple(_compared(a, b, resamples))
    refused = tuple(_refusals(a, b))
    if not ranked:
        raise UserError(
            Problem(f"cannot be ranked: {refusal.reason}", ", ".join(refusal.measures))
            for refusal in refused
        )
    gains = _gains(a, b, ranked[0].a.name)
    return ModelComparison(
        items=len(a.examples),
        measures=ranked,
        refused=refused,
        a_better=int((gains > 0).sum()),
        b_better=int((gains < 0).sum()),
        parted=tuple(_partings(a, b, gains, items)),
        notices=tuple(_notices(a, b)),
    )


def _require_one_task(a: TrainedModel, b: TrainedModel) -> None:
    names = (a.spec.name, b.spec.name)
    if names[0] != names[1]:
        raise UserError(
            f"cannot be compared: the first is a model of the task {names[0]!r}, the second of "
            f"{names[1]!r}, and their scores measure different things"
        )


def _require_same_items(a: Answered, b: Answered) -> None:
    if len(a.examples) != len(b.examples):
        raise UserError(
            f"cannot be compared: the first reads {len(a.examples):,} items from the data, the "
            f"second {len(b.examples):,}; their options for reading differ"
        )
    for index in range(len(a.examples)):
        for what, first, second in (
            ("text", a.text(index), b.text(index)),
            ("gold answer", a.gold(index), b.gold(index)),
        ):
            if first != second:
                raise UserError(
                    f"cannot be compared: the {what} of item {index + 1} is {_short(first)} to the "
                    f"first and {_short(second)} to the second; their options for reading differ"
                )


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _pairs(a: Answered, b: Answered) -> Iterator[tuple[Measure, Measure, str]]:
    """Yield the measures that both have, and why two of them cannot be ranked, if they cannot."""
    others = {measure.name: measure for measure in b.scoring.measures}
    for measure in a.scoring.measures:
        other = others.get(measure.name)
        if other is not None:
            yield measure, other, _unlike_bases(measure.basis, other.basis)


def _unlike_bases(first: str, second: str) -> str:
    if first == second:
        return ""
    return (
        f"the first model's is measured on {first or _WHOLE}, the second's on "
        f"{second or _WHOLE}, so a better value need not mean a better model"
    )


def _refusals(a: Answered, b: Answered) -> Iterator[Refusal]:
    names: dict[str, list[str]] = {}
    for measure, _, reason in _pairs(a, b):
        names.setdefault(reason, []).append(measure.name)
    for reason, measures in names.items():
        if reason:
            yield Refusal(tuple(measures), reason)


def _compared(a: Answered, b: Answered, resamples: int) -> Iterator[ComparedMeasure]:
    a_scores, b_scores = a.evaluation(resamples=resamples), b.evaluation(resamples=resamples)
    for measure, other, reason in _pairs(a, b):
        if not reason:
            found = paired_bootstrap(
                a.scoring.statistics,
                b.scoring.statistics,
                measure,
                other,
                resamples=resamples,
                rng=np.random.default_rng(0),
            )
            yield ComparedMeasure(_of(a_scores, measure), _of(b_scores, measure), found)


def _of(evaluation: Evaluation, measure: Measure) -> Metric:
    return evaluation.metric(measure.name)


def _gains(a: Answered, b: Answered, name: str) -> Array:
    """Return (N,) by how much each item alone scores better with the first; 0 if undefined."""
    measure = a.scoring.measure(name)
    gains = _differences(a.scoring.by_example(name), b.scoring.by_example(name))
    return gains if measure.higher_is_better else -gains


def _differences(a: Array, b: Array) -> Array:
    """Return a - b, (N,); 0 where that is undefined."""
    # A label that neither model has learnt is infinitely improbable to both: no difference is told.
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nan_to_num(a - b, nan=0.0))


def _notices(a: Answered, b: Answered) -> Iterator[str]:
    """Say of each model what there is to know of it on these items."""
    for which, answered in (("first", a), ("second", b)):
        yield from (f"the {which} model: {notice}" for notice in answered.notices())


def _partings(a: Answered, b: Answered, gains: Array, count: int) -> Iterator[PartedItem]:
    """Yield the items on which the headlines differ, those with the greatest difference first."""
    a_losses, b_losses = a.losses(), b.losses()
    doubt = np.abs(_differences(np.array(a_losses), np.array(b_losses)))
    order = np.lexsort((np.arange(len(gains)), -doubt, -np.abs(gains)))
    for index in [int(i) for i in order if gains[i]][:count]:
        yield PartedItem(item_of(a, index, a_losses[index]), item_of(b, index, b_losses[index]))
