"""From what stands on the command line to a run that can start, with every mistake found first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from seqkit.cli.data import choose_data
from seqkit.cli.mistakes import Mistakes
from seqkit.cli.recipes import Given, read_recipe
from seqkit.cli.settings import RunSettings
from seqkit.errors import Problem, UserError
from seqkit.options import options_of, parse
from seqkit.plugins import PluginHost
from seqkit.sources import ChosenData
from seqkit.suggestions import suggest
from seqkit.tasks import TaskSpec

__all__ = ["Request", "RunPlan", "flag_of", "plan_run", "settings_of"]

ConfigT = TypeVar("ConfigT")


@dataclass(frozen=True)
class Request:
    """What was typed, as text.

    Attributes:
        settings: the common options that were given, by name.
        flags: the task's options that were given, by name.
        assignments: of ``--set``.
        extra: what no option took.
    """

    settings: Mapping[str, Any]
    flags: Mapping[str, Any]
    assignments: Sequence[str] = ()
    extra: Sequence[str] = ()


@dataclass(frozen=True)
class RunPlan:
    """A run that can start.

    Attributes:
        spec: the task.
        config: its options.
        given: names of those that stand in the recipe or on the command line.
        data: where the examples come from.
        settings: the common options.
        host: finds plugins.
    """

    spec: TaskSpec[Any]
    config: Any
    given: frozenset[str]
    data: ChosenData
    settings: RunSettings
    host: PluginHost


def plan_run(spec: TaskSpec[Any], request: Request, host: PluginHost) -> RunPlan:
    """Check everything that can be checked before data is read.

    Precedence: the config's defaults, then the recipe, then flags and ``--set``.

    Raises:
        UserError: all mistakes, in one go.
    """
    mistakes = Mistakes()
    with mistakes.collected():
        _refuse_extra(request.extra, spec)
    config, data = None, None
    settings = settings_of(request, mistakes)
    given = _given(request, mistakes)
    with mistakes.collected():
        config = _parsed(spec.config, given, host.check_options)
    with mistakes.collected():
        data = choose_data(settings, spec, host)
    with mistakes.collected():
        _refuse_used_folder(settings)
    mistakes.raise_any()
    assert data is not None
    return RunPlan(spec, config, frozenset(given), data, settings, host)


def settings_of(request: Request, mistakes: Mistakes) -> RunSettings:
    """Convert the common options; those that cannot be converted are noted and left out."""
    given = {name: Given(value, flag_of(name)) for name, value in request.settings.items()}
    for value in given.values():
        # An empty shell variable would read as if the option had been left out.
        if value.value == "":
            mistakes.add(value.where, "found nothing, wanted a value; or leave the option out")
    before = len(mistakes.problems)
    with mistakes.collected():
        return _parsed(RunSettings, given)
    bad = {problem.where for problem in mistakes.problems[before:]}
    return _parsed(RunSettings, {n: value for n, value in given.items() if value.where not in bad})


def _given(request: Request, mistakes: Mistakes) -> dict[str, Given]:
    """Values of the task's options: those of the recipe, then what was typed."""
    given: dict[str, Given] = {}
    if path := request.settings.get("config"):
        with mistakes.collected():
            given.update(_by_name(read_recipe(Path(path))))
    return given | _typed(request, mistakes)


def _typed(request: Request, mistakes: Mistakes) -> dict[str, Given]:
    """Values of flags and of ``--set``, which may not contradict each other."""
    given = {name: Given(value, flag_of(name)) for name, value in request.flags.items()}
    for assignment in request.assignments:
        key, equals, value = assignment.partition("=")
        name = key.strip().replace("-", "_")
        if not equals:
            mistakes.add(f"--set {assignment}", "found no '=', wanted key=value")
        elif name in request.flags:
            mistakes.add(f"--set {key}", f"given twice, also as {flag_of(name)}")
        else:
            given[name] = Given(value.strip(), f"--set {key.strip()}")
    return given


def _by_name(values: Mapping[str, Given]) -> dict[str, Given]:
    return {key.replace("-", "_"): value for key, value in values.items()}


def _parsed(
    config: type[ConfigT],
    given: Mapping[str, Given],
    check: Callable[[ConfigT], None] = lambda _: None,
) -> ConfigT:
    """Parse and check values, and tell of each problem where its value was given."""
    try:
        parsed = parse(config, {name: value.value for name, value in given.items()})
        check(parsed)
        return parsed
    except UserError as error:
        raise UserError([_placed(problem, given) for problem in error.problems]) from None


def _placed(problem: Problem, given: Mapping[str, Given]) -> Problem:
    """Put the place first; where that is a line of a file, the name is still needed after it."""
    if problem.where not in given:
        return problem
    where = given[problem.where].where
    in_file = not where.startswith("--")
    message = f"{problem.where}: {problem.message}" if in_file else problem.message
    return Problem(message, where)


def _refuse_extra(extra: Sequence[str], spec: TaskSpec[Any]) -> None:
    flags = [item.flag for kind in (RunSettings, spec.config) for item in options_of(kind)]
    mistakes = Mistakes()
    previous = ""
    for argument in extra:
        if argument.startswith("-"):
            mistakes.add(argument.partition("=")[0], f"no such option; {_near(argument, flags)}")
        elif not previous.startswith("-"):  # otherwise it is the value of an unknown flag
            mistakes.add(argument, "unexpected; options start with --, data is given by --data")
        previous = argument
    mistakes.raise_any()


def _near(flag: str, flags: Iterable[str]) -> str:
    name = flag.partition("=")[0]
    hint = suggest(name, [*flags, "--set", *(f"--no-{f.removeprefix('--')}" for f in flags)])
    return hint if hint.startswith("did") else "--help lists them"


def _refuse_used_folder(settings: RunSettings) -> None:
    """Never write over a model or a recipe that somebody may still want."""
    from seqkit.run_folder import CHECKPOINT_NAME, path_word, refuse_used_folder

    if settings.output is not None:
        folder = Path(settings.output)
        advice = "choose another"
        if (folder / CHECKPOINT_NAME).is_file():
            advice += f", or go on with --resume {path_word(folder)}"
        refuse_used_folder(folder, where=f"--output {folder}", advice=advice)


def flag_of(name: str) -> str:
    """Return the long flag of a field: ``--min-count``."""
    return "--" + name.replace("_", "-")
