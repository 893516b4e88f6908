"""What a head consumes: from the ids of tokens to a feature vector for each."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from seqkit.arrays import IntArray
from seqkit.layers.base import RecurrentLayer, State, can_fold, constructor_call, prefixed
from seqkit.layers.dropout_wrapper import DropoutWrapper
from seqkit.layers.embedding import Embedding, check_ids
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence

__all__ = ["TextEncoder"]

FOLDED = 2_000
"""Tokens from which :meth:`TextEncoder.reader` looks whether folding pays."""

WORTH = 2
"""How often a word must come, on average, for folding to pay."""

MOST = 2**25
"""Numbers that folded vectors may have: 128 MB."""


class TextEncoder:
    """Token vectors, dropout, a recurrent layer, dropout.

    Args:
        embedding: looks up the tokens.
        recurrent: reads them in time, and what is given beside them.
        dropout: rate before and after the recurrent layer, one mask a sequence.
    """

    def __init__(
        self, embedding: Embedding, recurrent: RecurrentLayer[Any], *, dropout: float = 0.0
    ) -> None:
        self.embedding = embedding
        self.recurrent = recurrent
        self._reader = DropoutWrapper(recurrent, dropout=dropout)

    def __repr__(self) -> str:
        dropout = self._reader.dropout
        return constructor_call(self, self.embedding, self.recurrent, dropout=dropout)

    @property
    def output_features(self) -> int:
        """Width of a feature vector."""
        return self.recurrent.output_features

    def forward(
        self,
        ids: PackedSequence,
        state: State | None = None,
        *,
        beside: PackedSequence | None = None,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[PackedSequence, State, Callable[[PackedSequence], None]]:
        """Encode a batch of ids (M,).

        Args:
            ids: of the tokens.
            state: of the recurrent layer; zeros by default.
            beside: features (M, S) that are read beside the token vectors (M, D), where the
                recurrent layer reads D + S; dropout takes these too.
            train: apply dropout.
            rng: for dropout.

        Returns:
            Features (M, D'), the final state, and ``backward(d_features)``, which adds to the
            gradients of the parameters.
        """
        vectors, back_embedding = self.embedding.forward(ids.data, train=train, rng=rng)
        width = vectors.shape[1]
        if beside is not None:
            vectors = np.concatenate([vectors, beside.data.astype(vectors.dtype)], axis=1)
        features, final, back_reader = self._reader.forward(
            ids.with_data(vectors), state, train=train, rng=rng
        )

        def backward(d_features: PackedSequence) -> None:
            d_vectors, _ = back_reader(d_features)
            back_embedding(d_vectors.data[:, :width])

        return features, final, backward

    def reader(self, ids: Iterable[IntArray]) -> Callable[[PackedSequence], PackedSequence]:
        """Return a function from ids (M,) to features (M, D'), for inference over many batches.

        It is :meth:`forward` for a few tokens. For many, the vectors of their distinct words are
        multiplied by the recurrent layer's input weights once, and looked up from then on.

        Args:
            ids: of all tokens that will be read, in any pieces; the function may raise IndexError
                where it is given another.
        """
        pieces = list(ids)
        tokens = sum(map(len, pieces))
        layer = self.recurrent
        if tokens < FOLDED or not can_fold(layer):
            return lambda batch: self.forward(batch)[0]
        there = np.zeros(self.embedding.rows, bool)
        for piece in pieces:
            there[piece] = True
        distinct = np.flatnonzero(there)
        width = 4 * self.output_features
        if tokens < WORTH * len(distinct) or len(distinct) * width > MOST:
            return lambda batch: self.forward(batch)[0]
        vectors, _ = self.embedding.forward(distinct)
        folded = layer.fold(vectors)
        places = np.full(self.embedding.rows, -1)
        places[distinct] = np.arange(len(distinct))

        def read(batch: PackedSequence) -> PackedSequence:
            check_ids(batch.data, self.embedding.rows)
            return layer.forward_folded(folded, batch.with_data(places[batch.data]))

        return read

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of the embedding and of the recurrent layer."""
        yield from prefixed("embedding", self.embedding.parameters())
        yield from prefixed("recurrent", self.recurrent.parameters())
