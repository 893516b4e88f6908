"""Word vectors from plain text: words are alike that stand near the same words.

Counted, not trained: the rows of the matrix of pointwise mutual information are cut down to D
numbers each by a singular value decomposition. On little text that is as good as word2vec (Levy,
Goldberg and Dagan, "Improving Distributional Similarity with Lessons Learned from Word
Embeddings", 2015), and it takes seconds.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.errors import UserError
from seqkit.text.vectors import write_vectors
from seqkit.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = [
    "CountedVectors",
    "WordVectors",
    "count_neighbours",
    "count_vectors",
    "fit_word_vectors",
    "mutual_information",
]

SMOOTHING = 0.75
"""Power of the neighbours' frequencies, as in word2vec: less weight to rare neighbours."""

CHUNK = 1_000_000
"""Tokens whose neighbours are counted at a time, in some 200 MB."""


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors.

    Attributes:
        words: V of them, the commonest first.
        matrix: (V, D) float32, each row of length sqrt(D) / 4, so that its numbers are about 0.25.
        tokens: of the text that they were counted in.
    """

    words: tuple[str, ...]
    matrix: Array
    tokens: int

    def save(self, path: str | Path) -> None:
        """Write a text file as word2vec's, for :func:`~seqkit.text.vectors.load_vectors`.

        Raises:
            UserError: it cannot be written.
        """
        write_vectors(path, self.words, self.matrix)


def fit_word_vectors(
    texts: Iterable[Sequence[str]],
    *,
    width: int = 200,
    window: int = 8,
    minimum_count: int = 1,
    maximum_size: int | None = None,
) -> WordVectors:
    """Count which words stand near each other, and give each word a vector that tells of it.

    Args:
        texts: the tokens of each; nothing in one text is near anything in another.
        width: D, the numbers of a vector.
        window: how far apart two words may stand; those d apart count 1 / d, as in GloVe.
        minimum_count: rarer words get no vector.
        maximum_size: the most words to keep, the commonest.

    Returns:
        The vectors of all words that are kept and have a neighbour, the same ones giving the same
        bytes on any number of threads.

    Raises:
        UserError: no more words than the vectors are to be wide.
        ValueError: a width, window, count or size below 1.
    """
    listed = [*texts]
    size = None if maximum_size is None else maximum_size + 1
    vocabulary = Vocabulary.fit(listed, minimum_count=minimum_count, maximum_size=size)
    ids, lengths = vocabulary.encode_flat(listed)
    counted = count_vectors(vocabulary, ids, lengths, width=width, window=window)
    words = tuple(vocabulary.words[place] for place in counted.places)
    return WordVectors(words, counted.matrix, len(ids))


class CountedVectors(NamedTuple):
    """Vectors of some of V words.

    Attributes:
        places: (K,) which words these are.
        matrix: (K, D) their vectors, as :class:`WordVectors` has them.
    """

    places: IntArray
    matrix: Array


def count_vectors(
    vocabulary: Vocabulary, ids: IntArray, lengths: IntArray, *, width: int, window: int = 8
) -> CountedVectors:
    """Do what :func:`fit_word_vectors` does for the words of a vocabulary.

    Args:
        vocabulary: V words; the unknown mark gets no vector.
        ids: (M,) of all texts, end to end.
        lengths: (N,) of the texts.
        width: D.
        window: how far apart two words may stand.

    Returns:
        The vectors of the words that have a neighbour.

    Raises:
        UserError: no more of them than the vectors are to be wide.
        ValueError: a width or window below 1.
    """
    if width < 1 or window < 1:
        raise ValueError(f"width and window must be at least 1, found {width} and {window}")
    counts = count_neighbours(ids, lengths, rows=len(vocabulary), window=window)
    known = np.asarray(counts.sum(axis=1)).ravel() > 0
    if vocabulary.unknown_id is not None:
        known[vocabulary.unknown_id] = False
    if known.sum() <= width:
        raise UserError(
            f"found {known.sum()} words with neighbours, wanted more than the vectors are wide "
            f"({width}); give more text, or a smaller width"
        )
    counts = counts[known][:, known]
    return CountedVectors(np.flatnonzero(known), _reduced(mutual_information(counts), width))


def count_neighbours(ids: IntArray, lengths: IntArray, *, rows: int, window: int) -> "csr_matrix":
    """Count pairs of words near each other: (rows, rows), symmetric, float32.

    Args:
        ids: (M,) of all texts, end to end.
        lengths: (N,) of the texts.
        rows: V; ids are below.
        window: how far apart they may stand; d apart count 1 / d.
    """
    from scipy.sparse import csr_matrix

    owners = np.repeat(np.arange(len(lengths)), lengths)
    counts = csr_matrix((rows, rows), dtype=np.float32)
    for start, end in _chunks(lengths):
        near, far, weights = _pairs(ids[start:end], owners[start:end], window)
        counts += csr_matrix((weights, (near, far)), shape=(rows, rows))
    return counts + counts.T


def _chunks(lengths: IntArray) -> Iterator[tuple[int, int]]:
    """Yield the first and last token of whole texts, about CHUNK tokens together."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    last = np.searchsorted(ends, np.arange(CHUNK, total, CHUNK))
    yield from pairwise(np.unique([0, *ends[last].tolist(), total]).tolist())


def _pairs(ids: IntArray, owners: IntArray, window: int) -> tuple[IntArray, IntArray, Array]:
    """Return both words of all pairs of one text in order, and what each pair counts."""
    near, far, weights = [], [], []
    for distance in range(1, min(window, len(ids) - 1) + 1):
        together = owners[distance:] == owners[:-distance]
        near.append(ids[:-distance][together].astype(np.int32))
        far.append(ids[distance:][together].astype(np.int32))
        weights.append(np.full(len(near[-1]), 1 / distance, np.float32))
    none = np.empty(0, np.int32)
    return (
        np.concatenate([none, *near]),
        np.concatenate([none, *far]),
        np.concatenate([none.astype(np.float32), *weights]),
    )


def mutual_information(counts: "csr_matrix") -> "csr_matrix":
    """Return the positive pointwise mutual information of words and their neighbours.

    With n(w, c) the counts, and P(c) proportional to the power :data:`SMOOTHING` of c's count::

        max(0, log n(w, c) / (n(w) P(c)))

    Args:
        counts: (V, V), each row with a count above 0.
    """
    from scipy.sparse import csr_matrix

    of_word = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    chance = of_word**SMOOTHING
    chance /= chance.sum()
    pairs = counts.tocoo()
    values = np.log(pairs.data / (of_word[pairs.row] * chance[pairs.col]))
    positive = values > 0
    places = pairs.row[positive], pairs.col[positive]
    return csr_matrix((values[positive].astype(np.float32), places), shape=counts.shape)


def _reduced(matrix: "csr_matrix", width: int) -> Array:
    """Return U S^(1/2) of the largest singular values, its rows scaled to one length."""
    from scipy.sparse.linalg import svds
    from threadpoolctl import threadpool_limits

    start = np.ones(matrix.shape[0], np.float32)  # or it would be drawn
    with threadpool_limits(1):  # sums of several threads would come in another order
        left, values, _ = svds(matrix, k=width, v0=start)
    rows: Array = left[:, ::-1] * np.sqrt(values[::-1])
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Array = rows * (np.sqrt(width) / 4 / np.maximum(lengths, 1e-12))
    return scaled.astype(np.float32)
