"""BLEU by sacreBLEU (Papineni et al. 2002; Post 2018), with what a bootstrap needs."""

from collections.abc import Sequence

import numpy as np
from seqkit.arrays import Array
from seqkit.metrics import Measure, Scoring

__all__ = ["score_bleu"]

TOKENIZE = {"words": "13a", "characters": "char", "jamo": "char", "whitespace": "none"}
"""How sacreBLEU cuts each kind of unit."""

ORDER = 4

SMOOTHING = "exp"
"""Of an order without a match; sacreBLEU's own default, which its function of sums has not."""


def score_bleu(gold: Sequence[Sequence[str]], predicted: Sequence[str], units: str) -> Scoring:
    """Score texts by corpus BLEU, in [0, 1], against one or several right answers each.

    Args:
        gold: N lists of right answers.
        predicted: N texts.
        units: of the target; decides how sacreBLEU cuts texts into words.

    Returns:
        Statistics (N, 10) whose sum gives BLEU: matches and n-grams of orders 1 to 4, lengths of
        text and answer.
    """
    from sacrebleu.metrics.bleu import BLEU

    # Only its counts are used, not its score of a single text.
    bleu = BLEU(tokenize=TOKENIZE[units], effective_order=True)
    statistics = np.zeros((len(gold), 2 * ORDER + 2))
    for row, text, answers in zip(statistics, predicted, gold, strict=True):
        found = bleu.sentence_score(text, list(answers))
        row[:] = [*found.counts, *found.totals, found.sys_len, found.ref_len]

    def compute(sums: Array) -> Array:
        rows = sums.reshape(-1, 2 * ORDER + 2).astype(int).tolist()
        scores = [bleu_of(row) for row in rows]
        return np.reshape(scores, sums.shape[:-1])

    def bleu_of(row: list[int]) -> float:
        matches, ngrams, written, wanted = row[:ORDER], row[ORDER:-2], row[-2], row[-1]
        found = BLEU.compute_bleu(matches, ngrams, written, wanted, smooth_method=SMOOTHING)
        return found.score / 100

    return Scoring(statistics, (Measure(f"BLEU ({TOKENIZE[units]})", compute),))
