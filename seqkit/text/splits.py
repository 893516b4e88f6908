"""Splits into train, dev and test that keep identical texts on one side."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from seqkit.arrays import IntArray
from seqkit.errors import UserError

__all__ = ["Split", "shared_texts", "split_examples"]

Example = TypeVar("Example")


class Split(NamedTuple, Generic[Example]):
    """The three parts; inside each, examples keep the order in which they came."""

    train: list[Example]
    dev: list[Example]
    test: list[Example]


def split_examples(
    examples: Sequence[Example],
    *,
    rng: np.random.Generator,
    key: Callable[[Example], Hashable],
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1),
) -> Split[Example]:
    """Deal examples to train, dev and test at random.

    Args:
        examples: in any order.
        rng: draws the split, which depends on nothing else than it and the examples.
        key: what must not stand on two sides, for example the text.
        shares: of train, dev and test; they add up to 1.

    Returns:
        The three parts. Each has at least one example; sizes are off the shares by as much as
        groups of identical texts make them.

    Raises:
        UserError: fewer than three different texts.
        ValueError: shares that are not above 0 or do not add up to 1.
    """
    if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"shares must be above 0 and add up to 1, found {shares}")
    numbers: dict[Hashable, int] = {}
    groups = np.array([numbers.setdefault(key(example), len(numbers)) for example in examples])
    if len(numbers) < 3:
        raise UserError(
            f"found {len(numbers)} different texts in {len(examples)} examples, wanted at least 3 "
            "to split them into train, dev and test"
        )
    part = _deal(np.bincount(groups), shares, rng)[groups]
    parts = ([e for e, p in zip(examples, part, strict=True) if p == side] for side in range(3))
    return Split(*parts)


def _deal(
    sizes: IntArray, shares: tuple[float, float, float], rng: np.random.Generator
) -> IntArray:
    """Return the part, 0 to 2, of each group of examples."""
    order = rng.permutation(len(sizes))
    ends = np.cumsum(sizes[order])
    wanted = np.cumsum(shares)[:2] * ends[-1]
    # The cut nearest to each wanted place that leaves every part a group.
    first, second = (1 + int(np.argmin(np.abs(ends - place))) for place in wanted)
    first = min(first, len(sizes) - 2)
    second = min(max(second, first + 1), len(sizes) - 1)
    part = np.full(len(sizes), 2)
    part[order[:second]] = 1
    part[order[:first]] = 0
    return part


def shared_texts(parts: Mapping[str, Iterable[Hashable]]) -> dict[tuple[str, str], int]:
    """Count the texts of each part that stand in an earlier part too.

    Args:
        parts: the texts by the part's name, as ``{"train": ..., "dev": ..., "test": ...}``.

    Returns:
        For each pair, earlier name first: how many examples of the later part have a text that is
        in the earlier one.

    Example:
        >>> shared_texts({"train": ["a", "b"], "test": ["b", "b", "c"]})
        {('train', 'test'): 2}
    """
    lists = {name: list(texts) for name, texts in parts.items()}
    sets = {name: set(texts) for name, texts in lists.items()}
    return {
        (earlier, later): sum(text in sets[earlier] for text in lists[later])
        for earlier, later in combinations(lists, 2)
    }
