"""Beam search against a search of everything there is."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.beam_search import Hypothesis, beam_search, length_penalty
from tests.strategies import rngs

END = 0


class Chain:
    """A model in which what comes next depends on the sequence, the last token and the state."""

    def __init__(self, rng: np.random.Generator, batch: int, tokens: int) -> None:
        logits = rng.normal(size=(batch, 3, tokens, tokens)) * 2
        self.log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        self.batch, self.tokens = batch, tokens

    def start(self) -> Any:
        """The state of each sequence: its number, and how many tokens it has."""
        return (np.arange(self.batch)[None, :, None], np.zeros((1, self.batch, 1), np.int64))

    def step(self, tokens: Any, state: Any, counts: Any) -> Any:
        numbers, steps = state
        assert numbers[0, :, 0].tolist() == np.repeat(np.arange(self.batch), counts).tolist()
        scores = self.log_p[numbers[0, :, 0], steps[0, :, 0] % 3, tokens]
        return scores, (numbers, steps + 1)

    def everything(self, sequence: int, length: int, alpha: float) -> list[Hypothesis]:
        """All hypotheses, best first."""
        found = [
            self.hypothesis(sequence, tokens, ended, alpha)
            for ended, lengths in ((False, [length]), (True, range(length)))
            for steps in lengths
            for tokens in product(range(1, self.tokens), repeat=steps)
        ]
        return sorted(found, key=lambda h: (not h.ended, -h.score))

    def hypothesis(self, sequence: int, tokens: Any, ended: bool, alpha: float) -> Hypothesis:
        path = [END, *tokens, *([END] if ended else [])]
        log_p = sum(
            float(self.log_p[sequence, step % 3, path[step], path[step + 1]])
            for step in range(len(path) - 1)
        )
        return Hypothesis(tokens, log_p, log_p / length_penalty(len(path) - 1, alpha), ended)


def search(chain: Chain, **options: Any) -> list[list[Hypothesis]]:
    return beam_search(chain.step, chain.start(), batch=chain.batch, start=END, end=END, **options)


@given(rngs(), st.integers(1, 4), st.integers(1, 4), st.sampled_from([0.0, 0.6, 1.0]))
def test_a_beam_wide_enough_finds_the_best_of_all(
    rng: np.random.Generator, tokens: int, length: int, alpha: float
) -> None:
    chain = Chain(rng, 3, tokens)
    options = {"max_length": length, "width": tokens**length, "alpha": alpha}
    for sequence, best in enumerate(search(chain, n_best=min(3, tokens**length), **options)):
        expected = chain.everything(sequence, length, alpha)[: len(best)]
        assert [h.tokens for h in best] == [h.tokens for h in expected]
        assert [h.ended for h in best] == [h.ended for h in expected]
        np.testing.assert_allclose([h.score for h in best], [h.score for h in expected])


@given(rngs(), st.integers(1, 6))
def test_a_beam_of_one_is_greedy(rng: np.random.Generator, length: int) -> None:
    chain = Chain(rng, 4, 5)
    for sequence, found in enumerate(search(chain, max_length=length, alpha=1.0)):
        last, tokens = END, []
        for step in range(length):
            last = int(chain.log_p[sequence, step % 3, last].argmax())
            if last == END:
                break
            tokens.append(last)
        expected = chain.hypothesis(sequence, tuple(tokens), last == END, 1.0)
        assert [h.tokens for h in found] == [expected.tokens]
        assert found[0].score == pytest.approx(expected.score)


@given(rngs(), st.integers(1, 4))
def test_a_sequence_alone_finds_what_it_finds_in_a_batch(
    rng: np.random.Generator, width: int
) -> None:
    chain = Chain(rng, 5, 4)
    together = search(chain, max_length=6, width=width, n_best=width, alpha=0.6)
    for sequence, found in enumerate(together):
        alone = Chain(rng, 1, 4)
        alone.log_p = chain.log_p[sequence : sequence + 1]
        assert search(alone, max_length=6, width=width, n_best=width, alpha=0.6) == [found]


def test_each_sequence_may_have_its_own_maximum_length() -> None:
    chain = Chain(np.random.default_rng(0), 3, 4)
    chain.log_p[..., END] = -1e9
    found = search(chain, max_length=np.array([1, 4, 2]))
    assert [len(best[0].tokens) for best in found] == [1, 4, 2]
    assert not any(best[0].ended for best in found)


def test_what_ended_stands_before_what_was_cut_off() -> None:
    log_p = np.log([[0.01, 0.98, 0.01], [0.01, 0.98, 0.01], [0.9, 0.05, 0.05]])
    found = beam_search(
        lambda tokens, state, counts: (log_p[tokens], state),
        (),
        batch=1,
        start=END,
        end=END,
        max_length=2,
        width=4,
        n_best=4,
    )[0]
    assert [h.ended for h in found] == sorted((h.ended for h in found), reverse=True)
    assert found[0].ended
    assert not found[-1].ended
    assert found[0].score < max(h.score for h in found)


def test_a_longer_sequence_wins_with_the_penalty() -> None:
    log_p = np.log([[0.3, 0.7], [0.2, 0.8]])

    def best(alpha: float) -> Hypothesis:
        return beam_search(
            lambda tokens, state, counts: (log_p[tokens], state),
            (),
            batch=1,
            start=END,
            end=END,
            max_length=5,
            width=2,
            alpha=alpha,
        )[0][0]

    assert best(0.0).tokens == ()
    assert len(best(2.0).tokens) == 4


@pytest.mark.parametrize("width", [1, 2, 4])
def test_of_equally_good_tokens_the_first_come(width: int) -> None:
    even = np.full((40, 40), -np.log(40))
    found = beam_search(
        lambda tokens, state, counts: (even[tokens], state),
        (),
        batch=1,
        start=END,
        end=39,
        max_length=1,
        width=width,
        n_best=width,
    )[0]
    assert sorted(h.tokens for h in found) == [(token,) for token in range(width)]


def test_impossible_tokens_never_come() -> None:
    log_p = np.array([[-np.inf, 0.0, -np.inf], [0.0, -np.inf, -np.inf], [0.0, -np.inf, -np.inf]])
    found = beam_search(
        lambda tokens, state, counts: (log_p[tokens], state),
        (),
        batch=2,
        start=END,
        end=END,
        max_length=5,
        width=3,
        n_best=3,
    )
    assert found == [[Hypothesis((1,), 0.0, 0.0, True)]] * 2


def test_no_sequences_give_no_hypotheses() -> None:
    assert search(Chain(np.random.default_rng(0), 0, 3), max_length=4) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_length": 0}, "max_length must be at least 1, found 0"),
        ({"max_length": 3, "n_best": 2}, "n_best must be at least 1 and at most width=1, found 2"),
        ({"max_length": 3, "n_best": 0}, "found 0"),
        ({"max_length": 3, "alpha": -1.0}, "alpha must be at least 0, found -1"),
    ],
)
def test_mistakes_are_named(options: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        search(Chain(np.random.default_rng(0), 1, 3), **options)
