"""Packing: round trips, structure, reversal, empty sequences, mistakes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.layers import Embedding
from seqkit.sequences import PackedSequence, pack, pack_flat
from tests.strategies import batches, lengths


def numbered(lengths: list[int]) -> list[np.ndarray]:
    """Sequences whose values say where they come from: 100 * sequence + step."""
    return [100 * n + np.arange(length) for n, length in enumerate(lengths)]


@given(lengths())
def test_unpack_undoes_pack(lengths: list[int]) -> None:
    sequences = numbered(lengths)
    batch = pack(sequences)
    assert [x.tolist() for x in batch.unpack()] == [x.tolist() for x in sequences]
    assert batch.lengths.tolist() == lengths
    assert (batch.tokens, batch.batch) == (sum(lengths), len(lengths))
    assert batch.steps == max(lengths, default=0)


@given(lengths())
def test_layout(lengths: list[int]) -> None:
    batch = pack(numbered(lengths))
    wanted = [
        100 * n + t for t in range(batch.steps) for n in batch.order.tolist() if t < lengths[n]
    ]
    assert batch.data.tolist() == wanted
    assert batch.batch_sizes.tolist() == [
        sum(length > t for length in lengths) for t in range(batch.steps)
    ]
    assert batch.packed_lengths.tolist() == sorted(lengths, reverse=True)
    assert batch.offsets.tolist() == [0, *np.cumsum(batch.batch_sizes).tolist()]
    np.testing.assert_array_equal(batch.sequence_of_token, batch.data // 100)
    np.testing.assert_array_equal(batch.order[batch.inverse_order], np.arange(batch.batch))
    np.testing.assert_array_equal(batch.flatten(), [x for s in numbered(lengths) for x in s])


@given(lengths())
def test_sequences_of_one_length_keep_their_order(lengths: list[int]) -> None:
    order = pack(numbered(lengths)).order.tolist()
    assert order == sorted(range(len(lengths)), key=lambda n: (-lengths[n], n))


@given(lengths())
def test_reverse_stays_inside_each_sequence(lengths: list[int]) -> None:
    sequences = numbered(lengths)
    batch = pack(sequences)
    reversed_batch = batch.reverse()
    assert [x.tolist() for x in reversed_batch.unpack()] == [x[::-1].tolist() for x in sequences]
    np.testing.assert_array_equal(reversed_batch.reverse().data, batch.data)


@given(lengths())
def test_last_rows(lengths: list[int]) -> None:
    batch = pack(numbered(lengths))
    filled = [n for n in batch.order.tolist() if lengths[n]]
    assert batch.data[batch.last_rows].tolist() == [100 * n + lengths[n] - 1 for n in filled]


@given(batches(3))
def test_trailing_axes_travel_along(batch: PackedSequence) -> None:
    again = pack(batch.unpack(), np.float64)
    np.testing.assert_array_equal(again.data.ravel(), batch.data.ravel())
    np.testing.assert_array_equal(again.order, batch.order)
    np.testing.assert_array_equal(pack_flat(batch.flatten(), batch.lengths).data, batch.data)


@given(lengths(), st.sampled_from([np.float32, np.int64, np.bool_]))
def test_with_data_shares_the_structure(lengths: list[int], dtype: Any) -> None:
    batch = pack(numbered(lengths))
    reversal = batch.reversal
    other = batch.with_data(np.zeros((batch.tokens, 2), dtype))
    assert other.data.dtype == dtype
    assert other.reversal is reversal
    assert batch.data.ndim == 1


@pytest.mark.parametrize(
    ("sequences", "shape"),
    [
        ([], (0,)),
        ([[]], (0,)),
        ([np.zeros((0, 3)), np.zeros((0, 3))], (0, 3)),
        ([np.zeros((0,)), np.zeros((2, 3))], (2, 3)),
    ],
)
def test_nothing_is_fine(sequences: list[Any], shape: tuple[int, ...]) -> None:
    batch = pack(sequences)
    assert batch.data.shape == shape
    assert len(batch.unpack()) == len(sequences)
    assert batch.reverse().data.shape == shape
    assert batch.last_rows.shape == (1 if len(batch.data) else 0,)


def test_a_batch_of_empty_lists_reads_as_ids() -> None:
    batch = pack([[], []])
    vectors, backward = Embedding(3, 2, rng=np.random.default_rng(0)).forward(batch.data)
    assert vectors.shape == (0, 2)
    backward(vectors)
    assert pack([[], np.zeros((0, 3), np.float32)]).data.dtype == np.float32
    assert pack([[], [0.5]]).data.dtype == np.float64


@given(lengths())
def test_neighbours_are_a_token_and_the_one_before_it(lengths: list[int]) -> None:
    batch = pack(numbered(lengths))
    later, earlier = batch.neighbours
    np.testing.assert_array_equal(batch.data[later] - batch.data[earlier], 1)
    assert len(later) == sum(max(0, length - 1) for length in lengths)


def test_structure_of_any_whole_numbers() -> None:
    sizes, order = np.array([2, 1], np.int32), np.array([1, 0], np.uint8)
    batch = PackedSequence(np.arange(3), sizes, order)
    assert batch.batch_sizes.dtype == batch.order.dtype == np.int64
    assert [x.tolist() for x in batch.unpack()] == [[1], [0, 2]]


def test_dtype() -> None:
    assert pack([[1, 2]], np.int32).data.dtype == np.int32
    assert pack([[], [1, 2]]).data.dtype == np.int64


def test_mistakes_are_named() -> None:
    data, order = np.arange(3), np.arange(2)
    with pytest.raises(ValueError, match="never rise"):
        PackedSequence(data, np.array([1, 2]), order)
    with pytest.raises(ValueError, match="never rise, end above 0"):
        PackedSequence(data, np.array([2, 1, 0]), order)
    with pytest.raises(ValueError, match="start at most at 2"):
        PackedSequence(data, np.array([3]), order)
    with pytest.raises(ValueError, match="add up to 2 tokens, data has 3"):
        PackedSequence(data, np.array([2]), order)
    with pytest.raises(ValueError, match="one axis"):
        PackedSequence(data, np.array([[2, 1]]), order)
    for wrong in ([0, 0], [0, 7], [-1, 0]):
        with pytest.raises(ValueError, match="name each of 2 sequences once"):
            PackedSequence(data, np.array([2, 1]), np.array(wrong))
    with pytest.raises(ValueError, match="3 tokens, data has 2 rows"):
        pack([data]).with_data(data[:2])
    with pytest.raises(ValueError, match="add up to 3"):
        pack_flat(data, [1, 1])
    with pytest.raises(ValueError, match="at least 0"):
        pack_flat(data, [4, -1])
