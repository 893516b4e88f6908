"""The output layer of a language model: linear, softmax and cross-entropy, forward and backward."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.harness import Thunk
from benchmarks.records import Result
from benchmarks.settings import Settings
from benchmarks.works import compare, compare_memory, drawn

__all__ = ["OutputWork", "run"]

ROWS = 700
FEATURES = (200, 650)
WORDS = (10_000, 33_000, 100_000)
MEMORY_TARGET = 4.0


@dataclass(frozen=True)
class OutputWork:
    """The loss of hidden vectors, its gradient, and the gradients of weights and bias.

    Attributes:
        rows: M.
        features: H.
        words: V.
    """

    rows: int
    features: int
    words: int

    @property
    def tokens(self) -> int:
        """One target a row."""
        return self.rows

    @property
    def flops(self) -> float:
        """Logits, gradient of the hidden vectors, gradient of the weights."""
        return 3 * 2 * self.rows * self.features * self.words

    @property
    def tanhs(self) -> float:
        """Exponentials."""
        return self.rows * self.words

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw hidden vectors (M, H), weights (V, H) and targets (M,)."""
        rng = np.random.default_rng(0)
        hidden = drawn(rng, self.rows, self.features)
        w = drawn(rng, self.words, self.features, scale=0.05)
        return hidden, w, rng.integers(0, self.words, self.rows)

    def ours(self) -> Thunk:
        """Prepare the blocked loss."""
        from seqkit.layers.softmax import linear_cross_entropy
        from seqkit.parameters import Parameter

        hidden, values, targets = self.arrays()
        w, bias = Parameter(values), Parameter(np.zeros(self.words, np.float32))

        def run() -> None:
            w.zero_grad()
            bias.zero_grad()
            loss = linear_cross_entropy(hidden, w, bias, targets)
            loss.backward(1.0 / self.rows)

        return run

    def peers(self) -> Mapping[str, Callable[[], Thunk]]:
        """PyTorch's functions; there is one way that is written in a line."""

        def prepare() -> Thunk:
            from benchmarks.peers.output_layer import cross_entropy

            return cross_entropy(*self.arrays())

        return {"F.cross_entropy(F.linear())": prepare}


def run(settings: Settings) -> Iterator[Result]:
    """Run all sizes: their time with each number of threads, then their memory."""
    words = WORDS[:1] if settings.quick else WORDS
    shapes = [(features, count) for features in FEATURES for count in words]
    for features, count in shapes:
        work = OutputWork(ROWS, features, count)
        yield from compare("output-layer", f"{ROWS} x {features} x {count:,}", work, settings)
    for features, count in shapes:
        work = OutputWork(ROWS, features, count)
        case = f"{ROWS} x {features} x {count:,}"
        yield compare_memory("output-layer", case, work, settings, target=MEMORY_TARGET)
