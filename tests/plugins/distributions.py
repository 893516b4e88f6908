"""What stands in ``plugins/``: complete distributions, read from their files, never imported."""

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

__all__ = [
    "MOST_LINES",
    "Distribution",
    "code_lines",
    "distributions_in",
    "in_order",
    "private_uses",
]

MOST_LINES = 600
"""Lines of code a plugin may have; what more than one needs belongs in the core's library."""

_LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class Distribution:
    """A folder with a ``pyproject.toml``.

    Attributes:
        folder: that holds it.
    """

    folder: Path

    @cached_property
    def project(self) -> dict[str, Any]:
        """The table ``project`` of its ``pyproject.toml``."""
        text = (self.folder / "pyproject.toml").read_text(encoding="utf-8")
        project: dict[str, Any] = tomllib.loads(text)["project"]
        return project

    @property
    def name(self) -> str:
        """The name it is installed by."""
        return str(self.project["name"])

    @property
    def entry_points(self) -> Mapping[str, str]:
        """Plugin names and the modules behind them."""
        found: Mapping[str, str] = self.project.get("entry-points", {}).get("seqkit", {})
        return found

    @property
    def packages(self) -> Mapping[str, Path]:
        """Its top-level packages by name, and where they stand."""
        return {path.parent.name: path.parent for path in self.folder.glob("*/__init__.py")
                if path.parent.name != "tests"}  # fmt: skip

    @property
    def requires(self) -> tuple[str, ...]:
        """Names of the distributions that it needs."""
        names = (re.match(r"[\w.-]+", text) for text in self.project.get("dependencies", ()))
        return tuple(found.group().lower().replace("_", "-") for found in names if found)

    def modules(self) -> list[Path]:
        """Return its Python files without the tests."""
        tests = self.folder / "tests"
        return sorted(path for path in self._python() if tests not in path.parents)

    def python_files(self) -> list[Path]:
        """Return its Python files, the tests too."""
        return sorted(self._python())

    def _python(self) -> Iterator[Path]:
        for path in self.folder.rglob("*.py"):
            places = path.relative_to(self.folder).parts
            if not any(place.startswith(".") or place in ("build", "dist") for place in places):
                yield path


def distributions_in(folder: Path) -> list[Distribution]:
    """Return the distributions below a folder, those that others need first."""
    return in_order([Distribution(path.parent) for path in folder.glob("*/pyproject.toml")])


def in_order(distributions: Iterable[Distribution]) -> list[Distribution]:
    """Sort by name, and each after those that it needs.

    Raises:
        graphlib.CycleError: two need each other.
    """
    known = {one.name: one for one in sorted(distributions, key=lambda one: one.name)}
    needs = {name: [n for n in one.requires if n in known] for name, one in known.items()}
    return [known[name] for name in TopologicalSorter(needs).static_order()]


def code_lines(source: str) -> int:
    """Count the lines that hold code: no blank line, no comment, no docstring."""
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            docstrings.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


# --- private names -------------------------------------------------------------------------------


def private_uses(source: str, packages: Mapping[str, Path]) -> list[str]:
    """Return what a file takes of other packages that is not public, with its line.

    Public is what ``__all__`` of a module lists (where there is one), and what has no leading
    underscore on the way there.

    Args:
        source: of the file.
        packages: whose names are looked at: top-level name to folder.
    """
    tree, found, bound = ast.parse(source), [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            taken = [(alias.name, "", alias) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            taken = [(node.module, alias.name, alias) for alias in node.names]
        else:
            continue
        for module, name, alias in taken:
            if module.partition(".")[0] in packages:
                bound.add(alias.asname or name or module.partition(".")[0])
                if reason := _not_public(module, name, packages):
                    found.append(f"line {node.lineno}: {reason}")
    return [*found, *_private_attributes(tree, bound)]


def _not_public(module: str, name: str, packages: Mapping[str, Path]) -> str:
    """Say what is private about a name of a module, or about the module where ``name`` is empty."""
    if any(_is_private(part) for part in (*module.split("."), name)):
        return f"{module}{'.' if name else ''}{name} has a leading underscore"
    if not name or _file_of(f"{module}.{name}", packages) is not None:
        return ""
    path = _file_of(module, packages)
    if path is None:
        return f"there is no module {module}"
    listed = _listed(path)
    if name == "*" or name.startswith("__") or listed is None or name in listed:
        return ""
    return f"{name} is not in {module}.__all__"


def _is_private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def _file_of(module: str, packages: Mapping[str, Path]) -> Path | None:
    root, *rest = module.split(".")
    path = packages[root].joinpath(*rest)
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


def _listed(path: Path) -> set[str] | None:
    """Return what ``__all__`` of a file lists; None where it has none."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == ["__all__"]:
            return set(ast.literal_eval(node.value))
    return None


def _private_attributes(tree: ast.AST, bound: set[str]) -> list[str]:
    """Return private attributes reached through a name that was imported from elsewhere."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            root: ast.expr = node.value
            while isinstance(root, ast.Attribute | ast.Call):
                root = root.func if isinstance(root, ast.Call) else root.value
            if isinstance(root, ast.Name) and root.id in bound:
                found.append(f"line {node.lineno}: {ast.unparse(node)} has a leading underscore")
    return found
