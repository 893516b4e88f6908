import math

import numpy as np
import pytest

from seqkit.metrics import Evaluation, Scoring, evaluate, score_lines, score_tokens


def evaluated(scoring: Scoring, resamples: int = 0) -> Evaluation:
    return evaluate(scoring, resamples=resamples, rng=np.random.default_rng(0))


def test_scores_of_a_stream() -> None:
    probabilities = np.array([0.5, 0.25, 0.125, 0.5])
    evaluation = evaluated(
        score_tokens(
            -np.log(probabilities),
            np.array([2, 0, 2]),
            unknown=np.array([False, True, False, False]),
            characters=[3, 0, 4],
        )
    )
    values = {metric.name: metric.value for metric in evaluation.metrics}
    assert values == pytest.approx(
        {
            "perplexity": 2 ** (7 / 4),
            "perplexity without unknown words": 2 ** (5 / 3),
            "bits per character": 1.0,
        }
    )
    assert evaluation.headline.name == "perplexity"
    assert not any(metric.higher_is_better for metric in evaluation.metrics)
    assert all(metric.style == "number" for metric in evaluation.metrics)
    assert evaluation.counts == {"lines": 3, "tokens": 4, "unknown tokens": 1, "characters": 7}


def test_the_share_of_unknown_tokens_stands_beside_the_bits_that_they_make_small() -> None:
    nll = -np.log([0.5, 0.25, 0.125, 0.5])
    unknown = np.array([False, True, False, False])
    scoring = score_tokens(nll, np.array([2, 2]), unknown=unknown, characters=[3, 4])
    (table,) = scoring.tables
    assert table.rows == (("known", 3, 0.75, pytest.approx(5 / 3)), ("unknown", 1, 0.25, 2.0))
    assert table.notes[0].startswith("bits per character leave out how unknown tokens are spelt")
    assert not score_tokens(nll, np.array([2, 2]), unknown=unknown & False).tables


def test_a_uniform_model_has_the_perplexity_of_its_vocabulary() -> None:
    scoring = score_tokens(np.full(100, math.log(65)), np.full(10, 10))
    metric = evaluated(scoring, resamples=100).headline
    assert metric.value == pytest.approx(65)
    assert metric.interval is not None
    assert metric.interval.low == pytest.approx(65)
    assert [measure.name for measure in scoring.measures] == ["perplexity"]


def test_the_headline_can_be_chosen() -> None:
    scoring = score_lines([2.0], [3], characters=[3], headline="bits per character")
    assert [m.name for m in scoring.measures] == ["bits per character", "perplexity"]


def test_no_token_is_undefined_and_a_hopeless_model_infinite() -> None:
    assert math.isnan(evaluated(score_tokens(np.zeros(0), np.zeros(2, int))).headline.value)
    assert evaluated(score_lines([1e6, 1e6], [1, 1]), 10).headline.value == math.inf


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unknown_nll": [1.0]}, "belong together"),
        ({"characters": [1, 2]}, "1 lines"),
        ({"headline": "bits per character"}, "headline must be one of"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        score_lines([1.0], [1], **arguments)


def test_lengths_must_add_up() -> None:
    with pytest.raises(ValueError, match="4 tokens were scored"):
        score_tokens(np.zeros(4), np.array([1, 2]))


def bases(scoring: Scoring) -> dict[str, str]:
    return {measure.name: measure.basis for measure in scoring.measures}


def test_perplexity_is_measured_on_a_vocabulary_and_bits_on_the_text_if_all_of_it_is_known() -> (
    None
):
    given = {"characters": [3, 4], "vocabulary": "words"}
    known = score_lines([1.0, 2.0], [2, 2], unknown_nll=[0, 0], unknown_tokens=[0, 0], **given)
    assert bases(known)["bits per character"] == ""
    assert bases(known)["perplexity"] == bases(known)["perplexity without unknown words"] == "words"
    small = score_lines(
        [1.0, 2.0], [2, 2], unknown_nll=[0, 0], unknown_tokens=[0, 0], text="small letters", **given
    )
    assert bases(small)["bits per character"] == "small letters, nothing in it unknown"
    assert bases(small)["perplexity"] == "words"
    some = score_lines([1.0, 2.0], [2, 2], unknown_nll=[0, 1], unknown_tokens=[0, 1], **given)
    assert set(bases(some).values()) == {"words"}
    assert set(bases(score_lines([1.0], [2], characters=[3], vocabulary="words")).values()) == {
        "words"
    }
