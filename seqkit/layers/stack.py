"""Recurrent layers on top of each other, plain or with connections that skip layers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, Literal, TypeAlias, TypeVar, get_args

import numpy as np

from seqkit.arrays import Array, DTypeLike
from seqkit.kernels.threads import single_blas
from seqkit.layers.base import (
    RecurrentBackward,
    RecurrentLayer,
    State,
    can_fold,
    check_packed,
    constructor_call,
    prefixed,
)
from seqkit.layers.bidirectional import Bidirectional
from seqkit.layers.connections import Highway, Residual
from seqkit.layers.dropout import Dropout, LockedDropout
from seqkit.layers.recurrent import GRU, LSTM, RNN
from seqkit.layers.states import join_states, split_state
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence

__all__ = ["Cell", "Connection", "Stack", "build_recurrent"]

S = TypeVar("S", bound=State)

Connection: TypeAlias = Literal["none", "residual", "dense", "highway"]
"""How a layer of a stack is connected to what came before it; see :class:`Stack`."""

Cell: TypeAlias = Literal["rnn", "lstm", "gru"]
"""Name of a recurrent cell."""

StepBackward: TypeAlias = Callable[[Array, Any], tuple[Array, Any]]
"""``backward(d_y, d_state) -> (d_x, d_state0)`` of one layer with its dropout and connection."""

CELLS: dict[str, type[RNN] | type[LSTM] | type[GRU]] = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


class Stack(Generic[S]):
    """Recurrent layers on top of each other.

    With ``connection=``

    * ``"none"`` each layer reads the one below;
    * ``"residual"`` each layer's input is added to its output (He et al. 2016; Wu et al. 2016);
    * ``"highway"`` a learnt gate mixes each layer's output with its input (Srivastava, Greff and
      Schmidhuber 2015; Zhang et al. 2016), at first about a quarter of the former;
    * ``"dense"`` each layer reads the stack's input and the outputs of all layers below, side by
      side (Huang et al. 2017; Ding et al. 2018). The stack's output is that of its last layer.

    Residual and highway connections surround every layer, the first included. Where a layer's
    output is wider or narrower than its input, the input passes through a learnt linear map.

    Dropout acts between layers: on what each layer but the first reads, never on the path around
    it. By default one mask serves all steps of a sequence (Gal and Ghahramani 2016).

    The state has all layers' states along its first axis, lowest first.

    Attributes:
        items: the layers, lowest first.
        joints: the connection around each layer; empty with ``"none"`` and ``"dense"``.
    """

    def __init__(
        self,
        layers: Sequence[RecurrentLayer[S]],
        *,
        connection: Connection = "none",
        dropout: float = 0.0,
        locked: bool = True,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        """Stack layers whose widths fit.

        Args:
            layers: lowest first; each must read as many features as it will be given.
            connection: how each layer is connected to what is below it.
            dropout: rate between layers.
            locked: use one dropout mask for all steps of a sequence rather than one for each.
            rng: draws the weights of highway gates and of maps between widths.
            dtype: of those weights.

        Raises:
            ValueError: no layers, one layer twice, widths that do not fit, an unknown connection.
        """
        self.items = tuple(layers)
        self.connection = connection
        self._check()
        self.joints: list[Residual] = []
        if connection in ("residual", "highway"):
            joint = Residual if connection == "residual" else Highway
            self.joints = [
                joint(layer.features, layer.output_features, rng=rng, dtype=dtype)
                for layer in self.items
            ]
        self._locked = locked
        self._dropout = LockedDropout(dropout)
        self._plain_dropout = Dropout(dropout)
        self.features = self.items[0].features
        self.units = self.items[0].units

    def __repr__(self) -> str:
        connection = None if self.connection == "none" else self.connection
        dropout = self._dropout.rate
        return constructor_call(self, list(self.items), connection=connection, dropout=dropout)

    def _check(self) -> None:
        if not self.items or len({id(layer) for layer in self.items}) < len(self.items):
            raise ValueError(
                "a stack wants one or more layers, each a different object, "
                f"found {len(self.items)} of them"
            )
        if self.connection not in get_args(Connection):
            raise ValueError(
                f"connection must be one of {list(get_args(Connection))}, found {self.connection!r}"
            )
        dense = self.connection == "dense"
        width = self.items[0].features
        for k, layer in enumerate(self.items):
            if layer.features != width:
                raise ValueError(
                    f"layer {k} of a stack with connection={self.connection!r} is given {width} "
                    f"features, but it reads {layer.features}"
                )
            width = layer.output_features + (width if dense else 0)

    @property
    def output_features(self) -> int:
        """Width of the outputs: that of the last layer."""
        return self.items[-1].output_features

    @property
    def layers(self) -> int:
        """Length of the state's first axis: all layers' together."""
        return sum(layer.layers for layer in self.items)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of each layer, ``0.``, ``1.`` ..., and of the connection around it."""
        for k, layer in enumerate(self.items):
            yield from prefixed(str(k), layer.parameters())
            if self.joints:
                yield from prefixed(str(k), self.joints[k].parameters())

    def forward(
        self,
        batch: PackedSequence,
        state: S | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[PackedSequence, S, RecurrentBackward]:
        """Run all layers over a batch.

        Args:
            batch: (M, D) inputs.
            state: arrays (L, N, H), lowest layer first; zeros by default.
            train: apply dropout; also as the layers take it.
            rng: for dropout.

        Returns:
            Outputs of the last layer, the final state, and
            ``backward(d_outputs, d_state=None) -> (d_inputs, d_state0)``.

        Raises:
            TypeError: ``batch`` is no PackedSequence.
            ValueError: a width or the state's shape does not fit, or dropout has no ``rng``.
        """
        check_packed(self, batch)
        counts = [layer.layers for layer in self.items]
        dense = self.connection == "dense"
        finals: list[Any] = []
        backwards: list[StepBackward] = []
        x = y = batch.data
        with single_blas():
            for k, before in enumerate(split_state(state, counts)):
                x = np.concatenate([x, y], axis=1) if dense and k else y
                y, final, step_backward = self._run(k, batch.with_data(x), before, train, rng)
                finals.append(final)
                backwards.append(step_backward)

        def backward(
            d_outputs: PackedSequence | None, d_state: "S | None" = None
        ) -> tuple[PackedSequence, S]:
            d_finals = split_state(d_state, counts)
            d_y = np.zeros_like(y) if d_outputs is None else d_outputs.data
            with single_blas():
                d_x, d_starts = self._backward(backwards, d_y, d_finals)
            return batch.with_data(d_x), join_states(d_starts)

        return batch.with_data(y), join_states(finals), backward

    @property
    def foldable(self) -> bool:
        """Whether the lowest layer is, and nothing but that layer reads the stack's input."""
        return self.connection == "none" and can_fold(self.items[0])

    def fold(self, vectors: Array) -> Any:
        """Return the lowest layer's ``x W + b`` of inputs (V, D)."""
        lowest = self.items[0]
        assert can_fold(lowest)
        return lowest.fold(vectors)

    def forward_folded(self, folded: Any, ids: PackedSequence) -> PackedSequence:
        """Read ids (M,), for inference: the outputs of the last layer."""
        lowest = self.items[0]
        assert can_fold(lowest)
        with single_blas():
            batch = lowest.forward_folded(folded, ids)
            for layer in self.items[1:]:
                batch, _, _ = layer.forward(batch)
        return batch

    def _run(
        self,
        k: int,
        batch: PackedSequence,
        state: S | None,
        train: bool,
        rng: np.random.Generator | None,
    ) -> tuple[Array, S, StepBackward]:
        """Run layer k with the dropout before it and the connection around it."""
        read, drop_backward = batch, None
        if k:
            read, drop_backward = self._drop(batch, train, rng)
        outputs, final, layer_backward = self.items[k].forward(read, state, train=train, rng=rng)
        y, join_backward = outputs.data, None
        if self.joints:
            y, join_backward = self.joints[k].join(batch.data, y)

        def backward(d_y: Array, d_state: "S | None") -> tuple[Array, S]:
            d_around: Array | None = None
            if join_backward is not None:
                d_around, d_y = join_backward(d_y)
            d_batch, d_start = layer_backward(batch.with_data(d_y), d_state)
            d_x = (d_batch if drop_backward is None else drop_backward(d_batch)).data
            return (d_x if d_around is None else d_x + d_around), d_start

        return y, final, backward

    def _drop(
        self, batch: PackedSequence, train: bool, rng: np.random.Generator | None
    ) -> tuple[PackedSequence, Callable[[PackedSequence], PackedSequence]]:
        if self._locked:
            return self._dropout.forward(batch, train=train, rng=rng)
        y, flat_backward = self._plain_dropout.forward(batch.data, train=train, rng=rng)
        return batch.with_data(y), lambda d_y: d_y.with_data(flat_backward(d_y.data))

    def _backward(
        self, backwards: list[StepBackward], d_y: Array, d_finals: list[Any]
    ) -> tuple[Array, list[Any]]:
        """Run the layers' backwards from the top; returns d_x and the initial states' gradients."""
        dense = self.connection == "dense"
        d_starts: list[Any] = [None] * len(backwards)
        d_below: Array | None = None
        for k in reversed(range(len(backwards))):
            d_x, d_starts[k] = backwards[k](d_y, d_finals[k])
            if d_below is not None:
                d_x = d_x + d_below
            if dense and k:
                width = d_x.shape[1] - self.items[k - 1].output_features
                d_below, d_x = d_x[:, :width], d_x[:, width:]
            d_y = d_x
        return d_y, d_starts


def build_recurrent(
    cell: Cell,
    features: int,
    units: int,
    *,
    layers: int = 1,
    bidirectional: bool = False,
    connection: Connection = "none",
    dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float32,
) -> RecurrentLayer[Any]:
    """Build a recurrent encoder: one layer, or a :class:`Stack` of them.

    Args:
        cell: ``"rnn"``, ``"lstm"`` or ``"gru"``.
        features: D, width of the inputs.
        units: H of each layer and direction.
        layers: how many, a layer of two directions counted once.
        bidirectional: read from both ends; outputs are then 2H wide.
        connection: how layers are connected; see :class:`Stack`.
        dropout: rate between layers, with one mask for all steps of a sequence.
        recurrent_dropout: rate at which recurrent weights are left out of a training pass.
        rng: draws the initial weights.
        dtype: of the parameters.

    Returns:
        A single layer where one is asked for without connections, else a stack.

    Raises:
        ValueError: an unknown cell or connection, or a number out of range.
    """
    if cell not in CELLS:
        raise ValueError(f"cell must be one of {list(CELLS)}, found {cell!r}")
    if layers < 1:
        raise ValueError(f"layers must be at least 1, found {layers}")

    def direction(width: int) -> RecurrentLayer[Any]:
        return CELLS[cell](width, units, recurrent_dropout=recurrent_dropout, rng=rng, dtype=dtype)

    outputs = 2 * units if bidirectional else units
    items: list[RecurrentLayer[Any]] = []
    width = features
    for _ in range(layers):
        items.append(
            Bidirectional(direction(width), direction(width)) if bidirectional else direction(width)
        )
        width = outputs + (width if connection == "dense" else 0)
    if layers == 1 and connection == "none":
        return items[0]
    return Stack(items, connection=connection, dropout=dropout, rng=rng, dtype=dtype)
