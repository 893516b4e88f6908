"""Plugins as they come: each way to be broken hurts only the plugin that is."""

import shutil

import pytest

from seqkit.cli import run_command_line
from seqkit.errors import UserError
from seqkit.plugins import PluginHost, PluginRecord, use_host
from tests.plugins.site import FakeSite

GOOD = """
@hookimpl
def seqkit_tasks():
    yield task("haiku", aliases=("poem",))
"""


def discover(site: FakeSite, **environment: str) -> tuple[PluginHost, dict[str, PluginRecord]]:
    host = PluginHost.discover(environment)
    return host, {r.name: r for r in host.records if r.module in site.modules}


# name of the case: what stands in the module, part of the reason, tasks that work all the same
CASES = {
    "import-error": (
        "from seqkit import nothing_of_that_name",
        "cannot be imported: ImportErr",
        [],
    ),
    "missing-dependency": ("import surely_not_installed", "module 'surely_not_installed'", []),
    "syntax-error": ("def broken(:", "cannot be imported: SyntaxError: ", []),
    "system-exit": ("raise SystemExit(3)", "cannot be imported: SystemExit: 3", []),
    "crash": ("1 / 0", "ZeroDivisionError: division by zero (seqkit_bad.py, line", []),
    "no-hooks": ("x = 1", "implements no hook", []),
    "forgotten-mark": (
        "def seqkit_tasks(): return [task('bad')]",
        "seqkit_tasks is not marked @hookimpl",
        [],
    ),
    "wrong-api": (
        "@hookimpl\ndef seqkit_tasks(): yield task('bad', api=99)",
        "task 'bad' was written for plugin API 99, wanted 1: upgrade seqkit",
        [],
    ),
    "old-api": (
        "@hookimpl\ndef seqkit_tasks(): yield task('bad', api=0)",
        "wanted 1: upgrade the plugin",
        [],
    ),
    "malformed-spec": (
        "@hookimpl\ndef seqkit_tasks():\n    yield task('good')\n    yield task('Bad Name')",
        "SpecError: task name 'Bad Name': wanted lower-case words with hyphens (seqkit_bad.py,",
        ["good"],
    ),
    "malformed-command": (
        "@hookimpl\ndef seqkit_commands():\n"
        "    yield CommandSpec(name='Bad_Name', summary='x', create=print)",
        "command name 'Bad_Name': wanted lower-case words",
        [],
    ),
    "malformed-encoder": (
        "@hookimpl\ndef seqkit_encoders():\n"
        "    yield EncoderSpec(name='x', summary='', build=print)",
        "encoder 'x': the summary must be one line",
        [],
    ),
    "not-callable": (
        "@hookimpl\ndef seqkit_datasets():\n"
        "    yield DatasetSpec(name='x', task='y', summary='z', files=None)",
        "dataset 'x': its function is not callable",
        [],
    ),
    "misspelt-hook": (
        "@hookimpl\ndef seqkit_taskz(): yield task('bad')\n"
        "@hookimpl\ndef seqkit_tasks(): yield task('good')",
        "seqkit_taskz is no hook of seqkit; did you mean 'seqkit_tasks'?",
        ["good"],
    ),
    "wrong-signature": (
        "@hookimpl\ndef seqkit_tasks(config): yield task('bad')",
        "seqkit_tasks(config): it knows only no arguments",
        [],
    ),
    "wrong-argument-of-event": (
        "@hookimpl\ndef seqkit_epoch_finished(reports, output): pass\n"
        "@hookimpl\ndef seqkit_tasks(): yield task('good')",
        "seqkit_epoch_finished(reports, output): it knows only report, output",
        ["good"],
    ),
    "yields-nonsense": (
        "@hookimpl\ndef seqkit_tasks():\n    yield 42\n    yield task('good')",
        "seqkit_tasks yielded 42 (int), wanted TaskSpec",
        ["good"],
    ),
    "returns-nonsense": (
        "@hookimpl\ndef seqkit_tasks(): return 42",
        "seqkit_tasks returned 42 (int), wanted an iterable",
        [],
    ),
    "forgets-to-return": (
        "@hookimpl\ndef seqkit_tasks(): [task('bad')]",
        "seqkit_tasks returned None, wanted an iterable",
        [],
    ),
    "raises-in-hook": (
        "@hookimpl\ndef seqkit_tasks():\n    yield task('good')\n    raise KeyError('x')",
        "seqkit_tasks failed: KeyError: 'x' (seqkit_bad.py, line",
        ["good"],
    ),
    "changes-a-frozen-spec": (
        "@hookimpl\ndef seqkit_tasks():\n    task('good').name = 'better'",
        "FrozenInstanceError: cannot assign to field 'name' (seqkit_bad.py, line",
        [],
    ),
    "exits-in-hook": (
        "import sys\n@hookimpl\ndef seqkit_tasks(): sys.exit('bye')",
        "seqkit_tasks failed: SystemExit: bye",
        [],
    ),
    "own-duplicate": (
        "@hookimpl\ndef seqkit_tasks(): return [task('good'), task('good')]",
        "task 'good' is already offered by bad (seqkit-bad 1.0)",
        ["good"],
    ),
    "unprintable": (
        "class Odd:\n    def __repr__(self): raise ValueError\n"
        "@hookimpl\ndef seqkit_tasks(): yield Odd()",
        "seqkit_tasks yielded a Odd, wanted TaskSpec",
        [],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_broken_plugin_breaks_only_itself(site: FakeSite, case: str):
    body, reason, tasks = CASES[case]
    site.install("bad", body)
    site.install("haiku", GOOD)
    host, records = discover(site)
    assert records["bad"].status == "broken"
    assert any(reason in found for found in records["bad"].reasons), records["bad"].reasons
    assert records["bad"].tasks == tasks
    assert records["haiku"].status == "ok"
    assert host.find_task("poem").name == "haiku"
    assert [record.name for record in host.broken if not record.builtin] == ["bad"]


def test_a_plugin_whose_requirement_was_uninstalled_is_broken_before_it_is_used(site: FakeSite):
    site.install("base", GOOD)
    site.install(
        "above",
        GOOD.replace("poem", "song").replace("haiku", "tune"),
        requires=("seqkit>=0.1", "seqkit-base>=1", "nowhere; extra == 'test'"),
    )
    _, records = discover(site)
    assert records["above"].status == "ok"
    shutil.rmtree(site.folder / "seqkit_base-1.0.dist-info")
    _, records = discover(site)
    assert records["above"].reasons == [
        "it needs the distribution 'seqkit-base', which is not installed"
    ]


def test_what_is_printed_at_import_is_noted_and_not_shown(site: FakeSite, capsys):
    site.install("loud", "import sys\nprint('hello')\nprint('oh', file=sys.stderr)" + GOOD)
    _, records = discover(site)
    assert records["loud"].status == "ok"
    assert records["loud"].notes == ["printed: hello oh"]
    assert capsys.readouterr() == ("", "")


def test_what_a_hook_prints_is_noted_too(site: FakeSite, capsys):
    site.install("loud", GOOD + "    print('done')\n")
    _, records = discover(site)
    assert records["loud"].tasks == ["haiku"]
    assert records["loud"].notes == ["printed: done"]
    assert capsys.readouterr() == ("", "")


def test_ctrl_c_at_import_is_not_the_plugins_fault(site: FakeSite):
    site.install("slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        PluginHost.discover({})


def test_between_two_external_plugins_the_first_by_name_wins(site: FakeSite):
    site.install("zebra", GOOD)
    site.install("ant", GOOD, version="2.1")
    host, records = discover(site)
    assert host.origin_of_task("haiku") == ("seqkit-ant", "2.1")
    assert records["ant"].status == "ok"
    assert "task 'haiku' is already offered by ant (seqkit-ant 2.1)" in records["zebra"].reasons


def test_two_distributions_with_an_entry_point_of_one_name_are_both_loaded(site: FakeSite):
    site.install("haiku", GOOD)
    site.install("other", "@hookimpl\ndef seqkit_tasks(): yield task('other')")
    site.describe("seqkit-third", "[seqkit]\nhaiku = seqkit_other\n")
    host = PluginHost.discover({})
    named = [r for r in host.records if r.name == "haiku"]
    assert [r.distribution for r in named] == ["seqkit-haiku", "seqkit-third"]
    assert host.find_task("other").name == "other"


def test_an_event_that_raises_is_noted_once_and_stops_nothing(site: FakeSite):
    site.install("bad", "@hookimpl\ndef seqkit_epoch_finished(report): raise OSError('disk full')")
    host, records = discover(site)
    assert records["bad"].status == "ok"
    for _ in range(3):
        host.epoch_finished(None, None)
    assert records["bad"].status == "broken"
    assert len(records["bad"].failures) == 1
    assert "seqkit_epoch_finished failed: OSError: disk full" in records["bad"].failures[0]
    assert records["bad"] in host.failed
    assert host.renewed().failed == ()


def test_plugins_are_disabled_by_name(site: FakeSite):
    site.install("haiku", GOOD)
    site.install("slow", "raise KeyboardInterrupt")  # disabled, so never imported
    host, records = discover(site, SEQKIT_DISABLE_PLUGINS="slow, hiaku")
    assert records["slow"].status == "disabled"
    assert records["haiku"].status == "ok"
    assert host.notices == (
        "SEQKIT_DISABLE_PLUGINS: no plugin is called 'hiaku'; did you mean 'haiku'?",
    )


def test_of_two_plugins_of_one_name_one_is_disabled_by_its_distribution(site: FakeSite, capsys):
    site.install("haiku", GOOD)
    site.describe("seqkit-third", "[seqkit]\nhaiku = seqkit_haiku\n")
    host = PluginHost.discover({})
    with use_host(host):
        assert run_command_line(["plugins", "--why", "haiku"]) == 0
    out = capsys.readouterr().out
    assert "from    seqkit-haiku 1.0" in out
    assert "from    seqkit-third 1.0" in out
    assert "To leave it out altogether: SEQKIT_DISABLE_PLUGINS=seqkit-third" in out
    host = PluginHost.discover({"SEQKIT_DISABLE_PLUGINS": "seqkit-third"})
    named = [(r.distribution, r.status) for r in host.records if r.name == "haiku"]
    assert named == [("seqkit-haiku", "ok"), ("seqkit-third", "disabled")]
    assert host.notices == ()


@pytest.mark.parametrize("value", ["all", "1"])
def test_all_external_plugins_are_disabled_and_no_builtin_one(site: FakeSite, value: str):
    site.install("haiku", GOOD)
    host, records = discover(site, SEQKIT_DISABLE_PLUGINS=value)
    assert records["haiku"].status == "disabled"
    assert all(record.status != "disabled" for record in host.records if record.builtin)


def test_an_unknown_task_names_the_plugin_that_might_offer_it(site: FakeSite):
    site.install("haiku", "import surely_not_installed")
    host, _ = discover(site)
    with pytest.raises(UserError) as caught:
        host.find_task("haiku")
    places = [problem.where for problem in caught.value.problems]
    assert places[0] == "haiku"
    assert "plugin haiku (seqkit-haiku 1.0)" in places
    assert "surely_not_installed" in str(caught.value)


def test_unreadable_metadata_elsewhere_hides_no_plugin(site: FakeSite):
    site.install("haiku", GOOD)
    site.describe("unrelated", "[console_scripts]\nno equals sign here\n")
    host, records = discover(site)
    assert records["haiku"].status == "ok"
    assert len(host.notices) == 1
    assert host.notices[0].startswith("entry points of")


def test_an_entry_point_that_is_none(site: FakeSite):
    site.install("none", "plugin = None")
    site.describe("seqkit-void", "[seqkit]\nvoid = seqkit_none:plugin\n")
    host = PluginHost.discover({})
    record = next(r for r in host.records if r.name == "void")
    assert "wanted a module or an object" in record.reasons[0]
