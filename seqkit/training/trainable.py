"""What the training loop needs of a model; every task's model has it, and so may your own."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from seqkit.layers.base import State
from seqkit.parameters import Parameter
from seqkit.training.step import Step

__all__ = ["Trainable"]


class Trainable(Protocol):
    """Parameters, batches and a loss. :class:`seqkit.tasks.Model` says what each promises."""

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield (name, parameter); a tied parameter may come under several names."""
        ...

    def prepare(self, train: Any) -> None:
        """Look at the training examples once, before the first batch."""
        ...

    def batches(self, examples: Any, *, rng: np.random.Generator | None) -> Sequence[Any]:
        """Return the batches of one pass over the examples, in an order drawn from ``rng``."""
        ...

    def begin_epoch(self, epoch: int) -> None:
        """Hear which epoch, from 1, the next batches belong to."""
        ...

    def loss(
        self,
        batch: Any,
        state: State | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Step:
        """Return the loss of a batch and its backward."""
        ...
