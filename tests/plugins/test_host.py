"""What the host offers, with plugins that are as they should be."""

import inspect
import subprocess
import sys
import types

import numpy as np
import pytest

from seqkit import hookspecs, plugins
from seqkit.datasets import DataFiles, DatasetSpec
from seqkit.encoders import EncoderConfig
from seqkit.errors import SeqkitError, UserError
from seqkit.hookspecs import CommandSpec, EncoderSpec, hookimpl
from seqkit.plugins import PluginHost, PluginSource, create_encoder, use_host
from seqkit.tasks import SpecError, TaskSpec
from seqkit.training.config import TrainingConfig


def make_task(name: str, **more: object) -> TaskSpec:
    return TaskSpec(
        name=name, summary="A task", config=TrainingConfig, create=lambda config: None, **more
    )


class Haiku:
    """A plugin may be an object with methods."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    @hookimpl
    def seqkit_tasks(self):
        yield make_task("haiku", aliases=("poem",), sample="haiku-sample")

    @hookimpl
    def seqkit_encoders(self):
        return [EncoderSpec(name="wide", summary="Wide", build=lambda *a, **k: (a, k))]

    @hookimpl
    def seqkit_datasets(self):
        yield DatasetSpec(
            name="haiku-sample", task="haiku", summary="40 haiku", files=lambda: DataFiles()
        )

    @hookimpl
    def seqkit_commands(self):
        yield CommandSpec(name="recite", summary="Read aloud", create=lambda: print)

    @hookimpl
    def seqkit_epoch_finished(self, report):
        self.heard.append((report,))

    @hookimpl
    def seqkit_run_finished(self, report, output):
        self.heard.append((report, output))


def host_of(**plugins_by_name: object) -> PluginHost:
    return PluginHost([PluginSource.of(name, plugin) for name, plugin in plugins_by_name.items()])


def test_every_hook_is_collected_and_recorded():
    host = host_of(haiku=Haiku())
    (record,) = host.records
    assert (record.status, record.reasons, record.api) == ("ok", [], 1)
    assert record.tasks == ["haiku"]
    assert record.encoders == ["wide"]
    assert record.datasets == ["haiku-sample"]
    assert record.commands == ["recite"]
    assert len(record.hooks) == 6
    assert [spec.name for spec in host.tasks()] == ["haiku"]
    assert [spec.name for spec in host.encoders()] == ["wide"]
    assert [spec.name for spec in host.datasets()] == ["haiku-sample"]
    assert [spec.name for spec in host.commands()] == ["recite"]
    assert record.to_json()["tasks"] == ["haiku"]


def test_events_reach_plugins_with_the_arguments_they_ask_for(tmp_path):
    plugin = Haiku()
    host = host_of(haiku=plugin)
    host.epoch_finished("epoch", tmp_path)
    host.run_finished("run", None)
    assert plugin.heard == [("epoch",), ("run", None)]


def test_a_task_is_found_by_name_and_by_alias():
    host = host_of(haiku=Haiku())
    assert host.find_task("haiku") is host.find_task("poem")


def test_an_unknown_name_is_answered_with_the_nearest():
    host = host_of(haiku=Haiku())
    with pytest.raises(UserError, match="haikus: no such task; did you mean 'haiku'"):
        host.find_task("haikus")
    with pytest.raises(UserError, match="no such dataset; did you mean 'haiku-sample'"):
        host.find_dataset("haiku-samples")
    with pytest.raises(UserError, match="no such encoder; valid: wide"):
        host.find_encoder("lstm")


def test_the_first_plugin_keeps_a_name_and_the_later_record_says_who_has_it():
    first, second = Haiku(), Haiku()
    host = host_of(haiku=first, copycat=second)
    record = host.records[1]
    assert record.status == "broken"
    assert "task 'haiku' is already offered by haiku" in record.reasons
    assert "command 'recite' is already offered by haiku" in record.reasons
    assert (record.tasks, record.encoders, record.datasets) == ([], [], [])


def test_a_taken_alias_costs_the_alias_and_not_the_task():
    late = types.SimpleNamespace()
    module = types.ModuleType("late")
    module.seqkit_tasks = hookimpl(lambda: [make_task("verse", aliases=("poem", "rhyme"))])
    del late
    module.seqkit_tasks.__name__ = "seqkit_tasks"
    host = host_of(haiku=Haiku(), late=module)
    assert host.find_task("rhyme").name == "verse"
    assert host.find_task("verse").aliases == ("rhyme",)
    assert host.find_task("poem").name == "haiku"
    assert host.records[1].reasons == ["task alias 'poem' is already offered by haiku"]


class Faulty:
    """Makes whatever it is asked for in one way, which is wrong."""

    def __init__(self, make) -> None:
        self.make = make

    @hookimpl
    def seqkit_tasks(self):
        yield TaskSpec(
            name="haiku", summary="A task", config=TrainingConfig, create=lambda _: self.make()
        )

    @hookimpl
    def seqkit_datasets(self):
        yield DatasetSpec(name="poems", task="haiku", summary="Poems", files=self.make)

    @hookimpl
    def seqkit_commands(self):
        yield CommandSpec(name="recite", summary="Read aloud", create=self.make)

    @hookimpl
    def seqkit_encoders(self):
        yield EncoderSpec(
            name="wide", summary="An encoder", build=lambda *_, rng, dtype: self.make()
        )


ASKED = {
    "create of the task 'haiku'": lambda host: host.create_task(
        host.find_task("haiku"), TrainingConfig()
    ),
    "files of the dataset 'poems'": lambda host: host.dataset_files("poems"),
    "create of the command 'recite'": lambda host: host.create_command("recite"),
    "build of the encoder 'wide'": lambda host: host.create_encoder(
        EncoderConfig(encoder="wide"), 4, rng=np.random.default_rng(0)
    ),
}


def failing():
    raise ZeroDivisionError("no syllables")


@pytest.mark.parametrize("what", ASKED)
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (failing, "failed: ZeroDivisionError: no syllables"),
        (lambda: None, "returned None (NoneType)"),
    ],
)
def test_a_plugin_is_named_for_what_it_fails_at(what, make, said):
    source = PluginSource(
        name="faulty", distribution="seqkit-faulty", version="1.2", load=lambda: Faulty(make)
    )
    host = PluginHost([source])
    with pytest.raises(SeqkitError) as caught:
        ASKED[what](host)
    assert str(caught.value) == f"plugin faulty (seqkit-faulty 1.2): {what} {said}"


@pytest.mark.parametrize("what", ASKED)
def test_what_a_plugin_refuses_on_purpose_is_told_as_it_says_it(what):
    def refuse():
        raise UserError("poems: missing; download them first")

    with pytest.raises(UserError, match=r"^poems: missing; download them first$"):
        ASKED[what](host_of(faulty=Faulty(refuse)))


@pytest.mark.parametrize("step", ["sing {tune}", "sing {}", "sing {run", "sing {text.tune}"])
def test_a_next_step_that_cannot_be_filled_in_is_refused(step):
    with pytest.raises(SpecError, match=r"next step .* wanted no other fields than {run} and"):
        make_task("haiku", next_steps=(step,))


def test_no_plugin_takes_a_core_command():
    module = types.ModuleType("greedy")
    module.seqkit_commands = hookimpl(
        lambda: [CommandSpec(name="run", summary="Mine", create=lambda: print)]
    )
    host = host_of(greedy=module)
    assert host.commands() == ()
    assert host.records[0].reasons == ["command 'run' is already offered by seqkit"]


def test_an_encoder_is_built_by_the_default_host():
    with use_host(host_of(haiku=Haiku())):
        args, named = create_encoder(
            EncoderConfig(encoder="wide"), 7, rng=np.random.default_rng(0), dtype=np.float64
        )
        assert args == (EncoderConfig(encoder="wide"), 7)
        assert named["dtype"] is np.float64
        with pytest.raises(UserError, match="did you mean 'wide'"):
            create_encoder(EncoderConfig(encoder="wid"), 7, rng=np.random.default_rng(0))


def test_the_default_host_is_made_once_and_put_back_after_use(monkeypatch):
    monkeypatch.setattr(plugins, "_host", None)
    made = host_of()
    monkeypatch.setattr(PluginHost, "discover", lambda: made)
    assert plugins.default_host() is made
    with use_host(host_of()) as other:
        assert plugins.default_host() is other
    assert plugins.default_host() is made


def test_importing_the_host_is_light():
    code = "import sys, seqkit.plugins; print('numpy' in sys.modules, 'msgspec' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


HOOKS = [name for name in dir(hookspecs) if name.startswith("seqkit_")]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_method_in_front_and_says_how_it_is_used(hook):
    function = getattr(hookspecs, hook)
    assert callable(getattr(PluginHost, hook.removeprefix("seqkit_")))
    assert hasattr(Haiku, hook), "no test implements it"
    text = inspect.getdoc(function)
    assert "Example:" in text
    for argument in inspect.signature(function).parameters:
        assert f"{argument}: " in text
