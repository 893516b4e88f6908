"""Two recurrent layers that read each sequence from either end (Schuster and Paliwal 1997)."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

import numpy as np

from seqkit.arrays import Array
from seqkit.kernels.threads import parallel
from seqkit.layers.base import (
    Foldable,
    RecurrentBackward,
    RecurrentLayer,
    State,
    can_fold,
    check_packed,
    constructor_call,
    prefixed,
)
from seqkit.layers.both_lstms import BothLSTMs, Read
from seqkit.layers.states import join_states, split_state
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence

__all__ = ["Bidirectional"]

S = TypeVar("S", bound=State)


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

    def __repr__(self) -> str:
        return constructor_call(self, self.forward_layer, self.backward_layer)

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

        Raises:
            TypeError: ``batch`` is no PackedSequence.
            ValueError: a width or the state's shape does not fit, or dropout has no ``rng``.
        """
        check_packed(self, batch)
        lstms = self._lstms(batch.data, batch.tokens)
        if lstms is not None and not train and state is None:
            found = lstms.read_short(batch)
            if found is not None:
                outputs, final = found
                again = partial(self._backward_again, batch)
                return batch.with_data(outputs), final, again  # type: ignore[return-value]
        return self._forward(batch, state, train, rng, lstms)

    def _backward_again(
        self, batch: PackedSequence, d_outputs: PackedSequence | None, d_state: S | None = None
    ) -> tuple[PackedSequence, S]:
        """Go back over a batch of which nothing was kept: it is read once more."""
        _, _, back = self._forward(batch, None, False, None, None)
        return back(d_outputs, d_state)

    def _forward(
        self,
        batch: PackedSequence,
        state: S | None,
        train: bool,
        rng: np.random.Generator | None,
        lstms: BothLSTMs | None,
    ) -> tuple[PackedSequence, S, RecurrentBackward]:
        rngs = _children(rng if train else None, (self.forward_layer, self.backward_layer))
        read = self._read if lstms is None else lstms.forward
        outputs, final, back = read(batch, state, rngs, train=train)

        def backward(
            d_outputs: PackedSequence | None, d_state: "S | None" = None
        ) -> tuple[PackedSequence, S]:
            d_x, d_before = back(d_outputs, d_state)
            return batch.with_data(d_x), d_before

        return batch.with_data(outputs), final, backward

    def _read(
        self,
        batch: PackedSequence,
        state: S | None,
        rngs: Sequence[np.random.Generator | None],
        *,
        train: bool,
    ) -> Read:
        """Run any two layers, the second one over each sequence turned round."""
        counts = [self.forward_layer.layers, self.backward_layer.layers]
        left_state, right_state = split_state(state, counts)
        (left, left_final, left_backward), (right, right_final, right_backward) = parallel(
            lambda: self.forward_layer.forward(batch, left_state, train=train, rng=rngs[0]),
            lambda: self.backward_layer.forward(
                batch.reverse(), right_state, train=train, rng=rngs[1]
            ),
        )
        outputs = np.concatenate([left.data, right.data[batch.reversal]], axis=1)
        width = self.forward_layer.output_features

        def backward(d_outputs: PackedSequence | None, d_state: "S | None") -> tuple[Array, S]:
            d_left = d_right = None
            if d_outputs is not None:
                d_left = batch.with_data(d_outputs.data[:, :width])
                d_right = batch.with_data(d_outputs.data[batch.reversal, width:])
            d_left_state, d_right_state = split_state(d_state, counts)
            (d_x_left, d_left_before), (d_x_right, d_right_before) = _in_turn_where_shared(
                (self.forward_layer, self.backward_layer),
                lambda: left_backward(d_left, d_left_state),
                lambda: right_backward(d_right, d_right_state),
            )
            d_x = d_x_left.data + d_x_right.data[batch.reversal]
            return d_x, join_states([d_left_before, d_right_before])

        return outputs, join_states([left_final, right_final]), backward

    def _lstms(self, inputs: Array, tokens: int) -> BothLSTMs | None:
        return BothLSTMs.of(self.forward_layer, self.backward_layer, inputs, tokens)

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
        lstms = self._lstms(folded[0], ids.tokens)
        if lstms is not None:
            return ids.with_data(lstms.forward_folded(folded, ids))
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


def _children(
    rng: np.random.Generator | None, layers: Sequence[object]
) -> list[np.random.Generator | None]:
    """Make a generator from another one for each layer that may draw; to make one takes a while.

    Unlike ``spawn``, this advances the saved state of ``rng``, and always as far.
    """
    if rng is None:
        return [None] * len(layers)
    seeds = rng.integers(0, 2**63, size=len(layers)).tolist()
    draws = [bool(getattr(layer, "recurrent_dropout", True)) for layer in layers]
    pairs = zip(seeds, draws, strict=True)
    return [np.random.default_rng(seed) if draw else None for seed, draw in pairs]


def _in_turn_where_shared(
    layers: tuple[Any, Any], left: Callable[[], Any], right: Callable[[], Any]
) -> list[Any]:
    """Run both layers' backward passes, in turn where both add to a shared parameter."""
    ours, theirs = ({id(parameter) for _, parameter in layer.parameters()} for layer in layers)
    return [left(), right()] if ours & theirs else parallel(left, right)
