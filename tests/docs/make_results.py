"""Writes ``docs/results.md`` from ``docs/results/``: what runs reported, and what is said of it.

``python -m tests.docs.make_results take NAME RUN ...`` takes over what the page needs of the
``report.json`` of each run directory, as ``docs/results/NAME-seedN.json``; no path and no text of
the data goes with it. ``python -m tests.docs.make_results`` writes the page. What no report says
(the command, published figures and their sources, remarks) stands in ``docs/results/results.toml``.
"""

import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqkit.metrics.measures import Metric, format_score
from tests.docs.run_reports import DOCS, FOLDER, Result, deviations, results, take

PAGE = DOCS / "results.md"

HEAD = """# Results

What the [recipes](recipes) reach on public data. Tuning looked at the validation split only; the
scores are those of the test split. Of one run, the score has its 95 % bootstrap interval; of
several seeds or folds, it is the mean with the standard deviation over them. Scores do not depend
on the number of threads. Times are those of training with validation, while other work ran beside
it, so they are upper bounds.

This page is written by `python -m tests.docs.make_results` from the reports and remarks in
[docs/results](results); change those, not the page. The twenty tasks of bAbI stand in the README of
[seqkit-qa](../plugins/seqkit-qa/README.md).
"""


def page(found: Sequence[Result]) -> str:
    """Return the page."""
    parts = ("\n".join(_table(found)), *("\n".join(_section(result)) for result in found))
    return "\n".join([HEAD, *(f"{part}\n" for part in parts)])


def _table(found: Sequence[Result]) -> Iterator[str]:
    columns = ("data", "test score", "baseline, same data", "published", "training", "memory")
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for result in found:
        cells = (
            result.data,
            _score(result),
            _best_baseline(result),
            "; ".join(f"{one.what} {one.score}" for one in result.published) or "-",
            _time(result),
            f"{max(one['peak_megabytes'] for one in result.extracts):,.0f} MB",
        )
        yield f"| {' | '.join(cells)} |"


def _headlines(result: Result) -> list[Metric]:
    return [Metric.from_json(one["metrics"][0]) for one in result.extracts]


def _score(result: Result) -> str:
    """The headline: of one run with its interval, of several with mean and deviation."""
    metrics = _headlines(result)
    first = metrics[0]
    if len(metrics) == 1:
        return f"{first.name} **{format_score(first.value, first.style)}**{_interval(first)}"
    values = [metric.value for metric in metrics]
    mean, spread = statistics.mean(values), statistics.stdev(values)
    shown = ", ".join(format_score(value, first.style) for value in values)
    return (
        f"{first.name} **{format_score(mean, first.style)}** ± {format_score(spread, first.style)} "
        f"({len(values)} {result.over}: {shown})"
    )


def _interval(metric: Metric) -> str:
    if metric.interval is None:
        return ""
    low, high = metric.interval.low, metric.interval.high
    return f" [{format_score(low, metric.style)}, {format_score(high, metric.style)}]"


def _best_baseline(result: Result) -> str:
    """The best of the classical methods by its mean, and whether it is better than the model.

    Where all runs had the same one, it has an interval; else it has a spread, as the model has.
    """
    own = _headlines(result)
    first, mean = own[0], statistics.mean(metric.value for metric in own)
    way = 1 if first.higher_is_better else -1
    named: dict[str, list[Metric]] = {}
    for one in result.extracts:
        for baseline in one["baselines"]:
            for metric in map(Metric.from_json, baseline["metrics"]):
                if metric.name == first.name:
                    named.setdefault(baseline["name"], []).append(metric)
    if not named:
        return "-"
    means = {name: statistics.mean(m.value for m in found) for name, found in named.items()}
    name = max(means, key=lambda name: way * means[name])
    values = [metric.value for metric in named[name]]
    alike = len(set(values)) == 1
    spread = "" if alike else f" ± {format_score(statistics.stdev(values), first.style)}"
    better = ", **better**" if way * means[name] > way * mean else ""
    shown = format_score(means[name], first.style)
    return f"{name} {shown}{_interval(named[name][0]) if alike else spread}{better}"


def _time(result: Result) -> str:
    minutes = [one["training_seconds"] / 60 for one in result.extracts]
    threads = sorted({one["threads"] for one in result.extracts})
    epochs = sorted({one["epochs"] for one in result.extracts})
    return (
        f"{_range(minutes, '.1f')} min, {_range(epochs, 'd')} epochs, "
        f"{_range(threads, 'd')} thread{'s' if threads[-1] > 1 else ''}"
    )


def _range(values: Sequence[float], style: str) -> str:
    low, high = format(min(values), style), format(max(values), style)
    return low if low == high else f"{low} to {high}"


def _section(result: Result) -> Iterator[str]:
    first = result.extracts[0]
    yield f"## {result.data}\n"
    yield f"- Data: {result.source}; {_counts(first)}."
    recipe = f"[`{Path(result.recipe).stem}`]({result.recipe})" if result.recipe else "defaults"
    yield f"- Recipe: {recipe}. Run: `{result.command}`."
    if changed := deviations(result):
        yield f"- Options of the runs that are not those of the recipe now: {', '.join(changed)}."
    yield f"- Model: {first['parameters']:,} parameters. {_how(result)}"
    for metric in map(Metric.from_json, first["metrics"][1:]):
        if not metric.name.startswith("macro"):
            of = f" ({result.over[:-1]} {first['seed']})" if len(result.extracts) > 1 else ""
            yield f"- {metric.name[0].upper()}{metric.name[1:]}{of}: " + (
                f"{format_score(metric.value, metric.style)}{_interval(metric)}."
            )
    for one in result.published:
        yield f"- Published: {one.what} {one.score} ({one.source})."
    if by_hand := first.get("by_hand"):
        yield f"- These figures come from no report: {by_hand}."
    yield from (f"- {remark}" for remark in result.remarks)


def _counts(extract: Mapping[str, Any]) -> str:
    """How many examples each split has, which is its first count; and what is scored."""
    sizes = (
        f"{next(iter(counts.values())):,} {next(iter(counts))} for {name}"
        for name, counts in extract["splits"].items()
    )
    scored = ", ".join(f"{count:,} {name}" for name, count in extract["counts"].items())
    return f"{', '.join(sizes)}; scored: {scored}"


def _how(result: Result) -> str:
    parts = [
        f"{result.over[:-1]} {one['seed']}: best epoch {one['best_epoch']} ({one['stopped']})"
        for one in result.extracts
    ]
    first = result.extracts[0]
    versions = ", ".join(f"{name} {version}" for name, version in first["versions"].items())
    where = f" on {first['machine']}" if first["machine"] else ""
    return f"{'; '.join(parts).capitalize()}. Versions: {versions}{where}."


def main(arguments: Sequence[str]) -> None:
    """Take reports over, where that is asked for, and write the page."""
    if arguments and arguments[0] == "take":
        for path in take(arguments[1], [Path(run) for run in arguments[2:]], FOLDER):
            print(f"wrote {path}")
    PAGE.write_text(page(results(FOLDER)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
