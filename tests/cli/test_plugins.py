"""``seqkit plugins``: ``--why``, ``check``, and the trace of hook calls."""

import json
import re
import types

from seqkit import GRU
from seqkit.errors import UserError
from seqkit.hookspecs import EncoderSpec, hookimpl
from seqkit.plugins import use_host
from seqkit_tasks import run_log
from tests.cli.toy import toy_host

BROKEN = types.ModuleType("empty")


def test_why_explains_a_good_plugin(seqkit):
    done = seqkit("plugins", "--why", "toy")
    assert done.status == 0
    assert done.out.splitlines()[:2] == [
        "Plugin toy: ok",
        "  It works: nothing is wrong with it.",
    ]
    assert re.search(r"hooks +seqkit_commands, seqkit_datasets, seqkit_tasks\n", done.out)
    assert "offers  task toy, command recite, dataset toy-sample" in done.out


def test_why_explains_a_broken_plugin_and_how_to_mend_it(seqkit, tmp_path):
    with use_host(toy_host(tmp_path / "sample", ("empty", BROKEN))):
        done = seqkit("plugins", "--why", "empty")
        assert "Plugin empty: broken" in done.out
        assert "reason  implements no hook" in done.out
        assert "Its entry point names a module without any @hookimpl function." in done.out
        assert "SEQKIT_DISABLE_PLUGINS=empty" in done.out
        found = json.loads(seqkit("plugins", "--json", "--why", "empty").out)
        assert found["advice"][0]["reason"].startswith("implements no hook")


def test_why_names_the_nearest_plugin(seqkit):
    done = seqkit("plugins", "--why", "tyo")
    assert (done.status, done.err) == (2, "tyo: no such plugin; did you mean 'toy'?\n")


def test_check_prints_a_table_and_fails_where_the_task_does(seqkit):
    done = seqkit("plugins", "check", "toy")
    assert done.status == 1  # the toy of these tests is a task for the shell, not a good one
    assert "Checks of toy" in done.out
    assert re.search(r"gradients-are-right +passed", done.out)
    assert re.search(r"toy: \d+ checks, \d+ passed, \d+ failed, \d+ skipped", done.out)


def test_check_as_json_of_an_alias(seqkit):
    done = seqkit("plugins", "check", "t", "--json")
    found = {row["name"]: row for row in json.loads(done.out)["toy"]}
    assert found["report-has-a-baseline"]["status"] == "passed"
    assert found["probabilities-are-probabilities"]["status"] == "skipped"
    assert {row["status"] for row in found.values()} == {"passed", "failed", "skipped"}


class Failing:
    @hookimpl
    def seqkit_run_finished(self, report):
        print("heard of", report.task)
        raise OSError("disk full")


def test_check_tells_a_plugin_of_a_small_run(seqkit, tmp_path):
    with use_host(toy_host(tmp_path / "sample", ("failing", Failing()), ("run-log", run_log))):
        done = seqkit("plugins", "check", "failing", "--json")
        assert done.status == 1
        (record,) = json.loads(done.out)["failing"]
        assert (record["name"], record["status"]) == ("events-are-heard", "failed")
        assert record["reason"].startswith("seqkit_run_finished failed: OSError: disk full (test_")
        assert "plugin failing" not in done.err  # the failure is the result, and no news
        assert seqkit("plugins", "check", "run-log").status == 0


class Encoders:
    """Offers an encoder that reads in one direction only, and one that cannot be built."""

    @hookimpl
    def seqkit_encoders(self):
        yield EncoderSpec(name="forward-gru", summary="One direction", build=self.one_direction)
        yield EncoderSpec(name="unbuilt", summary="Takes no generator", build=lambda config: None)

    @staticmethod
    def one_direction(config, features, *, rng, dtype):
        if config.bidirectional:
            raise UserError("found bidirectional, wanted one direction")
        return GRU(features, config.units, rng=rng, dtype=dtype)


def test_check_looks_at_the_encoders_of_a_plugin(seqkit, tmp_path):
    with use_host(toy_host(tmp_path / "sample", ("encoders", Encoders()))):
        done = seqkit("plugins", "check", "encoders", "--json")
    assert done.status == 1
    found = {
        name: {record["status"] for record in records}
        for name, records in json.loads(done.out).items()
    }
    assert found == {
        "encoder forward-gru --no-bidirectional": {"passed"},
        "encoder forward-gru --bidirectional": {"skipped"},
        "encoder unbuilt --no-bidirectional": {"failed"},
        "encoder unbuilt --bidirectional": {"failed"},
    }
    assert "plugin encoders: build of the encoder 'unbuilt' failed: TypeError" in done.out


def test_check_of_what_is_no_task(seqkit, tmp_path):
    assert "no such plugin; did you mean 'toy'" in seqkit("plugins", "check", "tyo").err
    with use_host(toy_host(tmp_path / "sample", ("empty", BROKEN))):
        done = seqkit("plugins", "check", "empty")
        assert done.status == 2
        assert "offers no task or encoder to check: implements no hook" in done.err


def test_hook_calls_are_traced_on_demand(seqkit, tmp_path, monkeypatch):
    assert "trace" not in seqkit("tasks").err
    monkeypatch.setenv("SEQKIT_TRACE", "1")
    with use_host(toy_host(tmp_path / "again", ("empty", BROKEN))):
        done = seqkit("tasks")
    assert done.out.startswith("Tasks")
    assert re.search(r"trace: toy: seqkit_tasks: \d+\.\d ms, 1 offered\n", done.err)
    monkeypatch.setenv("SEQKIT_TRACE", "0")
    assert "trace" not in seqkit("tasks").err


def test_a_hook_that_raises_is_traced(seqkit, tmp_path, monkeypatch, capsys):
    from seqkit.hookspecs import hookimpl

    class Raising:
        @hookimpl
        def seqkit_tasks(self):
            raise OSError("no disk")

        @hookimpl
        def seqkit_run_finished(self, report):
            pass

    monkeypatch.setenv("SEQKIT_TRACE", "1")
    host = toy_host(tmp_path / "again", ("raising", Raising()))
    host.tasks()
    host.run_finished(None, None)
    err = capsys.readouterr().err
    assert re.search(r"trace: raising: import: .* ms, loaded\n", err)
    assert re.search(r"trace: raising: seqkit_tasks: .* ms, raised OSError\n", err)
    assert re.search(r"trace: raising: seqkit_run_finished: .* ms, told\n", err)
