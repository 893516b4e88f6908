"""What every layer promises."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeGuard, TypeVar

import numpy as np

from seqkit.arrays import Array
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence

__all__ = [
    "FlatLayer",
    "Foldable",
    "HiddenState",
    "LSTMState",
    "RecurrentLayer",
    "State",
    "can_fold",
    "check_array",
    "check_packed",
    "constructor_call",
    "parameters_of",
    "prefixed",
]


class HiddenState(NamedTuple):
    """State of an RNN or GRU.

    Attributes:
        hidden: (L, N, H), sequences in the caller's order.
    """

    hidden: Array


class LSTMState(NamedTuple):
    """State of an LSTM.

    Attributes:
        hidden: (L, N, H), sequences in the caller's order.
        cell: (L, N, H), likewise.
    """

    hidden: Array
    cell: Array


State: TypeAlias = tuple[Array, ...]
"""Any recurrent state: a NamedTuple of arrays (L, N, H)."""

# Closures quote ``S | None``: what is not quoted is built anew whenever a closure is made, and a
# union with a type variable takes a microsecond.
S = TypeVar("S", bound=State)

RecurrentBackward: TypeAlias = Callable[..., tuple[PackedSequence, Any]]
"""``backward(d_outputs, d_state=None) -> (d_inputs, d_state0)``: adds to the parameters' gradients.

``d_outputs`` is a PackedSequence like the outputs, or None where nothing flows into them.
"""


def constructor_call(layer: object, *arguments: object, **options: object) -> str:
    """Return how a layer is made, for its ``__repr__``: ``LSTM(8, 16, recurrent_dropout=0.5)``.

    Options that are off (None, False, 0) are left out, and so is what draws the weights.
    """
    named = [f"{name}={value!r}" for name, value in options.items() if value]
    return f"{type(layer).__name__}({', '.join([*map(repr, arguments), *named])})"


def check_packed(layer: object, batch: object) -> None:
    """Refuse what is no batch of sequences.

    Raises:
        TypeError: it is an array or a list, as of a library that pads.
    """
    if not isinstance(batch, PackedSequence):
        found = f"{type(layer).__name__} wants a PackedSequence, found {type(batch).__name__}"
        raise TypeError(f"{found}; seqkit.pack(sequences) makes one of a list of arrays")


def check_array(layer: object, x: object) -> None:
    """Refuse what is no array, for a layer on the flat token axis.

    Raises:
        TypeError: it is a batch of sequences, or a list.
    """
    if not isinstance(x, np.ndarray):
        packed = isinstance(x, PackedSequence)
        advice = "give its .data, and with_data the result" if packed else "np.asarray makes one"
        found = f"{type(layer).__name__} wants an array, found {type(x).__name__}"
        raise TypeError(f"{found}; {advice}")


class FlatLayer(Protocol):
    """A layer on the flat token axis: it never looks at the structure of the batch."""

    def forward(
        self, x: Array, *, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, Callable[[Array], Array]]:
        """Map (M, D) to (M, D'); the second value maps d_y to d_x and adds parameter gradients."""
        ...

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield (name, parameter), names dotted from the outside in."""
        ...


class RecurrentLayer(Protocol[S]):
    """A layer that reads a batch of sequences in time.

    Attributes:
        features: D, width of the inputs.
        output_features: width of the outputs (H, or 2H for both directions).
        units: H.
        layers: L, the length of the first axis of its state.
    """

    features: int
    units: int

    @property
    def output_features(self) -> int: ...  # noqa: D102

    @property
    def layers(self) -> int: ...  # noqa: D102

    def forward(
        self,
        batch: PackedSequence,
        state: S | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[PackedSequence, S, RecurrentBackward]:
        """Run over the batch from ``state`` (zeros by default).

        Returns:
            The outputs, the state after each sequence's last token (an empty sequence's state comes
            out as it went in), and ``backward(d_outputs, d_state=None) -> (d_inputs, d_state0)``.
        """
        ...

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield (name, parameter), names dotted from the outside in."""
        ...


class Foldable(Protocol):
    """A recurrent layer that can read inputs of which there are few different ones.

    What a layer first does to an input, ``x W + b``, is the same wherever the input comes. Where it
    comes often, as words do, it is done once: this is the embedding table, folded into the weights.

    Attributes:
        foldable: whether this layer can, as it was put together.
    """

    @property
    def foldable(self) -> bool: ...  # noqa: D102

    def fold(self, vectors: Array) -> Any:
        """Return ``x W + b`` of the distinct inputs (V, D), for :meth:`forward_folded`."""
        ...

    def forward_folded(self, folded: Any, ids: PackedSequence) -> PackedSequence:
        """Return what ``forward`` gives for ``vectors[ids]``, for inference."""
        ...


def can_fold(layer: object) -> TypeGuard[Foldable]:
    """Return whether a layer is :class:`Foldable` as it was put together."""
    # isinstance of a protocol takes 10 µs in Python 3.11, a tenth of a short sentence's time.
    return bool(getattr(layer, "foldable", False))


def prefixed(
    prefix: str, named: Iterator[tuple[str, Parameter]]
) -> Iterator[tuple[str, Parameter]]:
    """Put a prefix and a dot before each name."""
    return ((f"{prefix}.{name}", parameter) for name, parameter in named)


class _Owner(Protocol):
    """Whatever has parameters."""

    def parameters(self) -> Iterator[tuple[str, Parameter]]: ...


def parameters_of(parts: Mapping[str, _Owner]) -> Iterator[tuple[str, Parameter]]:
    """Yield the parameters of layers, each name behind that of its layer and a dot."""
    for name, part in parts.items():
        yield from prefixed(name, part.parameters())
