"""Outputs, states and gradients equal PyTorch's, as tests/golden/make_recurrent.py found them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.layers.base import HiddenState, LSTMState
from seqkit.layers.stack import build_recurrent
from seqkit.sequences import pack_flat

Case = dict[str, np.ndarray]
# Ours from PyTorch's: the LSTM's candidate stands last here, third there.
GATES = {"rnn": [0], "lstm": [0, 1, 3, 2], "gru": [0, 1, 2]}


def load() -> dict[str, Case]:
    cases: dict[str, Case] = {}
    with np.load(Path(__file__).parents[1] / "golden/recurrent.npz", allow_pickle=False) as file:
        for key in file.files:
            case, _, name = key.partition("/")
            cases.setdefault(case, {})[name] = file[key]
    return cases


CASES = load()


def rows(cell: str, array: np.ndarray) -> np.ndarray:
    """Put PyTorch's gates, blocks of rows, into our order."""
    blocks = np.split(array, len(GATES[cell]))
    return np.concatenate([blocks[gate] for gate in GATES[cell]])


def translate(cell: str, case: Case, suffix: str, *, gradients: bool) -> Case:
    """PyTorch's parameters of one layer and direction, or their gradients, under our names."""
    d = "d_" if gradients else ""
    ours = {
        "w_input": rows(cell, case[f"{d}weight_ih_{suffix}"]).T,
        "w_hidden": rows(cell, case[f"{d}weight_hh_{suffix}"]).T,
    }
    from_x = rows(cell, case[f"{d}bias_ih_{suffix}"])
    from_h = rows(cell, case[f"{d}bias_hh_{suffix}"])
    ours["bias"] = from_x if gradients else from_x + from_h
    if cell == "gru":
        units = len(from_x) // 3
        ours["bias"] = np.concatenate([ours["bias"][: 2 * units], from_x[2 * units :]])
        ours["bias_hidden"] = from_h[2 * units :]
    return ours


def suffix_of(name: str) -> tuple[str, str]:
    """Split "1.backward.w_input" into PyTorch's "l1_reverse" and our "w_input"."""
    *path, leaf = name.split(".")
    layer = path[0] if path and path[0].isdigit() else "0"
    return f"l{layer}" + ("_reverse" if "backward" in path else ""), leaf


@pytest.mark.parametrize("name", CASES)
def test_equals_pytorch(name: str) -> None:
    case, cell = CASES[name], name.split("-")[0]
    layer: Any = build_recurrent(
        cell,  # type: ignore[arg-type]
        case["x"].shape[1],
        case["state0"].shape[2],
        layers=2 if "-2" in name else 1,
        bidirectional=name.endswith("both"),
        rng=np.random.default_rng(0),
        dtype=np.float64,
    )
    if name == "rnn-relu":
        layer = type(layer)(3, 4, activation="relu", rng=np.random.default_rng(0), dtype=np.float64)
    for path, parameter in layer.parameters():
        suffix, leaf = suffix_of(path)
        parameter.value[...] = translate(cell, case, suffix, gradients=False)[leaf]
    state_type, count = (LSTMState, 2) if cell == "lstm" else (HiddenState, 1)
    state = state_type(*(case[f"state{k}"] for k in range(count)))
    batch = pack_flat(case["x"], case["lengths"])
    outputs, final, backward = layer.forward(batch, state, train=True)
    d_outputs = pack_flat(case["d_y"], case["lengths"])
    d_x, d_state = backward(d_outputs, state_type(*(case[f"d_final{k}"] for k in range(count))))

    def close(found: np.ndarray, wanted: np.ndarray) -> None:
        np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-10)

    close(outputs.flatten(), case["y"])
    close(d_x.flatten(), case["d_x"])
    for k in range(count):
        close(final[k], case[f"final{k}"])
        close(d_state[k], case[f"d_state{k}"])
    for path, parameter in layer.parameters():
        suffix, leaf = suffix_of(path)
        close(parameter.grad, translate(cell, case, suffix, gradients=True)[leaf])


def test_every_kind_is_there() -> None:
    assert len(CASES) == 10
    assert all(np.abs(case["d_x"]).max() > 0.01 for case in CASES.values())
