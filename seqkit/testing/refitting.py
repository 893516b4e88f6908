"""Fitting the same examples in another process, where strings hash otherwise."""

import importlib
import json
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from functools import reduce
from pathlib import Path
from typing import Any

from seqkit.datasets import DataFiles
from seqkit.options import as_json, parse
from seqkit.tasks import Json, Resources, TaskSpec
from seqkit.testing.checks import skip
from seqkit.testing.processes import run_python
from seqkit.testing.subject import TaskSubject

__all__ = ["refitted", "refitting_order"]


def refitting_order(subject: TaskSubject) -> Mapping[str, Json]:
    """Return what another process must know to fit what the subject fits, as JSON.

    Raises:
        CheckSkipped: the task cannot be imported there, or its examples cannot be sent.
    """
    spec = subject.spec
    return {
        "name": spec.name,
        "summary": spec.summary,
        "config": _place(spec.config),
        "create": _place(spec.create),
        "options": as_json(subject.config),
        **_data(subject),
    }


def refitted(order: Mapping[str, Json], *, hash_seed: int) -> Resources:
    """Fit in a process of its own, with strings that hash as the seed says.

    Raises:
        CheckFailure: that process fails.
    """
    printed, _ = run_python(
        f"from {__name__} import answer\nanswer()",
        otherwise="it cannot be fitted in another process",
        given=json.dumps(order).encode(),
        hash_seed=hash_seed,
    )
    resources: Resources = json.loads(printed)
    return resources


def answer() -> None:
    """In the other process: read the order, fit, and print the resources."""
    with redirect_stdout(sys.stderr):  # what the task prints is none of them
        resources = _fit(json.load(sys.stdin))
    print(json.dumps(resources))


def _fit(order: Mapping[str, Json]) -> Resources:
    config, create = _named(order["config"]), _named(order["create"])
    spec = TaskSpec(name=order["name"], summary=order["summary"], config=config, create=create)
    options = order["options"]
    if "files" in order:
        paths: dict[str, Any] = {split: Path(path) for split, path in order["files"].items()}
        return TaskSubject(spec, DataFiles(**paths), options=options).resources
    task = create(parse(config, options))
    return TaskSubject(spec, task.examples(*order["examples"]), options=options).resources


def _place(item: Any) -> str:
    """Say where a class or function can be imported from."""
    place = f"{getattr(item, '__module__', '')}:{getattr(item, '__qualname__', '')}"
    try:
        found = _named(place)
    except (ImportError, AttributeError, ValueError):
        found = None
    if found is not item or place.startswith("__main__"):
        skip(f"another process cannot import {item!r}")
    return place


def _named(place: str) -> Any:
    module, _, name = place.partition(":")
    return reduce(getattr, name.split("."), importlib.import_module(module))


def _data(subject: TaskSubject) -> Mapping[str, Json]:
    if subject.files is not None:
        paths = subject.files.paths()
        return {"files": {split: str(path.resolve()) for split, path in paths.items()}}
    examples = [subject.inputs(subject.train), subject.targets(subject.train)]
    try:
        json.dumps(examples)
    except (TypeError, ValueError) as error:
        skip(f"the examples cannot be sent to another process: {error}")
    return {"examples": examples}
