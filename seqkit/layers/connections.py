"""Paths around a layer: residual and highway connections on the flat token axis."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from seqkit.arrays import Array, DTypeLike
from seqkit.kernels.reference import sigmoid
from seqkit.layers.base import prefixed
from seqkit.layers.linear import Linear
from seqkit.parameters import Parameter

__all__ = ["Highway", "Residual"]

JoinBackward: TypeAlias = Callable[[Array], tuple[Array, Array]]
"""``backward(d_joined) -> (d_x, d_y)``."""


class Residual:
    """``x + y``: what a layer read is added to what it made of it (He et al. 2016).

    Where the widths differ, x passes through a learnt linear map first.

    Attributes:
        projection: that map, or None where the widths agree.
    """

    def __init__(
        self,
        features: int,
        outputs: int,
        *,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        """Make a path around a layer from ``features`` to ``outputs``; ``rng`` draws weights."""
        self.projection = (
            None
            if features == outputs
            else Linear(features, outputs, bias=False, rng=rng, dtype=dtype)
        )

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of ``projection.``, where there is one."""
        if self.projection is not None:
            yield from prefixed("projection", self.projection.parameters())

    def join(self, x: Array, y: Array) -> tuple[Array, JoinBackward]:
        """Join a layer's input x (M, D) and output y (M, D')."""
        carried, carry_backward = self._carry(x)
        return carried + y, lambda d_joined: (carry_backward(d_joined), d_joined)

    def _carry(self, x: Array) -> tuple[Array, Callable[[Array], Array]]:
        return (x, lambda d_y: d_y) if self.projection is None else self.projection.forward(x)


class Highway(Residual):
    """``t y + (1 - t) x`` with ``t = sigmoid(x W + b)`` (Srivastava, Greff and Schmidhuber 2015).

    The gate's bias starts at -1, so that at first most of the input is carried past the layer.

    Attributes:
        projection: as in :class:`Residual`.
        gate: W and b.
    """

    def __init__(
        self,
        features: int,
        outputs: int,
        *,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        """Make a path around a layer from ``features`` to ``outputs``; ``rng`` draws weights."""
        super().__init__(features, outputs, rng=rng, dtype=dtype)
        self.gate = Linear(features, outputs, rng=rng, dtype=dtype)
        for name, parameter in self.gate.parameters():
            if name == "bias":
                parameter.value.fill(-1.0)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of ``projection.``, where there is one, and of ``gate.``."""
        yield from super().parameters()
        yield from prefixed("gate", self.gate.parameters())

    def join(self, x: Array, y: Array) -> tuple[Array, JoinBackward]:
        """Join a layer's input x (M, D) and output y (M, D')."""
        carried, carry_backward = self._carry(x)
        logits, gate_backward = self.gate.forward(x)
        t = sigmoid(logits)
        difference = y - carried

        def backward(d_joined: Array) -> tuple[Array, Array]:
            d_y = d_joined * t
            d_logits = d_y * (1 - t) * difference
            return carry_backward(d_joined - d_y) + gate_backward(d_logits), d_y

        return carried + t * difference, backward
