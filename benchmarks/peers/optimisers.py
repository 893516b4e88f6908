"""An embedding with each of PyTorch's ways to update it.

``dense`` goes through the table parameter by parameter (``foreach=False``), ``foreach`` and
``fused`` are PyTorch's faster ways to do the same, and ``sparse`` keeps gradients as rows
(``nn.Embedding(sparse=True)`` with ``SparseAdam``, or with SGD, which takes them as they are).
"""

from collections.abc import Callable, Sequence
from itertools import cycle

import numpy as np
import torch
from torch import nn

__all__ = ["embedding_step", "make_optimiser"]

FLAGS: dict[str, dict[str, bool]] = {
    "dense": {"foreach": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}


def make_optimiser(
    name: str, variant: str, parameters: Sequence[nn.Parameter], rate: float
) -> torch.optim.Optimizer:
    """Make Adam or SGD in one of the ways."""
    if variant == "sparse":
        sparse = {"adam": torch.optim.SparseAdam, "sgd": torch.optim.SGD}
        return sparse[name](parameters, lr=rate)
    dense = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
    return dense[name](parameters, lr=rate, **FLAGS[variant])


def embedding_step(
    name: str, variant: str, table: np.ndarray, batches: Sequence[np.ndarray], d_y: np.ndarray
) -> Callable[[], object]:
    """Prepare lookup, gradient and update, for (V, D), ids (M,) and d_y (M, D)."""
    values = torch.from_numpy(table.copy())
    embedding = nn.Embedding.from_pretrained(values, freeze=False, sparse=variant == "sparse")
    optimiser = make_optimiser(name, variant, list(embedding.parameters()), 0.01)
    ids = cycle([torch.from_numpy(batch) for batch in batches])
    gradient = torch.from_numpy(d_y)

    def run() -> None:
        optimiser.zero_grad(set_to_none=True)
        embedding(next(ids)).backward(gradient)
        optimiser.step()

    return run
