"""Runs of neighbouring characters and of neighbouring words, found in many texts at once.

A run of n units is numbered by the run of its first n - 1 units and by its last unit, so a sorted
table of whole numbers stands for the runs of each length. 150,000 reviews are so searched by some
twenty operations on arrays, where a loop in Python would cut out thirty million strings.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from seqkit.arrays import BoolArray, IntArray
from seqkit.kernels.sorted_keys import places_of
from seqkit.layers.naive_bayes import NgramSets

__all__ = ["NgramPlaces", "NgramTable", "code_points", "common_ngrams"]

UNKNOWN = -1


class NgramPlaces(NamedTuple):
    """Where known n-grams stand in some texts, each as often as it does.

    Attributes:
        owners: (P,) the text.
        ids: (P,) the n-gram.
        starts: (P,) its first unit, of all texts end to end.
        lengths: (P,) its units.
    """

    owners: IntArray
    ids: IntArray
    starts: IntArray
    lengths: IntArray

    def sets(self, texts: int) -> NgramSets:
        """Return the n-grams of each of so many texts, each once and in their order."""
        size = 1 + int(self.ids.max(initial=0))
        pairs = _distinct(np.sort(self.owners * size + self.ids))
        of, ids = np.divmod(pairs, size)
        return NgramSets(ids.astype(np.int32), np.bincount(of, minlength=texts))


class _Level(NamedTuple):
    """The known n-grams of one length, from 2 on.

    Attributes:
        keys: sorted; the number of an n-gram on its level is the place of its key.
        features: its place among all n-grams.
    """

    keys: IntArray
    features: IntArray


class _CharacterNumbers(NamedTuple):
    """Numbers of characters, to be found for millions at once.

    Attributes:
        codes: (U,) the characters, sorted.
        numbers: (U + 1,) the number of each, and that of an unknown one.
    """

    codes: IntArray
    numbers: IntArray

    @classmethod
    def of(cls, characters: Sequence[str]) -> "_CharacterNumbers":
        """Number characters in their order."""
        codes = code_points(characters)
        order = np.argsort(codes)
        return cls(codes[order], np.append(order, UNKNOWN))

    def find(self, texts: Sequence[Sequence[str]]) -> tuple[IntArray, IntArray]:
        """Return the characters of all texts by number, and how many each text has."""
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        return self.numbers[places_of(code_points(texts), self.codes)], sizes


class NgramTable:
    """Finds known n-grams in texts.

    Args:
        ngrams: N of any length from 1; known are their beginnings and units too.
        separator: between the units of an n-gram: a space for words; by default there is none, and
            the units are characters.

    Attributes:
        size: N.

    Raises:
        ValueError: an n-gram is there twice, or a beginning or unit of one is not.
    """

    def __init__(self, ngrams: Sequence[str], *, separator: str = "") -> None:
        self.size = len(ngrams)
        split = [ngram.split(separator) if separator else ngram for ngram in ngrams]
        singles = [i for i, units in enumerate(split) if len(units) == 1]
        self._units = {ngrams[i]: number for number, i in enumerate(singles)}
        self._singles = np.array(singles, np.int64)
        self._characters = None if separator else _CharacterNumbers.of([*self._units])
        self._levels = tuple(self._build(split))
        known = len(self._units) + sum(len(_distinct(level.keys)) for level in self._levels)
        if known < self.size:
            raise ValueError("found an n-gram twice")

    def _build(self, ngrams: Sequence[Sequence[str]]) -> Iterator[_Level]:
        units, sizes = _number_units(ngrams, self._units)
        starts = np.cumsum(sizes) - sizes
        if (units == UNKNOWN).any() or not sizes.all():
            raise ValueError("found an n-gram with a unit that is none itself")
        numbers = units[starts]
        for length in range(2, int(sizes.max(initial=0)) + 1):
            longer = np.flatnonzero(sizes >= length)
            keys = self._keys(numbers[longer], units[starts[longer] + length - 1])
            whole = sizes[longer] == length
            order = np.argsort(keys[whole], kind="stable")
            yield (level := _Level(keys[whole][order], longer[whole][order]))
            numbers[longer] = places_of(keys, level.keys)
            if (numbers == UNKNOWN).any():
                raise ValueError("found an n-gram without its beginning")

    def locate(self, texts: Sequence[Sequence[str]]) -> NgramPlaces:
        """Return where the known n-grams of some texts stand, shorter ones first.

        Args:
            texts: the units of each: a string for characters, a list for words.
        """
        if self._characters is None:
            units, sizes = _number_units(texts, self._units)
        else:
            units, sizes = self._characters.find(texts)
        owners = np.repeat(np.arange(len(texts)), sizes)
        starts, ids = zip(*self._runs(units, owners), strict=True)
        lengths = np.repeat(np.arange(1, len(starts) + 1), [*map(len, starts)])
        at = np.concatenate(starts)
        return NgramPlaces(owners[at], np.concatenate(ids), at, lengths)

    def _runs(self, units: IntArray, owners: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield, for each length from 1, where known n-grams begin, and which they are."""
        places = np.flatnonzero(units != UNKNOWN)
        numbers = units[places]
        yield places, self._singles[numbers]
        for length, level in enumerate(self._levels, start=2):
            going_on = _go_on(places, length - 1, owners)
            going_on[going_on] = units[places[going_on] + length - 1] != UNKNOWN
            places, numbers = places[going_on], numbers[going_on]
            numbers = places_of(self._keys(numbers, units[places + length - 1]), level.keys)
            known = numbers != UNKNOWN
            places, numbers = places[known], numbers[known]
            yield places, level.features[numbers]

    def _keys(self, beginnings: IntArray, last: IntArray) -> IntArray:
        return beginnings * len(self._units) + last


def code_points(texts: Iterable[Sequence[str]]) -> IntArray:
    """Return the characters of some texts, end to end, as Unicode numbers them."""
    whole = "".join(map("".join, texts))
    return np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), "<u4")


def common_ngrams(
    texts: Sequence[Sequence[str]], longest: int, *, minimum: int = 2, separator: str = ""
) -> list[str]:
    """Return the n-grams that stand in at least ``minimum`` of the texts, sorted.

    Args:
        texts: the units of each: a string for characters, a list for words.
        longest: number of units.
        minimum: of texts.
        separator: written between the units of an n-gram.

    Example:
        >>> common_ngrams(["안 좋다", "좋다"], 2)
        ['다', '좋', '좋다']
    """
    names = sorted(set().union(*texts))
    units, sizes = _number_units(texts, {name: i for i, name in enumerate(names)})
    owners = np.repeat(np.arange(len(texts)), sizes)
    singles, numbers = units, np.zeros_like(units)
    found: list[str] = []
    for length in range(1, longest + 1):
        # Of an n-gram that is common, the run without its last unit is, and that without its first.
        places = np.flatnonzero(_go_on(np.arange(len(units)), length - 1, owners))
        places = places[(numbers[places] != UNKNOWN) & (numbers[places + (length > 1)] != UNKNOWN)]
        keys = numbers[places] * len(names) + singles[places + length - 1]
        common, firsts = _number_common(keys, owners[places], minimum)
        numbers = np.full_like(units, UNKNOWN)
        numbers[places] = common
        runs = (units[start : start + length].tolist() for start in places[firsts])
        found += [separator.join([names[unit] for unit in run]) for run in runs]
    return sorted(found)


def _number_common(keys: IntArray, owners: IntArray, minimum: int) -> tuple[IntArray, IntArray]:
    """Number the keys that at least ``minimum`` owners have.

    Args:
        keys: (K,) from 0.
        owners: (K,) not falling.
        minimum: of owners.

    Returns:
        The number of each key, -1 where it is rare (K,), and where each number first is.
    """
    order = np.argsort(keys, kind="stable")
    first_of_key = np.diff(keys[order], prepend=-1) != 0
    first_of_owner = first_of_key | (np.diff(owners[order], prepend=-1) != 0)
    group = np.cumsum(first_of_key) - 1
    common = np.bincount(group[first_of_owner]) >= minimum
    numbers = np.empty_like(keys)
    numbers[order] = np.where(common, np.cumsum(common) - 1, UNKNOWN)[group]
    return numbers, order[first_of_key][common]


def _number_units(
    texts: Sequence[Sequence[str]], numbers: Mapping[str, int]
) -> tuple[IntArray, IntArray]:
    """Return the units of all texts by number, text after text, and how many each text has."""
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    flat = (numbers.get(unit, UNKNOWN) for text in texts for unit in text)
    return np.fromiter(flat, np.int64, int(sizes.sum())), sizes


def _go_on(places: IntArray, steps: int, owners: IntArray) -> BoolArray:
    """Return where the text of a place has a unit so many steps further."""
    inside = places + steps < len(owners)
    inside[inside] = owners[places[inside] + steps] == owners[places[inside]]
    return inside


def _distinct(ordered: IntArray) -> IntArray:
    """Return sorted numbers, each once; a tenth of the time of ``np.unique`` on millions."""
    distinct: IntArray = ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]
    return distinct
