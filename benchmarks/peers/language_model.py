"""The language model in PyTorch: tied embedding, stacked LSTM, linear, cross-entropy.

All sequences of a window are equally long, so there is nothing to pad. What makes it fast: one LSTM
module for all layers (oneDNN), time-major windows that are views of the text, the state carried as
detached tensors, the loss over all tokens of a window at once, gradients dropped rather than
zeroed, fused or foreach Adam, whichever a trial finds faster. Tied weights make the embedding's
gradient dense, so sparse updates are out; ``nn.AdaptiveLogSoftmaxWithLoss`` would be another model.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  its usual name

from benchmarks.peers.common import LockedDropout, fit_ids, main, train

__all__ = ["LanguageModel", "read"]

UNKNOWN, END = "<unk>", "<eos>"


class LanguageModel(nn.Module):
    """Ids (T, N) and a state to log-odds (T * N, V) and the next state."""

    def __init__(self, words: int, options: dict[str, Any]) -> None:
        super().__init__()
        units, layers = options["units"], options["layers"]
        self.embedding = nn.Embedding(words, units)
        self.locked = LockedDropout(options["dropout"])
        self.lstm = nn.LSTM(units, units, num_layers=layers, dropout=options["layer_dropout"])
        self.bias = nn.Parameter(torch.zeros(words))

    def forward(self, ids: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Read a window."""
        y, state = self.lstm(self.locked(self.embedding(ids)), state)
        return F.linear(self.locked(y).flatten(0, 1), self.embedding.weight, self.bias), state


def read(path: str) -> list[list[str]]:
    """Read lines of words, each followed by an end mark."""
    with open(path, encoding="utf-8") as lines:
        return [[*line.split(), END] for line in lines]


def _encode(lines: list[list[str]], ids: dict[str, int]) -> Tensor:
    unknown = ids.get(UNKNOWN, 0)
    flat = [ids[END], *(ids.get(word, unknown) for line in lines for word in line)]
    return torch.tensor(flat)


def _windows(text: Tensor, streams: int, window: int) -> list[tuple[Tensor, Tensor]]:
    """Cut a text into windows of inputs (T, N) and targets (T, N)."""
    steps = (len(text) - 1) // streams
    inputs, targets = (
        text[shift : shift + steps * streams].view(streams, steps).t().contiguous()
        for shift in (0, 1)
    )
    starts = range(0, steps, window)
    return [(inputs[i : i + window], targets[i : i + window]) for i in starts]


def _run(told: dict[str, Any], started: float) -> dict[str, Any]:
    options = told["options"]
    lines, dev = read(told["train"]), read(told["dev"])
    ids, _ = fit_ids(lines, first=0)
    model = LanguageModel(len(ids), options)
    text = _encode(lines[: told["limit"] or None], ids)
    dev_text = _encode(dev[: told["dev_limit"] or None], ids)
    carried: list[Any] = [None]

    def batches() -> list[tuple[Tensor, Tensor]]:
        carried[0] = None
        return _windows(text, options["batch_size"], options["window"])

    def loss(batch: tuple[Tensor, Tensor]) -> tuple[Tensor, int]:
        inputs, targets = batch
        scores, (hidden, cell) = model(inputs, carried[0])
        carried[0] = hidden.detach(), cell.detach()
        return F.cross_entropy(scores, targets.flatten()), inputs.numel()

    def score() -> tuple[str, float]:
        state, total = None, 0.0
        for start in range(0, len(dev_text) - 1, 512):
            targets = dev_text[start + 1 : start + 513]
            inputs = dev_text[start : start + len(targets), None]
            scores, state = model(inputs, state)
            total += float(F.cross_entropy(scores, targets, reduction="sum"))
        return "perplexity", math.exp(total / (len(dev_text) - 1))

    return train(told, model, batches=batches, loss=loss, score=score, started=started)


if __name__ == "__main__":
    main(_run)
