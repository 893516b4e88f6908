"""What every recurrent kernel takes and returns.

A kernel is a function ``kernel(x, sizes, state, weights, *, keep) -> Pass``:

* ``x``: (M, D) tokens, time-major, longest sequence first;
* ``sizes``: (T,) sequences alive at each step, never rising;
* ``state``: arrays (A, H), A = ``sizes[0]``, in the packing's order;
* ``weights``: the cell's arrays, in the order of its layer's parameters;
* ``keep``: whether to keep what the backward pass needs. Without it, forward uses less memory and
  time, and ``backward`` runs the forward pass once more should it be called after all.

Arguments are never written to, and nothing is kept outside the returned value.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias

from seqkit.arrays import Array, IntArray

__all__ = ["Arrays", "Backward", "Gradients", "Kernel", "Pass"]

Arrays: TypeAlias = tuple[Array, ...]


class Gradients(NamedTuple):
    """What a backward pass returns, each with the shape of what it belongs to.

    Attributes:
        x: (M, D).
        state: arrays (A, H), of the initial state.
        weights: one for each weight array.
    """

    x: Array
    state: Arrays
    weights: Arrays


Backward: TypeAlias = Callable[[Array | None, Arrays | None], Gradients]
"""``backward(d_outputs, d_state)``: gradients of outputs and final state, None for zero."""


class Pass(NamedTuple):
    """A forward pass.

    Attributes:
        outputs: (M, H) the hidden state after each token.
        state: arrays (A, H), after each sequence's last token.
        backward: maps gradients of both to those of the arguments.
    """

    outputs: Array
    state: Arrays
    backward: Backward


class Kernel(Protocol):
    """A recurrence; see the module's text."""

    def __call__(
        self, x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool
    ) -> Pass:
        """Run over the batch."""
        ...
