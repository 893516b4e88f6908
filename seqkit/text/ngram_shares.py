"""What the n-grams of texts add up to, shared out among the texts' tokens.

Of what an n-gram adds, each of the characters that it covers gets an equal part, and a token gets
the parts of its characters. White space counts for nothing. So words, runs of characters and tokens
of any kind lie on one axis: the solid characters of all texts, end to end.
"""

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.kernels.rows import stretches
from seqkit.kernels.sorted_keys import places_of
from seqkit.layers.naive_bayes import NgramSets
from seqkit.text.ngrams import NgramPlaces, code_points

__all__ = ["Stretches", "place_tokens", "share_out", "solid_characters", "solid_lengths"]

LAST_SPACE = 0x3000
"""The last of Unicode's characters that are white space."""


class Stretches(NamedTuple):
    """Stretches of solid characters.

    Attributes:
        starts: (M,) the first character of each.
        lengths: (M,) its characters.
    """

    starts: IntArray
    lengths: IntArray


def solid_characters(texts: Sequence[str]) -> IntArray:
    """Return 1 for each solid character of some texts, and 0 for white space: (U,)."""
    solid: IntArray = _solid()[np.minimum(code_points(texts), LAST_SPACE + 1)]
    return solid


@cache
def _solid() -> IntArray:
    """Return the same for the first of Unicode's characters; all later ones are as the last."""
    return np.array([not chr(code).isspace() for code in range(LAST_SPACE + 2)], np.int64)


def solid_lengths(texts: Sequence[Sequence[str]]) -> IntArray:
    """Return how many solid characters each word of some texts has: (U,)."""
    words = chain.from_iterable(texts)
    solid = [len(word) if word.isalnum() else len("".join(word.split())) for word in words]
    return np.array(solid, np.int64)


def place_tokens(texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]) -> Stretches:
    """Return the solid characters of tokens.

    Args:
        texts: N of them.
        spans: of the tokens of each: first character, and the one behind the last.
    """
    bounds = _bounds(solid_characters(texts))
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    counts = np.fromiter(map(len, spans), np.int64, len(spans))
    ends = np.fromiter(chain.from_iterable(chain(*spans)), np.int64, 2 * int(counts.sum()))
    places = ends.reshape(-1, 2) + np.repeat(np.cumsum(sizes) - sizes, counts)[:, None]
    starts = bounds[places[:, 0]]
    return Stretches(starts, bounds[places[:, 1]] - starts)


def share_out(
    terms: Array, texts: NgramSets, places: NgramPlaces, solid: IntArray, tokens: Stretches
) -> Array:
    """Return what the tokens of texts get: (M, C').

    What a token gets does not depend on the other texts, to the last bit.

    Args:
        terms: (K, C') what each n-gram of each text adds; where it stands in the text more than
            once, each time adds its part of that.
        texts: the n-grams of N texts, K in all.
        places: where P of them stand among the units.
        solid: (U,) the solid characters of each unit.
        tokens: (M,) what the tokens cover.
    """
    if not len(places.ids):  # there need be no units, where no n-grams of a kind are looked for
        return np.zeros((len(tokens.lengths), terms.shape[1]))
    bounds = _bounds(solid)
    covered = bounds[places.starts + places.lengths] - bounds[places.starts]
    entries = _entries(places, texts)
    times = np.bincount(entries, minlength=len(terms))[entries]
    parts = terms[entries] / np.maximum(times * covered, 1)[:, None]
    of_units = np.zeros((len(solid), terms.shape[1]))
    for step in range(int(places.lengths.max(initial=0))):
        reaches = places.lengths > step
        of_units += _summed(parts[reaches], places.starts[reaches] + step, len(solid))
    of_characters = np.repeat(of_units, solid, axis=0)
    owners = np.repeat(np.arange(len(tokens.lengths)), tokens.lengths)
    return _summed(of_characters[stretches(*tokens)], owners, len(tokens.lengths))


def _bounds(lengths: IntArray) -> IntArray:
    """Return where stretches that follow one another begin, and where the last ends: (U + 1,)."""
    return np.concatenate([[0], np.cumsum(lengths)])


def _entries(places: NgramPlaces, texts: NgramSets) -> IntArray:
    """Return which of the texts' n-grams stands at each place: (P,)."""
    size = 1 + max(int(texts.ids.max(initial=0)), int(places.ids.max(initial=0)))
    known = texts.owners.astype(np.int64) * size + texts.ids
    return places_of(places.owners * size + places.ids, known)


def _summed(values: Array, owners: IntArray, size: int) -> Array:
    """Add up the rows of each owner: (size, C')."""
    return np.stack([np.bincount(owners, column, size) for column in values.T], axis=1)
