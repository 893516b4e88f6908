"""Writes ``docs/reference/types.md``, and the tables of checks in ``docs/testing-plugins.md``.

``python -m tests.docs.make_reference`` makes them of the docstrings. They are kept in the
repository, because that is where people read them; a test holds them to what the code says.
"""

import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqkit.datasets import DataFiles, DatasetSpec
from seqkit.encoders import EncoderConfig, TaggerConfig, TextConfig, WordConfig
from seqkit.errors import Problem, UserError
from seqkit.hookspecs import CommandSpec, EncoderSpec
from seqkit.inspection import Item
from seqkit.label_model import LabelModel, LabelPrediction
from seqkit.layers.base import RecurrentLayer
from seqkit.metrics.bootstrap import Comparison
from seqkit.metrics.evaluation import Evaluation
from seqkit.metrics.measures import Interval, Measure, Metric, Scoring, Table
from seqkit.options import Option
from seqkit.plugin_loading import PluginRecord
from seqkit.reports import BaselineReport, DataSummary, ModelSummary, RunReport, SplitSummary
from seqkit.sequences import PackedSequence
from seqkit.tagging.model import TaggerModel
from seqkit.tasks import Baseline, Batches, Mistake, Model, Reading, Step, Task, TaskSpec
from seqkit.testing import LAYER_CHECKS, TASK_CHECKS
from seqkit.testing.checks import CheckRecord
from seqkit.tokens import SubwordConfig, TokenConfig
from seqkit.training.config import TrainingConfig
from seqkit.training.reports import EpochReport, StepReport
from seqkit.writing_model import NetworkInput, OpenlyWritten, WritingModel, Written

DOCS = Path(__file__).parents[2] / "docs"
TYPES = DOCS / "reference" / "types.md"
TESTING = DOCS / "testing-plugins.md"

GROUPS: dict[str, tuple[type, ...]] = {
    "What a plugin offers": (TaskSpec, DatasetSpec, DataFiles, EncoderSpec, CommandSpec),
    "What a task is made of": (Task, Model, Batches, Step, Baseline, Reading, Option),
    "Models that give one label to each input": (LabelModel, LabelPrediction),
    "Models that tag words": (TaggerModel,),
    "Models that write": (WritingModel, Written, OpenlyWritten, NetworkInput),
    "Options to derive from": (
        TrainingConfig,
        EncoderConfig,
        TokenConfig,
        SubwordConfig,
        TextConfig,
        WordConfig,
        TaggerConfig,
    ),
    "What an encoder promises": (RecurrentLayer, PackedSequence),
    "How a task is scored": (
        Scoring,
        Measure,
        Table,
        Evaluation,
        Metric,
        Interval,
        Mistake,
        Item,
        Comparison,
    ),
    "What events tell": (
        StepReport,
        EpochReport,
        RunReport,
        DataSummary,
        SplitSummary,
        ModelSummary,
        BaselineReport,
    ),
    "What goes wrong": (UserError, Problem, PluginRecord, CheckRecord),
}

HEAD = """# Types

Every type that a plugin meets, from its docstring. This page is written by
`python -m tests.docs.make_reference`; change the docstring, not the page.
"""


def types_page() -> str:
    """Return the page of types."""
    return "\n".join(_lines()) + "\n"


def with_checks(page: str) -> str:
    """Return the page about testing with its tables of checks renewed."""
    for kind, checks in (("task", TASK_CHECKS), ("layer", LAYER_CHECKS)):
        rows = "".join(f"| `{c.name}` | {_prose(c.summary)} |\n" for c in checks)
        start, end = f"<!-- {kind} checks -->\n", f"<!-- end of {kind} checks -->"
        before, _, rest = page.partition(start)
        table = f"\n| check | what must hold |\n| --- | --- |\n{rows}\n"
        page = before + start + table + end + rest.partition(end)[2]
    return page


def _lines() -> Iterator[str]:
    yield HEAD.rstrip()
    for title, kinds in GROUPS.items():
        yield f"\n## {title}"
        for kind in kinds:
            yield from _type(kind)


def _type(kind: type) -> Iterator[str]:
    yield f"\n### `{kind.__name__}`"
    yield f"\n`from {_home(kind)} import {kind.__name__}`"
    text = inspect.cleandoc(kind.__doc__ or "")
    yield f"\n{_prose(text.partition(chr(10) * 2)[0])}"
    described = _described(text) or _options(kind)
    if described:
        yield "\n| attribute | what it is |\n| --- | --- |"
        yield from (f"| `{name}` | {what} |" for name, what in described.items())
    elif dataclasses.is_dataclass(kind):
        fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(kind))
        yield f"\nFields: {fields}."
    methods = [(call, what) for call, what in _methods(kind) if call not in described]
    if methods:
        yield "\n| method | what it does |\n| --- | --- |"
        yield from (f"| `{call}` | {what} |" for call, what in methods)


def _home(kind: type) -> str:
    """The module that names a type in its ``__all__`` for plugin authors."""
    return "seqkit.tasks" if kind is Step else kind.__module__


def _described(text: str) -> dict[str, str]:
    """The entries of a docstring's ``Attributes`` or ``Args`` section."""
    found: dict[str, str] = {}
    for section in ("Attributes", "Args"):
        match = re.search(rf"^{section}:\n((?:    .*\n?|\n)+)", text, flags=re.MULTILINE)
        for entry in re.split(r"\n(?=    \w)", match.group(1).rstrip()) if match else []:
            name, _, what = entry.strip().partition(":")
            found.setdefault(name, _prose(what))
    return found


def _options(kind: type) -> dict[str, str]:
    """The help of a config's own options."""
    own = list(dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else []
    if not own or any("seqkit" not in item.metadata for item in own):
        return {}
    return {item.name: _prose(item.metadata["seqkit"]["help"]) for item in own}


def _methods(kind: type) -> Iterator[tuple[str, str]]:
    if dataclasses.is_dataclass(kind) and kind is not PackedSequence:
        return
    for name, member in vars(kind).items():
        function = member.fget if isinstance(member, property) else member
        if name.startswith("_") or not inspect.isfunction(function) or not function.__doc__:
            continue
        required = " (to be written)" if getattr(function, "__isabstractmethod__", False) else ""
        summary = inspect.cleandoc(function.__doc__).partition("\n\n")[0]
        yield _call(name, function, member), _prose(summary) + required


def _call(name: str, function: Any, member: Any) -> str:
    if isinstance(member, property):
        return name
    parameters = list(inspect.signature(function).parameters.values())[1:]
    keywords = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    plain = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    return f"{name}({', '.join([*plain, *(['*'] if keywords else []), *keywords])})"


def _prose(text: str) -> str:
    """A docstring's text as Markdown in one line."""
    flat = " ".join(text.split())
    flat = re.sub(r":\w+:`~?([^`]*\.)?([^`]+)`", r"`\2`", flat).replace("``", "`")
    return flat.replace("|", "\\|")


if __name__ == "__main__":
    TYPES.write_text(types_page(), encoding="utf-8")
    TESTING.write_text(with_checks(TESTING.read_text(encoding="utf-8")), encoding="utf-8")
