"""Recurrent layers: the simple RNN, the LSTM and the GRU, one direction each.

A layer owns parameters and speaks the caller's order of sequences; the arithmetic is a kernel's.
"""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Generic, Literal, TypeVar

import numpy as np

from seqkit.arrays import Array, DTypeLike
from seqkit.kernels import dispatch
from seqkit.kernels.compiled_product import compiled_product_for, product
from seqkit.kernels.passes import Arrays, Kernel
from seqkit.kernels.threads import single_blas
from seqkit.layers.base import (
    HiddenState,
    LSTMState,
    RecurrentBackward,
    State,
    check_packed,
    constructor_call,
)
from seqkit.layers.dropout import check_rate, inverted_mask
from seqkit.layers.embedding import check_ids
from seqkit.layers.states import StateOrder
from seqkit.parameters import Parameter, glorot_uniform, orthogonal
from seqkit.sequences import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "PassWeights"]

S = TypeVar("S", bound=State)


class _Recurrent(Generic[S]):
    """What the three share: parameters, the order of sequences, DropConnect, gradients."""

    gates: ClassVar[int]
    state_type: Callable[..., S]
    state_arrays: ClassVar[int] = 1
    layers = 1

    def __init__(
        self,
        features: int,
        units: int,
        kernel: Kernel,
        *,
        recurrent_dropout: float,
        rng: np.random.Generator,
        dtype: DTypeLike,
    ) -> None:
        if features < 1 or units < 1:
            raise ValueError(f"features and units must be at least 1, found {features} and {units}")
        self.features = features
        self.units = units
        self.recurrent_dropout = check_rate(recurrent_dropout)
        self._kernel = kernel
        width = self.gates * units
        self.w_input = Parameter.draw((features, width), glorot_uniform, rng, dtype)
        self.w_hidden = Parameter.draw((units, width), self._orthogonal_gates, rng, dtype)
        self.bias = Parameter(np.zeros(width, dtype))

    def __repr__(self) -> str:
        return constructor_call(
            self,
            self.features,
            self.units,
            recurrent_dropout=self.recurrent_dropout,
            **self._unusual(),
        )

    def _unusual(self) -> dict[str, str]:
        """Options of one kind of layer that are not at their default, for ``repr``."""
        return {}

    def _orthogonal_gates(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """One orthogonal matrix for each gate, side by side."""
        square = (self.units, self.units)
        return np.concatenate([orthogonal(square, rng) for _ in range(self.gates)], axis=1)

    @property
    def output_features(self) -> int:
        """Width of the outputs: H."""
        return self.units

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield w_input, w_hidden and bias."""
        yield "w_input", self.w_input
        yield "w_hidden", self.w_hidden
        yield "bias", self.bias

    def forward(
        self,
        batch: PackedSequence,
        state: S | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[PackedSequence, S, RecurrentBackward]:
        """Run over a batch.

        Args:
            batch: (M, D) inputs.
            state: the state before each sequence's first token, arrays (1, N, H) in the caller's
                order; zeros by default.
            train: keep what ``backward`` needs, and apply ``recurrent_dropout``. Without it,
                ``backward`` still works, at the price of a second forward pass.
            rng: draws the dropout mask.

        Returns:
            Outputs (M, H); the state after each sequence's last token, in the caller's order; and
            ``backward(d_outputs, d_state=None) -> (d_inputs, d_state0)``.

        Raises:
            TypeError: ``batch`` is no PackedSequence.
            ValueError: a width or the state's shape does not fit, or dropout has no ``rng``.
        """
        self.check_inputs(batch)
        self.check_state(batch, state)
        order, weights = StateOrder(batch), self.weights_of_pass(train=train, rng=rng)
        before = _of_one(order.rows_of(state))
        if before is None:
            shape = self.state_arrays, batch.alive, self.units
            before = tuple(np.zeros(shape, self.w_hidden.value.dtype))
        run = self._kernel(batch.data, batch.batch_sizes, before, weights.values, keep=train)

        def final(rows: Arrays, empty: "S | None") -> S:
            return self.state_type(*order.filled([new[None] for new in rows], empty))

        def backward(
            d_outputs: PackedSequence | None, d_state: "S | None" = None
        ) -> tuple[PackedSequence, S]:
            d_data = None if d_outputs is None else d_outputs.data
            found = run.backward(d_data, _of_one(order.rows_of(d_state)))
            weights.learn(found.weights)
            return batch.with_data(found.x), final(found.state, d_state)

        return batch.with_data(run.outputs), final(run.state, state), backward

    def weights_of_pass(self, *, train: bool, rng: np.random.Generator | None) -> "PassWeights":
        """Return the weights that one pass computes with; see :meth:`forward`."""
        return PassWeights(self, self._dropout_mask(train, rng))

    def check_inputs(self, batch: PackedSequence) -> None:
        """Raise a TypeError for what is no batch, a ValueError where the width does not fit."""
        check_packed(self, batch)
        if batch.data.ndim != 2 or batch.data.shape[1] != self.features:
            raise ValueError(
                f"{type(self).__name__} wants inputs of shape (tokens, {self.features}), "
                f"found {batch.data.shape}"
            )

    def check_state(self, batch: PackedSequence, state: S | None) -> None:
        """Raise a ValueError where the shape of the state does not fit."""
        if state is None:
            return
        shape = (1, batch.batch, self.units)
        found = [array.shape for array in state]
        if found != [shape] * self.state_arrays:
            raise ValueError(
                f"{type(self).__name__} wants {self.state_arrays} state arrays {shape}, "
                f"found {found}"
            )

    def _dropout_mask(self, train: bool, rng: np.random.Generator | None) -> Array | None:
        if not (train and self.recurrent_dropout):
            return None
        if rng is None:
            raise ValueError("recurrent_dropout needs an rng where train=True")
        value = self.w_hidden.value
        return inverted_mask(value.shape, self.recurrent_dropout, rng, value.dtype)


class PassWeights:
    """The weights of one pass, as dropout leaves them.

    Args:
        layer: whose parameters learn.
        mask: (H, G H) of the recurrent weights, or None.

    Attributes:
        values: in the order of the layer's parameters.
    """

    def __init__(self, layer: _Recurrent[Any], mask: Array | None) -> None:
        self._masked = None if mask is None else layer.w_hidden
        self._mask = mask
        self._parameters = [parameter for _, parameter in layer.parameters()]
        self.values = tuple(
            parameter.value * mask if parameter is self._masked else parameter.value
            for parameter in self._parameters
        )

    def learn(self, gradients: Arrays) -> None:
        """Add to the gradients of the parameters; the arrays are given away."""
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            if parameter is self._masked:
                gradient = gradient * self._mask
            parameter.add_grad(gradient, given=True)


def _of_one(arrays: Arrays | None) -> Arrays | None:
    """Return the state of the only layer, (1, A, H) to (A, H); None for None."""
    return None if arrays is None else tuple(array[0] for array in arrays)


class RNN(_Recurrent[HiddenState]):
    """The simple recurrent network (Elman 1990).

    ``h_t = activation(x_t W + h_(t-1) U + b)``

    With ``activation="relu"`` the recurrence starts from the identity matrix, without which it
    seldom trains (Le, Jaitly and Hinton 2015); with ``"tanh"`` from a random orthogonal one.

    Attributes:
        w_input: W (D, H), Glorot uniform.
        w_hidden: U (H, H).
        bias: b (H,), zeros.
    """

    gates = 1
    state_type = HiddenState

    def __init__(
        self,
        features: int,
        units: int,
        *,
        activation: Literal["tanh", "relu"] = "tanh",
        recurrent_dropout: float = 0.0,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        """Make a layer that reads vectors of ``features`` numbers into ``units``.

        Args:
            features: D.
            units: H.
            activation: ``"tanh"`` or ``"relu"``.
            recurrent_dropout: probability with which each weight of U is left out of a whole
                training pass (DropConnect; Merity, Keskar and Socher 2018).
            rng: draws the initial weights.
            dtype: of the parameters, and so of the arithmetic.
        """
        kernels = {"tanh": dispatch.rnn_tanh, "relu": dispatch.rnn_relu}
        if activation not in kernels:
            raise ValueError(f"activation must be one of {list(kernels)}, found {activation!r}")
        self.activation = activation
        super().__init__(
            features,
            units,
            kernels[activation],
            recurrent_dropout=recurrent_dropout,
            rng=rng,
            dtype=dtype,
        )

    def _unusual(self) -> dict[str, str]:
        return {} if self.activation == "tanh" else {"activation": self.activation}

    def _orthogonal_gates(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        if self.activation == "relu":
            return np.eye(self.units)
        return super()._orthogonal_gates(shape, rng)


class LSTM(_Recurrent[LSTMState]):
    """Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000).

    ::

        [i f o z] = x_t W + h_(t-1) U + b           input, forget, output gate; candidate
        c_t = sigmoid(f) c_(t-1) + sigmoid(i) tanh(z)
        h_t = sigmoid(o) tanh(c_t)

    Mind the order of the gates: the candidate comes last (PyTorch and Keras put it third). And mind
    ``forget_bias=1``: a new layer remembers (Jozefowicz, Zaremba and Sutskever 2015). The 1 is part
    of ``bias``; nothing is added in the forward pass.

    Attributes:
        w_input: W (D, 4H), Glorot uniform.
        w_hidden: U (H, 4H), one orthogonal matrix for each gate.
        bias: b (4H,), zeros but for the forget gate's.
    """

    gates = 4
    state_type = LSTMState
    state_arrays = 2

    def __init__(
        self,
        features: int,
        units: int,
        *,
        forget_bias: float = 1.0,
        recurrent_dropout: float = 0.0,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        """Make a layer that reads vectors of ``features`` numbers into ``units``.

        Args:
            features: D.
            units: H.
            forget_bias: initial bias of the forget gate.
            recurrent_dropout: probability with which each weight of U is left out of a whole
                training pass (DropConnect; Merity, Keskar and Socher 2018).
            rng: draws the initial weights.
            dtype: of the parameters, and so of the arithmetic.
        """
        super().__init__(
            features,
            units,
            dispatch.lstm,
            recurrent_dropout=recurrent_dropout,
            rng=rng,
            dtype=dtype,
        )
        self.bias.value[units : 2 * units] = forget_bias

    @property
    def foldable(self) -> bool:
        """Whether inputs can be folded into the weights: yes."""
        return True

    def fold(self, vectors: Array) -> Array:
        """Return ``x W + b`` of inputs (V, D): (V, 4H)."""
        w_input = self.w_input.value
        found = compiled_product_for(vectors, w_input)
        with single_blas():
            table: Array = vectors @ w_input if found is None else product(found, vectors, w_input)
            table += self.bias.value
        return table

    def forward_folded(
        self, folded: Array, ids: PackedSequence, place: dispatch.Place | None = None
    ) -> PackedSequence:
        """Read the rows of :meth:`fold` of ids (M,), and return outputs (M, H).

        Args:
            folded: (V, 4H).
            ids: (M,).
            place: where the outputs go, and in which order tokens are read.

        Raises:
            IndexError: an id is negative or not below V.
        """
        if not ids.steps:
            return ids.with_data(np.empty((0, self.units), folded.dtype))
        check_ids(ids.data, len(folded))
        w_hidden = np.ascontiguousarray(self.w_hidden.value)
        outputs = dispatch.lstm_folded(folded, ids.data, ids.batch_sizes, w_hidden, place)
        return ids.with_data(outputs)


class GRU(_Recurrent[HiddenState]):
    """Gated recurrent unit (Cho et al. 2014).

    ::

        [r u] = sigmoid(x_t W_ru + h_(t-1) U_ru + b_ru)             reset and update gate
        n = tanh(x_t W_n + b_n + r (h_(t-1) U_n + b_h))             reset="after"
        n = tanh(x_t W_n + b_n + (r h_(t-1)) U_n)                   reset="before"
        h_t = (1 - u) n + u h_(t-1)

    The default places the reset gate *after* the recurrent product, as PyTorch and cuDNN do; the
    paper places it before (so did Keras until version 2). Weights of one do not fit the other.
    The update gate keeps the old state where it is 1, as in PyTorch; the paper's u is the same.

    Attributes:
        w_input: W (D, 3H), gates in the order reset, update, candidate; Glorot uniform.
        w_hidden: U (H, 3H), one orthogonal matrix for each gate.
        bias: b (3H,), zeros.
        bias_hidden: b_h (H,), zeros; None with ``reset="before"``.
    """

    gates = 3
    state_type = HiddenState

    def __init__(
        self,
        features: int,
        units: int,
        *,
        reset: Literal["after", "before"] = "after",
        recurrent_dropout: float = 0.0,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        """Make a layer that reads vectors of ``features`` numbers into ``units``.

        Args:
            features: D.
            units: H.
            reset: where the reset gate acts: ``"after"`` the recurrent product, or ``"before"``.
            recurrent_dropout: probability with which each weight of U is left out of a whole
                training pass (DropConnect; Merity, Keskar and Socher 2018).
            rng: draws the initial weights.
            dtype: of the parameters, and so of the arithmetic.
        """
        kernels = {"after": dispatch.gru_after, "before": dispatch.gru_before}
        if reset not in kernels:
            raise ValueError(f"reset must be one of {list(kernels)}, found {reset!r}")
        self.reset = reset
        super().__init__(
            features,
            units,
            kernels[reset],
            recurrent_dropout=recurrent_dropout,
            rng=rng,
            dtype=dtype,
        )
        self.bias_hidden = Parameter(np.zeros(units, dtype)) if reset == "after" else None

    def _unusual(self) -> dict[str, str]:
        return {} if self.reset == "after" else {"reset": self.reset}

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield w_input, w_hidden, bias and, where the reset gate acts after, bias_hidden."""
        yield from super().parameters()
        if self.bias_hidden is not None:
            yield "bias_hidden", self.bias_hidden
