"""``python -m benchmarks.folds DATA OUT``: a data set cut into folds, for cross-validation.

Published scores of small data sets are often means over ten folds, and one random test part can be
harder than another by more than two methods differ. Each fold becomes a folder that ``--data``
reads: a tenth for test, a tenth of the rest for validation, the others for training. Examples that
are equal stay together, or the test would be known from training.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from seqkit.datasets import find_files

__all__ = ["main", "write_folds"]


def write_folds(data: Path, out: Path, *, folds: int = 10, seed: int = 0) -> Iterator[Path]:
    """Write the folds of a data set of one example a line under a header, and yield their folders.

    Args:
        data: folder or file, as ``--data`` takes it; all of its splits are pooled.
        out: folder for the folds, ``0``, ``1`` and so on.
        folds: how many, at least 2.
        seed: of the order in which examples are dealt out.

    Raises:
        ValueError: the splits have different headers, or there are fewer than two folds.
    """
    if folds < 2:
        raise ValueError(f"there must be at least 2 folds, found {folds}")
    paths = list(find_files(data).paths().values())
    header, groups = _pooled(paths)
    order = np.random.default_rng(seed).permutation(len(groups))
    for fold in range(folds):
        test = [groups[i] for i in order[fold::folds]]
        rest = [groups[i] for k, i in enumerate(order) if k % folds != fold]
        parts = {
            "test": test,
            "dev": rest[::folds],
            "train": [group for k, group in enumerate(rest) if k % folds],
        }
        folder = out / str(fold)
        folder.mkdir(parents=True, exist_ok=True)
        for name, part in parts.items():
            lines = [header, *(line for group in part for line in group)]
            path = folder / f"{name}{paths[0].suffix}"
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        yield folder


def _pooled(paths: Sequence[Path]) -> tuple[str, list[list[str]]]:
    """Return the header, and the lines of all files, equal ones in one group."""
    headers, groups = set(), defaultdict(list)
    for path in paths:
        header, *lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        headers.add(header)
        for line in lines:
            groups[line].append(line)
    if len(headers) > 1:
        raise ValueError(f"the splits have different headers: {sorted(headers)}")
    return headers.pop(), list(groups.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.folds",
        description="Cut a data set into folds, each a folder that seqkit run --data reads.",
        epilog="Example: python -m benchmarks.folds mr-polarity folds && "
        "seqkit run sentiment --config docs/recipes/sentiment-mr.toml --data folds/0 --seed 0",
    )
    parser.add_argument("data", type=Path, help="folder of the data set")
    parser.add_argument("out", type=Path, help="folder for the folds")
    parser.add_argument("--folds", type=int, default=10, help="how many (default 10)")
    found = parser.parse_args(arguments)
    for folder in write_folds(found.data, found.out, folds=found.folds):
        print(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
