"""Two compiled LSTMs that share inputs and outputs do what two LSTMs of NumPy do."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.kernels.compiled import missing, use_compiled
from seqkit.kernels.threads import use_threads
from seqkit.layers.bidirectional import Bidirectional
from seqkit.layers.both_lstms import BothLSTMs
from seqkit.layers.recurrent import GRU, LSTM
from seqkit.sequences import PackedSequence
from tests.strategies import lengths, like, random_batch, random_state, rngs, sizes

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def build(features: int, units: int, **options: Any) -> Bidirectional[Any]:
    rng = np.random.default_rng(0)
    return Bidirectional(*(LSTM(features, units, rng=rng, **options) for _ in range(2)))


def float32(rng: Any, lengths: list[int], features: int) -> PackedSequence:
    batch = random_batch(rng, lengths, features)
    return batch.with_data(batch.data.astype(np.float32))


def passed(
    layer: Any, batch: PackedSequence, state: Any, *, train: bool, seed: int = 0
) -> list[Any]:
    """All that a forward and a backward pass give."""
    rng = np.random.default_rng(seed)
    for _, parameter in layer.parameters():
        parameter.zero_grad()
    outputs, final, backward = layer.forward(batch, state, train=train, rng=rng)
    d_outputs = outputs.with_data(like(rng, outputs.data))
    d_x, d_state = backward(d_outputs, type(final)(*(like(rng, array) for array in final)))
    gradients = [parameter.grad.copy() for _, parameter in layer.parameters()]
    return [outputs.data, *final, d_x.data, *d_state, *gradients]


def agree(found: list[Any], wanted: list[Any]) -> None:
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-5 * (1 + np.abs(theirs).max()))


@given(
    rng=rngs(),
    lengths=lengths(12, 19, min_batch=1).filter(any),
    features=sizes(),
    units=sizes(),
    train=st.booleans(),
    threads=st.sampled_from([1, 2]),
)
def test_compiled_agrees_with_numpy(
    rng: Any, lengths: list[int], features: int, units: int, train: bool, threads: int
) -> None:
    layer = build(features, units)
    batch = float32(rng, lengths, features)
    state = random_state(rng, layer, len(lengths), np.float32)
    wanted = passed(layer, batch, state, train=train)
    with use_compiled(), use_threads(threads):
        assert BothLSTMs.of(layer.forward_layer, layer.backward_layer, batch.data, 1)
        agree(passed(layer, batch, state, train=train), wanted)


@pytest.mark.parametrize(
    ("lengths", "features", "units"), [([9, 4, 4], 20, 530), ([5, 2], 3, 9), ([40] * 20, 30, 70)]
)
def test_compiled_agrees_where_inputs_are_projected_and_batches_shared(
    lengths: list[int], features: int, units: int
) -> None:
    rng = np.random.default_rng(1)
    layer, batch = build(features, units), float32(rng, lengths, features)
    wanted = passed(layer, batch, None, train=True)
    with use_compiled():
        agree(passed(layer, batch, None, train=True), wanted)


def test_dropped_connections_are_those_of_numpy() -> None:
    rng = np.random.default_rng(3)
    layer, batch = build(4, 6, recurrent_dropout=0.4), float32(rng, [4, 1, 6], 4)
    wanted = passed(layer, batch, None, train=True, seed=5)
    with use_compiled():
        agree(passed(layer, batch, None, train=True, seed=5), wanted)


def test_tied_weights_add_their_gradients() -> None:
    rng = np.random.default_rng(4)
    layer, batch = build(4, 6), float32(rng, [4, 1, 6], 4)
    layer.backward_layer.w_hidden = layer.forward_layer.w_hidden
    wanted = passed(layer, batch, None, train=True)
    with use_compiled(), use_threads(2):
        agree(passed(layer, batch, None, train=True), wanted)


def test_threads_do_not_change_a_byte() -> None:
    layer = build(20, 70)
    batch = float32(np.random.default_rng(5), [30, 28, *range(20, 3, -1)], 20)
    found = []
    for threads in (1, 2, 3):
        with use_compiled(), use_threads(threads):
            arrays = passed(layer, batch, None, train=True)
        found.append([array.tobytes() for array in arrays])
    assert found[0] == found[1] == found[2]


def test_a_second_backward_pass_leaves_the_outputs_alone() -> None:
    layer = build(4, 6)
    batch = float32(np.random.default_rng(6), [4, 1, 6], 4)
    with use_compiled():
        outputs, _, backward = layer.forward(batch, train=True)
        d_outputs = outputs.with_data(np.ones_like(outputs.data))
        outputs.data[:] = 7  # theirs who asked for them
        first, _ = backward(d_outputs)
        second, _ = backward(d_outputs)
    np.testing.assert_array_equal(first.data, second.data)
    assert (outputs.data == 7).all()


def test_two_forwards_before_a_backward_do_not_share_what_they_keep() -> None:
    rng = np.random.default_rng(7)
    layer = build(4, 6)
    one, two = float32(rng, [4, 1, 6], 4), float32(rng, [5, 5], 4)
    with use_compiled():
        alone, _ = layer.forward(one, train=True)[2](one.with_data(np.ones((11, 12), np.float32)))
        _, _, first = layer.forward(one, train=True)
        _, _, second = layer.forward(two, train=True)
        second(two.with_data(np.ones((10, 12), np.float32)))
        found, _ = first(one.with_data(np.ones((11, 12), np.float32)))
    np.testing.assert_array_equal(found.data, alone.data)


def test_other_layers_and_other_precisions_go_their_own_way() -> None:
    rng = np.random.default_rng(8)
    lstm, gru = LSTM(3, 4, rng=rng), GRU(3, 4, rng=rng)
    x = np.ones((2, 3), np.float32)
    with use_compiled():
        assert BothLSTMs.of(lstm, lstm, x, 2)
        assert BothLSTMs.of(lstm, gru, x, 2) is None
        assert BothLSTMs.of(lstm, lstm, x.astype(np.float64), 2) is None
        assert BothLSTMs.of(lstm, lstm, x[:0], 0) is None
    assert BothLSTMs.of(lstm, lstm, x, 2) is None
