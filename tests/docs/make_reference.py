"""Writes ``docs/reference/types.md``, and the tables of checks in ``docs/testing-plugins.md``.

``python -m tests.docs.make_reference`` makes them of the docstrings. They are kept in the
repository, because that is where people read them; a test holds them to what the code says.
"""

import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
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
from seqkit.tagging.network import TaggingNetwork
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
    "Models that tag words": (TaggerModel, TaggingNetwork),
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
    yield from _table("argument", "what it is", arguments(kind))
    found = attributes(kind)
    yield from _table("attribute", "what it is", found)
    if not found and dataclasses.is_dataclass(kind):
        fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(kind))
        yield f"\nFields: {fields}."
    yield from _table("method", "what it does", _methods(kind))


def _table(name: str, what: str, rows: Mapping[str, str]) -> Iterator[str]:
    if rows:
        yield f"\n| {name} | {what} |\n| --- | --- |"
        yield from (f"| `{key}` | {value} |" for key, value in rows.items())


def _home(kind: type) -> str:
    """The module that names a type in its ``__all__`` for plugin authors."""
    return "seqkit.tasks" if kind is Step else kind.__module__


def arguments(kind: type) -> dict[str, str]:
    """What the constructor takes, where the object does not keep all of it under the same names."""
    return {} if _keeps_arguments(kind) else _section(kind, "Args")


def attributes(kind: type) -> dict[str, str]:
    """What can be read from an object: what its docstring says, its options, its properties."""
    kept = _section(kind, "Args") if _keeps_arguments(kind) else {}
    said = {**kept, **_section(kind, "Attributes")} or _options(kind)
    own = {name: _summary(get) for name, get in _getters(kind) if name not in said}
    return {**said, **own} if said or not dataclasses.is_dataclass(kind) else {}


def _keeps_arguments(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) or issubclass(kind, tuple)


def _section(kind: type, name: str) -> dict[str, str]:
    """The entries of a section of a type's docstring."""
    text = inspect.cleandoc(kind.__doc__ or "")
    match = re.search(rf"^{name}:\n((?:    .*\n?|\n)+)", text, flags=re.MULTILINE)
    entries = re.split(r"\n(?=    \w)", match.group(1).rstrip()) if match else []
    pairs = (entry.strip().partition(":") for entry in entries)
    return {key: _prose(what) for key, _, what in pairs}


def _options(kind: type) -> dict[str, str]:
    """The help of a config's own options."""
    own = list(dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else []
    if not own or any("seqkit" not in item.metadata for item in own):
        return {}
    return {item.name: _prose(item.metadata["seqkit"]["help"]) for item in own}


def _getters(kind: type) -> Iterator[tuple[str, Any]]:
    """The functions of properties, by name."""
    for name, member in _public(kind):
        if isinstance(member, property | cached_property):
            yield name, member.fget if isinstance(member, property) else member.func


def _methods(kind: type) -> dict[str, str]:
    members = ((name, getattr(member, "__func__", member)) for name, member in _public(kind))
    functions = [(name, found) for name, found in members if inspect.isfunction(found)]
    return {_call(name, found): _summary(found) for name, found in functions if found.__doc__}


def _public(kind: type) -> Iterator[tuple[str, Any]]:
    """What a type has of its own."""
    return ((name, found) for name, found in vars(kind).items() if not name.startswith("_"))


def _summary(function: Any) -> str:
    required = " (to be written)" if getattr(function, "__isabstractmethod__", False) else ""
    return _prose(inspect.cleandoc(function.__doc__ or "").partition("\n\n")[0]) + required


def _call(name: str, function: Any) -> str:
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
