"""A task small enough to train in milliseconds: a text is "yes" or "no" by its words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.datasets import DataFiles, DatasetSpec
from seqkit.errors import Problem, UserError
from seqkit.hookspecs import CommandSpec, hookimpl
from seqkit.metrics.measures import Measure, Scoring, Table, ratio
from seqkit.options import option
from seqkit.parameters import Parameter
from seqkit.plugins import PluginHost, PluginSource
from seqkit.tasks import Baseline, Batches, Model, Step, Task, TaskSpec
from seqkit.training.config import TrainingConfig

LABELS = ("no", "yes")


@dataclass(frozen=True, kw_only=True)
class ToyConfig(TrainingConfig):
    epochs: int = option(2, help="passes [over] the data", group="training", minimum=0)
    min_count: int = option(1, help="rarer words are unknown", minimum=1)
    lowercase: bool = option(True, help="read capitals as small letters")
    parts: tuple[str, ...] = option(("a", "b"), help="a list", group="head")
    noise: str = option("none", help="what it prints", group="output")
    seed: int = option(7, help="shadows a common option", group="head")

    def __post_init__(self) -> None:
        super().__post_init__()
        if "bad" in self.parts:
            raise UserError(Problem("'bad' is no part", "parts"))


@dataclass(frozen=True)
class Example:
    text: str
    label: str | None


@dataclass(frozen=True)
class Prediction:
    label: str
    probability: float


class ToyModel(Model[Example, Prediction]):
    def __init__(self, words: list[str], rng: np.random.Generator) -> None:
        self.words = {word: index for index, word in enumerate(words)}
        start = rng.normal(size=len(words) + 1)
        self.weight = Parameter(start)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        yield "weight", self.weight

    def _features(self, examples: Sequence[Example]) -> np.ndarray:
        x = np.zeros((len(examples), self.weight.value.size))
        for row, example in zip(x, examples, strict=True):
            for word in example.text.split():
                row[self.words.get(word, -1)] += 1
        return x

    def batches(self, examples, *, rng):
        order = np.arange(len(examples)) if rng is None else rng.permutation(len(examples))
        count = -(-len(examples) // 4)
        return Batches(count, lambda i: [examples[j] for j in order[4 * i : 4 * i + 4]])

    def loss(self, batch, state=None, *, train=False, rng=None) -> Step:
        x = self._features(batch)
        y = np.array([example.label == "yes" for example in batch])
        p = 1 / (1 + np.exp(-(x @ self.weight.value)))
        total = -np.log(np.where(y, p, 1 - p) + 1e-9).sum()

        def backward(scale: float) -> None:
            self.weight.grad += scale * (x.T @ (p - y))

        return Step(float(total), len(batch), int(x.sum()), backward)

    def predict(self, examples):
        scores = self._features(examples) @ self.weight.value
        p = 1 / (1 + np.exp(-scores))
        return [Prediction(LABELS[int(v > 0.5)], float(max(v, 1 - v))) for v in p]

    def score(self, examples, predictions) -> Scoring:
        right = [e.label == p.label for e, p in zip(examples, predictions, strict=True)]
        statistics = np.array([[float(r), 1.0] for r in right]).reshape(-1, 2)
        accuracy = Measure("accuracy", lambda sums: ratio(sums[..., 0], sums[..., 1]))
        rows = tuple((label, sum(p.label == label for p in predictions)) for label in LABELS)
        table = Table("Labels", ("label", "predicted"), rows, notes=("as predicted",))
        return Scoring(statistics, (accuracy,), {"texts": len(right)}, (table,))

    def counts(self, examples) -> Mapping[str, int]:
        words = [word for example in examples for word in example.text.split()]
        unknown = sum(word not in self.words for word in words)
        return {"texts": len(examples), "tokens": len(words), "unknown tokens": unknown}

    def baselines(self, train):
        yield Baseline("always yes", lambda examples: [Prediction("yes", 1.0) for _ in examples])

    def unknown_tokens(self, example):
        return [word for word in example.text.split() if word not in self.words]

    def describe(self):
        return {"words": str(len(self.words))}


class ToyTask(Task[ToyConfig, Example, Prediction]):
    @property
    def formats(self) -> Mapping[str, Callable[[Example, Prediction], str]]:
        return {"tsv": lambda example, prediction: f"{prediction.label}\t{example.text}\n"}

    def read(self, path: Path) -> list[Example]:
        if self.config.noise != "none":
            print(self.config.noise)  # a task that is chatty must not spoil --json
        lines = path.read_text(encoding="utf-8").splitlines()
        return [Example(line.partition("\t")[2], line.partition("\t")[0]) for line in lines]

    def examples(self, inputs, targets=None):
        labels = [None] * len(inputs) if targets is None else targets
        return [Example(text, label) for text, label in zip(inputs, labels, strict=True)]

    def answer(self, prediction: Prediction) -> str:
        return prediction.label

    def gold(self, example: Example) -> Prediction | None:
        return None if example.label is None else Prediction(example.label, 1.0)

    def text(self, example: Example) -> str:
        return example.text

    def fit(self, train):
        return {"words": sorted({word for example in train for word in example.text.split()})}

    def build(self, resources, *, rng):
        return ToyModel(list(resources["words"]), rng)


SPEC: TaskSpec[ToyConfig] = TaskSpec(
    name="toy",
    summary="Say yes or no [or not]",
    config=ToyConfig,
    create=ToyTask,
    aliases=("t",),
    sample="toy-sample",
)


def write_data(folder: Path, *, count: int = 24) -> Path:
    """Write train.tsv, dev.tsv and test.tsv."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        ("yes\t좋아요 fine" if i % 2 else "no\tbad 나빠요") + f" w{i % 5}" for i in range(count)
    ]
    for split in ("train", "dev", "test"):
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


class ToyPlugin:
    """Offers the task with its sample in a folder, a dataset of another task, and a command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @hookimpl
    def seqkit_tasks(self):
        yield SPEC

    @hookimpl
    def seqkit_datasets(self):
        f = self.folder
        files = DataFiles(
            train=f / "train.tsv", dev=f / "dev.tsv", test=f / "test.tsv", name="toy-sample"
        )
        yield DatasetSpec(
            name="toy-sample", task="toy", summary="toy", files=lambda: files, sample=True
        )
        yield DatasetSpec(name="elsewhere", task="other", summary="other", files=lambda: files)

    @hookimpl
    def seqkit_commands(self):
        yield CommandSpec(name="recite", summary="Read aloud", create=lambda: recite)


def recite(line: str, times: int = 1) -> None:
    """Read a line aloud."""
    if line == "silence":
        raise UserError("line: found silence, wanted words")
    for _ in range(times):
        print(line)


def toy_host(folder: Path, *others: tuple[str, Any]) -> PluginHost:
    sources = [PluginSource.of("toy", ToyPlugin(write_data(folder)))]
    return PluginHost([*sources, *(PluginSource.of(name, plugin) for name, plugin in others)])
