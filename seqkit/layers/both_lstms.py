"""The two directions of a bidirectional LSTM where its steps are compiled.

Both read the same inputs where they lie, each in its order, and write side by side, so that nothing
is turned round, cut or joined.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from seqkit.arrays import Array, aligned_empty
from seqkit.kernels import dispatch
from seqkit.kernels.both_ends import lstm_both_ends
from seqkit.kernels.compiled import compiled
from seqkit.kernels.dispatch import Way
from seqkit.kernels.threads import parallel
from seqkit.layers.base import LSTMState
from seqkit.layers.recurrent import LSTM
from seqkit.sequences import PackedSequence

__all__ = ["Argument", "BothLSTMs", "Read"]

SHORT = 2**21
"""Multiplications, for each gate, up to which one thread reads a sequence from both ends in less
time than waking another would take: some seventy words and 128 units."""

Argument: TypeAlias = tuple[Any, np.random.Generator | None]
"""What a direction gets beside the batch: its state and its generator."""

Read: TypeAlias = tuple[Array, list[Any], Callable[..., tuple[Array, list[Any]]]]
"""Outputs (M, 2H), both final states, and ``backward(d_outputs, d_states) -> (d_x, d_states0)``."""


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
        """Return two layers as such, or None where they are not, or cannot here.

        Args:
            left: any layer.
            right: any layer.
            inputs: (M, D), or (V, 4H) folded ones.
            tokens: of the batch.
        """
        if type(left) is not LSTM or type(right) is not LSTM or not tokens:
            return None
        return cls(left, right) if left.may_share(inputs) and right.may_share(inputs) else None

    def forward(self, batch: PackedSequence, arguments: list[Argument], *, train: bool) -> Read:
        """Run both over a batch, with the states and generators of each."""
        ways = self._ways(batch)
        begun = [
            layer.begin(batch, state, train=train, rng=rng)
            for layer, (state, rng) in zip(self, arguments, strict=True)
        ]
        passes = dispatch.lstms_along(
            batch.data,
            batch.batch_sizes,
            [dispatch.Reader(p.state, p.weights, way) for p, way in zip(begun, ways, strict=True)],
            keep=train,
        )
        finals = [p.final(state) for p, state in zip(begun, passes.states, strict=True)]

        def backward(
            d_outputs: PackedSequence | None, d_states: list[Any]
        ) -> tuple[Array, list[Any]]:
            d_data = None if d_outputs is None else d_outputs.data
            d_rows = [p.rows_of(d) for p, d in zip(begun, d_states, strict=True)]
            found = passes.backward(d_data, d_rows)
            each = zip(begun, found, d_states, strict=True)
            d_starts = [p.learn(gradients, d) for p, gradients, d in each]
            d_x = np.add(found[0].x, found[1].x, out=found[0].x)
            return d_x, d_starts

        return ways[0].outputs, finals, backward

    def forward_folded(self, folded: tuple[Array, Array], ids: PackedSequence) -> Array:
        """Read the rows of tables ``x W + b``, for inference: outputs (M, 2H)."""
        ways = self._ways(ids)
        parallel(
            lambda: self.left.forward_folded(folded[0], ids, ways[0]),
            lambda: self.right.forward_folded(folded[1], ids, ways[1]),
        )
        return ways[0].outputs

    def _ways(self, batch: PackedSequence) -> tuple[Way, Way]:
        """Return how each direction reads, and writes its half of the same outputs (M, 2H)."""
        middle = self.left.units
        outputs = aligned_empty((batch.tokens, middle + self.right.units), np.float32)
        return Way(np.empty(0, np.int64), 0, outputs), Way(batch.reversal, middle, outputs)

    def read_short(self, batch: PackedSequence) -> tuple[Array, LSTMState] | None:
        """Read a batch that is one short sequence, for inference; None where it is another one.

        Returns:
            Outputs (M, 2H), and the final state.
        """
        left, right = self
        work = batch.tokens * left.units * (left.features + left.units)
        fitting = left.units == right.units and batch.data.shape[1:] == (left.features,)
        if not (fitting and batch.alone and batch.batch == 1 and work <= SHORT):
            return None
        found = compiled()
        assert found is not None
        outputs, hidden, cell = lstm_both_ends(found, batch.data, (_values(left), _values(right)))
        return outputs, LSTMState(hidden[:, None], cell[:, None])


def _values(layer: LSTM) -> tuple[Array, Array, Array]:
    return layer.w_input.value, layer.w_hidden.value, layer.bias.value
