import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.text import length_batches, streams

lengths = st.lists(st.integers(0, 30), max_size=40)
limits = st.one_of(
    st.builds(lambda n: {"batch_size": n}, st.integers(1, 9)),
    st.builds(lambda n: {"tokens": n}, st.integers(1, 60)),
)
generators = st.one_of(st.none(), st.integers(0, 99).map(np.random.default_rng))


@given(lengths, limits, generators, st.booleans())
def test_every_example_is_in_exactly_one_batch(sizes, limit, rng, shuffle):
    batches = length_batches(sizes, rng=rng, shuffle=shuffle, **limit)
    assert sorted(index for batch in batches for index in batch) == list(range(len(sizes)))
    assert all(len(batch) for batch in batches)


@given(lengths, limits, generators)
def test_no_batch_is_over_its_limit(sizes, limit, rng):
    for batch in length_batches(sizes, rng=rng, **limit):
        if "batch_size" in limit:
            assert len(batch) <= limit["batch_size"]
        else:
            assert len(batch) == 1 or sum(max(1, sizes[i]) for i in batch) <= limit["tokens"]


@given(lengths, limits, st.integers(0, 99))
def test_the_generator_alone_decides(sizes, limit, seed):
    one, other = (length_batches(sizes, rng=np.random.default_rng(seed), **limit) for _ in range(2))
    assert [batch.tolist() for batch in one] == [batch.tolist() for batch in other]


@given(lengths, limits)
def test_without_a_generator_batches_go_from_short_to_long(sizes, limit):
    batches = length_batches(sizes, **limit)
    flat = [sizes[index] for batch in batches for index in batch]
    assert flat == sorted(sizes)


def test_with_a_generator_lengths_are_similar_and_epochs_differ():
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 200, 5000)
    epochs = [length_batches(sizes, batch_size=32, rng=rng) for _ in range(2)]
    for batches in epochs:
        spread = np.mean([np.ptp(sizes[batch]) for batch in batches])
        assert spread < 25
        means = [sizes[batch].mean() for batch in batches]
        assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3
    first, second = ({frozenset(batch.tolist()) for batch in batches} for batches in epochs)
    assert len(first & second) < 0.05 * len(first)


def test_without_shuffle_batches_rise():
    batches = length_batches(
        np.arange(1000), batch_size=10, rng=np.random.default_rng(0), shuffle=False
    )
    means = [batch.mean() for batch in batches]
    assert np.corrcoef(means, np.arange(100))[0, 1] > 0.99


@pytest.mark.parametrize(
    "arguments",
    [
        {"lengths": [1]},
        {"lengths": [1], "batch_size": 1, "tokens": 1},
        {"lengths": [1], "batch_size": 0},
        {"lengths": [1], "tokens": 0},
        {"lengths": [-1], "tokens": 1},
        {"lengths": [[1]], "tokens": 1},
    ],
)
def test_impossible_batches(arguments):
    with pytest.raises(ValueError, match=r"must|either"):
        length_batches(**arguments)


@given(st.integers(0, 60), st.integers(1, 9), st.integers(1, 9))
def test_every_token_but_the_first_is_predicted_once(size, count, window):
    # The ids are their own positions, so what is predicted can be told apart.
    windows = list(streams(np.arange(size), streams=count, window=window))
    targets = [int(t) for w in windows for t in w.targets.data]
    assert sorted(targets) == list(range(1, size))
    for each in windows:
        np.testing.assert_array_equal(each.inputs.data + 1, each.targets.data)


@given(st.integers(0, 60), st.integers(1, 9), st.integers(1, 9))
def test_each_stream_is_consecutive_across_windows(size, count, window):
    windows = streams(np.arange(size), streams=count, window=window)
    read: list[list[int]] = [[] for _ in range(count)]
    for each in windows:
        assert each.inputs.batch == count
        assert each.inputs.steps <= window
        for stream, part in enumerate(each.inputs.unpack()):
            read[stream] += part.tolist()
    assert [position for stream in read for position in stream] == list(range(max(0, size - 1)))
    sizes = [len(stream) for stream in read]
    assert max(sizes) - min(sizes) <= 1
    assert sizes == sorted(sizes, reverse=True)


@given(st.integers(0, 60), st.integers(1, 9), st.integers(1, 9))
def test_windows_can_be_counted_and_gone_through_again(size, count, window):
    windows = streams(np.arange(size), streams=count, window=window)
    assert len(list(windows)) == len(windows) == len(list(windows))
    assert windows.targets == max(0, size - 1)
    # All windows but the last are full.
    assert all(w.inputs.tokens == count * window for w in list(windows)[:-1][:-1])


def test_windows_match_the_text():
    text = np.array([7, 7, 3, 9, 1, 4, 4])
    first, last = streams(text, streams=2, window=2)
    assert [s.tolist() for s in first.inputs.unpack()] == [[7, 7], [9, 1]]
    assert [s.tolist() for s in first.targets.unpack()] == [[7, 3], [1, 4]]
    assert [s.tolist() for s in last.inputs.unpack()] == [[3], [4]]
    assert [s.tolist() for s in last.targets.unpack()] == [[9], [4]]


@pytest.mark.parametrize(
    ("ids", "options"),
    [([1, 2], {"streams": 0, "window": 1}), ([1, 2], {"streams": 1, "window": 0}),
     ([[1]], {"streams": 1, "window": 1})],
)  # fmt: skip
def test_impossible_streams(ids, options):
    with pytest.raises(ValueError, match="must"):
        streams(np.array(ids), **options)
