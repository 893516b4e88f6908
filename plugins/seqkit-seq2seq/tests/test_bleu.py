"""BLEU is what sacreBLEU says of the whole corpus."""

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from seqkit.metrics import evaluate

from seqkit_seq2seq.bleu import ORDER, TOKENIZE, score_bleu

GOLD = [
    ["the cat sat on the mat ."],
    ["나는 학교에 간다", "나는 학교로 간다"],
    ["a b c d e f"],
    ["x"],
]
TEXTS = ["the cat is on the mat .", "나는 학교로 간다", "a b c e f", ""]


@pytest.mark.parametrize("units", TOKENIZE)
def test_as_sacrebleu_counts_it(units: str) -> None:
    scoring = score_bleu(GOLD, TEXTS, units)
    width = max(map(len, GOLD))
    references = [[row[min(i, len(row) - 1)] for row in GOLD] for i in range(width)]
    expected = BLEU(tokenize=TOKENIZE[units]).corpus_score(TEXTS, references).score / 100
    assert 0 < expected < 1
    found = scoring.measures[0].compute(scoring.statistics.sum(axis=0))
    assert float(found) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["the cat ran over there", "a cat ran", "no word is right"])
def test_an_order_without_a_match_is_smoothed_as_sacrebleu_does(text: str) -> None:
    gold = "the cat sat on the mat"
    scoring = score_bleu([[gold]], [text], "words")
    corpus = BLEU(tokenize="13a").corpus_score([text], [[gold]])
    assert corpus.counts[ORDER - 1] == 0
    found = scoring.measures[0].compute(scoring.statistics.sum(axis=0))
    assert float(found) == pytest.approx(corpus.score / 100)


def test_perfect_texts_score_one_with_an_interval() -> None:
    gold = [["one two three four five"]] * 3
    scoring = score_bleu(gold, [row[0] for row in gold], "words")
    (metric,) = evaluate(scoring, rng=np.random.default_rng(0)).metrics
    assert metric.value == pytest.approx(1.0)
    assert metric.interval is not None


def test_no_texts_score_nothing() -> None:
    scoring = score_bleu([], [], "words")
    assert float(scoring.measures[0].compute(scoring.statistics.sum(axis=0))) == 0.0
