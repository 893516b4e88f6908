"""Checks of what a task says of itself before any data is seen: summary, options, imports."""

import dataclasses
import json
import tempfile
import tomllib
from pathlib import Path

from seqkit.errors import UserError
from seqkit.options import as_recipe, options_of, parse
from seqkit.plugins import default_host
from seqkit.testing.checks import checks_of, require, skip
from seqkit.testing.comparing import difference
from seqkit.testing.processes import run_python
from seqkit.testing.subject import TaskSubject

__all__ = ["CONTRACT_CHECKS"]

LONGEST_SUMMARY = 100

HEAVY = (
    "jax",
    "matplotlib",
    "nltk",
    "pandas",
    "rich",
    "sacrebleu",
    "safetensors",
    "scipy",
    "sklearn",
    "spacy",
    "tensorflow",
    "torch",
    "transformers",
    "typer",
)
"""What a plugin must not import before its task is used; seqkit itself imports none of it then."""


def summary_fits_one_line(subject: TaskSubject) -> None:
    """The summary fits one line of the help, without a full stop."""
    summary = subject.spec.summary
    found = f"{len(summary)} characters"
    require(len(summary) <= LONGEST_SUMMARY, f"found {found}, wanted at most {LONGEST_SUMMARY}")
    require(summary == summary.strip().rstrip("."), "found spaces or a full stop around it")


def options_have_help(subject: TaskSubject) -> None:
    """Each option has a default and one line of help."""
    options = options_of(subject.spec.config)
    lacking = [item.name for item in options if not item.help.strip() or "\n" in item.help]
    require(not lacking, f"no line of help: {', '.join(lacking)}")


def options_make_a_recipe(subject: TaskSubject) -> None:
    """The default options, written as a recipe and read again, are the same options."""
    default = subject.spec.config()
    recipe = tomllib.loads(as_recipe(default))
    said = difference(parse(type(default), recipe), default, place="as a recipe")
    require(not said, said)
    values = json.loads(json.dumps(dataclasses.asdict(default)))
    said = difference(parse(type(default), values), default, place="as JSON")
    require(not said, said)


def sample_is_there(subject: TaskSubject) -> None:
    """The sample that the task names is offered, is for this task, and its files exist."""
    spec = subject.spec
    if spec.sample is None:
        skip("the task names no sample")
    dataset = default_host().find_dataset(spec.sample)
    require(dataset.task == spec.name, f"{spec.sample!r} is for {dataset.task!r}")
    missing = [str(path) for path in dataset.files().paths().values() if not path.exists()]
    require(not missing, f"no such file: {', '.join(missing)}")


def import_is_light(subject: TaskSubject) -> None:
    """Importing the plugin imports nothing that only its use needs."""
    code = f"print(*(m for m in {HEAVY!r} if m in sys.modules), file=sys.stderr)"
    heavy = _probe(subject, code)[1].split()
    modules = ", ".join(_modules(subject))
    require(not heavy, f"importing {modules} imports {', '.join(heavy)}; do so inside create()")


def import_is_quiet(subject: TaskSubject) -> None:
    """Importing the plugin prints nothing."""
    printed = _probe(subject, "pass")[0].strip()
    require(not printed, f"importing it prints {printed[:80]!r}")


def _modules(subject: TaskSubject) -> list[str]:
    """The modules that seqkit imports to know the task."""
    spec = subject.spec
    found = {spec.config.__module__, getattr(spec.create, "__module__", "__main__")}
    if "__main__" in found:
        skip("the task is defined in a script, which cannot be imported")
    return sorted(found)


def _probe(subject: TaskSubject, code: str) -> tuple[str, str]:
    """Import the plugin in a new process, run some code after it, and return what both print."""
    imports = f"import {', '.join(_modules(subject))}\n"
    return run_python(imports + code, otherwise="it cannot be imported by itself")


def unreadable_files_are_the_users_mistake(subject: TaskSubject) -> None:
    """Gold examples or inputs: a file of the wrong kind is refused with a UserError."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("rubbish", b"\xff\xfe\x00\x80\n\x00"), ("empty", b"")):
            path = Path(folder) / f"{name}.txt"
            path.write_bytes(content)
            for read in (subject.task().read, subject.task().read_inputs):
                what = f"{name}, {read.__name__}"
                try:
                    found = read(path)
                except UserError as error:
                    require(bool(str(error)), f"a file ({what}) is refused without a word")
                else:
                    # Whether nothing at all is a mistake is for the task to say.
                    read_nothing = name == "empty" and not found
                    require(read_nothing, f"a file ({what}) was read as {len(found)} examples")


def nothing_to_learn_from_is_the_users_mistake(subject: TaskSubject) -> None:
    """An empty training split is refused with a UserError, or fits empty resources."""
    try:
        subject.task().fit([])
    except UserError as error:
        require(str(error), "it is refused without a word")


CONTRACT_CHECKS = checks_of(
    summary_fits_one_line,
    options_have_help,
    options_make_a_recipe,
    sample_is_there,
    import_is_light,
    import_is_quiet,
    unreadable_files_are_the_users_mistake,
    nothing_to_learn_from_is_the_users_mistake,
)
