"""Where a prediction goes wrong, in a form that people can read for any task."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Mistake", "differences"]


@dataclass(frozen=True)
class Mistake:
    """One place where a prediction is not the gold answer, or finds it improbable.

    Attributes:
        place: the word it is about, or its number; empty where it is the whole text.
        gold: the right answer; None where the text itself is, as in language modelling.
        predicted: what the model said instead; None where it says nothing, as there.
        confidence: the model's probability of what it predicted; None where it is unknown.
        gold_probability: its probability of the gold answer; None where it is unknown.
    """

    place: str = ""
    gold: Any = None
    predicted: Any = None
    confidence: float | None = None
    gold_probability: float | None = None


def differences(
    gold: Any, predicted: Any, *, confidence: float | None = None, words: Any = None
) -> list[Mistake]:
    """Return the places where two answers differ: none, the whole, or elements of equal lists.

    Args:
        gold: the right answer.
        predicted: the model's.
        confidence: the model's probability of the whole of it.
        words: what the elements are about, where that is a list of one length with them; otherwise
            their places are numbers from 1.
    """
    if not (_is_list(gold) and _is_list(predicted) and len(gold) == len(predicted)):
        whole = Mistake("", gold, predicted, confidence)
        return [] if gold == predicted else [whole]
    numbered = not _is_list(words) or len(words) != len(gold)
    places = range(1, len(gold) + 1) if numbered else words
    pairs = zip(places, gold, predicted, strict=True)
    return [Mistake(str(place), right, wrong) for place, right, wrong in pairs if right != wrong]


def _is_list(answer: Any) -> bool:
    return isinstance(answer, Sequence) and not isinstance(answer, str | bytes)
