from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.metrics.baselines import KneserNey
from seqkit.metrics.baselines.kneser_ney import estimate_discounts


class BruteForce:
    """The definition, with dictionaries and recursion."""

    def __init__(self, stream: list[int], size: int, order: int) -> None:
        self.size, self.order = size, order
        grams = {
            k: [tuple(stream[i : i + k]) for i in range(len(stream) - k + 1)]
            for k in range(1, order + 1)
        }
        self.counts: dict[int, Counter] = {order: Counter(grams[order])}
        for k in range(1, order):
            self.counts[k] = Counter(gram[1:] for gram in set(grams[k + 1]))
        self.discounts = {k: estimate_discounts(list(c.values())) for k, c in self.counts.items()}
        self.following: dict[int, dict] = {}
        for k, counts in self.counts.items():
            self.following[k] = defaultdict(dict)
            for gram, count in counts.items():
                self.following[k][gram[:-1]][gram[-1]] = count

    def probability(self, history: tuple[int, ...], token: int) -> float:
        history = history[max(0, len(history) - self.order + 1) :]
        k = len(history) + 1
        lower = self.probability(history[1:], token) if k > 1 else 1 / self.size
        following = self.following[k].get(history, {})
        total = sum(following.values())
        if not total:
            return lower
        taken = {w: self.discounts[k][min(c, 3) - 1] for w, c in following.items()}
        own = following.get(token, 0) - taken.get(token, 0.0)
        return own / total + sum(taken.values()) / total * lower


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, 3), max_size=60),
    st.lists(st.integers(0, 4), max_size=12),
    st.lists(st.integers(0, 4), max_size=5),
    st.integers(1, 5),
)
def test_it_equals_the_definition(
    train: list[int], test: list[int], history: list[int], order: int
) -> None:
    model, brute = KneserNey.fit(np.array(train, int), 5, order), BruteForce(train, 5, order)
    found = np.exp(model.log_probabilities(np.array(test, int), np.array(history, int)))
    before = [tuple(history + test[:i]) for i in range(len(test))]
    wanted = [brute.probability(h, token) for h, token in zip(before, test, strict=True)]
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, 6), max_size=80),
    st.lists(st.integers(0, 7), max_size=6),
    st.integers(1, 5),
)
def test_every_distribution_adds_up_to_one(
    train: list[int], history: list[int], order: int
) -> None:
    model = KneserNey.fit(np.array(train, int), 8, order)
    distribution = model.distribution(np.array(history, int))
    assert distribution.sum() == pytest.approx(1, abs=1e-12)
    assert (distribution > 0).all()
    scored = [model.log_probabilities([token], history)[0] for token in range(8)]
    np.testing.assert_allclose(np.log(distribution), scored, rtol=1e-9)


def test_a_bigram_model_by_hand() -> None:
    # Stream a b a b a c. Bigrams ab 2, ba 2, ac 1: n_1 = 1, n_2 = 2, so Y = 1/5, and n_3 = 0 makes
    # it the one discount. Tokens before a: b; before b: a; before c: a; so each unigram counts 1,
    # n_2 = 0 and D_1 = 0.5. With V = 4: P(a) = 0.5/3 + (1.5/3)/4 = 7/24, and P(d) = 1/8.
    model = KneserNey.fit([0, 1, 0, 1, 0, 2], 4, order=2)
    assert model.discounts == ((0.5, 1.0, 1.5), (0.2, 0.2, 0.2))
    np.testing.assert_allclose(model.distribution(), [7 / 24, 7 / 24, 7 / 24, 1 / 8])
    # After a: (2 - 0.2)/3 for b, (1 - 0.2)/3 for c, and 0.4/3 to share.
    share = 0.4 / 3
    wanted = [share * 7 / 24, 0.6 + share * 7 / 24, 0.8 / 3 + share * 7 / 24, share / 8]
    np.testing.assert_allclose(model.distribution([0]), wanted)
    np.testing.assert_allclose(model.distribution([3]), model.distribution())


def test_what_stands_after_many_words_counts_more_than_what_is_common() -> None:
    # 5 ("Francisco") is common, but only after 4; 6 stands once after each of four words.
    stream = [4, 5] * 10 + [0, 6, 1, 6, 2, 6, 3, 6]
    unigrams = KneserNey.fit(stream, 8, order=2).distribution()
    assert unigrams[6] > unigrams[5]


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        ([1, 2, 3, 4], None),
        ([1] * 8 + [2] * 4 + [3] * 2 + [4], (0.5, 1.25, 2.0)),
        ([1, 1, 2], (0.5, 0.5, 0.5)),
        ([2, 3, 4], (0.5, 1.0, 1.5)),
        ([], (0.5, 1.0, 1.5)),
        ([0, 0], (0.5, 1.0, 1.5)),
    ],
)
def test_discounts(counts: list[int], wanted: tuple[float, float, float] | None) -> None:
    found = estimate_discounts(counts)
    assert all(0 < d <= i for i, d in enumerate(found, start=1))
    if wanted:
        assert found == pytest.approx(wanted)


def test_streams_shorter_than_the_order() -> None:
    for stream in ([], [2], [2, 1]):
        model = KneserNey.fit(np.array(stream, int), 3, order=5)
        assert model.order == 5
        assert model.log_probabilities([0, 1, 2]).shape == (3,)
    assert KneserNey.fit([0], 1, order=1).log_probabilities([]).shape == (0,)


@pytest.mark.parametrize(
    ("ids", "order", "message"),
    [([0], 0, "order"), ([0], 6, "order"), ([5], 2, "from 0 to 4"), ([-1], 2, "from 0 to 4")],
)
def test_what_does_not_fit_is_refused(ids: list[int], order: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        KneserNey.fit(ids, 5, order)


def test_other_arrays_are_refused() -> None:
    with pytest.raises(ValueError, match="integers"):
        KneserNey.fit([0.5], 5)
    with pytest.raises(ValueError, match="integers"):
        KneserNey.fit([[1]], 5)


@pytest.mark.realdata
def test_wikitext_2(realdata: Callable[[str], Path]) -> None:
    folder = realdata("wikitext-2")
    ids: dict[str, int] = {}
    streams = []
    for part in ("train", "test"):
        with open(folder / f"{part}.txt", encoding="utf-8") as lines:
            words = [word for line in lines for word in [*line.split(), "<eos>"]]
        streams.append(np.array([ids.setdefault(word, len(ids)) for word in words]))
    assert (len(ids), len(streams[0]), len(streams[1])) == (33_278, 2_088_628, 245_569)
    model = KneserNey.fit(streams[0], len(ids))
    perplexity = np.exp(-model.log_probabilities(streams[1]).mean())
    assert perplexity == pytest.approx(224.40, abs=0.01)
