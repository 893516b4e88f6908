import json
import math

import numpy as np
import pytest

from seqkit.metrics import (
    Evaluation,
    Interval,
    Measure,
    Metric,
    Scoring,
    Table,
    evaluate,
    format_score,
    join_scorings,
    ratio,
)

ACCURACY = Measure("accuracy", lambda sums: ratio(sums[..., 0], sums[..., 1]))
LOSS = Measure("loss", lambda sums: sums[..., 0], higher_is_better=False, style="number")


def scoring(right: list[int], **more: object) -> Scoring:
    statistics = np.array([[value, 1] for value in right], dtype=np.float64).reshape(-1, 2)
    return Scoring(statistics, (ACCURACY,), {"texts": len(right)}, **more)


def test_ratio_is_nan_where_it_is_undefined() -> None:
    np.testing.assert_array_equal(
        ratio(np.array([1.0, 0.0, 1.0]), np.array([2.0, 0, 0])), [0.5, np.nan, np.nan]
    )
    assert math.isnan(float(ratio(np.float64(0), np.float64(0))))
    assert ratio(np.ones((3, 1)), np.ones(4)).shape == (3, 4)


@pytest.mark.parametrize(
    ("value", "style", "shown"),
    [
        (0.931, "percent", "93.10"),
        (1234.567, "number", "1,234.57"),
        (0.00423, "number", "0.0042"),
        (-0.00423, "number", "-0.0042"),
        (0.0, "number", "0.00"),
        (math.nan, "percent", "-"),
        (math.inf, "number", "inf"),
    ],
)
def test_scores_are_shown_by_their_style(value: float, style: str, shown: str) -> None:
    assert format_score(value, style) == shown  # type: ignore[arg-type]


def test_a_metric_reads_as_a_line() -> None:
    metric = Metric("accuracy", 0.5, Interval(0.4, 0.6))
    assert str(metric) == "accuracy 50.00 [40.00, 60.00]"
    assert str(Metric("accuracy", 0.5)) == "accuracy 50.00"


def test_evaluation_survives_json() -> None:
    table = Table(
        "Tags", ("tag", "F1", "support"), (("NOUN", 0.5, 3), ("X", None, 0)), ("note",), ("F1",)
    )
    infinite = Metric("perplexity", math.inf, None, higher_is_better=False, style="number")
    evaluation = Evaluation(
        (Metric("accuracy", 0.5, Interval(0.25, 0.75, 0.9)), infinite), {"texts": 4}, (table,)
    )
    text = json.dumps(evaluation.to_json(), allow_nan=False)
    assert Evaluation.from_json(json.loads(text)) == evaluation


def test_undefined_values_are_null_in_json() -> None:
    metric = Metric("accuracy", math.nan)
    assert metric.to_json()["value"] is None
    assert math.isnan(Metric.from_json(metric.to_json()).value)
    assert Table("T", ("a",), ((math.nan,),)).to_json()["rows"] == [[None]]


def test_tables_show_percent_columns_and_thousands() -> None:
    rows = (("NOUN", 0.12345, 12345, 0.5), ("X", math.nan, 0, None))
    table = Table("T", ("tag", "F1", "support", "mean"), rows, percent=("F1",))
    assert table.formatted() == (("NOUN", "12.35", "12,345", "0.50"), ("X", "-", "0", "-"))


def test_tables_refuse_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="2 columns, a row has 1"):
        Table("T", ("a", "b"), ((1,),))
    with pytest.raises(ValueError, match="no columns"):
        Table("T", ("a",), (), percent=("b",))


def test_scorings_refuse_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="examples, K"):
        Scoring(np.zeros(3), (ACCURACY,))
    with pytest.raises(ValueError, match="distinct names"):
        Scoring(np.zeros((3, 2)), (ACCURACY, ACCURACY))
    with pytest.raises(ValueError, match="distinct names"):
        Scoring(np.zeros((3, 2)), ())


def test_evaluate_keeps_order_counts_and_direction() -> None:
    both = Scoring(np.array([[1.0, 1], [0, 1], [1, 1]]), (LOSS, ACCURACY), {"texts": 3})
    evaluation = evaluate(both, rng=np.random.default_rng(0))
    assert [metric.name for metric in evaluation.metrics] == ["loss", "accuracy"]
    assert evaluation.headline.value == 2
    assert not evaluation.headline.higher_is_better
    assert evaluation.headline.style == "number"
    assert evaluation.metric("accuracy").value == pytest.approx(2 / 3)
    assert evaluation.counts == {"texts": 3}


def test_a_wrong_metric_name_gets_a_hint() -> None:
    evaluation = evaluate(scoring([1, 0]), rng=np.random.default_rng(0))
    with pytest.raises(KeyError, match="did you mean 'accuracy'"):
        evaluation.metric("acuracy")


@pytest.mark.parametrize("right", [[], [1]])
def test_fewer_than_two_examples_have_no_interval(right: list[int]) -> None:
    headline = evaluate(scoring(right), rng=np.random.default_rng(0)).headline
    assert headline.interval is None
    assert math.isnan(headline.value) == (not right)


def test_no_resamples_no_intervals() -> None:
    headline = evaluate(scoring([1, 0, 1]), resamples=0, rng=np.random.default_rng(0)).headline
    assert headline.interval is None
    assert headline.value == pytest.approx(2 / 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_model_that_diverged_is_scored_without_a_warning(bad: float) -> None:
    diverged = Scoring(np.array([[bad, 1], [-bad, 1], [1, 1]]), (LOSS,))
    headline = evaluate(diverged, rng=np.random.default_rng(0)).headline
    assert not math.isfinite(headline.value)
    assert headline.interval is None


def test_joined_scorings_give_what_each_gives_alone() -> None:
    a, b = scoring([1, 0, 1]), Scoring(np.array([[3.0], [4], [5]]), (LOSS,), {"lines": 3})
    joined = evaluate(join_scorings(a, b), resamples=0, rng=np.random.default_rng(0))
    assert [metric.value for metric in joined.metrics] == [pytest.approx(2 / 3), 12]
    assert joined.counts == {"texts": 3, "lines": 3}


def test_scorings_of_other_examples_are_not_joined() -> None:
    with pytest.raises(ValueError, match="same examples"):
        join_scorings(scoring([1]), scoring([1, 0]))


def test_a_measure_of_each_example_alone() -> None:
    found = Scoring(np.array([[1.0, 2], [0, 0], [3, 3]]), (ACCURACY, LOSS))
    np.testing.assert_array_equal(found.by_example(), [0.5, np.nan, 1])
    np.testing.assert_array_equal(found.by_example("loss"), [1, 0, 3])
    assert found.headline is ACCURACY
    with pytest.raises(KeyError, match="elsewhere"):
        found.by_example("elsewhere")


def test_a_measure_that_looks_along_the_wrong_axis_is_refused() -> None:
    wrong = Measure("accuracy", lambda sums: sums[0] / sums[1])
    scoring = Scoring(np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 1.0]]), (wrong,))
    reason = r"measure 'accuracy' of sums .*, wanted \(.*; the columns are the last axis, sums\[..."
    with pytest.raises(ValueError, match=reason):
        evaluate(scoring, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=reason):
        scoring.by_example()
