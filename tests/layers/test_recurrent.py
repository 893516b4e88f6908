"""One direction: gradients, state, empty sequences, batches, windows, DropConnect."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from seqkit.kernels.compiled import use_compiled
from seqkit.layers.base import HiddenState, LSTMState
from seqkit.layers.recurrent import GRU, LSTM, RNN
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence, pack
from seqkit.testing.gradients import check_recurrent_layer
from tests.strategies import lengths, like, random_batch, random_state, rngs, sizes

CELLS: dict[str, Any] = {
    "rnn-tanh": lambda d, h, **o: RNN(d, h, activation="tanh", **o),
    "rnn-relu": lambda d, h, **o: RNN(d, h, activation="relu", **o),
    "lstm": LSTM,
    "gru-after": lambda d, h, **o: GRU(d, h, reset="after", **o),
    "gru-before": lambda d, h, **o: GRU(d, h, reset="before", **o),
}
every_cell = pytest.mark.parametrize("cell", CELLS)
LENGTHS = {
    "mixed": [2, 0, 4, 1, 0, 4],
    "one step": [1, 1, 1],
    "one sequence": [5],
    "only empty": [0, 0],
    "no sequences": [],
}


def build(cell: str, features: int, units: int, dtype: Any = np.float64, **options: Any) -> Any:
    layer = CELLS[cell](features, units, rng=np.random.default_rng(3), dtype=dtype, **options)
    noise = np.random.default_rng(4)
    for name, parameter in layer.parameters():
        if name.startswith("bias"):
            parameter.value += noise.normal(0, 0.5, parameter.value.shape).astype(dtype)
    return layer


def gradients(layer: Any) -> dict[str, np.ndarray]:
    return {name: parameter.grad.copy() for name, parameter in layer.parameters()}


@every_cell
@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("case", LENGTHS)
def test_gradients_with_state(cell: str, case: str, train: bool) -> None:
    rng = np.random.default_rng(0)
    layer = build(cell, 3, 4)
    batch = random_batch(rng, LENGTHS[case], 3)
    state = random_state(rng, layer, batch.batch)
    assert check_recurrent_layer(layer, batch, state, train=train) < 1e-12


@every_cell
def test_gradients_from_zero_state(cell: str) -> None:
    layer = build(cell, 2, 3)
    assert check_recurrent_layer(layer, random_batch(np.random.default_rng(1), [3, 1], 2)) < 1e-12


@every_cell
def test_gradients_of_a_wider_layer(cell: str) -> None:
    rng = np.random.default_rng(2)
    layer = build(cell, 20, 35)
    batch = random_batch(rng, [6, 3, 3, 1, 0, 7], 20)
    assert check_recurrent_layer(layer, batch, random_state(rng, layer, 6), train=True) < 1e-10


@every_cell
def test_gradients_by_central_differences(cell: str) -> None:
    # Perturbs float64 values, so that both sides run through the fast kernels.
    rng = np.random.default_rng(5)
    layer = build(cell, 3, 5)
    batch = random_batch(rng, [4, 2, 0, 3], 3)
    state = random_state(rng, layer, 4)
    assert check_recurrent_layer(layer, batch, state, train=True, method="central") < 1e-7


@every_cell
def test_gradient_of_outputs_alone_and_of_state_alone(cell: str) -> None:
    rng = np.random.default_rng(6)
    layer = build(cell, 3, 4)
    batch = random_batch(rng, [3, 0, 5], 3)
    state = random_state(rng, layer, 3)
    outputs, final, backward = layer.forward(batch, state, train=True)
    d_outputs, d_final = (
        batch.with_data(like(rng, outputs.data)),
        type(final)(*map(np.ones_like, final)),
    )
    parts = []
    for arguments in [(d_outputs, None), (None, d_final), (d_outputs, d_final)]:
        for _, parameter in layer.parameters():
            parameter.zero_grad()
        d_x, d_state = backward(*arguments)
        parts.append([d_x.data, *d_state, *gradients(layer).values()])
    for first, second, both in zip(*parts, strict=True):
        np.testing.assert_allclose(first + second, both, rtol=1e-12, atol=1e-12)


@every_cell
def test_backward_twice_and_in_any_order(cell: str) -> None:
    rng = np.random.default_rng(7)
    layer = build(cell, 3, 4)
    first, second = (random_batch(rng, n, 3) for n in ([4, 2], [6, 6, 1]))
    d_first, d_second = (b.with_data(rng.normal(size=(b.tokens, 4))) for b in (first, second))

    def alone(batch: PackedSequence, d: PackedSequence) -> np.ndarray:
        _, _, backward = layer.forward(batch, train=True)
        return backward(d)[0].data

    expected = [alone(first, d_first), alone(second, d_second), alone(first, d_first)]
    for _, parameter in layer.parameters():
        parameter.zero_grad()
    _, _, backward_first = layer.forward(first, train=True)
    _, _, backward_second = layer.forward(second, train=True)
    found = [backward_first(d_first), backward_second(d_second), backward_first(d_first)]
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours[0].data, theirs)
    total = gradients(layer)
    for _, parameter in layer.parameters():
        parameter.zero_grad()
    for batch, d in [(first, d_first), (second, d_second), (first, d_first)]:
        alone(batch, d)
    for name, gradient in gradients(layer).items():
        np.testing.assert_allclose(total[name], gradient, rtol=1e-12, atol=1e-12)


@every_cell
def test_training_and_inference_agree_to_the_byte(cell: str) -> None:
    rng = np.random.default_rng(8)
    layer = build(cell, 5, 19, np.float32)
    batch = random_batch(rng, [9, 3, 0, 3, 1], 5, np.float32)
    state = random_state(rng, layer, 5, np.float32)
    kept, kept_state, kept_backward = layer.forward(batch, state, train=True)
    lean, lean_state, lean_backward = layer.forward(batch, state)
    np.testing.assert_array_equal(kept.data, lean.data)
    for ours, theirs in zip(kept_state, lean_state, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    d = batch.with_data(like(rng, kept.data))
    np.testing.assert_array_equal(kept_backward(d)[0].data, lean_backward(d)[0].data)


@every_cell
def test_empty_sequences_pass_state_and_gradient_through(cell: str) -> None:
    rng = np.random.default_rng(9)
    layer = build(cell, 3, 4)
    batch = random_batch(rng, [0, 2, 0], 3)
    state = random_state(rng, layer, 3)
    _, final, backward = layer.forward(batch, state, train=True)
    d_final = type(final)(*(like(rng, array) for array in final))
    _, d_state = backward(None, d_final)
    for before, after, d_after, d_before in zip(state, final, d_final, d_state, strict=True):
        np.testing.assert_array_equal(after[:, [0, 2]], before[:, [0, 2]])
        np.testing.assert_array_equal(d_before[:, [0, 2]], d_after[:, [0, 2]])
        assert (after[:, 1] != before[:, 1]).all()


@every_cell
@pytest.mark.parametrize("case", LENGTHS)
@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_have_memory_of_their_own(cell: str, case: str, compiled: bool) -> None:
    # Optimisers and clipping change gradients in place.
    layer = build(cell, 3, 4, np.float32, recurrent_dropout=0.5)
    batch = random_batch(np.random.default_rng(5), LENGTHS[case], 3)
    with use_compiled(compiled):
        outputs, _, backward = layer.forward(batch, train=True, rng=np.random.default_rng(6))
        backward(outputs)
    before = gradients(layer)
    for name, parameter in layer.parameters():
        parameter.scale_grad(2.0)
        np.testing.assert_array_equal(parameter.grad, 2 * before[name])


@every_cell
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_in_a_batch_equals_alone(cell: str, dtype: Any, tolerance: float) -> None:
    @given(rng=rngs(), lengths=lengths(min_batch=1), features=sizes(), units=sizes())
    def check(rng: Any, lengths: list[int], features: int, units: int) -> None:
        layer = build(cell, features, units, dtype)
        batch = random_batch(rng, lengths, features, dtype)
        state = random_state(rng, layer, len(lengths), dtype)
        outputs, final, _ = layer.forward(batch, state, train=True)
        for n, (x, y) in enumerate(zip(batch.unpack(), outputs.unpack(), strict=True)):
            own_state = type(state)(*(array[:, n : n + 1] for array in state))
            alone, alone_final, _ = layer.forward(pack([x], dtype), own_state)
            np.testing.assert_allclose(alone.data, y, rtol=tolerance, atol=tolerance)
            for ours, theirs in zip(alone_final, final, strict=True):
                np.testing.assert_allclose(ours[:, 0], theirs[:, n], rtol=tolerance, atol=tolerance)

    check()


@every_cell
def test_windows_with_carried_state_equal_one_pass(cell: str) -> None:
    rng = np.random.default_rng(10)
    layer = build(cell, 3, 7)
    x = rng.normal(size=(4, 12, 3))
    whole, final, _ = layer.forward(pack(list(x)))
    state, pieces = None, []
    for window in np.split(x, [5, 6], axis=1):
        y, state, _ = layer.forward(pack(list(window)), state, train=True)
        pieces.append(np.stack(y.unpack()))
    np.testing.assert_allclose(np.concatenate(pieces, 1), np.stack(whole.unpack()), rtol=1e-12)
    for ours, theirs in zip(state, final, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@every_cell
def test_arguments_are_not_written_to(cell: str) -> None:
    rng = np.random.default_rng(11)
    layer = build(cell, 3, 4)
    batch = random_batch(rng, [3, 5], 3)
    state = random_state(rng, layer, 2)
    d_outputs, d_state = batch.with_data(rng.normal(size=(8, 4))), random_state(rng, layer, 2)
    arrays = [batch.data, *state, d_outputs.data, *d_state]
    arrays += [parameter.value for _, parameter in layer.parameters()]
    for array in arrays:
        array.flags.writeable = False
    _, _, backward = layer.forward(batch, state, train=True)
    backward(d_outputs, d_state)


@every_cell
def test_the_answer_is_the_callers_to_change(cell: str) -> None:
    rng = np.random.default_rng(12)
    layer = build(cell, 3, 4)
    batch = random_batch(rng, [3, 3], 3)
    d = batch.with_data(rng.normal(size=(6, 4)))
    _, _, backward = layer.forward(batch, train=True)
    expected = backward(d)[0].data.copy()
    _, final, backward = layer.forward(batch, train=True)
    for array in final:
        array[...] = 7
    np.testing.assert_array_equal(backward(d)[0].data, expected)


@every_cell
def test_recurrent_dropout(cell: str) -> None:
    rng = np.random.default_rng(13)
    layer = build(cell, 3, 4, recurrent_dropout=0.5)
    batch = random_batch(rng, [3, 1, 2], 3)
    state = random_state(rng, layer, 3)
    assert check_recurrent_layer(layer, batch, state, train=True, seed=1) < 1e-12
    plain = build(cell, 3, 4).forward(batch, state)[0].data
    np.testing.assert_array_equal(layer.forward(batch, state)[0].data, plain)
    dropped = layer.forward(batch, state, train=True, rng=np.random.default_rng(1))[0].data
    assert not np.allclose(dropped, plain)
    with pytest.raises(ValueError, match="rng"):
        layer.forward(batch, state, train=True)


@every_cell
def test_tied_weights_add_up(cell: str) -> None:
    rng = np.random.default_rng(14)
    one, other = build(cell, 4, 4), build(cell, 4, 4)
    other.w_hidden = one.w_hidden
    batch = random_batch(rng, [2, 3], 4)
    d = batch.with_data(rng.normal(size=(5, 4)))
    one.forward(batch, train=True)[2](d)
    alone = one.w_hidden.grad.copy()
    other.forward(batch, train=True)[2](d)
    np.testing.assert_allclose(one.w_hidden.grad, 2 * alone, rtol=1e-12)


def test_initial_values() -> None:
    rng = np.random.default_rng(15)
    lstm = LSTM(5, 4, rng=rng)
    np.testing.assert_array_equal(lstm.bias.value, np.repeat([0, 1, 0, 0], 4))
    for gate in np.split(lstm.w_hidden.value, 4, axis=1):
        np.testing.assert_allclose(gate @ gate.T, np.eye(4), atol=1e-6)
    assert lstm.w_input.value.dtype == np.float32
    assert np.abs(lstm.w_input.value).max() <= np.sqrt(6 / (5 + 16))
    np.testing.assert_array_equal(RNN(2, 3, activation="relu", rng=rng).w_hidden.value, np.eye(3))


@every_cell
def test_names_shapes_and_state(cell: str) -> None:
    layer = build(cell, 3, 4)
    gates = {"lstm": 4, "gru-after": 3, "gru-before": 3}.get(cell, 1)
    shapes = {name: parameter.value.shape for name, parameter in layer.parameters()}
    expected = {"w_input": (3, 4 * gates), "w_hidden": (4, 4 * gates), "bias": (4 * gates,)}
    if cell == "gru-after":
        expected["bias_hidden"] = (4,)
    assert shapes == expected
    assert all(isinstance(parameter, Parameter) for _, parameter in layer.parameters())
    _, state, _ = layer.forward(random_batch(np.random.default_rng(0), [2, 0, 1], 3))
    assert type(state) is (LSTMState if cell == "lstm" else HiddenState)
    assert state.hidden.shape == (1, 3, 4)
    assert (layer.features, layer.units, layer.output_features, layer.layers) == (3, 4, 4, 1)


def test_mistakes_are_named() -> None:
    rng = np.random.default_rng(0)
    layer = LSTM(3, 4, rng=rng)
    with pytest.raises(ValueError, match=r"\(tokens, 3\), found \(2, 5\)"):
        layer.forward(random_batch(rng, [2], 5))
    with pytest.raises(ValueError, match=r"2 state arrays \(1, 1, 4\)"):
        layer.forward(
            random_batch(rng, [2], 3), LSTMState(np.zeros((1, 2, 4)), np.zeros((1, 2, 4)))
        )
    with pytest.raises(ValueError, match="activation"):
        RNN(3, 4, activation="sine", rng=rng)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="reset"):
        GRU(3, 4, reset="during", rng=rng)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1"):
        GRU(0, 4, rng=rng)
    with pytest.raises(ValueError, match="rate"):
        GRU(3, 4, recurrent_dropout=1.0, rng=rng)
