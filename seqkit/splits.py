"""The splits of a run: read from their files, or divided where a file for one is missing."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from seqkit.arrays import IntArray
from seqkit.datasets import DataFiles
from seqkit.errors import Problem, UserError
from seqkit.tasks import Task

__all__ = ["Splits", "divide", "fingerprint", "read_splits"]

ExampleT = TypeVar("ExampleT")

SINGLE_SHARES = (0.8, 0.1, 0.1)
DEV_SHARES = (0.9, 0.1)


@dataclass(frozen=True)
class Splits(Generic[ExampleT]):
    """The examples of a run.

    Attributes:
        train: what the model learns from.
        dev: what chooses the best epoch.
        test: what the report scores, or None where there is none.
        sources: for each split, by name, where it came from.
    """

    train: list[ExampleT]
    dev: list[ExampleT]
    test: list[ExampleT] | None
    sources: dict[str, str]

    @property
    def scored(self) -> list[ExampleT]:
        """The examples that a report scores: test, or dev where there is no test split."""
        return self.dev if self.test is None else self.test

    @property
    def learnt_from(self) -> list[ExampleT]:
        """The examples that the model learns from, and those that choose its best epoch."""
        return [*self.train, *self.dev]

    def named(self) -> list[tuple[str, list[ExampleT]]]:
        """Return (name, examples) of the splits that there are."""
        found = [("train", self.train), ("dev", self.dev)]
        return found if self.test is None else [*found, ("test", self.test)]


def read_splits(
    task: Task[Any, ExampleT, Any], files: DataFiles, *, rng: np.random.Generator
) -> Splits[ExampleT]:
    """Read the files of a run and divide where a split is missing.

    Args:
        task: reads the files.
        files: one to be divided 80/10/10, or one for each split; a missing dev split is a tenth of
            train, a missing test split stays missing.
        rng: draws a random division.

    Raises:
        UserError: the problems of all files together; a split without examples.
    """
    examples = _read_all(task, files.paths())
    sources = {name: str(path) for name, path in files.paths().items()}
    how = "at random, equal texts together" if task.splits_shuffled else "in order"
    if files.single is not None:
        train, dev, test = divide(task, examples["single"], SINGLE_SHARES, rng=rng)
        parts = {"train": train, "dev": dev, "test": test}
        sources = _shares(parts, sources["single"], how)
        return Splits(train, dev, test, sources)
    if files.dev is None:
        train, dev = divide(task, examples["train"], DEV_SHARES, rng=rng)
        sources |= _shares({"train": train, "dev": dev}, sources["train"], how)
        return Splits(train, dev, examples.get("test"), sources)
    return Splits(examples["train"], examples["dev"], examples.get("test"), sources)


def _shares(parts: dict[str, list[ExampleT]], source: str, how: str) -> dict[str, str]:
    """Say which share of a file each split is; of few examples it is not the one aimed at."""
    total = sum(map(len, parts.values()))
    return {name: f"{len(part) / total:.0%} of {source}, {how}" for name, part in parts.items()}


def _read_all(task: Task[Any, ExampleT, Any], paths: dict[str, Path]) -> dict[str, list[ExampleT]]:
    """Read each file once, and collect the problems of all of them."""
    examples: dict[str, list[ExampleT]] = {}
    problems: list[Problem] = []
    for name, path in paths.items():
        try:
            examples[name] = task.read(path)
            if not examples[name]:
                problems.append(Problem("no examples in it", str(path)))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(problems)
    return examples


def divide(
    task: Task[Any, ExampleT, Any],
    examples: Sequence[ExampleT],
    shares: Sequence[float],
    *,
    rng: np.random.Generator,
    labels: Sequence[str] | None = None,
) -> list[list[ExampleT]]:
    """Divide examples by shares that add up to 1, each part at least one example.

    Equal texts (:meth:`Task.key`) stay together, so that nothing of train is asked for in test; a
    task whose order carries meaning (language modelling) is cut in order instead.

    Args:
        task: tells which texts are equal.
        examples: N of them.
        shares: of the parts.
        rng: draws a random division.
        labels: N gold labels, of which each part gets its share; a label with few texts is in the
            first. By default the parts are drawn whatever the labels are.

    Raises:
        UserError: fewer distinct examples than parts.
    """
    groups = _groups(task, examples)
    if len(groups) < len(shares):
        raise UserError(
            f"{len(groups)} distinct examples cannot be divided into {len(shares)} splits; "
            "give more data, or --train, --dev and --test"
        )
    order: IntArray
    order = rng.permutation(len(groups)) if task.splits_shuffled else np.arange(len(groups))
    if task.splits_shuffled and labels is not None:
        order = _by_label(order, [labels[group[0]] for group in groups])
    cuts = _cuts(len(groups), shares)
    return [
        [examples[i] for group in sorted(groups[g] for g in order[start:end]) for i in group]
        for start, end in pairwise(cuts)
    ]


def _groups(task: Task[Any, ExampleT, Any], examples: Sequence[ExampleT]) -> list[list[int]]:
    """Positions of the examples, those of one key in one group where the division is at random."""
    if not task.splits_shuffled:
        return [[i] for i in range(len(examples))]
    groups: dict[str, list[int]] = {}
    for i, example in enumerate(examples):
        groups.setdefault(task.key(example), []).append(i)
    return list(groups.values())


def _by_label(order: IntArray, labels: Sequence[str]) -> IntArray:
    """Spread the groups of each label evenly over a random order, so that every cut is fair.

    The places of a label with n groups are (i + 1/2) / n of the way.
    """
    sizes, met = Counter(labels), Counter[str]()
    places = []
    for group in order:
        label = labels[group]
        places.append((met[label] + 0.5) / sizes[label])
        met[label] += 1
    return order[np.argsort(places, kind="stable")]


def _cuts(count: int, shares: Sequence[float]) -> list[int]:
    """Boundaries of the parts; no part is empty, the first takes what is left over."""
    sizes = [max(1, round(count * share)) for share in shares[1:]]
    while sum(sizes) > count - 1:
        sizes[sizes.index(max(sizes))] -= 1
    return [0, *np.cumsum([count - sum(sizes), *sizes]).tolist()]


def fingerprint(files: DataFiles) -> str:
    """Return the SHA-256 of the contents of all files of a run, to tell whether they changed.

    The split that a file is for counts too: a dev file is not a test file of the same contents.

    Raises:
        UserError: a file is not there or cannot be read; all of them together.
    """
    digest = hashlib.sha256()
    problems: list[Problem] = []
    for split, path in files.paths().items():
        digest.update(split.encode() + b"\0")
        try:
            _add_contents(path, digest.update)
        except OSError as error:
            problems.append(Problem(f"cannot be read: {error.strerror or error}", str(path)))
    if problems:
        raise UserError(problems)
    return digest.hexdigest()


def _add_contents(path: Path, update: Callable[[bytes], None]) -> None:
    for member in sorted(_files_below(path)) if path.is_dir() else [path]:
        update(member.relative_to(path).as_posix().encode(errors="surrogateescape") + b"\0")
        with member.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                update(chunk)


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield all files of a folder; unlike a glob, stop at a folder that may not be opened."""

    def refuse(error: OSError) -> None:
        raise error

    for parent, _, names in os.walk(folder, onerror=refuse):
        yield from (path for name in names if (path := Path(parent, name)).is_file())
