"""Writing a new plugin: a package that installs, passes its tests and runs, to be changed.

The templates are files under ``seqkit/templates/plugin``: those in ``common``, and those of one
kind. In their text ``{{name}}`` stands for a value of :func:`placeholders`; ``package`` in a path
becomes the module's name, ``dot_`` a dot, and ``.template`` is left out. What classes are called
depends on the kind alone, so that every package comes out formatted as its linter wants it.
"""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from seqkit import __version__
from seqkit.errors import Problem, UserError
from seqkit.suggestions import suggest

__all__ = ["KINDS", "Kind", "placeholders", "write_plugin"]

Kind: TypeAlias = Literal["classify", "tag", "generate", "pair"]
KINDS: tuple[Kind, ...] = get_args(Kind)

LONGEST_NAME = 30
"""So that the lines that hold the name stay within 100 columns."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")

_OF_KIND: Mapping[Kind, Mapping[str, str]] = {
    "classify": {
        "title": "Label",
        "summary": "Give a text one of several labels",
        "suffix": "tsv",
        "format": "a label, a tab and a text on each line, under the heading `label<TAB>text`",
        "input": '"will it snow on Monday"',
        "shell_input": '"will it snow on Monday"',
        "sample_summary": "80/24/24 questions about weather or food, written for a try",
    },
    "tag": {
        "title": "Tag",
        "summary": "Give each word of a sentence a tag",
        "suffix": "tsv",
        "format": "a word, a tab and a tag on each line, and a blank line between sentences",
        "input": '"The quiet bird sees a boat."',
        "shell_input": '"The quiet bird sees a boat."',
        "sample_summary": "60/12/12 short sentences with word classes, written for a try",
    },
    "generate": {
        "title": "Line",
        "summary": "Go on writing where a line stops",
        "suffix": "txt",
        "format": "one line of text for each example",
        "input": '"Oak"',
        "shell_input": '"Oak"',
        "sample_summary": "80/12/12 invented names of villages, written for a try",
    },
    "pair": {
        "title": "Pair",
        "summary": "Say how two texts stand to each other",
        "suffix": "tsv",
        "format": "a label and two texts with tabs between on each line, under the heading\n"
        "`label<TAB>first<TAB>second`",
        "input": '("shut the door", "close the door")',
        "shell_input": "\"$(printf 'shut the door\\tclose the door')\"",
        "sample_summary": "96/24/24 pairs that mean the same or not, written for a try",
    },
}


def write_plugin(name: str, kind: Kind, parent: Path) -> Path:
    """Write a plugin's package into a new folder ``seqkit-NAME``.

    Args:
        name: of the task and of the plugin: lower-case words with hyphens.
        kind: what the task does; one of :data:`KINDS`.
        parent: the folder to write in; made if need be.

    Returns:
        The new folder.

    Raises:
        UserError: a name or kind that cannot be used, a folder that exists already.
    """
    values = placeholders(name, kind)
    folder = parent / f"seqkit-{name}"
    if folder.exists():
        raise UserError(Problem("exists already, and is left as it is", str(folder)))
    for path, text in _rendered(kind, values):
        target = folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UserError(Problem(f"cannot be written: {error.strerror}", str(target))) from None
    return folder


def placeholders(name: str, kind: Kind) -> Mapping[str, str]:
    """Return what stands in the templates' places.

    Raises:
        UserError: a name or kind that cannot be used.
    """
    if not _NAME.fullmatch(name):
        found = f"found {name!r}, wanted lower-case words with hyphens, such as 'spam-filter'"
        raise UserError(Problem(found, "name"))
    if len(name) > LONGEST_NAME:
        found = f"found {len(name)} characters, wanted at most {LONGEST_NAME}"
        raise UserError(Problem(found, "name"))
    if name.startswith("seqkit-"):
        found = f"found {name!r}, wanted it without 'seqkit-', which is put before it"
        raise UserError(Problem(found, "name"))
    if kind not in KINDS:
        raise UserError(Problem(f"no such kind; {suggest(kind, KINDS)}", str(kind)))
    module = f"seqkit_{name.replace('-', '_')}"
    return {"name": name, "module": module, "seqkit": __version__, **_OF_KIND[kind]}


def _rendered(kind: Kind, values: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield each file's path within the new folder, and its text."""
    root = files("seqkit") / "templates" / "plugin"
    for part in ("common", kind):
        for path, source in _members(root / part):
            text = source.read_text(encoding="utf-8")
            if path.suffix == ".template":
                text = _PLACEHOLDER.sub(lambda found: values[found.group(1)], text)
            yield _target(path, values["module"]), text


def _members(folder: Traversable, place: Path = Path()) -> Iterator[tuple[Path, Traversable]]:
    for member in sorted(folder.iterdir(), key=lambda item: item.name):
        if member.is_dir():
            yield from _members(member, place / member.name)
        else:
            yield place / member.name, member


def _target(path: Path, module: str) -> Path:
    names = [module if name == "package" else name for name in path.parts]
    named = Path(*(re.sub("^dot_", ".", name) for name in names))
    return named.with_suffix("") if named.suffix == ".template" else named
