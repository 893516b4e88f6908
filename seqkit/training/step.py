"""What a model hands to the training loop for each batch."""

from collections.abc import Callable
from dataclasses import dataclass

from seqkit.layers.base import State

__all__ = ["Step"]


@dataclass(frozen=True)
class Step:
    """The loss of one batch.

    Attributes:
        total: sum over the items, in nats.
        count: how many items (tokens or sequences) it was summed over.
        tokens: how many tokens were read, for the speed shown.
        backward: ``backward(scale)`` adds the gradient of ``scale * total`` to the parameters.
        state: what the next batch starts from (truncated BPTT), or None.
    """

    total: float
    count: int
    tokens: int
    backward: Callable[[float], None]
    state: State | None = None
