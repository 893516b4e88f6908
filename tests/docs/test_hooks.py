"""A hook exists only if it has its documentation, its test, and a user in this repository."""

import inspect
import re
import types
from dataclasses import replace
from pathlib import Path

import pytest

from seqkit import hookspecs
from seqkit.label_model import LabelModel
from seqkit.metrics.evaluation import Evaluation
from seqkit.plugins import PluginHost, PluginSource, builtin_sources
from seqkit.sequences import PackedSequence
from tests.docs import make_reference

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "hooks.md").read_text(encoding="utf-8")
HOOKS = [name for name in hookspecs.__all__ if name.startswith("seqkit_")]
SECTIONS = dict(re.findall(r"^## `(\w+)\(.*?\)`\n(.*?)(?=^## |\Z)", PAGE, flags=re.M | re.S))


def arguments(hook: str) -> list[str]:
    return list(inspect.signature(getattr(hookspecs, hook)).parameters)


def test_the_page_has_the_hooks_there_are():
    assert list(SECTIONS) == [
        "seqkit_tasks",
        "seqkit_encoders",
        "seqkit_datasets",
        "seqkit_commands",
        "seqkit_epoch_finished",
        "seqkit_run_finished",
    ]
    assert sorted(SECTIONS) == sorted(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_documented_with_its_exact_arguments(hook: str):
    assert f"\n## `{hook}({', '.join(arguments(hook))})`\n" in PAGE
    assert re.findall(r"^- `(\w+)`: ", SECTIONS[hook], flags=re.M) == arguments(hook)
    assert f"def {hook}(" in SECTIONS[hook], "there is no example"


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_test(hook: str):
    tests = [p for p in (ROOT / "tests").rglob("test_*.py") if p.parent.name != "docs"]
    assert any(f"def {hook}(" in path.read_text(encoding="utf-8") for path in tests)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_user_in_this_repository(hook: str):
    host = PluginHost(builtin_sources())
    assert any(hook in record.hooks for record in host.records)


@pytest.fixture(scope="module")
def host() -> PluginHost:
    """The page's examples, put together, as a plugin."""
    module = types.ModuleType("documented")
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, flags=re.S))
    exec(compile(code, "hooks.md", "exec"), module.__dict__)
    return PluginHost([PluginSource.of("documented", module)])


def test_the_examples_are_a_plugin_without_a_flaw(host: PluginHost):
    (record,) = host.records
    assert (record.status, record.reasons, record.notes) == ("ok", [], [])
    assert sorted(record.hooks) == sorted(HOOKS)


def test_the_examples_do_what_they_say(host: PluginHost, capsys):
    import numpy as np

    from seqkit.encoders import EncoderConfig
    from seqkit.testing import check_layer

    assert host.find_task("haiku").config().lines == 3
    assert host.find_dataset("poems").files().name == "poems"
    host.commands()[0].create()("hello", times=2)
    host.epoch_finished(types.SimpleNamespace(epoch=1, metric="accuracy", score=0.5), None)
    assert capsys.readouterr().out == "hello\nhello\nepoch 1: accuracy 0.500\n"
    (encoder,) = host.encoders()
    config = EncoderConfig(units=3, bidirectional=False)
    made = encoder.build(config, 2, rng=np.random.default_rng(0), dtype="float32")
    assert made.output_features == 6
    both = replace(config, bidirectional=True)
    made = encoder.build(both, 2, rng=np.random.default_rng(0), dtype="float32")
    assert made.output_features == 12

    def make(features, *, rng, dtype):
        return encoder.build(config, features, rng=rng, dtype=dtype)

    assert {record.status for record in check_layer(make)} == {"passed"}


RENEW = "renew it: python -m tests.docs.make_reference"


def test_the_page_of_types_is_what_the_docstrings_say():
    assert make_reference.TYPES.read_text("utf-8") == make_reference.types_page(), RENEW


KINDS = [kind for kinds in make_reference.GROUPS.values() for kind in kinds]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_attribute_that_is_listed_exists(kind: type):
    own = [each for each in kind.__mro__ if each.__module__.startswith("seqkit")]
    code = "\n".join(inspect.getsource(each) for each in own)
    kept = set(re.findall(r"\bself\.(\w+)(?:: .+)? = ", code))
    declared = {name for each in own for name in inspect.get_annotations(each)}
    listed = set(make_reference.attributes(kind))
    assert {name for name in listed if not hasattr(kind, name)} <= kept | declared


def test_a_property_is_listed_also_where_it_is_cached():
    assert "lengths" in make_reference.attributes(PackedSequence)
    assert "headline" in make_reference.attributes(Evaluation)


def test_the_methods_of_a_dataclass_are_listed():
    page = make_reference.types_page()
    assert "| `certain(label)` |" in page
    assert "| `as_read(words)` |" in page


def test_what_a_constructor_takes_is_no_attribute():
    assert "batch_size" in make_reference.arguments(LabelModel)
    assert "batch_size" not in make_reference.attributes(LabelModel)


def test_the_tables_of_checks_are_what_the_docstrings_say():
    page = make_reference.TESTING.read_text("utf-8")
    assert page == make_reference.with_checks(page), RENEW


def test_links_to_types_lead_somewhere():
    headings = re.findall(r"^### `(\w+)`$", make_reference.types_page(), flags=re.M)
    links = re.findall(r"\(types\.md#(\w+)\)", PAGE)
    assert links
    assert set(links) <= {heading.lower() for heading in headings}
