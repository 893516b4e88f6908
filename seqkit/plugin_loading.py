"""Loading one plugin: where it comes from, what is known about it, and its hooks, each checked.

Nothing that loads raises because of what a plugin does: it is written on the :class:`PluginRecord`.
What is made of an offer afterwards was asked for, and fails with the plugin's name: see
:func:`made_by`.
"""

import importlib
import importlib.metadata
import inspect
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NoReturn, TypeVar

import pluggy

from seqkit.errors import SeqkitError
from seqkit.plugin_code import innermost_line, own_line
from seqkit.tracing import CallTrace

__all__ = [
    "BUILTIN_PLUGINS",
    "ENTRY_POINT_GROUP",
    "LoadedPlugin",
    "PluginError",
    "PluginRecord",
    "PluginSource",
    "builtin_sources",
    "import_plugin",
    "installed_sources",
    "made_by",
    "shown",
]

MadeT = TypeVar("MadeT")

BUILTIN_PLUGINS = (
    "seqkit_tasks.sentiment",
    "seqkit_tasks.pos_tagging",
    "seqkit_tasks.language_modelling",
    "seqkit_tasks.encoders",
    "seqkit_tasks.run_log",
)
"""Modules of the built-in plugins, in the order in which they are loaded."""

ENTRY_POINT_GROUP = "seqkit"
"""Where installed distributions advertise their plugins."""

SLOW_IMPORT = 2.0
"""Seconds: every command waits for every plugin, so one that takes longer is told of."""

_REQUIRED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""The name that begins a requirement, as in ``seqkit>=0.1``."""

# SystemExit, because a plugin that ends the process at import would take everything else with it.
# KeyboardInterrupt is not caught: it comes from the person at the keyboard, not from the plugin.
_FAILURES = (Exception, SystemExit)


@dataclass
class PluginRecord:
    """What is known about a plugin, broken or not.

    Attributes:
        name: of the entry point, or of the built-in module with hyphens.
        distribution: that installed it.
        version: of the distribution.
        module: that it was loaded from.
        builtin: whether it belongs to seqkit.
        status: "broken" where there is anything to mend; what works of it is used all the same.
        reasons: what is wrong with it as it is installed, or why it is disabled.
        failures: what it failed at when it was told of epochs and runs, which only the process of
            the run knows; the same failure only once.
        notes: what else is worth knowing, such as text it printed while it was imported.
        hooks: names of the hooks it implements.
        tasks: names it offers, likewise ``commands``, ``datasets`` and ``encoders``.
        api: the plugin API that its tasks were written for; None where it offers no task.
    """

    name: str
    distribution: str = ""
    version: str = ""
    module: str = ""
    builtin: bool = False
    status: Literal["ok", "disabled", "broken"] = "ok"
    reasons: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    hooks: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    datasets: list[str] = field(default_factory=list)
    encoders: list[str] = field(default_factory=list)
    api: int | None = None

    @property
    def title(self) -> str:
        """Name, distribution and version, for messages."""
        origin = " ".join(part for part in (self.distribution, self.version) if part)
        return f"{self.name} ({origin})" if origin else self.name

    @property
    def offers(self) -> list[tuple[str, str]]:
        """What it offers, as (kind, name)."""
        kinds = {
            "task": self.tasks,
            "command": self.commands,
            "dataset": self.datasets,
            "encoder": self.encoders,
        }
        return [(kind, name) for kind, names in kinds.items() for name in names]

    def fail(self, reason: str) -> None:
        """Note what is wrong; the same reason only once."""
        self.status = "broken"
        if reason not in self.reasons:
            self.reasons.append(reason)

    def fail_at_event(self, failure: str) -> None:
        """Note what it failed at during a run; the same failure only once."""
        self.status = "broken"
        if failure not in self.failures:
            self.failures.append(failure)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True)
class PluginSource:
    """Where a plugin comes from, before it is loaded.

    Attributes:
        name: of the plugin.
        load: imports it and returns the module or object.
        distribution: that installed it.
        version: of the distribution.
        module: that it is loaded from.
        builtin: whether it belongs to seqkit.
        missing: distributions that its own requires and that are not installed.
    """

    name: str
    load: Callable[[], object]
    distribution: str = ""
    version: str = ""
    module: str = ""
    builtin: bool = False
    missing: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, plugin: object) -> "PluginSource":
        """Offer an object that is at hand, for tests and notebooks."""
        module = getattr(plugin, "__name__", type(plugin).__name__)
        importable = module != "__main__" and sys.modules.get(module) is plugin
        return cls(name, _Import(module) if importable else _AtHand(plugin), module=module)


class LoadedPlugin:
    """A plugin that was imported: its hooks, checked one by one, behind a manager of its own."""

    def __init__(self, record: PluginRecord, plugin: object) -> None:
        self.record = record
        self._manager = _Manager()
        with _guarded(record, "cannot be registered"):
            self._refuse_mistakes(plugin)
            self._manager.register(plugin, record.name)
            callers = self._manager.get_hookcallers(plugin) or []
            record.hooks.extend(sorted(caller.name for caller in callers))
        if not record.hooks and not record.reasons:
            record.fail("implements no hook: nothing in it is marked @hookimpl")

    def _refuse_mistakes(self, plugin: object) -> None:
        for attribute in dir(plugin):
            reason = self._manager.mistake(plugin, attribute)
            if reason:
                self.record.fail(reason)
                self._manager.refused.add(attribute)

    def items(self, hook: str) -> Iterator[object]:
        """Yield what a hook offers, up to where it fails."""
        if hook not in self.record.hooks:
            return
        trace, count = CallTrace(self.record.name, hook), 0
        with _guarded(self.record, f"{hook} failed", trace):
            for item in _captured(self.record, self._call(hook, trace), trace):
                count += 1
                yield item
        trace.show(f"{count} offered")

    def _call(self, hook: str, trace: CallTrace) -> Iterable[object]:
        with trace.running():
            results = getattr(self._manager.hook, hook)()
        if results and isinstance(results[0], Iterable):
            return results[0]
        found = shown(results[0]) if results else "None"
        self.record.fail(f"{hook} returned {found}, wanted an iterable of specs")
        return ()

    def tell(self, hook: str, arguments: Mapping[str, object]) -> None:
        """Call an event hook."""
        if hook in self.record.hooks:
            trace = CallTrace(self.record.name, hook)
            guarded = _guarded(self.record, f"{hook} failed", trace, event=True)
            with guarded, trace.running():
                getattr(self._manager.hook, hook)(**arguments)
            trace.show("told")


class _Manager(pluggy.PluginManager):
    """Hosts one plugin, and leaves out its hooks that cannot work."""

    def __init__(self) -> None:
        from seqkit import hookspecs

        super().__init__("seqkit")
        self.add_hookspecs(hookspecs)
        self.refused: set[str] = set()
        self._arguments = {
            name: tuple(inspect.signature(getattr(hookspecs, name)).parameters)
            for name in dir(hookspecs)
            if self.parse_hookspec_opts(hookspecs, name) is not None
        }

    def parse_hookimpl_opts(self, plugin: object, name: str) -> Any:
        """Hide what was refused, so that the plugin's other hooks can be registered."""
        return None if name in self.refused else super().parse_hookimpl_opts(plugin, name)

    def mistake(self, plugin: object, attribute: str) -> str:
        """Return what is wrong with one attribute of a plugin, or nothing."""
        options = self.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            return self._forgotten_mark(plugin, attribute)
        hook = options["specname"] or attribute
        if hook not in self._arguments:
            from seqkit.suggestions import suggest

            return f"{hook} is no hook of seqkit; {suggest(hook, self._arguments)}"
        return self._wrong_arguments(hook, getattr(plugin, attribute))

    def _forgotten_mark(self, plugin: object, attribute: str) -> str:
        """A function that is named like a hook and defined in the plugin was meant to be one."""
        if attribute not in self._arguments:
            return ""
        function = inspect.getattr_static(plugin, attribute)
        own = getattr(function, "__module__", None) in (
            getattr(plugin, "__name__", None),
            type(plugin).__module__,
        )
        return (
            f"{attribute} is not marked @hookimpl" if own and inspect.isfunction(function) else ""
        )

    def _wrong_arguments(self, hook: str, function: Callable[..., object]) -> str:
        fixed = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        asked = [
            name
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.default is parameter.empty and parameter.kind not in fixed
        ]
        known = self._arguments[hook]
        wrong = [name for name in asked if name not in known]
        if not wrong:
            return ""
        return f"{hook}({', '.join(asked)}): it knows only {', '.join(known) or 'no arguments'}"


def import_plugin(record: PluginRecord, load: Callable[[], object]) -> object | None:
    """Import a plugin; where that fails, say so on its record and return None."""
    trace = CallTrace(record.name, "import")
    plugin = None
    with _guarded(record, "cannot be imported", trace), _output_noted(record), trace.running():
        plugin = load()
        if plugin is None:
            raise TypeError("its entry point is None, wanted a module or an object")
    trace.show("loaded" if plugin is not None else "nothing loaded")
    if trace.seconds > SLOW_IMPORT and not record.builtin:
        hint = "what is heavy belongs inside create()"
        record.notes.append(f"took {trace.seconds:.1f} s to be imported; {hint}")
    return plugin


@contextmanager
def _guarded(
    record: PluginRecord, what: str, trace: CallTrace | None = None, *, event: bool = False
) -> Iterator[None]:
    """Turn whatever a plugin raises into a note on its record."""
    try:
        yield
    except _FAILURES as error:
        place = own_line(error, record) or innermost_line(error)
        note = record.fail_at_event if event else record.fail
        note(f"{what}: {_described(error, place)}")
        if trace is not None:
            trace.show(f"raised {type(error).__name__}")


def _captured(record: PluginRecord, items: Iterable[object], trace: CallTrace) -> Iterator[object]:
    """Iterate with the output captured, which is meant for results and not for plugins' remarks."""
    iterator = iter(items)
    end = object()
    while True:
        with _output_noted(record), trace.running():
            item = next(iterator, end)
        if item is end:
            return
        yield item


@contextmanager
def _output_noted(record: PluginRecord) -> Iterator[None]:
    output = io.StringIO()
    try:
        with redirect_stdout(output), redirect_stderr(output):
            yield
    finally:
        if text := output.getvalue().strip():
            record.notes.append(f"printed: {_one_line(text)}")


def _described(error: BaseException, place: str) -> str:
    """Name an error, what it says, and the place that it came from."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"it needs the module {error.name!r}, which is not installed"
    text = f"{type(error).__name__}: {_one_line(str(error))}".rstrip(": ")
    return text if isinstance(error, SyntaxError) else text + place


def _one_line(text: str, limit: int = 300) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


def shown(item: object) -> str:
    """Show a value and its type, also one whose repr fails."""
    try:
        return f"{_one_line(repr(item), 60)} ({type(item).__name__})"
    except _FAILURES:
        return f"a {type(item).__name__}"


class PluginError(SeqkitError):
    """A plugin's own code failed; who wrote it can mend it, and the title says who that is."""


def made_by(
    record: PluginRecord, what: str, make: Callable[[], MadeT], fits: Callable[[MadeT], bool]
) -> MadeT:
    """Call what a plugin offers, and return what it made.

    Args:
        record: of the plugin.
        what: is called, for the message.
        make: calls it.
        fits: whether it made what was wanted of it.

    Raises:
        PluginError: it failed, or made something else.
        SeqkitError, MemoryError: it raises one.
    """
    try:
        made = make()
    except (SeqkitError, MemoryError):  # the options may ask for more memory than there is
        raise
    except _FAILURES as error:
        reason = _described(error, own_line(error, record))
        raise PluginError(f"plugin {record.title}: {what} failed: {reason}") from error
    if not fits(made):
        raise PluginError(f"plugin {record.title}: {what} returned {shown(made)}")
    return made


def builtin_sources() -> Iterator[PluginSource]:
    """Yield the built-in plugins, named like their modules with hyphens."""
    version = _version("seqkit")
    for module in BUILTIN_PLUGINS:
        name = module.rpartition(".")[2].replace("_", "-")
        load = _Import(module)
        yield PluginSource(name, load, "seqkit", version, module, builtin=True)


@dataclass(frozen=True)
class _Import:
    module: str

    def __call__(self) -> object:
        return importlib.import_module(self.module)


@dataclass(frozen=True, eq=False)
class _AtHand:
    plugin: object

    def __call__(self) -> object:
        return self.plugin

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"the plugin {shown(self.plugin)} is no module that can be imported, so another "
            "process cannot load it, and what uses it cannot be pickled; put it into a module"
        )


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def installed_sources() -> tuple[list[PluginSource], list[str]]:
    """Return the installed plugins by name, and what could not be read.

    ``importlib.metadata.entry_points()`` would be shorter, but one malformed ``entry_points.txt``
    anywhere makes it raise.
    """
    sources: dict[tuple[str, str], PluginSource] = {}
    notices: list[str] = []
    for distribution in importlib.metadata.distributions():
        try:
            for source in _sources_of(distribution):
                sources.setdefault((source.name, source.distribution), source)
        except Exception as error:
            notices.append(
                f"entry points of {shown(distribution)}: {_described(error, innermost_line(error))}"
            )
    return [sources[key] for key in sorted(sources)], notices


def _sources_of(distribution: importlib.metadata.Distribution) -> Iterator[PluginSource]:
    for entry_point in distribution.entry_points:
        if entry_point.group == ENTRY_POINT_GROUP:
            # Read only here: parsing the metadata of everything installed would take long.
            metadata = distribution.metadata
            name, version = str(metadata["Name"] or ""), str(metadata["Version"] or "")
            yield PluginSource(
                entry_point.name,
                entry_point.load,
                name,
                version,
                entry_point.value,
                missing=tuple(_missing(metadata.get_all("Requires-Dist") or ())),
            )


def _missing(requirements: Iterable[str]) -> Iterator[str]:
    """Yield the required distributions that are not installed.

    A plugin may import another only when it is used, and would look well until then. Requirements
    of an extra, or of some platforms only, are left to whoever uses them.
    """
    for requirement in requirements:
        found = _REQUIRED.match(requirement)
        if not found or ";" in requirement or found.group().lower() == "seqkit":
            continue
        if not _version(found.group()):
            yield found.group()
