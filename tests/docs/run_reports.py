"""What ``docs/results/`` keeps of the reports of runs, and what is said beside them."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePath
from typing import Any

from seqkit.options import parse
from seqkit.plugin_loading import builtin_sources
from seqkit.plugins import PluginHost

__all__ = ["DOCS", "FOLDER", "Published", "Result", "deviations", "extract", "results", "take"]

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "results"

COSTS = ("seconds", "training_seconds", "peak_megabytes")
KEPT = ("task", "config", "seed", "threads", "best_epoch", "stopped", "split", *COSTS)


@dataclass(frozen=True)
class Published:
    """A figure of others: what reached it, the figure as text, and where it stands."""

    what: str
    score: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """One line of the page, as ``results.toml`` has it.

    Attributes:
        data: the data set.
        reports: begin of the names of its extracts.
        recipe: file of the recipe, from ``docs``; empty for the task's defaults.
        command: that made the runs.
        source: where the data comes from.
        over: what its runs differ in, seeds or folds; a fold has its number as the seed.
        published: figures of others.
        remarks: what else a careful reader should know.
    """

    data: str
    reports: str
    command: str
    source: str
    recipe: str = ""
    over: str = "seeds"
    published: tuple[Published, ...] = ()
    remarks: tuple[str, ...] = ()
    extracts: tuple[Mapping[str, Any], ...] = field(default=())


# --- taking over ---------------------------------------------------------------------------------


def take(name: str, runs: Sequence[Path], folder: Path) -> list[Path]:
    """Write what the page needs of the reports of runs; returns the files."""
    written = []
    for run in runs:
        report = json.loads((run / "report.json").read_text(encoding="utf-8"))
        path = folder / f"{name}-seed{report['seed']}.json"
        text = json.dumps(extract(report), ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")
        written.append(path)
    return written


def extract(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page needs of a report: no path, no table, no text of the data."""
    epochs = report["epochs"]
    spent = sum(epoch["seconds"] + epoch["validation_seconds"] for epoch in epochs)
    given = {"training_seconds": spent, **report}
    return {
        **{key: given[key] for key in KEPT},
        "config": {key: _without_path(value) for key, value in report["config"].items()},
        "epochs": len(epochs),
        "machine": report.get("machine", ""),
        "versions": report["versions"],
        "parameters": report["model"]["parameters"],
        "splits": {split["name"]: split["counts"] for split in report["data"]["splits"]},
        "counts": report["evaluation"]["counts"],
        "metrics": report["evaluation"]["metrics"],
        "baselines": [
            {"name": baseline["name"], "metrics": baseline["evaluation"]["metrics"]}
            for baseline in report["baselines"]
        ],
    }


def _without_path(value: Any) -> Any:
    return PurePath(value).name if isinstance(value, str) and "/" in value else value


# --- reading -------------------------------------------------------------------------------------


def results(folder: Path) -> list[Result]:
    """Read what the page shows.

    Raises:
        ValueError: a result without extracts, or extracts without a result.
    """
    listed = tomllib.loads((folder / "results.toml").read_text(encoding="utf-8"))["result"]
    found, used = [], set()
    for entry in listed:
        paths = sorted(folder.glob(f"{entry['reports']}-seed*.json"))
        if not paths:
            raise ValueError(f"no {entry['reports']}-seed*.json in {folder}")
        used.update(paths)
        extracts = tuple(json.loads(path.read_text(encoding="utf-8")) for path in paths)
        published = tuple(Published(**one) for one in entry.pop("published", ()))
        remarks = tuple(entry.pop("remarks", ()))
        found.append(Result(**entry, published=published, remarks=remarks, extracts=extracts))
    if unused := sorted(path.name for path in set(folder.glob("*.json")) - used):
        raise ValueError(f"nothing in results.toml is about {', '.join(unused)}")
    return found


def deviations(result: Result) -> list[str]:
    """Say in what the options of the runs are not those of the recipe as it stands now.

    Options that did not exist when a run was made are left out; so are a plugin's options that its
    recipe does not set, because the plugin need not be installed here.
    """
    first = result.extracts[0]
    given = _recipe(result)
    host = PluginHost(builtin_sources())
    if first["task"] in {spec.name for spec in host.tasks()}:
        config = parse(host.find_task(first["task"]).config, given, where=result.recipe)
        given = json.loads(json.dumps(asdict(config)))
    return [
        f"`{name} = {json.dumps(value)}` instead of `{json.dumps(given[name])}`"
        for name, value in first["config"].items()
        if name in given and given[name] != value
    ]


def _recipe(result: Result) -> dict[str, Any]:
    if not result.recipe:
        return {}
    return tomllib.loads((DOCS / result.recipe).read_text(encoding="utf-8"))
