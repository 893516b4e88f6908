"""One variant of the GRU for each promise that a layer can break; named like the check it fails."""

from collections.abc import Callable
from typing import Any

import numpy as np

from seqkit import GRU
from seqkit.sequences import PackedSequence

BROKEN: dict[str, type] = {}


def breaks(check: str) -> Callable[[type], type]:
    def register(variant: type) -> type:
        BROKEN[check] = variant
        return variant

    return register


class Layer:
    """A GRU, behind a layer of its own."""

    def __init__(self, features: int, *, rng: np.random.Generator, dtype: Any) -> None:
        self.inner = GRU(features, 4, rng=rng, dtype=dtype)
        self.features = features
        self.units = 4
        self.layers = 1

    @property
    def output_features(self) -> int:
        return self.inner.output_features

    def parameters(self):
        return self.inner.parameters()

    def forward(self, batch, state=None, *, train=False, rng=None):
        return self.inner.forward(batch, state, train=train, rng=rng)


@breaks("says-its-widths")
class Boasting(Layer):
    @property
    def output_features(self) -> int:
        return 2 * super().output_features


@breaks("gradients-are-right")
class Crooked(Layer):
    def forward(self, batch, state=None, *, train=False, rng=None):
        outputs, final, back = super().forward(batch, state)

        def backward(d_outputs, d_state=None):
            d_inputs, d_start = back(d_outputs, d_state)
            return d_inputs.with_data(1.01 * d_inputs.data), d_start

        return outputs, final, backward


@breaks("gradients-add")
class Assigning(Layer):
    def forward(self, batch, state=None, *, train=False, rng=None):
        outputs, final, back = super().forward(batch, state)

        def backward(d_outputs, d_state=None):
            for _, parameter in self.parameters():
                parameter.zero_grad()
            return back(d_outputs, d_state)

        return outputs, final, backward


@breaks("two-forwards-may-precede-a-backward")
class Remembering(Layer):
    def forward(self, batch, state=None, *, train=False, rng=None):
        outputs, final, self.back = super().forward(batch, state)
        return outputs, final, lambda *d: self.back(*d)


@breaks("company-changes-nothing")
class Sociable(Layer):
    """Scales by the number of sequences, as a norm over the batch would."""

    def forward(self, batch: PackedSequence, state=None, *, train=False, rng=None):
        outputs, final, back = super().forward(batch, state)
        factor = 1.0 / batch.batch

        def backward(d_outputs, d_state=None):
            return back(d_outputs.with_data(factor * d_outputs.data), d_state)

        return outputs.with_data(factor * outputs.data), final, backward


@breaks("empty-sequences-keep-their-state")
class Starving(Layer):
    """Looks at the first step of a batch, which may have none."""

    def forward(self, batch, state=None, *, train=False, rng=None):
        if batch.batch > 1:
            batch.data[0]
        return super().forward(batch, state)


@breaks("state-may-be-left-out")
class Warm(Layer):
    """Starts from ones where nobody says from what."""

    def forward(self, batch, state=None, *, train=False, rng=None):
        if state is None:
            _, zeros, _ = self.inner.forward(batch)
            state = type(zeros)(np.ones_like(zeros.hidden))
        return super().forward(batch, state)


@breaks("state-goes-on")
class Resetting(Layer):
    """Forgets the last unit of its state between windows."""

    def forward(self, batch, state=None, *, train=False, rng=None):
        kept = np.array([1.0, 1.0, 1.0, 0.0])
        alive = (batch.lengths > 0)[None, :, None]
        mask = np.where(alive, kept, 1.0)
        if state is not None:
            state = type(state)(state.hidden * mask)
        outputs, final, back = super().forward(batch, state)

        def backward(d_outputs, d_state=None):
            d_inputs, d_start = back(d_outputs, d_state)
            return d_inputs, type(d_start)(d_start.hidden * mask)

        return outputs, final, backward


@breaks("forward-changes-no-parameter")
class Drawing(Layer):
    def forward(self, batch, state=None, *, train=False, rng=None):
        if rng is not None:
            rng.random()
        return super().forward(batch, state)
