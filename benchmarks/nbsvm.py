"""``python -m benchmarks.nbsvm FOLDER ...``: the linear classifier that small data are judged by.

Wang and Manning, "Baselines and Bigrams" (2012): a support vector machine on words and pairs of
words, each there or not and weighted by naive Bayes, whose weights are then drawn towards their
mean. The settings are the paper's and none is tuned here, so no validation split is needed.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

import numpy as np

from seqkit.arrays import BoolArray
from seqkit.datasets import find_files
from seqkit.layers.naive_bayes import log_count_ratios

__all__ = ["accuracy", "main"]

C, BETA = 1.0, 0.25


def accuracy(train: Path, test: Path) -> float:
    """Return the share of test texts that are labelled as gold.

    Args:
        train: a file that the sentiment task reads, with two labels.
        test: another one.

    Raises:
        ValueError: the training texts have not two labels.
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.svm import LinearSVC

    (texts, labels), (new, gold) = _read(train), _read(test)
    first, *others = sorted(set(labels))
    if len(others) != 1:
        raise ValueError(f"wanted two labels in {train}, found {sorted(set(labels))}")
    inside: BoolArray = np.array(labels) == first
    vectorizer = CountVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", binary=True)
    counts = vectorizer.fit_transform(texts).astype(np.float64)
    held = [np.asarray(counts[rows].sum(axis=0)).ravel() for rows in (inside, ~inside)]
    ratios = log_count_ratios(np.stack(held, axis=1))[:, 0]
    machine = LinearSVC(C=C, random_state=0).fit(counts.multiply(ratios).tocsr(), inside)
    weights = machine.coef_[0]
    weights = (1 - BETA) * np.abs(weights).mean() + BETA * weights
    scores = vectorizer.transform(new).multiply(ratios).tocsr() @ weights
    found = np.where(scores + BETA * machine.intercept_[0] > 0, first, others[0])
    return float((found == np.array(gold)).mean())


def _read(path: Path) -> tuple[list[str], list[str]]:
    from seqkit.plugins import default_host

    spec = default_host().find_task("sentiment")
    examples = spec.create(spec.config()).read(path)
    return [example.text for example in examples], [example.label for example in examples]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.nbsvm",
        description="Score NBSVM on the test split of each folder, and their mean.",
        epilog="Example: python -m benchmarks.folds mr-polarity folds && "
        "python -m benchmarks.nbsvm folds/*",
    )
    parser.add_argument("data", type=Path, nargs="+", help="folder with a train and a test file")
    found = parser.parse_args(arguments)
    scores = []
    for data in found.data:
        files = find_files(data)
        if files.train is None or files.test is None:
            parser.error(f"{data}: wanted a training and a test split")
        scores.append(100 * accuracy(files.train, files.test))
        print(f"{data}: {scores[-1]:.2f}")
    if len(scores) > 1:
        print(f"mean: {mean(scores):.2f} ± {stdev(scores):.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
