"""The largest values over the tokens of sequences, by NumPy and by compiled loops."""

from typing import Any

import numpy as np
import pytest

from seqkit.kernels.compiled import missing, use_compiled
from seqkit.kernels.largest import largest
from seqkit.sequences import PackedSequence, pack

kernels = pytest.mark.parametrize(
    "compiled",
    [
        False,
        pytest.param(True, marks=pytest.mark.skipif(missing() is not None, reason=str(missing()))),
    ],
)


def of(batch: PackedSequence, compiled: bool) -> Any:
    with use_compiled(compiled):
        return largest(batch.data, batch.batch_sizes)


@kernels
@pytest.mark.parametrize("lengths", [[1], [7], [3, 3], [5, 1, 4, 4], [2] * 40])
def test_each_sequence_has_its_own_maximum(compiled: bool, lengths: list[int]) -> None:
    rng = np.random.default_rng(0)
    # Few different values, so that many are equal.
    sequences = [rng.integers(-2, 3, (n, 6)).astype(np.float32) for n in sorted(lengths)[::-1]]
    batch = pack(sequences)
    values, spread = of(batch, compiled)
    d_values = rng.normal(size=values.shape).astype(np.float32)
    d_tokens = batch.with_data(spread(d_values)).unpack()
    for sequence, value, d_value, d_token in zip(
        sequences, values, d_values, d_tokens, strict=True
    ):
        np.testing.assert_array_equal(value, sequence.max(axis=0))
        expected = np.zeros_like(sequence)
        expected[sequence.argmax(axis=0), np.arange(6)] = d_value
        np.testing.assert_array_equal(d_token, expected)


@kernels
def test_what_is_not_a_number_is_not_hidden(compiled: bool) -> None:
    tokens = np.array([[0, np.nan, 1], [np.nan, 2, 3], [4, 5, np.inf]], np.float32)
    batch = pack([tokens, tokens[:2]])
    values, spread = of(batch, compiled)
    np.testing.assert_array_equal(np.isnan(values), [[True, True, False]] * 2)
    first, second = batch.with_data(spread(np.ones_like(values))).unpack()
    np.testing.assert_array_equal(first, [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(second, [[0, 1, 0], [1, 0, 1]])


@kernels
def test_scores_have_no_second_axis(compiled: bool) -> None:
    batch = pack([np.array([1.0, 3.0, 3.0], np.float32), np.array([2.0], np.float32)])
    values, spread = of(batch, compiled)
    np.testing.assert_array_equal(values, [3, 2])
    rows = batch.with_data(spread(np.array([5, 7], np.float32))).unpack()
    np.testing.assert_array_equal(np.concatenate(rows), [0, 5, 0, 7])
