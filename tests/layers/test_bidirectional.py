"""Both directions: reversal inside each sequence, state order, gradients, threads."""

from typing import Any

import numpy as np
import pytest

from seqkit.kernels.compiled import use_compiled
from seqkit.kernels.threads import use_threads
from seqkit.layers.bidirectional import Bidirectional
from seqkit.layers.recurrent import GRU, LSTM, RNN
from seqkit.layers.stack import Stack
from seqkit.sequences import pack
from seqkit.testing.gradients import check_recurrent_layer
from tests.strategies import like, random_batch, random_state

LENGTHS = [3, 0, 5, 1, 5]


def build(
    cell: Any = LSTM, features: int = 3, units: int = 4, **options: Any
) -> Bidirectional[Any]:
    options = {"rng": np.random.default_rng(0), "dtype": np.float64, **options}
    return Bidirectional(cell(features, units, **options), cell(features, units, **options))


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
@pytest.mark.parametrize("lengths", [LENGTHS, [1, 1], [0, 0], [], [6]])
@pytest.mark.parametrize("train", [False, True])
def test_gradients(cell: Any, lengths: list[int], train: bool) -> None:
    rng = np.random.default_rng(1)
    layer = build(cell)
    batch = random_batch(rng, lengths, 3)
    state = random_state(rng, layer, len(lengths))
    assert check_recurrent_layer(layer, batch, state, train=train) < 1e-12


def test_gradients_with_different_widths_inside() -> None:
    rng = np.random.default_rng(2)
    two = Stack([GRU(3, 4, rng=rng, dtype=np.float64), GRU(4, 4, rng=rng, dtype=np.float64)])
    layer = Bidirectional(two, GRU(3, 4, rng=rng, dtype=np.float64))
    assert layer.layers == 3
    batch = random_batch(rng, LENGTHS, 3)
    assert check_recurrent_layer(layer, batch, random_state(rng, layer, 5)) < 1e-12


def test_each_direction_is_its_layer_on_its_own_reading() -> None:
    rng = np.random.default_rng(3)
    layer = build()
    batch = random_batch(rng, LENGTHS, 3)
    state = random_state(rng, layer, 5)
    outputs, final, _ = layer.forward(batch, state)
    for n, (x, y) in enumerate(zip(batch.unpack(), outputs.unpack(), strict=True)):
        for k, (half, side, step) in enumerate(
            [(y[:, :4], layer.forward_layer, 1), (y[:, 4:], layer.backward_layer, -1)]
        ):
            start = type(state)(*(array[k : k + 1, n : n + 1] for array in state))
            alone, alone_final, _ = side.forward(pack([x[::step]]), start)
            np.testing.assert_allclose(alone.data[::step], half, rtol=1e-12)
            for ours, theirs in zip(alone_final, final, strict=True):
                np.testing.assert_allclose(ours[0, 0], theirs[k, n], rtol=1e-12)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_sentence_alone_is_read_as_in_a_batch(compiled: bool) -> None:
    rng = np.random.default_rng(4)
    layer = build(dtype=np.float32)
    sentence, other, d_outputs = (
        rng.normal(size=shape).astype(np.float32) for shape in ((6, 3), (9, 3), (6, 8))
    )
    with use_compiled(compiled):
        alone, final, backward = layer.forward(pack([sentence]))
        together, final_of_both, _ = layer.forward(pack([sentence, other]))
        d_alone, _ = backward(pack([d_outputs]))
        _, _, of_training = layer.forward(pack([sentence]), train=True)
        d_trained, _ = of_training(pack([d_outputs]))
    np.testing.assert_allclose(alone.data, together.unpack()[0], atol=1e-6)
    for ours, theirs in zip(final, final_of_both, strict=True):
        np.testing.assert_allclose(ours[:, 0], theirs[:, 0], atol=1e-6)
    np.testing.assert_allclose(d_alone.data, d_trained.data, atol=1e-6)


def test_first_output_of_the_backward_direction_has_read_everything() -> None:
    layer = build()
    x = np.random.default_rng(4).normal(size=(6, 3))
    before = layer.forward(pack([x]))[0].data[0]
    x[-1] += 1
    after = layer.forward(pack([x]))[0].data[0]
    np.testing.assert_array_equal(before[:4], after[:4])
    assert (before[4:] != after[4:]).all()


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_threads_do_not_change_a_byte(cell: Any) -> None:
    rng = np.random.default_rng(5)
    lengths = rng.integers(0, 30, 40).tolist()
    batch = random_batch(rng, lengths, 48, np.float32)
    d = batch.with_data(rng.normal(size=(batch.tokens, 192)).astype(np.float32))
    found = []
    for threads in (1, 2, 3, None):
        layer = build(cell, 48, 96, dtype=np.float32, recurrent_dropout=0.3)
        with use_threads(threads):
            outputs, final, backward = layer.forward(
                batch, train=True, rng=np.random.default_rng(6)
            )
            d_x, d_state = backward(d, final)
        arrays = [outputs.data, *final, d_x.data, *d_state]
        arrays += [parameter.grad for _, parameter in layer.parameters()]
        found.append([array.tobytes() for array in arrays])
    assert found[0] == found[1] == found[2] == found[3]


def test_shared_parameters_get_the_gradients_of_both_directions() -> None:
    layer = build(RNN)
    layer.backward_layer.w_hidden = layer.forward_layer.w_hidden  # type: ignore[attr-defined]
    batch = random_batch(np.random.default_rng(7), LENGTHS, 3)
    assert check_recurrent_layer(layer, batch, train=True) < 1e-12


def test_recurrent_dropout_draws_for_each_direction() -> None:
    rng = np.random.default_rng(8)
    layer = build(recurrent_dropout=0.5)
    layer.backward_layer.w_hidden.value[...] = layer.forward_layer.w_hidden.value  # type: ignore[attr-defined]
    layer.backward_layer.w_input.value[...] = layer.forward_layer.w_input.value  # type: ignore[attr-defined]
    x = rng.normal(size=(3, 3))
    palindrome = pack([np.concatenate([x, x[::-1]])])
    still = layer.forward(palindrome)[0].data
    np.testing.assert_allclose(still[:, :4], still[::-1, 4:], rtol=1e-12)
    moved = layer.forward(palindrome, train=True, rng=rng)[0].data
    assert not np.allclose(moved[:, :4], moved[::-1, 4:])


def test_mistakes_are_named() -> None:
    rng = np.random.default_rng(9)
    one = LSTM(3, 4, rng=rng)
    with pytest.raises(ValueError, match="one object for both directions"):
        Bidirectional(one, one)
    with pytest.raises(ValueError, match="found 3 and 5"):
        Bidirectional(one, LSTM(5, 4, rng=rng))
    layer = build()
    with pytest.raises(ValueError, match="2 layers, found"):
        layer.forward(random_batch(rng, [1], 3), random_state(rng, one, 1))
    mixed: Bidirectional[Any] = Bidirectional(one, GRU(3, 4, rng=rng))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"HiddenState.*LSTMState"):
        mixed.forward(random_batch(rng, [1], 3, np.float32))


def test_names() -> None:
    names = [name for name, _ in build().parameters()]
    kinds = ["w_input", "w_hidden", "bias"]
    assert names == [f"{side}.{kind}" for side in ("forward", "backward") for kind in kinds]
    assert like(np.random.default_rng(0), np.ones(2, np.float32)).dtype == np.float32
