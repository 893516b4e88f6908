"""Write decoder.npz: what PyTorch computes in float64 for a decoder with attention.

Run by hand where PyTorch is installed: ``python tests/golden/make_decoder.py``. Tests read the file
only. The decoder is written here one sequence and one step at a time, from the equations of the
papers and with autograd, so that nothing of seqkit's own way of computing it comes in.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

SOURCE, UNITS, INPUTS = 5, 4, 3
LENGTHS = [(3, 4), (5, 2), (1, 6), (2, 2)]


class Additive(nn.Module):
    """Bahdanau, Cho and Bengio (2015), appendix A.1.2."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(UNITS, UNITS)
        self.memory = nn.Linear(SOURCE, UNITS, bias=False)
        self.v = nn.Parameter(torch.randn(UNITS))

    def forward(self, query: Tensor, memory: Tensor) -> Tensor:
        """Score (UNITS,) against (T, SOURCE)."""
        return torch.stack(
            [self.v @ torch.tanh(self.query(query) + self.memory(m)) for m in memory]
        )


class General(nn.Module):
    """Luong, Pham and Manning (2015), equation 8, "general"."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(UNITS, SOURCE))

    def forward(self, query: Tensor, memory: Tensor) -> Tensor:
        """Score (UNITS,) against (T, SOURCE)."""
        return torch.stack([query @ self.w @ m for m in memory])


def run(score: nn.Module) -> dict[str, np.ndarray]:
    """Run one decoder forward and backward."""
    module = nn.ModuleDict(
        {
            "score": score,
            "cell": nn.LSTMCell(INPUTS, UNITS),
            "join": nn.Linear(SOURCE + UNITS, UNITS),
        }
    ).double()
    found: dict[str, Tensor] = {}
    inputs, memories, outputs, weights = [], [], [], []
    state = [torch.randn(len(LENGTHS), UNITS).double().requires_grad_() for _ in range(2)]
    for n, (steps, length) in enumerate(LENGTHS):
        x = torch.randn(steps, INPUTS).double().requires_grad_()
        memory = torch.randn(length, SOURCE).double().requires_grad_()
        h, c = state[0][n], state[1][n]
        for step in range(steps):
            h, c = module["cell"](x[step], (h, c))
            weight = torch.softmax(score(h, memory), dim=0)
            outputs.append(torch.tanh(module["join"](torch.cat([weight @ memory, h]))))
            weights.append(weight)
        inputs.append(x)
        memories.append(memory)
    y = torch.stack(outputs)
    d_y = torch.randn_like(y)
    (y * d_y).sum().backward()
    found |= {"y": y, "d_y": d_y, "weights": torch.cat(weights)}
    found |= {"x": torch.cat(inputs), "d_x": torch.cat([x.grad for x in inputs])}
    found |= {"memory": torch.cat(memories), "d_memory": torch.cat([m.grad for m in memories])}
    for name, array in zip(("hidden", "cell"), state, strict=True):
        found |= {f"state_{name}": array, f"d_state_{name}": array.grad}
    for name, parameter in module.named_parameters():
        found |= {name: parameter, f"d_{name}": parameter.grad}
    found["lengths"] = torch.tensor(LENGTHS)
    return {name: array.detach().numpy() for name, array in found.items()}


def main() -> None:
    """Write the file."""
    torch.manual_seed(20240602)
    arrays = {
        f"{kind}/{name}": array
        for kind, score in (("additive", Additive()), ("dot", General()))
        for name, array in run(score).items()
    }
    np.savez_compressed(Path(__file__).with_name("decoder.npz"), **arrays)


if __name__ == "__main__":
    main()
