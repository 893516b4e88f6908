"""Two recurrent layers that read each sequence from either end (Schuster and Paliwal 1997)."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import numpy as np

from seqkit.arrays import Array
from seqkit.kernels.both_ends import Both, lstm_both_ends
from seqkit.kernels.compiled import Compiled, compiled
from seqkit.kernels.threads import parallel
from seqkit.layers.base import (
    Foldable,
    LSTMState,
    RecurrentBackward,
    RecurrentLayer,
    State,
    can_fold,
    prefixed,
)
from seqkit.layers.recurrent import LSTM
from seqkit.layers.states import join_states, split_state
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence

__all__ = ["Bidirectional"]

S = TypeVar("S", bound=State)

SHORT = 2**21
"""Multiplications, for each gate, up to which one thread reads a sequence from both ends in less
time than waking another would take: some seventy words and 128 units."""


class Bidirectional(Generic[S]):
    """Run one layer from left to right, another from right to left, and join their outputs.

    ``y_t = [forward_t, backward_t]``, where ``backward_t`` has read the tokens from the sequence's
    own last one down to t. Reversal happens inside each sequence's length, so a sequence never
    begins with something that is not there.

    The state has both layers' states along its first axis, forward first. The final state of the
    backward layer is the one after each sequence's *first* token.

    The two directions run on two threads where :func:`~seqkit.kernels.threads.use_threads` allows.

    Attributes:
        forward_layer: reads from the left.
        backward_layer: reads from the right.
    """

    def __init__(self, forward_layer: RecurrentLayer[S], backward_layer: RecurrentLayer[S]) -> None:
        """Join two layers of the same input width; they must be two objects.

        Raises:
            ValueError: one layer was given twice, or the widths differ.
        """
        if forward_layer is backward_layer:
            raise ValueError(
                "Bidirectional wants two layers, found one object for both directions; "
                "make a second layer (to tie their weights, let them share Parameters)"
            )
        if forward_layer.features != backward_layer.features:
            raise ValueError(
                "both directions must read inputs of one width, found "
                f"{forward_layer.features} and {backward_layer.features}"
            )
        self.forward_layer = forward_layer
        self.backward_layer = backward_layer
        self.features = forward_layer.features
        self.units = forward_layer.units

    @property
    def output_features(self) -> int:
        """Width of the outputs: that of both layers together, 2H."""
        return self.forward_layer.output_features + self.backward_layer.output_features

    @property
    def layers(self) -> int:
        """Length of the state's first axis: both layers' together."""
        return self.forward_layer.layers + self.backward_layer.layers

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of ``forward.`` and of ``backward.``."""
        yield from prefixed("forward", self.forward_layer.parameters())
        yield from prefixed("backward", self.backward_layer.parameters())

    def forward(
        self,
        batch: PackedSequence,
        state: S | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[PackedSequence, S, RecurrentBackward]:
        """Run both directions over a batch.

        Args:
            batch: (M, D) inputs.
            state: arrays (L, N, H), the forward layer's first; zeros by default.
            train: as the layers take it.
            rng: for dropout; each direction gets a generator of its own from it.

        Returns:
            Outputs (M, 2H), the final state, and
            ``backward(d_outputs, d_state=None) -> (d_inputs, d_state0)``.
        """
        found = None if train or state is not None else compiled()
        if found is not None and (weights := self._short_weights(batch)):
            return self._read_from_both_ends(found, batch, weights)
        return self._forward(batch, state, train, rng)

    def _forward(
        self, batch: PackedSequence, state: S | None, train: bool, rng: np.random.Generator | None
    ) -> tuple[PackedSequence, S, RecurrentBackward]:
        counts = [self.forward_layer.layers, self.backward_layer.layers]
        left_state, right_state = split_state(state, counts)
        left_rng, right_rng = _children(rng if train else None)
        (left, left_final, left_backward), (right, right_final, right_backward) = parallel(
            lambda: self.forward_layer.forward(batch, left_state, train=train, rng=left_rng),
            lambda: self.backward_layer.forward(
                batch.reverse(), right_state, train=train, rng=right_rng
            ),
        )
        outputs = np.concatenate([left.data, right.data[batch.reversal]], axis=1)
        width = self.forward_layer.output_features

        def backward(
            d_outputs: PackedSequence | None, d_state: S | None = None
        ) -> tuple[PackedSequence, S]:
            d_left_state, d_right_state = split_state(d_state, counts)
            d_left = d_right = None
            if d_outputs is not None:
                d_left = batch.with_data(d_outputs.data[:, :width])
                d_right = batch.with_data(d_outputs.data[batch.reversal, width:])
            (d_x_left, d_left_state), (d_x_right, d_right_state) = self._both(
                lambda: left_backward(d_left, d_left_state),
                lambda: right_backward(d_right, d_right_state),
            )
            d_x = d_x_left.data + d_x_right.data[batch.reversal]
            return batch.with_data(d_x), join_states([d_left_state, d_right_state])

        return batch.with_data(outputs), join_states([left_final, right_final]), backward

    def _short_weights(self, batch: PackedSequence) -> Both | None:
        """Return both LSTMs' weights where a batch is one sequence that is short, else None."""
        left: object = self.forward_layer
        right: object = self.backward_layer
        if type(left) is not LSTM or type(right) is not LSTM or left.units != right.units:
            return None
        work = len(batch.data) * left.units * (left.features + left.units)
        if not (batch.alone and batch.batch == 1 and work <= SHORT):
            return None
        weights = _values(left), _values(right)
        arrays = (batch.data, *weights[0], *weights[1])
        fitting = batch.data.shape[1:] == (left.features,)
        return weights if fitting and all(a.dtype == np.float32 for a in arrays) else None

    def _read_from_both_ends(
        self, found: Compiled, batch: PackedSequence, weights: Both
    ) -> tuple[PackedSequence, S, RecurrentBackward]:
        """Read one short sequence, for inference; a backward, should one be wanted, reads again."""
        outputs, hidden, cell = lstm_both_ends(found, batch.data, weights)
        final: Any = LSTMState(hidden[:, None], cell[:, None])

        def backward(
            d_outputs: PackedSequence | None, d_state: S | None = None
        ) -> tuple[PackedSequence, Any]:
            _, _, again = self._forward(batch, None, False, None)
            return again(d_outputs, d_state)

        return batch.with_data(outputs), final, backward

    @property
    def foldable(self) -> bool:
        """Whether both layers are."""
        return can_fold(self.forward_layer) and can_fold(self.backward_layer)

    def fold(self, vectors: Array) -> tuple[Any, Any]:
        """Return both layers' ``x W + b`` of inputs (V, D)."""
        left, right = self._foldable_layers()
        return left.fold(vectors), right.fold(vectors)

    def forward_folded(self, folded: tuple[Any, Any], ids: PackedSequence) -> PackedSequence:
        """Read ids (M,) from both ends, for inference: outputs (M, 2H)."""
        layers = self._foldable_layers()
        left, right = parallel(
            lambda: layers[0].forward_folded(folded[0], ids).data,
            lambda: layers[1].forward_folded(folded[1], ids.reverse()).data,
        )
        return ids.with_data(np.concatenate([left, right[ids.reversal]], axis=1))

    def _foldable_layers(self) -> tuple[Foldable, Foldable]:
        left, right = self.forward_layer, self.backward_layer
        assert can_fold(left) and can_fold(right)  # noqa: PT018
        return left, right

    def _both(self, left: Any, right: Any) -> Any:
        """Run both backward passes; one after the other where both add to a shared parameter."""
        ours = {id(parameter) for _, parameter in self.forward_layer.parameters()}
        theirs = {id(parameter) for _, parameter in self.backward_layer.parameters()}
        return [left(), right()] if ours & theirs else parallel(left, right)


def _values(layer: LSTM) -> tuple[Array, Array, Array]:
    return layer.w_input.value, layer.w_hidden.value, layer.bias.value


def _children(
    rng: np.random.Generator | None,
) -> tuple[np.random.Generator | None, np.random.Generator | None]:
    """Make two generators from one; unlike ``spawn``, this advances the saved state of ``rng``."""
    if rng is None:
        return None, None
    first, second = rng.integers(0, 2**63, size=2).tolist()
    return np.random.default_rng(first), np.random.default_rng(second)
