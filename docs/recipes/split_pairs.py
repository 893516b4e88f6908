"""Split a file of pairs into train, dev and test, equal sources together.

    python split_pairs.py date.txt splits/dates --dev 5000 --test 5000

Lines are source<TAB>target, ``source _target`` or the CMU dictionary's, and are copied as they are.
Of the dictionary, head words are counted rather than lines.
"""

import argparse
import random
import re
from pathlib import Path


def source_of(line: str) -> str:
    """Return what stands before the tab or ``_``, or the head word without its variant."""
    for mark in "\t_":
        if mark in line:
            return line.partition(mark)[0].strip()
    return re.sub(r"\(\d+\)$", "", line.split()[0])


def split(lines: list[str], sizes: dict[str, int], seed: int, words: bool) -> dict[str, list[str]]:
    """Deal the sources, in random order, to the splits with a size; the rest is for training."""
    groups: dict[str, list[str]] = {}
    for line in lines:
        groups.setdefault(source_of(line), []).append(line)
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    found: dict[str, list[str]] = {}
    for name, size in sizes.items():
        chosen: list[str] = []
        counted, left = 0, []
        for source in order:
            count = 1 if words else len(groups[source])
            if counted + count <= size:
                chosen, counted = chosen + groups[source], counted + count
            else:
                left.append(source)
        found[name], order = chosen, left
    return found | {"train": [line for source in order for line in groups[source]]}


def main() -> None:
    """Write the three files, each with the ending of the file they come from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dev", type=int, default=5000)
    parser.add_argument("--test", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    lines = given.file.read_text(encoding="utf-8").splitlines()
    sizes = {"test": given.test, "dev": given.dev}
    words = given.file.suffix == ".dict"
    given.folder.mkdir(parents=True, exist_ok=True)
    for name, part in split(lines, sizes, given.seed, words).items():
        path = given.folder / f"{name}{given.file.suffix}"
        path.write_text("\n".join(part) + "\n", encoding="utf-8")
        print(f"{path}: {len(part):,} lines")


if __name__ == "__main__":
    main()
