"""PyTorch's recurrent layers, forward and backward.

Weights and inputs are float32 and contiguous, gradients are dropped (``set_to_none``) rather than
zeroed, and inference runs under ``torch.inference_mode``. ``nn.LSTM`` then uses oneDNN's fused
kernel by itself; ``nn.GRU`` and ``nn.RNN`` have none on a CPU. Inputs are time-major, which is the
layout that the layers compute in; batches are padded or packed before the clock runs.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_sequence

__all__ = ["dense_layer", "packed_layer", "padded_layer"]

CELLS: dict[str, Callable[..., nn.Module]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}

Thunk = Callable[[], object]


def dense_layer(cell: str, x: np.ndarray, d_y: np.ndarray) -> Thunk:
    """Prepare forward and backward of one layer on (T, N, D), with d_y (T, N, H)."""
    layer = CELLS[cell](x.shape[2], d_y.shape[2])
    return _training(layer, [torch.from_numpy(x).requires_grad_()], [torch.from_numpy(d_y)])


def padded_layer(
    sequences: Sequence[Sequence[np.ndarray]], units: int, layers: int, *, train: bool
) -> Thunk:
    """Prepare a bidirectional LSTM on padded batches of sequences (length, D).

    This is the fast way and an inexact one: the layer that reads from the right begins with the
    padding of the shorter sequences.
    """
    batches = [pad_sequence([torch.from_numpy(s) for s in batch]) for batch in sequences]
    layer = _bidirectional(batches[0].shape[2], units, layers)
    if not train:
        return _inference(layer, batches)
    d_outputs = [torch.randn(*batch.shape[:2], 2 * units) for batch in batches]
    return _training(layer, [batch.requires_grad_() for batch in batches], d_outputs)


def packed_layer(
    sequences: Sequence[Sequence[np.ndarray]], units: int, layers: int, *, train: bool
) -> Thunk:
    """Prepare a bidirectional LSTM on packed batches; packing itself is not measured."""
    batches = [_packed(batch) for batch in sequences]
    layer = _bidirectional(batches[0].data.shape[1], units, layers)
    if not train:
        return _inference(layer, batches)
    d_outputs = [torch.randn(len(batch.data), 2 * units) for batch in batches]
    return _training(layer, [_leaf(batch) for batch in batches], d_outputs)


def _bidirectional(features: int, units: int, layers: int) -> nn.Module:
    return nn.LSTM(features, units, num_layers=layers, bidirectional=True)


def _packed(batch: Sequence[np.ndarray]) -> PackedSequence:
    tensors = [torch.from_numpy(sequence) for sequence in batch]
    lengths = torch.tensor([len(tensor) for tensor in tensors])
    return pack_padded_sequence(pad_sequence(tensors), lengths, enforce_sorted=False)


def _leaf(batch: PackedSequence) -> PackedSequence:
    """Let gradients flow into the data of a packed batch."""
    return batch._replace(data=batch.data.detach().requires_grad_())


def _training(layer: nn.Module, batches: Sequence[Any], d_outputs: Sequence[Tensor]) -> Thunk:
    def run() -> None:
        for batch, d_y in zip(batches, d_outputs, strict=True):
            layer.zero_grad(set_to_none=True)
            _data(batch).grad = None
            y, _ = layer(batch)
            _data(y).backward(d_y)

    return run


def _inference(layer: nn.Module, batches: Sequence[Any]) -> Thunk:
    layer.eval()

    def run() -> None:
        with torch.inference_mode():
            for batch in batches:
                layer(batch)

    return run


def _data(batch: Tensor | PackedSequence) -> Tensor:
    return batch.data if isinstance(batch, PackedSequence) else batch
