"""One recurrent layer, forward and backward, on batches without any padding."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.harness import Thunk
from benchmarks.records import Result
from benchmarks.settings import Settings
from benchmarks.works import compare, drawn

__all__ = ["LayerWork", "gru", "lstm", "rnn"]

SHAPES = (
    (35, 20, 200, 200),
    (35, 20, 650, 650),
    (50, 32, 128, 128),
    (100, 64, 128, 256),
    (200, 32, 300, 256),
    (20, 32, 100, 100),
    (20, 1, 100, 100),
)
"""(T, N, D, H): steps, sequences, input features, units."""

QUICK = SHAPES[::2]

GATES = {"rnn": 1, "gru": 3, "lstm": 4}
TANHS = {"rnn": 1, "gru": 3, "lstm": 5}
"""Values of tanh or of the sigmoid for each token and unit."""


@dataclass(frozen=True)
class LayerWork:
    """Forward and backward through one layer; gradients of inputs and weights.

    Attributes:
        cell: kind of layer.
        steps: T.
        batch: N.
        features: D.
        units: H.
    """

    cell: Literal["rnn", "lstm", "gru"]
    steps: int
    batch: int
    features: int
    units: int

    @property
    def tokens(self) -> int:
        """T times N."""
        return self.steps * self.batch

    @property
    def flops(self) -> float:
        """Three products, one forward and two backward, of each token with all weights."""
        weights = (self.features + self.units) * GATES[self.cell] * self.units
        return 3 * 2 * self.tokens * weights

    @property
    def tanhs(self) -> float:
        """Of the forward pass; the backward pass needs none."""
        return self.tokens * self.units * TANHS[self.cell]

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Draw inputs (T, N, D) and the gradient of the outputs (T, N, H)."""
        rng = np.random.default_rng(0)
        x = drawn(rng, self.steps, self.batch, self.features)
        d_y = drawn(rng, self.steps, self.batch, self.units)
        return x, d_y

    def ours(self) -> Thunk:
        """Prepare a packed batch, all sequences of one length."""
        from seqkit.layers.stack import build_recurrent
        from seqkit.sequences import PackedSequence

        x, d_y = self.arrays()
        rng = np.random.default_rng(0)
        layer = build_recurrent(self.cell, self.features, self.units, rng=rng)
        parameters = [parameter for _, parameter in layer.parameters()]
        sizes = np.full(self.steps, self.batch)
        batch = PackedSequence(x.reshape(-1, self.features), sizes, np.arange(self.batch))
        d_outputs = batch.with_data(d_y.reshape(-1, self.units))

        def run() -> None:
            for parameter in parameters:
                parameter.zero_grad()
            _, _, backward = layer.forward(batch, train=True)
            backward(d_outputs)

        return run

    def peers(self) -> Mapping[str, Callable[[], Thunk]]:
        """PyTorch's own layer; there is one way."""
        from benchmarks.peers.layers import dense_layer

        return {f"nn.{self.cell.upper()}": lambda: dense_layer(self.cell, *self.arrays())}


def _run(cell: Literal["rnn", "lstm", "gru"], settings: Settings) -> Iterator[Result]:
    for steps, batch, features, units in QUICK if settings.quick else SHAPES:
        case = f"T{steps} N{batch} D{features} H{units}"
        work = LayerWork(cell, steps, batch, features, units)
        yield from compare(cell, case, work, settings)


def lstm(settings: Settings) -> Iterator[Result]:
    """Run the LSTM's shapes."""
    return _run("lstm", settings)


def gru(settings: Settings) -> Iterator[Result]:
    """Run the GRU's shapes."""
    return _run("gru", settings)


def rnn(settings: Settings) -> Iterator[Result]:
    """Run the simple RNN's shapes."""
    return _run("rnn", settings)
