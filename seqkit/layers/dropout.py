"""Dropout of single values, of the same values at every step, and of whole tokens.

All are inverted: what stays is divided by the share that stays, so that nothing changes when
training ends (Srivastava et al. 2014). At rate 0, or outside training, the input passes through
untouched and no random number is drawn.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from seqkit.arrays import Array, BoolArray, DTypeLike
from seqkit.kernels.rows import scale_rows
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence

__all__ = ["Dropout", "LockedDropout", "WordDropout", "dropped", "inverted_mask", "unchanged"]

T = TypeVar("T")


def dropped(shape: tuple[int, ...], rate: float, rng: np.random.Generator) -> BoolArray:
    """Draw which values to drop, each with probability ``rate`` to within 1/65,536.

    Sixteen bits decide on each value: four values for each number that the generator makes, which
    is three times as fast as uniform floats.
    """
    size = int(np.prod(shape))
    words = rng.integers(0, 2**64 - 1, size=-(-size // 4), dtype=np.uint64, endpoint=True)
    bits = words.astype("<u8", copy=False).view("<u2")[:size]
    return (bits < round(rate * 65536)).reshape(shape)


def inverted_mask(
    shape: tuple[int, ...], rate: float, rng: np.random.Generator, dtype: DTypeLike
) -> Array:
    """Draw factors that are 0 with probability ``rate`` and ``1 / (1 - rate)`` otherwise."""
    mask: Array = np.logical_not(dropped(shape, rate, rng)).astype(dtype)
    mask *= 1.0 / (1.0 - rate)
    return mask


def check_rate(rate: float) -> float:
    """Return a dropout rate, or raise ValueError where it is not in [0, 1)."""
    if not 0.0 <= rate < 1.0:
        raise ValueError(f"a dropout rate must be at least 0 and below 1, found {rate}")
    return rate


class _RateLayer:
    """What the layers of this file share: a rate, and no parameters."""

    def __init__(self, rate: float) -> None:
        self.rate = check_rate(rate)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.rate})"

    def _active(self, train: bool, rng: np.random.Generator | None) -> np.random.Generator | None:
        """Return the generator to draw from, or None where nothing is dropped."""
        if not train or self.rate == 0.0:
            return None
        if rng is None:
            raise ValueError(f"{type(self).__name__} needs rng= in training")
        return rng

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield nothing."""
        return iter(())


class Dropout(_RateLayer):
    """Drop each value of (M, D) on its own.

    Args:
        rate: probability of dropping, in [0, 1).
    """

    def forward(
        self, x: Array, *, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, Callable[[Array], Array]]:
        """Map (M, D) to (M, D)."""
        source = self._active(train, rng)
        if source is None:
            return x, unchanged
        return _multiplied(x, inverted_mask(x.shape, self.rate, source, x.dtype))


class WordDropout(_RateLayer):
    """Drop whole tokens: all D values of a row of (M, D), or none.

    Args:
        rate: probability of dropping, in [0, 1).
    """

    def forward(
        self, x: Array, *, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, Callable[[Array], Array]]:
        """Map (M, D) to (M, D)."""
        source = self._active(train, rng)
        if source is None:
            return x, unchanged
        return _multiplied(x, inverted_mask((len(x), 1), self.rate, source, x.dtype))


class LockedDropout(_RateLayer):
    """Drop the same features at every step of a sequence (Gal and Ghahramani 2016).

    One mask (N, D) is drawn, in the caller's order of sequences, and used at all steps; noise that
    changes from step to step would accumulate in what follows.

    Args:
        rate: probability of dropping, in [0, 1).
    """

    def forward(
        self,
        batch: PackedSequence,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[PackedSequence, Callable[[PackedSequence], PackedSequence]]:
        """Map a batch of (M, D) to the same structure of (M, D)."""
        source = self._active(train, rng)
        if source is None:
            return batch, unchanged
        x, owners = batch.data, batch.sequence_of_token
        mask = inverted_mask((batch.batch, x.shape[1]), self.rate, source, x.dtype)

        def scaled(values: PackedSequence) -> PackedSequence:
            return values.with_data(scale_rows(values.data, mask, owners))

        return scaled(batch), scaled


def unchanged(d_y: T) -> T:
    """Return a gradient as it is: the backward of what did nothing."""
    return d_y


def _multiplied(x: Array, mask: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Multiply by a mask; the gradient is multiplied by the same."""
    return x * mask, lambda d_y: d_y * mask
