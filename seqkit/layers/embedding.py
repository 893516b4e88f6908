"""Lookup of word vectors, with gradients for the rows that were looked up and no others."""

import math
from collections.abc import Callable, Iterator

import numpy as np

from seqkit.arrays import Array, DTypeLike, Initializer, IntArray
from seqkit.layers.base import check_array, constructor_call
from seqkit.layers.dropout import check_rate, dropped
from seqkit.parameters import Parameter, uniform

__all__ = ["Embedding", "check_ids"]


class Embedding:
    """A table of vectors, one row for each id: ids (M,) to vectors (M, D).

    The gradient is row-sparse (:meth:`Parameter.add_rows`). Another layer may share ``table``.

    Args:
        rows: V, the number of ids.
        features: D, the width of a vector.
        rng: draws the table; not needed where ``table`` is given.
        trainable: whether the table is learnt; a frozen one gets no gradient at all.
        word_dropout: probability in training that a token is hidden. It reads the row ``unknown``
            instead, which is how that row is learnt; or, without ``unknown``, zeros, and the
            others are divided by ``1 - word_dropout``.
        unknown: id of the row for words that are not in the vocabulary.
        initializer: of the table; by default uniform with variance 1 / D.
        dtype: of the table.
        table: values (V, D) to start from, such as pretrained vectors (copied), or a parameter to
            share.

    Raises:
        ValueError: neither ``rng`` nor ``table`` is given, or a shape, rate or id is out of range.
    """

    def __init__(
        self,
        rows: int,
        features: int,
        *,
        rng: np.random.Generator | None = None,
        trainable: bool = True,
        word_dropout: float = 0.0,
        unknown: int | None = None,
        initializer: Initializer | None = None,
        dtype: DTypeLike = np.float32,
        table: Array | Parameter | None = None,
    ) -> None:
        if unknown is not None and not 0 <= unknown < rows:
            raise ValueError(f"unknown must be the id of one of the {rows} rows, found {unknown}")
        self.rows = rows
        self.features = features
        self.word_dropout = check_rate(word_dropout)
        self.unknown = unknown
        if table is None:
            if rng is None:
                raise ValueError("rng is needed to draw the table")
            initializer = initializer or uniform(math.sqrt(3.0 / max(features, 1)))
            table = Parameter.draw((rows, features), initializer, rng, dtype)
        elif not isinstance(table, Parameter):
            table = Parameter(np.array(table, dtype=dtype, order="C"))
        if table.value.shape != (rows, features):
            raise ValueError(
                f"the table must have shape ({rows}, {features}), found {table.value.shape}"
            )
        table.trainable = table.trainable and trainable
        self.table = table

    def __repr__(self) -> str:
        return constructor_call(self, self.rows, self.features, word_dropout=self.word_dropout)

    @property
    def output_features(self) -> int:
        """D, the width of a vector."""
        return self.features

    def forward(
        self, ids: IntArray, *, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, Callable[[Array], None]]:
        """Map ids (M,) to (M, D); the backward adds to the table's gradient and returns None.

        Raises:
            IndexError: an id is negative or not below V.
            TypeError: ids that are no array, or not whole numbers.
            ValueError: word dropout in training without ``rng``.
        """
        check_array(self, ids)
        check_ids(ids, self.rows)
        hidden = None
        if train and self.word_dropout > 0.0:
            if rng is None:
                raise ValueError("Embedding needs rng= for word dropout in training")
            hidden = dropped(ids.shape, self.word_dropout, rng)
            if self.unknown is not None:
                ids, hidden = np.where(hidden, self.unknown, ids), None
        if hidden is not None:
            return self._zeroed(ids, ~hidden)
        return self.table.value.take(ids, axis=0), lambda d_y: self._add(ids, d_y)

    def _zeroed(self, ids: IntArray, kept: Array) -> tuple[Array, Callable[[Array], None]]:
        """Look up the tokens that are kept, and give zeros for the others."""
        scale = 1.0 / (1.0 - self.word_dropout)
        ids = ids[kept]
        y = np.zeros((len(kept), self.features), self.table.value.dtype)
        y[kept] = self.table.value.take(ids, axis=0) * scale
        return y, lambda d_y: self._add(ids, d_y[kept] * scale)

    def _add(self, ids: IntArray, d_y: Array) -> None:
        if self.table.trainable:
            self.table.add_rows(ids, d_y)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``table``."""
        yield "table", self.table


def check_ids(ids: IntArray, rows: int, *, what: str = "ids") -> None:
    """Refuse ids (M,) that name no row: a negative one would read from the end.

    Raises:
        IndexError: an id is negative or not below ``rows``.
        TypeError: they are not whole numbers.
    """
    if ids.dtype.kind not in "iu":
        raise TypeError(f"{what} must be whole numbers, found {ids.dtype}; write .astype(int)")
    # As a number without a sign, one below 0 is larger than any row: one search finds both kinds.
    if len(ids) and ids.view(ids.dtype.str.replace("i", "u")).max() >= rows:
        wrong = ids[(ids < 0) | (ids >= rows)]
        raise IndexError(f"{what} must be in 0 .. {rows - 1}, found {wrong[:10].tolist()}")
