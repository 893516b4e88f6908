"""What the n-grams of texts add up to, shared out among the texts' tokens.

Of what an n-gram adds, each of the characters that it covers gets an equal part, and a token gets
the parts of its characters. White space counts for nothing. So words, runs of characters and tokens
of any kind lie on one axis: the solid characters of all texts, end to end.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.kernels.rows import stretches
from seqkit.kernels.sorted_keys import places_of
from seqkit.layers.naive_bayes import NgramSets
from seqkit.text.ngrams import NgramPlaces

__all__ = ["Stretches", "place_ngrams", "place_tokens", "share_out"]


class Stretches(NamedTuple):
    """Stretches of solid characters.

    Attributes:
        starts: (P,) the first character of each.
        lengths: (P,) its characters.
    """

    starts: IntArray
    lengths: IntArray

    @property
    def characters(self) -> IntArray:
        """The characters of all stretches, end to end."""
        return stretches(self.starts, self.lengths)

    @property
    def owners(self) -> IntArray:
        """The stretch that each of these is of."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)


def place_ngrams(places: NgramPlaces, texts: Sequence[Sequence[str]]) -> Stretches:
    """Return the solid characters that n-grams cover.

    Args:
        places: where they stand among the units.
        texts: the units of each text: a string for characters, a list for words.
    """
    solid = [len(unit) if unit.isalnum() else len("".join(unit.split())) for unit in chain(*texts)]
    bounds = np.concatenate([[0], np.cumsum(solid, dtype=np.int64)])
    starts = bounds[places.starts]
    return Stretches(starts, bounds[places.starts + places.lengths] - starts)


def place_tokens(texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]) -> Stretches:
    """Return the solid characters of tokens.

    Args:
        texts: N of them.
        spans: of the tokens of each: first character, and the one behind the last.
    """
    solid = [not character.isspace() for text in texts for character in text]
    bounds = np.concatenate([[0], np.cumsum(solid, dtype=np.int64)])
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    counts = np.fromiter(map(len, spans), np.int64, len(spans))
    ends = np.fromiter(chain.from_iterable(chain(*spans)), np.int64, 2 * int(counts.sum()))
    places = ends.reshape(-1, 2) + np.repeat(np.cumsum(sizes) - sizes, counts)[:, None]
    starts = bounds[places[:, 0]]
    return Stretches(starts, bounds[places[:, 1]] - starts)


def share_out(
    terms: Array, texts: NgramSets, places: NgramPlaces, covered: Stretches, tokens: Stretches
) -> Array:
    """Return what the tokens of texts get: (M, C').

    Args:
        terms: (K, C') what each n-gram of each text adds; where it stands in the text more than
            once, each time adds its part of that.
        texts: the n-grams of N texts, K in all.
        places: where P of them stand.
        covered: (P,) what these cover.
        tokens: (M,) what the tokens cover.
    """
    size = 1 + max(int(texts.ids.max(initial=0)), int(places.ids.max(initial=0)))
    entries = places_of(
        places.owners * size + places.ids, texts.owners.astype(np.int64) * size + texts.ids
    )
    times = np.bincount(entries, minlength=len(terms))[entries]
    parts = terms[entries] / np.maximum(times * covered.lengths, 1)[:, None]
    ends = [stretch.starts + stretch.lengths for stretch in (covered, tokens)]
    size = max(int(end.max(initial=0)) for end in ends)
    of_characters = _summed(parts[covered.owners], covered.characters, size)
    return _summed(of_characters[tokens.characters], tokens.owners, len(tokens.starts))


def _summed(values: Array, owners: IntArray, size: int) -> Array:
    """Add up the rows of each owner: (size, C')."""
    return np.stack([np.bincount(owners, column, size) for column in values.T], axis=1)
