"""Write recurrent.npz: what PyTorch computes in float64, for the tests.

Run by hand where PyTorch is installed: ``python tests/golden/make_recurrent.py``. Tests read the
file only. Each case holds, under ``<case>/``, the inputs end to end, the lengths, initial states,
random output gradients, PyTorch's parameters under its own names, and everything it answers.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence, pack_sequence, unpack_sequence

FEATURES, UNITS = 3, 4
LENGTHS = [3, 5, 1, 5, 2]
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "rnn-tanh": ("RNN", {}),
    "rnn-relu": ("RNN", {"nonlinearity": "relu"}),
    "lstm": ("LSTM", {}),
    "gru": ("GRU", {}),
    "lstm-2": ("LSTM", {"num_layers": 2}),
    "gru-2": ("GRU", {"num_layers": 2}),
    "lstm-both": ("LSTM", {"bidirectional": True}),
    "gru-both": ("GRU", {"bidirectional": True}),
    "rnn-2-both": ("RNN", {"num_layers": 2, "bidirectional": True}),
    "lstm-2-both": ("LSTM", {"num_layers": 2, "bidirectional": True}),
}


def run(kind: str, options: dict[str, Any]) -> dict[str, np.ndarray]:
    """Run one module forward and backward."""
    module = getattr(torch.nn, kind)(FEATURES, UNITS, **options).double()
    layers = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    x = [torch.randn(n, FEATURES, dtype=torch.float64, requires_grad=True) for n in LENGTHS]
    state = [
        torch.randn(layers, len(LENGTHS), UNITS, dtype=torch.float64, requires_grad=True)
        for _ in range(2 if kind == "LSTM" else 1)
    ]
    packed = pack_sequence(x, enforce_sorted=False)
    outputs, final = module(packed, tuple(state) if kind == "LSTM" else state[0])
    final = final if kind == "LSTM" else (final,)
    y = torch.cat(unpack_sequence(PackedSequence(*outputs)))
    d_y = torch.randn_like(y)
    d_final = [torch.randn_like(array) for array in final]
    ((y * d_y).sum() + sum((a * d).sum() for a, d in zip(final, d_final, strict=True))).backward()
    found = {"x": torch.cat(x), "lengths": torch.tensor(LENGTHS), "y": y, "d_y": d_y}
    found["d_x"] = torch.cat([array.grad for array in x])
    for k, array in enumerate(state):
        found |= {f"state{k}": array, f"d_state{k}": array.grad}
        found |= {f"final{k}": final[k], f"d_final{k}": d_final[k]}
    for name, parameter in module.named_parameters():
        found |= {name: parameter, f"d_{name}": parameter.grad}
    return {name: array.detach().numpy() for name, array in found.items()}


def main() -> None:
    """Write the file."""
    torch.manual_seed(20240601)
    arrays = {
        f"{case}/{name}": array
        for case, (kind, options) in CASES.items()
        for name, array in run(kind, options).items()
    }
    np.savez_compressed(Path(__file__).with_name("recurrent.npz"), **arrays)


if __name__ == "__main__":
    main()
