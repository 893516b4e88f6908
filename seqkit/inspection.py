"""A model's answers one by one: which items it got worst, and what it did not know in them."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.errors import Problem, UserError
from seqkit.kernels.threads import use_threads
from seqkit.loading import TrainedModel
from seqkit.metrics.evaluation import Evaluation, evaluate
from seqkit.metrics.measures import Scoring
from seqkit.overlap import describe_overlap
from seqkit.reports import plain_values
from seqkit.summaries import unlearnt_notices
from seqkit.tasks import Mistake
from seqkit.text.unicode import graphemes, nfc

__all__ = ["Answered", "Item", "answer_gold", "item_of", "marked_parts", "worst_items"]


@dataclass(frozen=True, eq=False)
class Answered:
    """Gold examples with a model's predictions and their statistics.

    Attributes:
        trained: the model.
        examples: N of them, with gold answers.
        predictions: one an example.
        scoring: (N, K) statistics and the measures.
    """

    trained: TrainedModel
    examples: Sequence[Any]
    predictions: Sequence[Any]
    scoring: Scoring

    def evaluation(self, *, resamples: int = 1000) -> Evaluation:
        """Compute the measures with 95 % bootstrap intervals, as :meth:`Model.evaluate` does."""
        return evaluate(self.scoring, resamples=resamples, rng=np.random.default_rng(0))

    def losses(self) -> list[float]:
        """Return how badly each example was answered; see :meth:`Model.item_losses`."""
        return [*map(float, self.trained.model.item_losses(self.examples, self.predictions))]

    def text(self, index: int) -> str:
        """Return the text of an example."""
        return self.trained.task.text(self.examples[index])

    def gold(self, index: int) -> Any:
        """Return the gold answer of an example; None where the task tells of none."""
        task = self.trained.task
        gold = task.gold(self.examples[index])
        return None if gold is None else _single_out(gold, task.answer(gold))

    def predicted(self, index: int) -> Any:
        """Return the answer for an example; None where it is no part of the prediction."""
        prediction = self.predictions[index]
        return _single_out(prediction, self.trained.task.answer(prediction))

    def mistakes(self, index: int) -> tuple[Mistake, ...]:
        """Return where the prediction for an example goes wrong."""
        return tuple(self.trained.task.mistakes(self.examples[index], self.predictions[index]))

    def notices(self) -> tuple[str, ...]:
        """Say what a careful reader should know: whether the model was trained on the examples, and
        which of their labels it has not learnt.
        """
        keys = map(self.trained.task.key, self.examples)
        said = describe_overlap(self.trained.metadata, keys)
        unlearnt = unlearnt_notices(self.trained.model, self.examples)
        return unlearnt if said is None else (said, *unlearnt)

    def unknown(self, index: int) -> tuple[str, ...]:
        """Return the tokens of an example that the model does not know."""
        return tuple(self.trained.model.unknown_tokens(self.examples[index]))


def _single_out(prediction: Any, answer: Any) -> Any:
    """A task that tells no answer apart, such as language modelling, returns the whole."""
    return None if answer is prediction else answer


@dataclass(frozen=True)
class Item:
    """One gold example and what a model made of it.

    Attributes:
        number: its place in the data, from 1.
        text: its input.
        loss: how badly it was answered, the larger the worse.
        gold: the right answer; None where the task tells of none.
        predicted: the model's answer; None likewise.
        mistakes: where the two differ, the worst place first.
        unknown: tokens that the model does not know.
    """

    number: int
    text: str
    loss: float
    gold: Any
    predicted: Any
    mistakes: tuple[Mistake, ...]
    unknown: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        plain: dict[str, Any] = plain_values(asdict(self))
        return plain


def answer_gold(trained: TrainedModel, path: Path) -> Answered:
    """Read gold data, predict for it and score that.

    Raises:
        UserError: no examples, or a file that cannot be read.
    """
    examples = trained.task.read(path)
    if not examples:
        raise UserError(Problem("no examples in it", str(path)))
    predictions = trained.predict_examples(examples)
    with use_threads(trained.threads):
        scoring = trained.model.score(examples, predictions)
    return Answered(trained, examples, predictions, scoring)


def worst_items(answered: Answered, count: int) -> list[Item]:
    """Return the items that a model got worst, the worst first; those it got right are left out.

    They are in the order of :meth:`Model.item_losses`; of equal ones, the answer given with the
    greatest confidence is the worse, and then the earlier one comes first.

    Args:
        answered: by the model.
        count: at most so many.
    """
    return sorted(_candidates(answered, count), key=_badness)[:count]


def _candidates(answered: Answered, count: int) -> Iterator[Item]:
    """Yield the worst wrong items by loss, and all that are as bad as the last of them."""
    losses = answered.losses()
    order = sorted(range(len(losses)), key=lambda i: -_or_least(losses[i]))
    found, last = 0, math.nan
    for index in order:
        if found >= count and _or_least(losses[index]) != last:
            return
        item = item_of(answered, index, losses[index])
        if item.mistakes or answered.trained.task.gold(answered.examples[index]) is None:
            found, last = found + 1, _or_least(losses[index])
            yield item


def item_of(answered: Answered, index: int, loss: float) -> Item:
    """Collect all there is to say of one example."""
    return Item(
        index + 1,
        answered.text(index),
        loss,
        answered.gold(index),
        answered.predicted(index),
        answered.mistakes(index),
        answered.unknown(index),
    )


def _badness(item: Item) -> tuple[float, float, int]:
    confidence = max((mistake.confidence or 0.0 for mistake in item.mistakes), default=0.0)
    return -_or_least(item.loss), -confidence, item.number


def _or_least(loss: float) -> float:
    return -math.inf if math.isnan(loss) else loss


def marked_parts(text: str, tokens: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Cut a text at some of its tokens.

    Args:
        text: to be shown, as it was typed.
        tokens: in the order in which they stand in it, maybe in other capitals or another Unicode
            form; one that is not found, such as a letter that the tokeniser took apart, is passed
            over.

    Yields:
        Each piece of the text, and whether it is one of the tokens.
    """
    clusters = graphemes(text)
    # Composed, and in small letters: a capital may have other code points than its small letter.
    read = [nfc(cluster.lower()) for cluster in clusters]
    numbers = {place: n for n, place in enumerate(accumulate(map(len, read), initial=0))}
    searched, start = "".join(read), 0
    for token in tokens:
        # A word is not to be found within another one; a single letter is.
        edge = r"(?<!\w){}(?!\w)" if len(token) > 1 and token.isalnum() else "{}"
        pattern = edge.format(re.escape(nfc(token.lower())))
        matches = re.compile(pattern, re.IGNORECASE).finditer(searched, start)
        spans = (match.span() for match in matches if numbers.keys() >= {*match.span()})
        if token and (span := next(spans, None)):
            first, after = (numbers[place] for place in span)
            if before := clusters[numbers[start] : first]:
                yield "".join(before), False
            yield "".join(clusters[first:after]), True
            start = span[1]
    if rest := clusters[numbers[start] :]:
        yield "".join(rest), False
