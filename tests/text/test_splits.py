import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import UserError
from seqkit.text import shared_texts, split_examples

texts = st.lists(st.sampled_from("abcdefghijkl"), min_size=3, max_size=60).filter(
    lambda found: len(set(found)) >= 3
)


def split(examples, seed=0):
    return split_examples(examples, rng=np.random.default_rng(seed), key=lambda text: text)


@given(texts, st.integers(0, 99))
def test_a_split_is_a_partition_without_shared_texts(examples, seed):
    parts = split(examples, seed)
    assert sorted(example for part in parts for example in part) == sorted(examples)
    assert all(parts)
    assert not any(shared_texts(parts._asdict()).values())
    assert parts == split(examples, seed)


def test_sizes_follow_the_shares():
    assert [len(part) for part in split(list(range(1000)))] == [800, 100, 100]


def test_examples_keep_their_order():
    assert all(part == sorted(part) for part in split(list(range(100))))


def test_another_generator_gives_another_split():
    assert split(list(range(100)), 0) != split(list(range(100)), 1)


def test_a_large_group_stays_whole_and_leaves_the_others_something():
    parts = split(["same"] * 100 + ["b", "c"])
    assert sorted(map(len, parts)) == [1, 1, 100]


def test_too_few_texts_are_refused():
    with pytest.raises(UserError, match="found 2 different texts in 3 examples"):
        split(["a", "b", "a"])
    with pytest.raises(UserError, match="found 0 different"):
        split([])


@pytest.mark.parametrize("shares", [(0.8, 0.2, 0.0), (0.5, 0.4, 0.2)])
def test_impossible_shares(shares):
    with pytest.raises(ValueError, match="add up to 1"):
        split_examples("abc", rng=np.random.default_rng(0), key=ord, shares=shares)


def test_duplicates_are_counted_by_pair():
    parts = {"train": "aab", "dev": "ac", "test": "aaccd"}
    assert shared_texts(parts) == {("train", "dev"): 1, ("train", "test"): 2, ("dev", "test"): 4}
