"""Bidirectional LSTMs on batches of real lengths, in training and in inference.

PyTorch may pad or pack, whichever is faster. A padded batch does more than it should, and does it
inexactly: the direction that reads from the right begins with padding.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.harness import Thunk
from benchmarks.lengths import batches_of, lengths_of
from benchmarks.records import Result
from benchmarks.settings import Settings
from benchmarks.works import compare, drawn

__all__ = ["BidirectionalWork", "forward", "shuffled", "similar"]

WIDTHS = {
    "ud-english-ewt": (150, 100),
    "mr-polarity": (100, 128),
    "nsmc": (128, 128),
    "documents": (100, 128),
}
"""(D, H) for each kind of text."""

TOKENS = 16_000
MOST = 16


@dataclass(frozen=True)
class BidirectionalWork:
    """A bidirectional LSTM over a few batches, one after the other.

    Attributes:
        lengths: of the sequences of each batch.
        features: D.
        units: H of each direction.
        layers: one above the other.
        train: forward and backward, or forward alone.
    """

    lengths: tuple[tuple[int, ...], ...]
    features: int
    units: int
    layers: int
    train: bool

    @property
    def tokens(self) -> int:
        """Of all batches."""
        return sum(map(sum, self.lengths))

    @property
    def flops(self) -> float:
        """Products of each token with all weights, once forward and twice backward."""
        upper = (self.layers - 1) * 3 * self.units
        inputs = self.features + self.units + upper
        return (3 if self.train else 1) * 2 * self.tokens * 2 * inputs * 4 * self.units

    @property
    def tanhs(self) -> float:
        """Of the forward pass."""
        return self.tokens * self.layers * 2 * self.units * 5

    def sequences(self) -> list[list[np.ndarray]]:
        """Draw the sequences (length, D) of each batch."""
        rng = np.random.default_rng(0)
        return [[drawn(rng, length, self.features) for length in batch] for batch in self.lengths]

    def ours(self) -> Thunk:
        """Prepare packed batches; packing is not measured, on either side."""
        from seqkit.layers.stack import build_recurrent
        from seqkit.sequences import pack

        rng = np.random.default_rng(0)
        layer = build_recurrent(
            "lstm", self.features, self.units, layers=self.layers, bidirectional=True, rng=rng
        )
        parameters = [parameter for _, parameter in layer.parameters()]
        batches = [pack(batch) for batch in self.sequences()]
        width = 2 * self.units
        d_outputs = [batch.with_data(drawn(rng, batch.tokens, width)) for batch in batches]

        def train() -> None:
            for batch, d_y in zip(batches, d_outputs, strict=True):
                for parameter in parameters:
                    parameter.zero_grad()
                _, _, backward = layer.forward(batch, train=True)
                backward(d_y)

        def infer() -> None:
            for batch in batches:
                layer.forward(batch)

        return train if self.train else infer

    def peers(self) -> Mapping[str, Callable[[], Thunk]]:
        """Padded and packed."""

        def prepare(name: str) -> Thunk:
            from benchmarks.peers import layers

            way = {"padded": layers.padded_layer, "packed": layers.packed_layer}[name]
            return way(self.sequences(), self.units, self.layers, train=self.train)

        return {name: partial(prepare, name) for name in ("padded", "packed")}


def _run(
    suite: str, settings: Settings, *, similar: bool = True, train: bool = True
) -> Iterator[Result]:
    for name, layers, size, work in _works(settings, similar=similar, train=train):
        plural = "s" if layers > 1 else ""
        case = f"{name}, {layers} layer{plural} of {work.units}, N {size}"
        yield from compare(suite, case, work, settings)


def _works(
    settings: Settings, *, similar: bool, train: bool
) -> Iterator[tuple[str, int, int, BidirectionalWork]]:
    """Yield (kind of text, layers, sequences of a batch, work)."""
    tokens = TOKENS // 8 if settings.quick else TOKENS
    for name, (features, units) in WIDTHS.items():
        lengths = lengths_of(name, settings.data)
        for layers in (1,) if settings.quick else (1, 2):
            for size in (32,) if settings.quick else (32, 64):
                batches = batches_of(lengths, size, similar=similar, tokens=tokens, most=MOST)
                chosen = tuple(tuple(batch.tolist()) for batch in batches)
                work = BidirectionalWork(chosen, features, units, layers, train)
                yield name, layers, size, work


def similar(settings: Settings) -> Iterator[Result]:
    """Train on batches of similar length."""
    return _run("bilstm-similar", settings)


def shuffled(settings: Settings) -> Iterator[Result]:
    """Train on batches of random sequences."""
    return _run("bilstm-shuffled", settings, similar=False)


def forward(settings: Settings) -> Iterator[Result]:
    """Run forward only, on batches of similar length."""
    return _run("bilstm-forward", settings, train=False)
