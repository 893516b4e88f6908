"""Scores of answers in words: exact match and token F1, as SQuAD and KorQuAD define them."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

from seqkit.metrics.measures import Measure, Scoring, Table, ratio

__all__ = ["exact_match", "normalize_answer", "refuse_string", "score_answers", "token_f1"]

_ARTICLES = frozenset(("a", "an", "the"))

_SYMBOLS = frozenset("$+<=>^`|~")
"""The ASCII marks that Unicode calls symbols; SQuAD drops them with the punctuation."""

_SHOWN = 5
"""Mistakes that the table lists."""


def normalize_answer(answer: str) -> str:
    """Return an answer in small letters, without punctuation and English articles, single-spaced.

    That is the normalisation of SQuAD's evaluation (Rajpurkar et al. 2016), with the punctuation of
    all scripts. An answer of which nothing would be left ("a", "?") keeps what it has.

    Example:
        >>> normalize_answer("The  «Old» Mill.")
        'old mill'
    """
    kept = (c for c in answer.lower() if c not in _SYMBOLS and unicodedata.category(c)[0] != "P")
    words = [word for word in "".join(kept).split() if word not in _ARTICLES]
    return " ".join(words) or " ".join(answer.lower().split())


def exact_match(answer: str, gold: Sequence[str]) -> float:
    """Return 1.0 if the answer is one of the gold answers once all are normalised, else 0.0.

    Raises:
        TypeError: ``gold`` is one string.
    """
    refuse_string(gold)
    return float(normalize_answer(answer) in map(normalize_answer, gold))


def token_f1(answer: str, gold: Sequence[str]) -> float:
    """Return the best F1 of the answer's tokens against those of a gold answer.

    Tokens are words. Where the gold answer has Hangul they are characters, as in KorQuAD 1.0 (Lim
    et al. 2019): words carry particles there, and most of a word is mostly right.

    Args:
        answer: what was answered.
        gold: the right answers; without any the F1 is 0.

    Example:
        >>> token_f1("the old mill", ["an old barn"]), token_f1("부엌에서", ["부엌"])
        (0.5, 0.6666666666666666)

    Raises:
        TypeError: ``gold`` is one string.
    """
    refuse_string(gold)
    return max((_f1(answer, right) for right in gold), default=0.0)


def refuse_string(gold: Sequence[object]) -> None:
    """Refuse one string for gold answers: its letters would each be taken for one.

    Raises:
        TypeError: ``gold`` is one string.
    """
    if isinstance(gold, str):
        raise TypeError(f"wanted a list of gold answers, found one string; write [{gold!r}]")


def _f1(answer: str, gold: str) -> float:
    korean = any("가" <= c <= "힣" for c in gold)
    found, wanted = (_tokens(normalize_answer(text), korean) for text in (answer, gold))
    total = found.total() + wanted.total()
    return 2.0 * (found & wanted).total() / total if total else 1.0


def _tokens(text: str, characters: bool) -> Counter[str]:
    return Counter("".join(text.split()) if characters else text.split())


def score_answers(gold: Sequence[Sequence[str]], answers: Sequence[str]) -> Scoring:
    """Score answers; of several gold answers the best match counts.

    Args:
        gold: the right answers to each question.
        answers: one for each question.

    Returns:
        The measures exact match (the headline) and F1, and a table of the commonest mistakes.

    Raises:
        TypeError: the gold answers of a question are one string.
        ValueError: the two differ in number.
    """
    pairs = list(zip(gold, answers, strict=True))
    rows = [(exact_match(answer, right), token_f1(answer, right), 1.0) for right, answer in pairs]
    mistakes = Counter(
        (" / ".join(right), answer)
        for (right, answer), row in zip(pairs, rows, strict=True)
        if not row[0]
    )
    return Scoring(
        statistics=np.array(rows, dtype=np.float64).reshape(-1, 3),
        measures=(
            Measure("exact match", lambda sums: ratio(sums[..., 0], sums[..., 2])),
            Measure("F1", lambda sums: ratio(sums[..., 1], sums[..., 2])),
        ),
        counts={"questions": len(rows)},
        tables=(_commonest(mistakes),),
    )


def _commonest(mistakes: Counter[tuple[str, str]]) -> Table:
    rows = tuple((right, answer, count) for (right, answer), count in mistakes.most_common(_SHOWN))
    return Table("Commonest mistakes", ("gold", "answered", "count"), rows)
