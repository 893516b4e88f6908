"""What a head consumes: from the ids of tokens to a feature vector for each."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from seqkit.layers.base import RecurrentLayer, State, prefixed
from seqkit.layers.dropout_wrapper import DropoutWrapper
from seqkit.layers.embedding import Embedding
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence

__all__ = ["TextEncoder"]


class TextEncoder:
    """Token vectors, dropout, a recurrent layer, dropout.

    Args:
        embedding: looks up the tokens.
        recurrent: reads them in time.
        dropout: rate before and after the recurrent layer, one mask a sequence.
    """

    def __init__(
        self, embedding: Embedding, recurrent: RecurrentLayer[Any], *, dropout: float = 0.0
    ) -> None:
        self.embedding = embedding
        self.recurrent = recurrent
        self._reader = DropoutWrapper(recurrent, dropout=dropout)

    @property
    def output_features(self) -> int:
        """Width of a feature vector."""
        return self.recurrent.output_features

    def forward(
        self,
        ids: PackedSequence,
        state: State | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[PackedSequence, State, Callable[[PackedSequence], None]]:
        """Encode a batch of ids (M,).

        Returns:
            Features (M, D'), the final state, and ``backward(d_features)``, which adds to the
            gradients of the parameters.
        """
        vectors, back_embedding = self.embedding.forward(ids.data, train=train, rng=rng)
        features, final, back_reader = self._reader.forward(
            ids.with_data(vectors), state, train=train, rng=rng
        )

        def backward(d_features: PackedSequence) -> None:
            d_vectors, _ = back_reader(d_features)
            back_embedding(d_vectors.data)

        return features, final, backward

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of the embedding and of the recurrent layer."""
        yield from prefixed("embedding", self.embedding.parameters())
        yield from prefixed("recurrent", self.recurrent.parameters())
