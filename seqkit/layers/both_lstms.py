"""The two directions of a bidirectional LSTM where its steps are compiled.

Both read the same inputs where they lie, each in its order, and write side by side, so that nothing
is turned round, cut or joined.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from seqkit.arrays import Array, aligned_empty
from seqkit.kernels import dispatch
from seqkit.kernels.both_ends import lstm_both_ends
from seqkit.kernels.compiled import compiled
from seqkit.kernels.dispatch import Place, Reader, Way
from seqkit.kernels.threads import parallel
from seqkit.layers.base import LSTMState
from seqkit.layers.recurrent import LSTM
from seqkit.layers.states import StateOrder, split_state
from seqkit.sequences import PackedSequence

__all__ = ["BothLSTMs", "Read"]

SHORT = 2**21
"""Multiplications, for each gate, up to which one thread reads a sequence from both ends in less
time than waking another would take: some seventy words and 128 units."""

Read: TypeAlias = tuple[Array, Any, Callable[..., tuple[Array, Any]]]
"""Outputs (M, 2H), the final state, and ``backward(d_outputs, d_state) -> (d_x, d_state0)``."""


class BothLSTMs(NamedTuple):
    """Two LSTMs that compiled steps can run.

    Attributes:
        left: reads from the first token on.
        right: reads from the last one on.
    """

    left: LSTM
    right: LSTM

    @classmethod
    def of(cls, left: object, right: object, inputs: Array, tokens: int) -> "BothLSTMs | None":
        """Return two layers of as many units as such, or None where they are not, or cannot here.

        Args:
            left: any layer.
            right: any layer.
            inputs: (M, D), or (V, 4H) folded ones.
            tokens: of the batch.
        """
        if type(left) is not LSTM or type(right) is not LSTM or not tokens:
            return None
        fit = dispatch.lstm_may_share(inputs, *_values(left), *_values(right))
        return cls(left, right) if fit and left.units == right.units else None

    def forward(
        self,
        batch: PackedSequence,
        state: Any,
        rngs: Sequence[np.random.Generator | None],
        *,
        train: bool,
    ) -> Read:
        """Run both over a batch, from a state of both, with the generator of each."""
        for layer, part in zip(self, split_state(state, [1, 1]), strict=True):
            layer.check_inputs(batch)
            layer.check_state(batch, part)
        order = StateOrder(batch)
        weights = [
            layer.weights_of_pass(train=train, rng=rng)
            for layer, rng in zip(self, rngs, strict=True)
        ]
        passes = dispatch.lstms_along(
            batch.data,
            batch.batch_sizes,
            order.rows_of(state),
            [Reader(w.values, way) for w, way in zip(weights, self._ways(batch), strict=True)],
            keep=train,
        )

        def backward(d_outputs: PackedSequence | None, d_state: Any) -> tuple[Array, LSTMState]:
            d_data = None if d_outputs is None else d_outputs.data
            found = passes.backward(d_data, order.rows_of(d_state))
            for used, gradients in zip(weights, found.weights, strict=True):
                used.learn(gradients)
            d_x, d_x_right = found.x
            d_x += d_x_right
            return d_x, LSTMState(*order.filled(found.state, d_state))

        return passes.outputs, LSTMState(*order.filled(passes.state, state)), backward

    def forward_folded(self, folded: tuple[Array, Array], ids: PackedSequence) -> Array:
        """Read the rows of tables ``x W + b``, for inference: outputs (M, 2H)."""
        outputs = aligned_empty((ids.tokens, 2 * self.left.units), np.float32)
        left, right = (Place(way, outputs) for way in self._ways(ids))
        parallel(
            lambda: self.left.forward_folded(folded[0], ids, left),
            lambda: self.right.forward_folded(folded[1], ids, right),
        )
        return outputs

    def _ways(self, batch: PackedSequence) -> tuple[Way, Way]:
        """Return how each direction reads, and writes its half of the same outputs (M, 2H)."""
        return Way(), Way(batch.reversal, self.left.units)

    def read_short(self, batch: PackedSequence) -> tuple[Array, LSTMState] | None:
        """Read a batch that is one short sequence, for inference; None where it is another one.

        Returns:
            Outputs (M, 2H), and the final state.
        """
        left, right = self
        work = batch.tokens * left.units * (left.features + left.units)
        fitting = batch.data.shape[1:] == (left.features,)
        if not (fitting and batch.alone and batch.batch == 1 and work <= SHORT):
            return None
        found = compiled()
        assert found is not None
        outputs, hidden, cell = lstm_both_ends(found, batch.data, (_values(left), _values(right)))
        return outputs, LSTMState(hidden[:, None], cell[:, None])


def _values(layer: LSTM) -> tuple[Array, Array, Array]:
    return layer.w_input.value, layer.w_hidden.value, layer.bias.value
