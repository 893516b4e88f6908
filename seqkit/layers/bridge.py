"""From what an encoder has read to the state in which a decoder begins."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from seqkit.arrays import Array, DTypeLike, tuple_like
from seqkit.layers.base import RecurrentLayer, State, prefixed
from seqkit.layers.linear import Linear
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence

__all__ = ["Bridge", "flatten_state"]


class Bridge:
    """A learnt projection for each array of the decoder's state: ``tanh(s W + b)``.

    After Bahdanau et al. (2015), appendix A.2.2, where ``s`` is one vector for each sequence: all
    of the encoder's final state (:func:`flatten_state`), or any other vector, such as an image's.
    So encoder and decoder may differ in cell, layers, directions and units.

    Args:
        features: S, width of the vector.
        decoder: the recurrent layer to begin.
        rng: draws the weights, Glorot uniform; biases start at zero.
        dtype: of the parameters.
    """

    def __init__(
        self,
        features: int,
        decoder: RecurrentLayer[Any],
        *,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.features = features
        self._shape = decoder.layers, decoder.units
        nothing = PackedSequence(
            np.empty((0, decoder.features), dtype), np.empty(0, np.int64), np.empty(0, np.int64)
        )
        self._state_type = type(decoder.forward(nothing)[1])
        self._maps = {
            name: Linear(features, decoder.layers * decoder.units, rng=rng, dtype=dtype)
            for name in self._state_type._fields
        }

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the weight and bias for each array of the decoder's state, such as ``hidden.w``."""
        for name, linear in self._maps.items():
            yield from prefixed(name, linear.parameters())

    def forward(self, vectors: Array) -> tuple[Any, Callable[[Any], Array]]:
        """Map vectors (N, S) to the decoder's state; the backward maps d_state to d_vectors."""
        layers, units = self._shape
        arrays: list[Array] = []
        backwards: list[Callable[[Array], Array]] = []
        for linear in self._maps.values():
            y, back = linear.forward(vectors)
            arrays.append(np.tanh(y))
            backwards.append(back)

        def backward(d_state: State) -> Array:
            d_vectors = np.zeros_like(vectors)
            for y, d, back in zip(arrays, d_state, backwards, strict=True):
                d_flat = d.transpose(1, 0, 2).reshape(y.shape)
                d_vectors = d_vectors + back(d_flat * (1.0 - y * y))
            return d_vectors

        split = (y.reshape(len(y), layers, units).transpose(1, 0, 2) for y in arrays)
        return self._state_type(*map(np.ascontiguousarray, split)), backward


def flatten_state(state: State) -> tuple[Array, Callable[[Array], Any]]:
    """Put all of a state (L, N, H) side by side, one vector for each sequence.

    Returns:
        (N, arrays * L * H), and a backward that maps its gradient to that of the state.
    """
    flat = np.concatenate(
        [
            array.transpose(1, 0, 2).reshape(array.shape[1], array.shape[0] * array.shape[2])
            for array in state
        ],
        axis=1,
    )
    layers, batch, units = state[0].shape

    def backward(d_flat: Array) -> Any:
        pieces = np.split(d_flat, len(state), axis=1)
        arrays = (piece.reshape(batch, layers, units).transpose(1, 0, 2) for piece in pieces)
        return tuple_like(state, arrays)

    return flat, backward
