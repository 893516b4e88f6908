"""The plugin host: loads each plugin by itself, so that a broken one hurts nobody else.

Built-in plugins come first and in a fixed order, then the entry points of the group ``seqkit`` by
name. Whatever goes wrong with one (it cannot be imported, it misspells a hook, it yields nonsense)
is written on its :class:`PluginRecord`; the rest works. Every plugin has a pluggy manager of its
own, because a shared one reports misspelt hooks and wrong signatures only for all plugins together.

Example:
    >>> import types
    >>> host = PluginHost([PluginSource.of("empty", types.ModuleType("empty"))])
    >>> host.records[0].status
    'broken'
    >>> host.records[0].reasons
    ['implements no hook: nothing in it is marked @hookimpl']
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from seqkit.plugin_loading import (
    BUILTIN_PLUGINS,
    ENTRY_POINT_GROUP,
    LoadedPlugin,
    PluginRecord,
    PluginSource,
    builtin_sources,
    import_plugin,
    installed_sources,
    made_by,
    shown,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from seqkit.arrays import DTypeLike
    from seqkit.datasets import DataFiles, DatasetSpec
    from seqkit.encoders import EncoderConfig, TextEncoderConfig
    from seqkit.hookspecs import CommandSpec, EncoderSpec
    from seqkit.layers.base import RecurrentLayer
    from seqkit.layers.text_encoder import TextEncoder
    from seqkit.reports import RunReport
    from seqkit.tasks import Task, TaskSpec
    from seqkit.text.vocabulary import Vocabulary
    from seqkit.training.reports import EpochReport

__all__ = [
    "BUILTIN_PLUGINS",
    "CORE_COMMANDS",
    "DISABLE_VARIABLE",
    "ENTRY_POINT_GROUP",
    "PluginHost",
    "PluginRecord",
    "PluginSource",
    "create_encoder",
    "create_text_encoder",
    "default_host",
    "loaded_host",
    "use_host",
]

CORE_COMMANDS = (
    "run", "tune", "evaluate", "predict", "vectors", "tasks", "plugins", "config", "data",
)  # fmt: skip
"""Names that no plugin's command can take."""

DISABLE_VARIABLE = "SEQKIT_DISABLE_PLUGINS"
"""Environment variable: plugins to leave out, by name or distribution, with commas, or "all"
external ones.
"""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

SpecT = TypeVar("SpecT")


class PluginHost:
    """All plugins, loaded one by one, and one typed method for each hook.

    Args:
        sources: in order of precedence: the first that offers a name keeps it.
        disabled: what :data:`DISABLE_VARIABLE` holds.
        notices: what went wrong outside any one plugin.
    """

    def __init__(
        self, sources: Iterable[PluginSource], *, disabled: str = "", notices: Iterable[str] = ()
    ) -> None:
        self._sources = tuple(sources)
        self._disabled = {name.strip() for name in disabled.split(",") if name.strip()}
        self._plugins: list[LoadedPlugin] = []
        self._records: list[PluginRecord] = []
        self._in_use: list[PluginRecord] = []
        for source in self._sources:
            self._load(source)
        self.notices = (*notices, *self._unknown_disabled())

    @classmethod
    def discover(cls, environment: Mapping[str, str] | None = None) -> "PluginHost":
        """Load the built-in plugins and all that are installed."""
        environment = os.environ if environment is None else environment
        installed, notices = installed_sources()
        disabled = environment.get(DISABLE_VARIABLE, "")
        return cls([*builtin_sources(), *installed], disabled=disabled, notices=notices)

    def renewed(self) -> "PluginHost":
        """Return a host of the same plugins, which nothing has happened to yet."""
        return PluginHost(self._sources, disabled=",".join(self._disabled))

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy in another process loads the plugins from where these came from.
        return _loaded_again, (self._sources, ",".join(sorted(self._disabled)))

    def _load(self, source: PluginSource) -> None:
        record = PluginRecord(
            source.name, source.distribution, source.version, source.module, source.builtin
        )
        self._records.append(record)
        if self._is_disabled(source):
            record.status = "disabled"
            record.reasons.append(f"disabled by {DISABLE_VARIABLE}")
            return
        for distribution in source.missing:
            record.fail(f"it needs the distribution {distribution!r}, which is not installed")
        plugin = import_plugin(record, source.load)
        if plugin is not None:
            self._plugins.append(LoadedPlugin(record, plugin))

    def _is_disabled(self, source: PluginSource) -> bool:
        names = {source.name} if source.builtin else {source.name, source.distribution, "all", "1"}
        return bool(self._disabled & names)

    def _unknown_disabled(self) -> Iterator[str]:
        from seqkit.suggestions import suggest

        known = [record.name for record in self._records]
        known += [record.distribution for record in self._records if not record.builtin]
        for name in sorted(self._disabled - {"all", "1", *known}):
            yield f"{DISABLE_VARIABLE}: no plugin is called {name!r}; {suggest(name, known)}"

    @property
    def records(self) -> tuple[PluginRecord, ...]:
        """One record a plugin, complete: all that it offers was asked for."""
        _ = self._tasks, self._encoders, self._datasets, self._commands
        return tuple(self._records)

    @property
    def broken(self) -> tuple[PluginRecord, ...]:
        """The plugins that need mending."""
        return tuple(record for record in self.records if record.status == "broken")

    @property
    def flawed(self) -> tuple[PluginRecord, ...]:
        """The plugins with anything to mend as they are installed: broken ones, and those that
        print or are slow.
        """
        records = self.records
        return tuple(r for r in records if r.status != "disabled" and (r.reasons or r.notes))

    @property
    def failed(self) -> tuple[PluginRecord, ...]:
        """The plugins that failed when they were told of an event."""
        return tuple(record for record in self._records if record.failures)

    @property
    def in_use(self) -> tuple[PluginRecord, ...]:
        """The external plugins of whose offers one was asked for by name."""
        return tuple(self._in_use)

    def tasks(self) -> "tuple[TaskSpec[Any], ...]":
        """Return the tasks, built-in ones first."""
        return tuple(offer.spec for offer in self._tasks.values())

    def encoders(self) -> "tuple[EncoderSpec, ...]":
        """Return the encoders, built-in ones first."""
        return tuple(offer.spec for offer in self._encoders.values())

    def datasets(self) -> "tuple[DatasetSpec, ...]":
        """Return the named data, built-in ones first."""
        return tuple(offer.spec for offer in self._datasets.values())

    def commands(self) -> "tuple[CommandSpec, ...]":
        """Return the commands beside the core's own."""
        return tuple(offer.spec for offer in self._commands.values())

    def epoch_finished(self, report: "EpochReport", output: "Path | None") -> None:
        """Tell every plugin of an epoch.

        One that raises is noted on its record; none stops a run.
        """
        self._tell("seqkit_epoch_finished", report=report, output=output)

    def run_finished(self, report: "RunReport", output: "Path | None") -> None:
        """Tell every plugin of a finished run, as :meth:`epoch_finished` does."""
        self._tell("seqkit_run_finished", report=report, output=output)

    def _tell(self, hook: str, **arguments: object) -> None:
        for plugin in self._plugins:
            plugin.tell(hook, arguments)

    def find_task(self, name: str) -> "TaskSpec[Any]":
        """Return the task of a name or alias.

        Raises:
            UserError: there is none; the nearest name is given, and what keeps a plugin that might
                offer it from doing so.
        """
        name = self._aliases.get(name, name)
        known = [*self._tasks, *self._aliases]
        return self._find("task", self._tasks, name, known)

    def find_dataset(self, name: str) -> "DatasetSpec":
        """Return the dataset of a name; raises as :meth:`find_task` does."""
        return self._find("dataset", self._datasets, name, self._datasets)

    def find_encoder(self, name: str) -> "EncoderSpec":
        """Return the encoder of a name; raises as :meth:`find_task` does."""
        return self._find("encoder", self._encoders, name, self._encoders)

    def _find(
        self, what: str, offers: "Mapping[str, _Offer[SpecT]]", name: str, known: Iterable[str]
    ) -> SpecT:
        from seqkit.errors import Problem, UserError
        from seqkit.suggestions import suggest

        if name in offers:
            self._note_use(offers[name].record)
            return offers[name].spec
        hint = suggest(name, known)
        problems = [Problem(f"no such {what}; {hint}", name)]
        for record in self.records:
            if record.reasons and (_resembles(record, name) or hint.startswith("valid")):
                reasons = "; ".join(record.reasons)
                problems.append(
                    Problem(
                        f"might offer it, but is {record.status}: {reasons}",
                        f"plugin {record.title}",
                    )
                )
        raise UserError(problems)

    def _note_use(self, record: PluginRecord) -> None:
        if not record.builtin and record not in self._in_use:
            self._in_use.append(record)

    def check_options(self, config: object) -> None:
        """Check that there is what a task's options call by name, before any data is read.

        Raises:
            UserError: as :meth:`find_encoder` does, placed at the option.
        """
        from seqkit.encoders import EncoderConfig
        from seqkit.errors import Problem, UserError

        if not isinstance(config, EncoderConfig):
            return
        name = config.encoder
        try:
            self.find_encoder(name)
        except UserError as error:
            first, *others = error.problems
            message = f"found {name!r}, {first.message}"
            raise UserError([Problem(message, "encoder"), *others]) from None

    def create_task(self, spec: "TaskSpec[Any]", config: Any) -> "Task[Any, Any, Any]":
        """Make the task of a spec, which need not be one of the host's own.

        Raises:
            PluginError: its plugin fails at it, and not on purpose.
        """
        from seqkit.tasks import Task

        if spec.name not in self._tasks:
            return spec.create(config)
        return made_by(
            self._tasks[spec.name].record,
            f"create of the task {spec.name!r}",
            lambda: spec.create(config),
            lambda made: isinstance(made, Task),
        )

    def create_encoder(
        self,
        config: "EncoderConfig",
        features: int,
        *,
        rng: "np.random.Generator",
        dtype: "DTypeLike" = "float32",
    ) -> "RecurrentLayer[Any]":
        """Build the encoder that the options name; see :func:`create_encoder`.

        Raises:
            UserError: as :meth:`find_encoder` does.
            PluginError: its plugin fails at it, and not on purpose.
        """
        name = config.encoder
        build = self.find_encoder(name).build
        return made_by(
            self._encoders[name].record,
            f"build of the encoder {name!r}",
            lambda: build(config, features, rng=rng, dtype=dtype),
            lambda made: made is not None,
        )

    def dataset_files(self, name: str) -> "DataFiles":
        """Return the files of a dataset; raises as :meth:`find_task` and :meth:`create_task` do."""
        from seqkit.datasets import DataFiles

        spec = self.find_dataset(name)
        return made_by(
            self._datasets[name].record,
            f"files of the dataset {name!r}",
            spec.files,
            lambda made: isinstance(made, DataFiles),
        )

    def create_command(self, name: str) -> Callable[..., None]:
        """Return the function of one of :meth:`commands`.

        Raises:
            PluginError: its plugin fails at it, and not on purpose.
        """
        offer = self._commands[name]
        return made_by(offer.record, f"create of the command {name!r}", offer.spec.create, callable)

    def origin_of_task(self, name: str) -> tuple[str, str]:
        """Return distribution and version of the plugin that offers a task."""
        record = self._tasks[self.find_task(name).name].record
        return record.distribution, record.version

    @cached_property
    def _tasks(self) -> "dict[str, _Offer[TaskSpec[Any]]]":
        from seqkit.tasks import TaskSpec

        found: dict[str, _Offer[TaskSpec[Any]]] = {}
        taken: dict[str, PluginRecord] = {}
        for offer in self._offers("seqkit_tasks", TaskSpec, _task_problem):
            if not _claim("task", offer.spec.name, offer.record, taken):
                continue
            aliases = [
                alias
                for alias in offer.spec.aliases
                if _claim("task alias", alias, offer.record, taken)
            ]
            spec = replace(offer.spec, aliases=tuple(aliases))
            found[spec.name] = _Offer(spec, offer.record)
            offer.record.tasks.append(spec.name)
        return found

    @cached_property
    def _aliases(self) -> dict[str, str]:
        return {alias: spec.name for spec in self.tasks() for alias in spec.aliases}

    @cached_property
    def _encoders(self) -> "dict[str, _Offer[EncoderSpec]]":
        from seqkit.hookspecs import EncoderSpec

        return self._named("encoder", "seqkit_encoders", EncoderSpec, lambda spec: spec.build)

    @cached_property
    def _datasets(self) -> "dict[str, _Offer[DatasetSpec]]":
        from seqkit.datasets import DatasetSpec

        return self._named("dataset", "seqkit_datasets", DatasetSpec, lambda spec: spec.files)

    @cached_property
    def _commands(self) -> "dict[str, _Offer[CommandSpec]]":
        from seqkit.hookspecs import CommandSpec

        core = PluginRecord("seqkit", builtin=True)
        taken = dict.fromkeys(CORE_COMMANDS, core)
        return self._named(
            "command", "seqkit_commands", CommandSpec, lambda spec: spec.create, taken
        )

    def _named(
        self,
        what: str,
        hook: str,
        kind: type[SpecT],
        function: Callable[[SpecT], object],
        taken: dict[str, PluginRecord] | None = None,
    ) -> "dict[str, _Offer[SpecT]]":
        """Collect specs that have a ``name`` and one function; the first of a name wins."""
        found: dict[str, _Offer[SpecT]] = {}
        taken = {} if taken is None else taken
        for offer in self._offers(hook, kind, lambda spec, _: _spec_problem(what, spec, function)):
            name = str(getattr(offer.spec, "name", ""))
            if _claim(what, name, offer.record, taken):
                found[name] = offer
                getattr(offer.record, what + "s").append(name)
        return found

    def _offers(
        self, hook: str, kind: type[SpecT], problem: Callable[[SpecT, PluginRecord], str]
    ) -> "Iterator[_Offer[SpecT]]":
        """Yield what each plugin offers, without what has a problem."""
        for plugin in self._plugins:
            for item in plugin.items(hook):
                if not isinstance(item, kind):
                    wanted = kind.__name__
                    plugin.record.fail(f"{hook} yielded {shown(item)}, wanted {wanted}")
                elif reason := problem(item, plugin.record):
                    plugin.record.fail(reason)
                else:
                    yield _Offer(item, plugin.record)


@dataclass(frozen=True)
class _Offer(Generic[SpecT]):
    """A spec and the record of the plugin that offers it."""

    spec: SpecT
    record: PluginRecord


def _claim(what: str, name: str, record: PluginRecord, taken: dict[str, PluginRecord]) -> bool:
    """Take a name, or note on the record who has it."""
    if name in taken:
        record.fail(f"{what} {name!r} is already offered by {taken[name].title}")
        return False
    taken[name] = record
    return True


def _task_problem(spec: "TaskSpec[Any]", record: PluginRecord) -> str:
    from seqkit.tasks import API

    record.api = spec.api
    if spec.api == API:
        return "" if callable(spec.create) else f"task {spec.name!r}: create is not callable"
    mend = "upgrade seqkit" if _is_newer(spec.api, API) else "upgrade the plugin"
    return f"task {spec.name!r} was written for plugin API {spec.api!r}, wanted {API}: {mend}"


def _is_newer(api: object, current: int) -> bool:
    return isinstance(api, int) and api > current


def _spec_problem(what: str, spec: SpecT, function: Callable[[SpecT], object]) -> str:
    name, summary = getattr(spec, "name", None), getattr(spec, "summary", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"{what} name {name!r}: wanted lower-case words with hyphens"
    if not isinstance(summary, str) or not summary or "\n" in summary:
        return f"{what} {name!r}: the summary must be one line"
    return "" if callable(function(spec)) else f"{what} {name!r}: its function is not callable"


def _resembles(record: PluginRecord, name: str) -> bool:
    """Whether a plugin is called somewhat like what was asked for."""
    from seqkit.suggestions import nearest

    names = [record.name, record.module, record.distribution.removeprefix("seqkit-")]
    alike = any(part and (part in name or name in part) for part in names)
    return alike or nearest(name, names) is not None


@cache
def _loaded_again(sources: tuple[PluginSource, ...], disabled: str) -> PluginHost:
    return PluginHost(sources, disabled=disabled)


_host: PluginHost | None = None


def default_host() -> PluginHost:
    """Return the host of the built-in and installed plugins; they are loaded at the first call."""
    global _host
    if _host is None:
        _host = PluginHost.discover()
    return _host


def loaded_host() -> PluginHost | None:
    """Return :func:`default_host` if it was ever asked for, and load nothing."""
    return _host


@contextmanager
def use_host(host: PluginHost) -> Iterator[PluginHost]:
    """Make another host the default for a while, so that a plugin can be tried uninstalled."""
    global _host
    previous, _host = _host, host
    try:
        yield host
    finally:
        _host = previous


def create_encoder(
    config: "EncoderConfig",
    features: int,
    *,
    rng: "np.random.Generator",
    dtype: "DTypeLike" = "float32",
) -> "RecurrentLayer[Any]":
    """Build the encoder that the options name.

    Args:
        config: the encoder options.
        features: D, width of the inputs.
        rng: draws the weights.
        dtype: of the weights.

    Raises:
        UserError: no plugin offers an encoder of that name.
        PluginError: the plugin that offers it fails at it, and not on purpose.
    """
    return default_host().create_encoder(config, features, rng=rng, dtype=dtype)


def create_text_encoder(
    config: "TextEncoderConfig",
    vocabulary: "Vocabulary",
    *,
    beside: int = 0,
    rng: "np.random.Generator",
) -> "TextEncoder":
    """Build what reads a text as the options say: token vectors, dropout, the encoder, dropout.

    Args:
        config: the options.
        vocabulary: of the tokens; word dropout hides tokens behind its unknown mark.
        beside: features that are given for each token beside its vector.
        rng: draws the weights.

    Raises:
        UserError: no plugin offers an encoder of that name.
    """
    from seqkit.layers.embedding import Embedding
    from seqkit.layers.text_encoder import TextEncoder

    embedding = Embedding(
        len(vocabulary),
        config.embedding,
        rng=rng,
        trainable=not config.freeze_vectors,
        word_dropout=config.word_dropout,
        unknown=vocabulary.unknown_id,
    )
    recurrent = create_encoder(config, config.embedding + beside, rng=rng)
    return TextEncoder(embedding, recurrent, dropout=config.dropout)
