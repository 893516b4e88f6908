"""What the peers' training scripts share: batches, dropout, the update, the loop and the report."""

import json
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.peers.optimisers import make_optimiser

__all__ = ["LockedDropout", "Update", "fit_ids", "initialise", "main", "similar_batches", "train"]

PAD, UNKNOWN = 0, 1


def fit_ids(
    sentences: Iterable[Iterable[str]], *, minimum: int = 1, first: int = 2
) -> tuple[dict[str, int], dict[int, int]]:
    """Number the tokens that come often enough, the commonest first.

    Returns:
        Ids from ``first`` on, and how often each came.
    """
    counts = Counter(token for sentence in sentences for token in sentence)
    kept = [(token, n) for token, n in counts.most_common() if n >= minimum]
    ids = {token: i for i, (token, _) in enumerate(kept, start=first)}
    return ids, {ids[token]: n for token, n in kept}


def similar_batches(
    lengths: Sequence[int], size: int, rng: random.Random | None = None
) -> list[list[int]]:
    """Put sentences of similar length together, each batch longest first.

    With ``rng``, lengths are disturbed by up to a tenth, and the batches come in random order.
    """
    keys = [n * rng.uniform(0.9, 1.1) + rng.random() if rng else n for n in lengths]
    order = sorted(range(len(lengths)), key=keys.__getitem__)
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    for batch in batches:
        batch.sort(key=lambda i: -lengths[i])
    if rng:
        rng.shuffle(batches)
    return batches


class LockedDropout(nn.Module):
    """Dropout with one mask for all steps of a sequence: fewer random numbers, less memory."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Map (T, N, D) to the same."""
        if not self.training or not self.rate:
            return x
        mask = torch.empty(1, *x.shape[1:]).bernoulli_(1 - self.rate).div_(1 - self.rate)
        return x * mask


class Update:
    """Clipping by the global norm, and Adam: fused, foreach, or sparse for embeddings."""

    def __init__(self, model: nn.Module, way: str, rate: float, norm: float) -> None:
        sparse = [
            module.weight
            for module in model.modules()
            if isinstance(module, nn.Embedding) and module.sparse
        ]
        known = set(map(id, sparse))
        self.sparse = sparse
        self.dense = [p for p in model.parameters() if id(p) not in known]
        dense_way = "fused" if way == "sparse" else way
        self.optimisers = [make_optimiser("adam", dense_way, self.dense, rate)]
        if sparse:
            self.optimisers.append(make_optimiser("adam", "sparse", sparse, rate))
        self.norm = norm

    def __call__(self, loss: Tensor) -> None:
        """Take a step."""
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self._clip()
        for optimiser in self.optimisers:
            optimiser.step()

    def _clip(self) -> None:
        if not self.sparse:
            nn.utils.clip_grad_norm_(self.dense, self.norm)
            return
        # clip_grad_norm_ does not take sparse gradients: the same by hand.
        gradients = [p.grad for p in self.dense if p.grad is not None]
        for parameter in self.sparse:
            if parameter.grad is not None:
                parameter.grad = parameter.grad.coalesce()
                gradients.append(parameter.grad._values())
        norms = torch._foreach_norm(gradients)
        total = torch.linalg.vector_norm(torch.stack(norms)).item()
        if total > self.norm:
            torch._foreach_mul_(gradients, self.norm / (total + 1e-6))


def initialise(model: nn.Module) -> None:
    """Start from weights that are drawn as seqkit draws them, so that scores can be compared.

    PyTorch's own start (embeddings of variance 1, no forget bias) learns more slowly here.
    """
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            limit = math.sqrt(3.0 / module.embedding_dim)
            nn.init.uniform_(module.weight, -limit, limit)
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.LSTM):
            _initialise_lstm(module)


def _initialise_lstm(lstm: nn.LSTM) -> None:
    units = lstm.hidden_size
    for name, values in lstm.named_parameters():
        if name.startswith("weight_ih"):
            nn.init.xavier_uniform_(values)
        elif name.startswith("weight_hh"):
            for gate in values.detach().split(units):
                nn.init.orthogonal_(gate)
        else:
            nn.init.zeros_(values)
            if name.startswith("bias_ih"):
                values.detach()[units : 2 * units] = 1.0


def train(
    told: dict[str, Any],
    model: nn.Module,
    *,
    batches: Callable[[], Sequence[Any]],
    loss: Callable[[Any], tuple[Tensor, int]],
    score: Callable[[], tuple[str, float]],
    started: float,
) -> dict[str, Any]:
    """Train for some epochs and score once at the end.

    Args:
        told: how; see :func:`benchmarks.training.train`.
        model: what is trained.
        batches: makes those of one epoch.
        loss: of a batch, its mean, and how many tokens were read.
        score: of the dev split: name and value.
        started: when the script was.
    """
    options = told["options"]
    initialise(model)
    way = told["variant"].rpartition("+")[2]
    update = Update(model, way, options["learning_rate"], options["clip_norm"])
    ready = time.perf_counter() - started
    epochs = []
    tokens = 0
    for _ in range(told["epochs"]):
        model.train()
        begun, tokens = time.perf_counter(), 0
        for batch in batches():
            mean, count = loss(batch)
            update(mean)
            tokens += count
        epochs.append(time.perf_counter() - begun)
    model.eval()
    with torch.inference_mode():
        metric, value = score()
    if not math.isfinite(value):
        raise ValueError(f"the score is {value}: training failed")
    return {"ready": ready, "epochs": epochs, "tokens": tokens, "metric": metric, "score": value}


def main(run: Callable[[dict[str, Any], float], dict[str, Any]]) -> None:
    """Train as the command line tells in JSON, and print what came of it."""
    started = time.perf_counter()
    told = json.loads(sys.argv[1])
    torch.manual_seed(0)
    torch.set_num_threads(told["threads"])
    print(json.dumps(run(told, started)))
