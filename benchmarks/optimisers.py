"""A training step of an embedding alone: lookup, gradient, optimiser."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Literal

import numpy as np

from benchmarks.harness import Thunk
from benchmarks.records import Result
from benchmarks.settings import Settings
from benchmarks.works import compare, drawn

__all__ = ["EmbeddingWork", "run"]

TOKENS = 700
FEATURES = 200
WORDS = (10_000, 100_000)
BATCHES = 16
VARIANTS = ("dense", "foreach", "fused", "sparse")


@dataclass(frozen=True)
class EmbeddingWork:
    """Look up tokens, add gradients to their rows, and let an optimiser take a step.

    Attributes:
        optimiser: which.
        words: V, rows of the table.
        features: D.
        tokens: M of a batch; words come as often as in text (Zipf).
    """

    optimiser: Literal["adam", "sgd"]
    words: int
    features: int = FEATURES
    tokens: int = TOKENS
    flops = 0.0
    tanhs = 0.0

    def arrays(self) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
        """Draw a table (V, D), the ids of some batches, each (M,), and a gradient (M, D)."""
        rng = np.random.default_rng(0)
        table = drawn(rng, self.words, self.features, scale=0.1)
        shares = 1.0 / np.arange(1, self.words + 1)
        shares /= shares.sum()
        ids = [rng.choice(self.words, self.tokens, p=shares) for _ in range(BATCHES)]
        d_y = drawn(rng, self.tokens, self.features, scale=0.01)
        return table, ids, d_y

    def ours(self) -> Thunk:
        """Prepare row-sparse gradients and the lazy update."""
        from seqkit.layers.embedding import Embedding
        from seqkit.optim import create_optimizer

        table, batches, d_y = self.arrays()
        embedding = Embedding(self.words, self.features, table=table)
        optimiser = create_optimizer(self.optimiser, embedding.parameters(), learning_rate=0.01)
        ids = cycle(batches)

        def run() -> None:
            _, backward = embedding.forward(next(ids), train=True)
            backward(d_y)
            optimiser.step()
            optimiser.zero_grad()

        return run

    def peers(self) -> Mapping[str, Callable[[], Thunk]]:
        """One at a time, all at once, fused; and sparse, which is lazy as seqkit's is."""

        def prepare(variant: str) -> Thunk:
            from benchmarks.peers.optimisers import embedding_step

            return embedding_step(self.optimiser, variant, *self.arrays())

        return {variant: partial(prepare, variant) for variant in VARIANTS}


def run(settings: Settings) -> Iterator[Result]:
    """Run both optimisers at all sizes."""
    for optimiser in ("adam", "sgd"):
        for words in WORDS:
            case = f"{optimiser}, V {words:,}"
            yield from compare("optimisers", case, EmbeddingWork(optimiser, words), settings)
