"""The decoder and its bridge: against PyTorch, gradients, and step by step."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.layers.attention import build_attention
from seqkit.layers.base import LSTMState
from seqkit.layers.bridge import Bridge, flatten_state
from seqkit.layers.decoder import AttentionDecoder
from seqkit.layers.stack import build_recurrent
from seqkit.sequences import PackedSequence, pack_flat
from seqkit.testing.gradients import check_gradients
from tests.strategies import like, random_batch, random_state

LENGTHS = [(3, 4), (1, 0), (0, 2), (4, 2)]


def build(
    kind: str | None, cell: Any = "lstm", layers: int = 1, dtype: Any = np.float64
) -> AttentionDecoder:
    rng = np.random.default_rng(0)
    recurrent = build_recurrent(cell, 3, 4, layers=layers, rng=rng, dtype=dtype)
    attention = None
    if kind is not None:
        attention = build_attention(kind, 4, 5, rng=rng, dtype=dtype)  # type: ignore[arg-type]
    return AttentionDecoder(recurrent, attention, rng=rng, dtype=dtype)


def make_batches(dtype: Any = np.float64) -> tuple[PackedSequence, PackedSequence]:
    rng = np.random.default_rng(1)
    return (
        random_batch(rng, [steps for steps, _ in LENGTHS], 3, dtype),
        random_batch(rng, [length for _, length in LENGTHS], 5, dtype),
    )


def gates(array: np.ndarray) -> np.ndarray:
    """PyTorch's gates of an LSTM, blocks of rows, in our order: the candidate stands last."""
    i, f, z, o = np.split(array, 4)
    return np.concatenate([i, f, o, z])


def translate(kind: str, case: dict[str, np.ndarray], d: str) -> dict[str, np.ndarray]:
    """PyTorch's parameters, or with ``d`` their gradients, under our names."""
    from_x, from_h = gates(case[f"{d}cell.bias_ih"]), gates(case[f"{d}cell.bias_hh"])
    ours = {
        "recurrent.w_input": gates(case[f"{d}cell.weight_ih"]).T,
        "recurrent.w_hidden": gates(case[f"{d}cell.weight_hh"]).T,
        "recurrent.bias": from_x if d else from_x + from_h,
        "join.w": case[f"{d}join.weight"].T,
        "join.bias": case[f"{d}join.bias"],
    }
    if kind == "dot":
        return ours | {"attention.w": case[f"{d}score.w"]}
    return ours | {
        "attention.w_query": case[f"{d}score.query.weight"].T,
        "attention.bias": case[f"{d}score.query.bias"],
        "attention.w_memory": case[f"{d}score.memory.weight"].T,
        "attention.v": case[f"{d}score.v"],
    }


@pytest.mark.parametrize("kind", ["additive", "dot"])
def test_equals_pytorch(kind: str) -> None:
    path = Path(__file__).parents[1] / "golden/decoder.npz"
    with np.load(path, allow_pickle=False) as file:
        names = [name for name in file.files if name.startswith(f"{kind}/")]
        case = {name.removeprefix(f"{kind}/"): file[name] for name in names}
    decoder = build(kind)
    parameters = dict(decoder.parameters())
    assert parameters.keys() == translate(kind, case, "").keys()
    for name, value in translate(kind, case, "").items():
        parameters[name].value[...] = value
    state = LSTMState(case["state_hidden"][None], case["state_cell"][None])
    steps, tall = case["lengths"].T
    inputs, memory = pack_flat(case["x"], steps), pack_flat(case["memory"], tall)
    outputs, _, weights, backward = decoder.forward(inputs, memory, state, train=True)
    d_inputs, d_memory, d_state = backward(pack_flat(case["d_y"], steps))
    assert d_memory is not None
    found = {
        "y": outputs.flatten(),
        "weights": np.concatenate([weight.reshape(-1) for weight in weights]),
        "d_x": d_inputs.flatten(),
        "d_memory": d_memory.flatten(),
        "d_state_hidden": d_state.hidden[0],
        "d_state_cell": d_state.cell[0],
    }
    for name, array in found.items():
        np.testing.assert_allclose(array, case[name], rtol=1e-9, atol=1e-12, err_msg=name)
    for name, gradient in translate(kind, case, "d_").items():
        np.testing.assert_allclose(
            parameters[name].grad, gradient, rtol=1e-9, atol=1e-12, err_msg=name
        )


@pytest.mark.parametrize("kind", ["additive", "dot", None])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("layers", [1, 2])
def test_gradients(kind: str | None, cell: str, layers: int) -> None:
    decoder = build(kind, cell, layers)
    inputs, memory = make_batches()
    state = random_state(np.random.default_rng(2), decoder.recurrent, len(LENGTHS))

    def function(x: Any, m: Any, *initial: Any) -> Any:
        start = type(state)(*initial)
        decoded = decoder.forward(inputs.with_data(x), memory.with_data(m), start, train=True)

        def backward(d_y: Any) -> Any:
            d_inputs, d_memory, d_state = decoded.backward(inputs.with_data(d_y))
            return d_inputs.data, None if d_memory is None else d_memory.data, *d_state

        return decoded.outputs.data, backward

    check_gradients(function, [inputs.data, memory.data, *state], decoder.parameters())


@pytest.mark.parametrize("kind", ["additive", "dot", None])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_step_by_step_gives_what_the_whole_sequence_gives(kind: str | None, cell: str) -> None:
    decoder = build(kind, cell, 2)
    rng = np.random.default_rng(3)
    inputs = random_batch(rng, [4, 4, 4], 3)
    memory = random_batch(rng, [2, 0, 5], 5)
    state = random_state(rng, decoder.recurrent, 3)
    whole, final, _, _ = decoder.forward(inputs, memory, state)
    remembered = decoder.remember(memory)
    for step in range(4):
        x = np.stack([sequence[step] for sequence in inputs.unpack()])
        y, state = decoder.step(x, remembered, np.array([1, 1, 1]), state)
        np.testing.assert_allclose(y, [sequence[step] for sequence in whole.unpack()])
    for found, wanted in zip(state, final, strict=True):
        np.testing.assert_allclose(found, wanted)


def test_a_step_serves_any_number_of_hypotheses_for_each_sequence() -> None:
    decoder = build("additive")
    rng = np.random.default_rng(4)
    memory = random_batch(rng, [2, 3, 4], 5)
    x = rng.normal(size=(3, 3))
    state = random_state(rng, decoder.recurrent, 3)
    y, _ = decoder.step(x, decoder.remember(memory), np.array([2, 0, 1]), state)
    owners = [0, 0, 2]
    for row, owner in enumerate(owners):
        alone = pack_flat(memory.unpack()[owner], [len(memory.unpack()[owner])])
        own = type(state)(*(array[:, row : row + 1] for array in state))
        expected, _ = decoder.step(x[row : row + 1], decoder.remember(alone), np.array([1]), own)
        np.testing.assert_allclose(y[row], expected[0])


def test_float32_stays_float32() -> None:
    decoder = build("additive", dtype=np.float32)
    inputs, memory = make_batches(np.float32)
    outputs, state, _, backward = decoder.forward(inputs, memory)
    d_inputs, d_memory, d_state = backward(outputs)
    assert d_memory is not None
    arrays = [outputs.data, *state, d_inputs.data, d_memory.data, *d_state]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


def test_attention_must_fit() -> None:
    rng = np.random.default_rng(0)
    recurrent = build_recurrent("gru", 3, 4, rng=rng)
    with pytest.raises(ValueError, match="queries of 6 features, the recurrent layer gives 4"):
        AttentionDecoder(recurrent, build_attention("dot", 6, 5, rng=rng), rng=rng)


@pytest.mark.parametrize("encoder", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("decoder", ["rnn", "lstm", "gru"])
def test_a_bridge_joins_any_two_cells(encoder: Any, decoder: Any) -> None:
    rng = np.random.default_rng(0)
    source = build_recurrent(encoder, 3, 2, layers=2, bidirectional=True, rng=rng, dtype=np.float64)
    target = build_recurrent(decoder, 3, 5, layers=3, rng=rng, dtype=np.float64)
    _, final, _ = source.forward(random_batch(rng, [3, 0, 2], 3))
    vectors, flat_backward = flatten_state(final)
    bridge = Bridge(vectors.shape[1], target, rng=rng, dtype=np.float64)
    _, wanted, _ = target.forward(random_batch(rng, [1, 0, 2], 3))
    state_type = type(wanted)

    def function(*arrays: Any) -> Any:
        flat, back = flatten_state(type(final)(*arrays))
        state, backward = bridge.forward(flat)
        return tuple(state), lambda *d_state: tuple(back(backward(state_type(*d_state))))

    check_gradients(function, list(final), bridge.parameters())
    state, _ = bridge.forward(vectors)
    assert type(state) is state_type
    assert {array.shape for array in state} == {(3, 3, 5)}
    d_final = flat_backward(vectors)
    for array, back in zip(final, d_final, strict=True):
        np.testing.assert_array_equal(array, back)


def test_a_bridge_serves_a_plain_vector_too() -> None:
    rng = np.random.default_rng(0)
    target = build_recurrent("lstm", 3, 5, rng=rng)
    state, backward = Bridge(7, target, rng=rng).forward(np.ones((2, 7), np.float32))
    assert state.hidden.shape == state.cell.shape == (1, 2, 5)
    assert (np.abs(state.hidden) < 1).all()
    assert backward(LSTMState(*(like(rng, array) for array in state))).shape == (2, 7)
