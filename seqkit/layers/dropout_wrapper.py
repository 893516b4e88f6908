"""A recurrent layer with dropout on what it reads and on what it gives."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import numpy as np

from seqkit.layers.base import RecurrentBackward, RecurrentLayer, State, constructor_call
from seqkit.layers.dropout import LockedDropout
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence

__all__ = ["DropoutWrapper"]

S = TypeVar("S", bound=State)


class DropoutWrapper(Generic[S]):
    """Dropout, a recurrent layer, dropout; itself a recurrent layer.

    One mask serves all steps of a sequence (Gal and Ghahramani 2016); before and after have each
    their own.

    Args:
        recurrent: the layer inside; its parameters keep their names.
        dropout: rate before and after it.
    """

    def __init__(self, recurrent: RecurrentLayer[S], *, dropout: float = 0.0) -> None:
        self.recurrent = recurrent
        self.features = recurrent.features
        self.units = recurrent.units
        self._dropout = LockedDropout(dropout)

    @property
    def dropout(self) -> float:
        """The rate before and after the recurrent layer."""
        return self._dropout.rate

    def __repr__(self) -> str:
        return constructor_call(self, self.recurrent, dropout=self.dropout)

    @property
    def output_features(self) -> int:
        """Width of the outputs."""
        return self.recurrent.output_features

    @property
    def layers(self) -> int:
        """L of the layer inside."""
        return self.recurrent.layers

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of the layer inside."""
        return self.recurrent.parameters()

    def forward(
        self,
        batch: PackedSequence,
        state: S | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[PackedSequence, S, RecurrentBackward]:
        """Run over a batch of (M, D), as every recurrent layer does."""
        if not (train and self.dropout):
            return self.recurrent.forward(batch, state, train=train, rng=rng)
        x, back_before = self._dropout.forward(batch, train=train, rng=rng)
        y, final, back_recurrent = self.recurrent.forward(x, state, train=train, rng=rng)
        outputs, back_after = self._dropout.forward(y, train=train, rng=rng)

        def backward(
            d_outputs: PackedSequence | None, d_state: "S | None" = None
        ) -> tuple[PackedSequence, Any]:
            d_y = None if d_outputs is None else back_after(d_outputs)
            d_x, d_start = back_recurrent(d_y, d_state)
            return back_before(d_x), d_start

        return outputs, final, backward
