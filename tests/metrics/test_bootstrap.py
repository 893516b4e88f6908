import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.arrays import Array
from seqkit.metrics import Measure, bootstrap_intervals, paired_bootstrap, ratio
from seqkit.metrics.resampling import group_rows, resampled_sums

MEAN = Measure("mean", lambda sums: ratio(sums[..., 0], sums[..., 1]), style="number")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def with_ones(values: Array) -> Array:
    return np.stack([values, np.ones_like(values)], axis=1)


def naive_sums(statistics: Array, resamples: int, generator: np.random.Generator) -> Array:
    n = len(statistics)
    return np.stack([statistics[generator.integers(0, n, n)].sum(axis=0) for _ in range(resamples)])


def all_sums(statistics: Array, resamples: int, seed: int = 0) -> Array:
    return np.concatenate(list(resampled_sums(statistics, resamples, rng(seed))))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.0, 0.5, 1e-3])), max_size=30))
def test_groups_are_the_distinct_rows(rows: list[tuple[int, float]]) -> None:
    statistics = np.array(rows, dtype=np.float64).reshape(-1, 2)
    groups, counts = group_rows(statistics)
    wanted = {row: rows.count(row) for row in set(rows)}
    found = {(int(a), float(b)): int(n) for (a, b), n in zip(groups, counts, strict=True)}
    assert found == wanted


def test_rows_without_columns_are_one_group() -> None:
    groups, counts = group_rows(np.zeros((5, 0)))
    assert groups.shape == (1, 0)
    assert counts.tolist() == [5]


@pytest.mark.parametrize("distinct", [2, 400], ids=["grouped", "one by one"])
def test_sums_are_distributed_as_in_naive_resampling(distinct: int) -> None:
    values = rng(1).choice(rng(2).exponential(size=distinct), size=400)
    statistics = with_ones(values)
    fast, naive = all_sums(statistics, 4000), naive_sums(statistics, 4000, rng(3))
    np.testing.assert_array_equal(fast[:, 1], 400)
    quantiles = np.linspace(0.05, 0.95, 10)
    spread = naive[:, 0].std()
    apart = np.quantile(fast[:, 0], quantiles) - np.quantile(naive[:, 0], quantiles)
    # The standard error of an outer quantile of 4,000 draws is 0.033 standard deviations.
    assert np.abs(apart).max() < 0.17 * spread


def test_sums_are_exact_and_so_the_same_for_any_order_of_addition() -> None:
    statistics = rng(1).exponential(size=(3000, 3))
    sums = all_sums(statistics, 20)
    drawn = rng(0).integers(0, 3000, size=(20, 3000))
    wanted = [[math.fsum(statistics[row, k]) for k in range(3)] for row in drawn]
    np.testing.assert_allclose(sums, wanted, rtol=1e-12)
    backwards = np.concatenate(list(resampled_sums(statistics[:, ::-1], 20, rng(0))))
    np.testing.assert_array_equal(backwards[:, ::-1], sums)


def test_chunks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    statistics = rng(1).exponential(size=(50, 2))
    whole = all_sums(statistics, 30)
    monkeypatch.setattr("seqkit.metrics.resampling._CHUNK", 200)
    np.testing.assert_array_equal(all_sums(statistics, 30), whole)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_extreme_statistics_neither_warn_nor_vanish(scale: float) -> None:
    sums = all_sums(np.full((4, 1), scale), 3)
    np.testing.assert_allclose(sums, 4 * scale)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_the_same_generator_gives_the_same_interval(method: str) -> None:
    statistics = with_ones(rng(5).exponential(size=40))
    first, again, other = (
        bootstrap_intervals(statistics, [MEAN], method=method, rng=rng(seed)) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def coverage(method: str, size: int, trials: int) -> float:
    """Share of the 90 % intervals of an exponential sample's mean that hold the true mean, 1."""
    generator, hits = rng(11), 0
    for _ in range(trials):
        statistics = with_ones(generator.exponential(size=size))
        (interval,) = bootstrap_intervals(
            statistics, [MEAN], resamples=400, level=0.9, method=method, rng=generator
        )
        assert interval is not None
        hits += interval.low <= 1 <= interval.high
    return hits / trials


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_intervals_cover_at_about_their_level(method: str) -> None:
    assert 0.86 < coverage(method, size=100, trials=400) < 0.94


def test_bca_covers_a_skewed_small_sample_better() -> None:
    assert coverage("bca", 15, 400) > coverage("percentile", 15, 400)


def test_the_interval_of_a_proportion_is_close_to_the_normal_one() -> None:
    statistics = with_ones(np.repeat([1.0, 0.0], [800, 200]))
    (interval,) = bootstrap_intervals(statistics, [MEAN], resamples=4000, rng=rng())
    assert interval is not None
    half = 1.96 * math.sqrt(0.8 * 0.2 / 1000)
    assert interval.low == pytest.approx(0.8 - half, abs=0.003)
    assert interval.high == pytest.approx(0.8 + half, abs=0.003)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_a_perfect_score_has_an_interval_without_width(method: str) -> None:
    (interval,) = bootstrap_intervals(with_ones(np.ones(10)), [MEAN], method=method, rng=rng())
    assert interval is not None
    assert (interval.low, interval.high) == (1, 1)


def test_resamples_on_which_a_score_is_undefined_are_left_out() -> None:
    statistics = np.zeros((5, 2))
    statistics[0] = 1  # one unseen word in the whole set: many resamples have none
    (interval,) = bootstrap_intervals(statistics, [MEAN], rng=rng())
    assert interval is not None
    assert (interval.low, interval.high) == (1, 1)


def test_an_undefined_score_has_no_interval() -> None:
    assert bootstrap_intervals(np.zeros((5, 2)), [MEAN], rng=rng()) == (None,)


def test_measures_that_divide_by_zero_themselves_do_not_warn() -> None:
    careless = Measure("careless", lambda sums: sums[..., 0] / sums[..., 1])
    assert bootstrap_intervals(np.zeros((5, 2)), [careless], rng=rng()) == (None,)


def test_an_interval_can_reach_to_infinity() -> None:
    inverse = Measure("inverse", lambda sums: sums[..., 1] / sums[..., 0], style="number")
    statistics = with_ones(np.array([0.0, 0.0, 0.0, 1.0]))
    (interval,) = bootstrap_intervals(statistics, [inverse], rng=rng())
    assert interval is not None
    assert (interval.low, interval.high) == (pytest.approx(4 / 3), math.inf)


def test_bca_without_a_usable_jackknife_is_still_an_interval() -> None:
    pair = Measure("pair", lambda sums: np.where(sums[..., 1] < 2, np.nan, sums[..., 0]))
    statistics = with_ones(np.array([1.0, 2.0]))
    (interval,) = bootstrap_intervals(statistics, [pair], method="bca", rng=rng())
    assert interval is not None
    assert 2 <= interval.low <= interval.high <= 4


def test_bca_cannot_correct_when_all_resamples_lie_on_one_side() -> None:
    statistics = with_ones(rng(1).exponential(size=20))
    percentile, bca = (
        bootstrap_intervals(statistics, [MEAN], method=method, resamples=1, rng=rng())
        for method in ("percentile", "bca")
    )
    assert bca == percentile


@pytest.mark.parametrize(("level", "resamples"), [(0, 10), (1, 10), (0.9, -1)])
def test_bad_options_are_refused(level: float, resamples: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        paired_bootstrap(
            np.ones((3, 2)), np.ones((3, 2)), MEAN, level=level, resamples=resamples, rng=rng()
        )
    with pytest.raises(ValueError, match="must be"):
        bootstrap_intervals(np.ones((3, 2)), [MEAN], level=level, resamples=resamples, rng=rng())


def test_equal_systems_do_not_differ() -> None:
    statistics = with_ones(rng(1).random(30))
    comparison = paired_bootstrap(statistics, statistics, MEAN, rng=rng())
    assert (comparison.difference, comparison.p_value) == (0, 1)
    assert comparison.interval is not None
    assert (comparison.interval.low, comparison.interval.high) == (0, 0)


def test_a_small_but_steady_difference_is_found_by_pairing() -> None:
    hard = rng(1).normal(scale=5, size=200)
    a, b = with_ones(hard + 0.2 + rng(2).normal(scale=0.1, size=200)), with_ones(hard)
    comparison = paired_bootstrap(a, b, MEAN, rng=rng())
    assert comparison.difference == pytest.approx(0.2, abs=0.03)
    assert comparison.p_value == pytest.approx(1 / 1001)
    assert comparison.interval is not None
    assert 0 < comparison.interval.low < comparison.difference < comparison.interval.high
    swapped = paired_bootstrap(b, a, MEAN, rng=rng())
    assert swapped.difference == pytest.approx(-comparison.difference)


def test_p_values_of_equal_systems_are_about_uniform() -> None:
    generator = rng(4)
    p_values = []
    for _ in range(300):
        a, b = (with_ones((generator.random(200) < 0.7).astype(float)) for _ in range(2))
        comparison = paired_bootstrap(a, b, MEAN, resamples=200, rng=generator)
        p_values.append(comparison.p_value)
    assert np.mean(np.array(p_values) < 0.1) == pytest.approx(0.1, abs=0.05)
    assert np.mean(np.array(p_values) < 0.5) == pytest.approx(0.5, abs=0.1)


def test_undefined_comparisons_have_no_p_value() -> None:
    comparison = paired_bootstrap(np.zeros((3, 2)), np.ones((3, 2)), MEAN, rng=rng())
    assert math.isnan(comparison.p_value)
    assert comparison.interval is None


def test_without_resamples_there_is_the_difference_alone() -> None:
    a, b = with_ones(np.array([1.0, 2.0])), with_ones(np.array([1.0, 1.0]))
    comparison = paired_bootstrap(a, b, MEAN, resamples=0, rng=rng())
    assert (comparison.difference, comparison.interval) == (0.5, None)
    assert math.isnan(comparison.p_value)
    assert math.isnan(comparison.wins)


def test_a_measure_that_resampling_moves_is_compared_without_chance() -> None:
    moved = replace(MEAN, resampled=False)
    a, b = with_ones(np.array([1.0, 2.0, 4.0])), with_ones(np.array([1.0, 1.0, 1.0]))
    for pair in ((moved, None), (MEAN, moved)):
        comparison = paired_bootstrap(a, b, *pair, rng=rng())
        assert comparison.difference == pytest.approx(4 / 3)
        assert comparison.interval is None
        assert math.isnan(comparison.p_value)


def test_comparisons_need_the_same_examples() -> None:
    with pytest.raises(ValueError, match="same examples"):
        paired_bootstrap(np.zeros((3, 2)), np.ones((4, 2)), MEAN, rng=rng())


def test_the_better_system_wins_most_resamples_whichever_way_is_up() -> None:
    a, b = with_ones(rng(1).normal(0.3, 1, 50)), with_ones(rng(2).normal(0, 1, 50))
    up = paired_bootstrap(a, b, MEAN, rng=rng())
    down = paired_bootstrap(a, b, replace(MEAN, higher_is_better=False), rng=rng())
    sums = np.stack([naive_sums(np.concatenate([a, b], 1), 4000, rng(5))])
    share = float((sums[..., 0] > sums[..., 2]).mean())
    assert up.wins == pytest.approx(share, abs=0.05)
    assert up.wins + down.wins == pytest.approx(1)
    assert paired_bootstrap(a, a, MEAN, rng=rng()).wins == 0.5


def test_systems_with_other_columns_are_compared_by_their_own_measures() -> None:
    a, b = with_ones(rng(1).random(30)), with_ones(rng(2).random(30))
    wide = np.concatenate([np.full((30, 2), 7.0), b], axis=1)
    own = replace(MEAN, compute=lambda sums: MEAN.compute(sums[..., 2:]))
    alike = paired_bootstrap(a, b, MEAN, rng=rng())
    found = paired_bootstrap(a, wide, MEAN, own, rng=rng())
    assert found.difference == pytest.approx(alike.difference)
    assert found.interval is not None
    assert found.interval.low < found.difference < found.interval.high
    with pytest.raises(ValueError, match="same examples"):
        paired_bootstrap(a, wide[:29], MEAN, own, rng=rng())
