"""``python -m benchmarks.ablations NAME``: what each means of a recipe is worth.

From a recipe, one means after the other is taken out (or put in), several seeds each, and scored on
validation; the test split is never opened. Each run adds a line to ``docs/ablations/NAME.jsonl``,
so that a long series can be stopped and taken up again, and so that two may run side by side; the
tables on ``docs/ablations.md`` are made of these lines and nothing else.
"""

import argparse
import dataclasses
import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks.__main__ import ROOT, data_folder
from seqkit.datasets import DataFiles, find_files
from seqkit.metrics import Metric, format_score
from seqkit.options import parse
from seqkit.plugins import default_host
from seqkit.reports import RunReport
from seqkit.runs import Run

__all__ = ["ABLATIONS", "Ablation", "Figures", "main", "read_figures", "render", "run_missing"]

PAGE = ROOT / "docs" / "ablations.md"
RECORDS = ROOT / "docs" / "ablations"
FULL = "the recipe"

Changes = Mapping[str, Any]


@dataclass(frozen=True)
class Ablation:
    """A recipe and what is changed in it, one change at a time.

    Attributes:
        name: of the ablation, and of its section on the page.
        task: that runs.
        recipe: file name in ``docs/recipes``.
        data: folder in the folder of public data sets.
        changes: options by what the change is called.
        shortened: what every row changes, the first too, so that a run takes minutes.
    """

    name: str
    task: str
    recipe: str
    data: str
    changes: Mapping[str, Changes]
    shortened: Changes = field(default_factory=dict)

    @property
    def variants(self) -> dict[str, Changes]:
        """The recipe itself, and each change."""
        return {FULL: {}, **self.changes}

    def options(self, changes: Changes) -> dict[str, Any]:
        """Return the options of the recipe with a change."""
        path = ROOT / "docs" / "recipes" / self.recipe
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))
        return {**recipe, **self.shortened, **changes}


PIECES: Changes = {
    "tokenizer": "whitespace",
    "subwords": 16_000,
    "dropout": 0.6,
    "word_dropout": 0.1,
    "token_evidence": False,
}
"""Longer tokens are fewer, and learnt by heart sooner."""

ABLATIONS = {
    ablation.name: ablation
    for ablation in (
        Ablation(
            name="sentiment-mr",
            task="sentiment",
            recipe="sentiment-mr.toml",
            data="mr-polarity",
            changes={
                "without training: n-grams, beside an encoder as drawn": {"epochs": 0},
                "without n-grams": {
                    "word_ngrams": 0,
                    "character_ngrams": 0,
                    "token_evidence": False,
                },
                "without what n-grams say of each token": {"token_evidence": False},
                "token vectors that are learnt": {"count_vectors": False},
                "neither of the two": {"token_evidence": False, "count_vectors": False},
                "without averaging of the weights": {"averaging": None},
                "mean beside max pooling": {"pooling": ["max", "mean"]},
                "without n-grams of characters": {"character_ngrams": 0},
                "without n-grams of words": {"word_ngrams": 0},
                "without word dropout": {"word_dropout": 0.0},
                "without dropout": {"dropout": 0.0},
                "without weight decay": {"weight_decay": 0.0},
                "one direction": {"bidirectional": False},
                "attention instead of max pooling": {"pooling": ["attention"]},
                "label smoothing 0.1": {"label_smoothing": 0.1},
                "words in 4,000 pieces": {"subwords": 4_000},
            },
        ),
        Ablation(
            name="sentiment-nsmc",
            task="sentiment",
            recipe="sentiment-nsmc.toml",
            data="nsmc",
            changes={
                "without training: n-grams, beside an encoder as drawn": {"epochs": 0},
                "without n-grams": {"character_ngrams": 0, "token_evidence": False},
                "without what n-grams say of each token": {"token_evidence": False},
                "without that, words in 16,000 pieces, more dropout": PIECES,
                "without n-grams, words in 16,000 pieces, more dropout": {
                    **PIECES,
                    "character_ngrams": 0,
                },
                "without that, words, more dropout": {**PIECES, "subwords": None},
            },
        ),
        Ablation(
            name="pos-tagging-ewt",
            task="pos-tagging",
            recipe="pos-tagging-ewt.toml",
            data="ud-english-ewt",
            changes={
                "without word dropout": {"word_dropout": 0.0},
                "constant learning rate": {"schedule": "constant"},
                "narrow character encoder": {"character_embedding": 25, "character_units": 25},
                "without dropout": {"dropout": 0.0},
                "one direction": {"bidirectional": False},
                "without averaging of the weights": {"averaging": None},
                "conditional random field instead of softmax": {"output": "crf"},
                "a vector for the shape of a word": {"shape_embedding": 10},
                "two layers": {"layers": 2, "layer_dropout": 0.5},
                "dropout on the recurrent weights 0.2": {"recurrent_dropout": 0.2},
            },
        ),
        Ablation(
            name="language-modelling-wikitext2",
            task="language-modelling",
            recipe="language-modelling-wikitext2.toml",
            data="wikitext-2",
            shortened={"epochs": 4},
            changes={
                "without dropout": {"dropout": 0.0},
                "without dropout between layers": {"layer_dropout": 0.0},
                "dropout on the recurrent weights 0.2": {"recurrent_dropout": 0.2},
                "word dropout 0.05": {"word_dropout": 0.05},
                "untied weights": {"tied": False},
                "without momentum": {"optimizer": "sgd", "learning_rate": 20.0},
                "Adam": {"optimizer": "adam", "learning_rate": 0.004},
                "activation regularisation 2 and 1": {
                    "activity_penalty": 2.0,
                    "slowness_penalty": 1.0,
                },
                "averaged SGD with its trigger": {"schedule": "constant", "averaging_patience": 1},
                "constant learning rate": {"schedule": "constant"},
                "running average of the weights 0.999": {"averaging": 0.999},
                "weight decay 0.000001": {"weight_decay": 1e-6},
                "one layer": {"layers": 1, "layer_dropout": 0.0},
            },
        ),
    )
}


# --- running --------------------------------------------------------------------------------------


def run_missing(
    ablation: Ablation, data: DataFiles, seeds: Sequence[int], folder: Path, names: Sequence[str]
) -> Iterator[str]:
    """Run what has no record yet, and yield a line about each run.

    Args:
        ablation: what to run.
        data: train and dev; a test split is left out.
        seeds: of each variant.
        folder: of the records.
        names: the variants to run.
    """
    for seed in seeds:
        for name in names:
            if seed not in read_figures(folder, ablation)[name].scores:
                report = _run(ablation, data, name, seed)
                _append(folder, ablation, name, report)
                figures = read_figures(folder, ablation)[name]
                yield f"{ablation.name}: {name}, seed {seed}: {figures.shown}"


def _run(ablation: Ablation, data: DataFiles, name: str, seed: int) -> RunReport:
    host = default_host()
    spec = host.find_task(ablation.task)
    config = parse(spec.config, ablation.options(ablation.variants[name]))
    unseen = dataclasses.replace(data, test=None)
    run = Run(spec, config, data=unseen, host=host, seed=seed)
    run.load()
    run.build()
    for _ in run.train():
        pass
    return run.finish()


# --- records --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """What the runs of a variant came to.

    Attributes:
        scores: of the best epoch's weights on the whole of validation, by seed.
        seconds: of training and validation, by seed.
    """

    scores: dict[int, Metric] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)

    @property
    def metric(self) -> Metric:
        """One of the scores, for what they all are."""
        return next(iter(self.scores.values()))

    @property
    def shown(self) -> str:
        """Mean score, with the spread where there are several seeds."""
        style, values = self.metric.style, [score.value for score in self.scores.values()]
        spread = f" ± {format_score(stdev(values), style)}" if len(values) > 1 else ""
        return f"{format_score(mean(values), style)}{spread}"

    def difference(self, whole: "Figures") -> str:
        """Return the mean difference to the whole recipe, over the seeds that both have."""
        common = self.scores.keys() & whole.scores.keys()
        if not common:
            return "-"
        change = mean(self.scores[seed].value - whole.scores[seed].value for seed in common)
        return f"{'+' if change >= 0 else '-'}{format_score(abs(change), self.metric.style)}"


def read_figures(folder: Path, ablation: Ablation) -> defaultdict[str, Figures]:
    """Return what was recorded of each variant, as its options are now; of each seed, the last."""
    found: defaultdict[str, Figures] = defaultdict(Figures)
    path = _records(folder, ablation)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    options = {name: ablation.options(changes) for name, changes in ablation.variants.items()}
    for record in map(json.loads, lines):
        name, seed = record["variant"], record["seed"]
        if record["options"] == options.get(name):
            found[name].scores[seed] = Metric.from_json(record["score"])
            found[name].seconds[seed] = record["seconds"]
    return found


def _append(folder: Path, ablation: Ablation, name: str, report: RunReport) -> None:
    """Add a line, in one piece: others may be adding theirs."""
    seconds = sum(epoch.seconds + epoch.validation_seconds for epoch in report.epochs)
    record = {
        "variant": name,
        "seed": report.seed,
        "options": ablation.options(ablation.variants[name]),
        "score": report.evaluation.headline.to_json(),
        "seconds": round(seconds, 1),
        "kernels": report.kernels,
        "threads": report.threads,
    }
    folder.mkdir(parents=True, exist_ok=True)
    with _records(folder, ablation).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def _records(folder: Path, ablation: Ablation) -> Path:
    return folder / f"{ablation.name}.jsonl"


# --- the page -------------------------------------------------------------------------------------


def page(folder: Path) -> str:
    """Return the whole page."""
    return HEAD + render(folder) + FOOT


def render(folder: Path) -> str:
    """Return the tables of all ablations that have records, as Markdown."""
    parts: list[str] = []
    for ablation in ABLATIONS.values():
        found = read_figures(folder, ablation)
        if FULL in found:
            parts += _section(ablation, {n: found[n] for n in ablation.variants if n in found})
    return "\n".join(parts)


def _section(ablation: Ablation, found: Mapping[str, Figures]) -> Iterator[str]:
    whole = found[FULL]
    better = "" if whole.metric.higher_is_better else " (lower is better)"
    metric = whole.metric.name + better
    yield f"## {ablation.name}"
    yield ""
    if ablation.shortened:
        changed = ", ".join(f"`{name} = {value}`" for name, value in ablation.shortened.items())
        yield f"Every row with {changed}, so that a run takes minutes; what helps against"
        yield "overfitting is worth more in a full one."
        yield ""
    yield f"| `{ablation.recipe}` | {metric} | difference | seeds | seconds a run |"
    yield "| --- | --- | --- | --- | --- |"
    for name, figures in found.items():
        difference = "" if name == FULL else figures.difference(whole)
        seeds = ", ".join(map(str, sorted(figures.scores)))
        seconds = f"{mean(figures.seconds.values()):.0f}"
        yield f"| {name} | {figures.shown} | {difference} | {seeds} | {seconds} |"
    yield ""
    if missing := [name for name in ablation.changes if name not in found]:
        yield f"Not run yet: {', '.join(missing)}."
        yield ""


HEAD = """# Ablations

What each means of a [recipe](recipes) is worth: one change at a time, everything else as in the
recipe. Scores are those of the best epoch's weights on the whole validation split, shares in
percent, as mean ± standard deviation over the seeds; the difference is the mean over the seeds that
both rows have. The test split was not opened. A difference that is smaller than the spread says
little; so does one of less than a point where there is but one seed. The seconds are of training
and validation, on one or two threads, while other work ran on the machine or had it to itself for a
while: they are upper bounds, and not to be compared.

This page is written by `python -m benchmarks.ablations NAME`, from a [record](ablations) of each
run; one whose options are not those of the recipe now is left out.

"""

FOOT = """
## Tried, and not in seqkit

No command repeats these, since for most of them no option stands. All figures are of validation
splits; from layer normalisation on they are older than the pull of n-grams' weights towards naive
Bayes.

- **The share of a weight of an n-gram that is its own**, the rest being the mean of its kind, of
  the n-grams alone in ten folds of MR's train and dev: 79.58 where it is all its own, 80.00 with
  three quarters, 80.11 with a half, 80.14 with one quarter (which is kept), 79.39 with nothing; the
  mean log loss, each at its best temperature, is 0.4351, 0.4318, 0.4285, 0.4277 and 0.4431.
- **N-grams of one text alone**, there: 0.1 to 0.2 less at that share, for twice the weights.
- **More dropout and more epochs**, there: while the encoder learnt its vectors and read no evidence
  of tokens, it added 0.2 to 0.3 to the 80.0 of the n-grams in its epochs 8 to 10, and took 1.5 away
  by the sixteenth; with dropout 0.7 and word dropout 0.4 (four folds) it added 0.2 at most and took
  nothing away, with 0.75 and 0.5 it added nothing in sixteen epochs.
- **Other n-grams**, there, beside those of words and characters: pairs of words with one or two
  between them -0.4 ± 0.3, words cut to five letters -0.1 ± 0.2, words behind a "not" -0.1 ± 0.2,
  words before and behind a "but" +0.2 ± 0.1, words of the first and of the last third -1.1 ± 0.3.
- **The epoch chosen by the log loss** instead of accuracy, there (three folds, one half chooses for
  the other): within 0.1 either way.
- **Evidence of tokens in other numbers** than one for words and one for characters, there (three
  folds, in PyTorch): 82.0 with one for each length of the runs of words, 81.4 with one for all,
  where two have 81.8; with the tokens' vectors learnt, 80.5 at best and less with each epoch.
- **The means of counted vectors** in a linear classifier of their own, added to the n-grams:
  -0.03 ± 0.17 in these ten folds.
- **Vectors counted with other windows** (2 and 8 words for 4) or lengths (half and twice): nothing
  beyond chance in three folds. From MR's training text alone they are worth 0.4 less than with
  WikiText-2 beside it.
- **A weight for the encoder and one for the n-grams**, fitted on one half of each of these folds
  and scored on the other: 80.22, where both count as they were trained 80.72.
- **Layer normalisation** inside the LSTM, of both products and of the cell (Ba, Kiros and Hinton
  2016), in `sentiment-mr`: 81.64 ± 0.38 over the seeds 0, 1 and 2 where the recipe had
  81.18 ± 0.42, which is five of 1,066 texts. It normalises at each step what the compiled LSTM
  computes for many, and took some eight times as long in NumPy.
- **Probabilities of three seeds averaged** on MR: 80.87, where one seed had 81.1.
- **The encoder trained by itself** and added to the n-grams only in prediction: a difference of
  +0.00 ± 0.18 over four folds of MR's train and dev; 87.96 on NSMC, where the two trained together
  had 88.02 then.

And one that takes another run first: `sentiment-mr` with `units = 200`, starting from the language
model of `language-modelling-wikitext2.toml` (`init_from`), has 80.72 ± 0.07 over the seeds 0 and 1,
half a point below what the recipe had then.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ablations",
        description="Take one means after the other out of a recipe, and write docs/ablations.md.",
        epilog="Example: python -m benchmarks.ablations sentiment-mr --seeds 0,1,2",
    )
    parser.add_argument("name", choices=sorted(ABLATIONS), help="the ablation")
    parser.add_argument("--seeds", default="0,1,2", help="of each variant (default 0,1,2)")
    parser.add_argument("--only", action="append", metavar="VARIANT", help="run this one; repeat")
    parser.add_argument("--data", type=Path, help="folder of the data; else among the public ones")
    parser.add_argument("--render", action="store_true", help="run nothing; write the page")
    parser.add_argument("--records", type=Path, default=RECORDS, help="where to keep the records")
    found = parser.parse_args(arguments)
    if found.render:
        PAGE.write_text(page(found.records), encoding="utf-8")
        return 0
    ablation = ABLATIONS[found.name]
    unknown = [name for name in found.only or () if name not in ablation.variants]
    if unknown:
        parser.error(f"no such variant: {unknown[0]!r}; there are {list(ablation.variants)}")
    folder = found.data or (data_folder() or Path()) / ablation.data
    if not folder.exists():
        parser.error(f"{folder} is not there; name the folder of the data with --data")
    seeds = [int(seed) for seed in found.seeds.split(",")]
    names = found.only or list(ablation.variants)
    for line in run_missing(ablation, find_files(folder), seeds, found.records, names):
        print(line, file=sys.stderr)
    PAGE.write_text(page(found.records), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
