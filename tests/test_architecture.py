"""Imports run downwards only, and what is heavy is imported where it is used."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From the ground up; a room may import from its own line and from those above it.
FLOORS = [
    ["arrays", "digests", "errors", "overlap", "lazy", "randomness", "suggestions", "tracing"],
    ["kernels"],
    ["options", "sequences", "parameters", "files", "file_names", "beam_search", "extras"],
    ["layers"],
    ["optim", "text", "metrics", "tokens", "container", "sampling", "vectors", "heatmap"],
    ["training", "bundle", "datasets", "encoders", "mistakes"],
    ["tasks", "reports"],
    ["hookspecs", "inputs", "label_model", "predictions", "writing_model"],
    ["plugin_code", "plugin_loading", "plugins", "splits"],
    ["tagging"],
    ["sources", "summaries", "run_folder"],
    ["loading"],
    ["transfer"],
    ["runs"],
    ["inspection"],
    ["estimators", "testing", "scaffold", "comparison", "tuning"],
    ["cli"],
    ["__main__"],
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# The gradient checks are used by tests alone and look at layers, so nothing imports them.
LIBRARY = sorted((ROOT / "seqkit").rglob("*.py"))
TASKS = sorted((ROOT / "tasks").rglob("*.py"))


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "seqkit").parts[0].removesuffix(".py")


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(path) for path in LIBRARY} - {"__init__"}
    assert rooms <= FLOOR.keys()


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_downwards(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    for module in imported_modules(path):
        if module.startswith("seqkit.") and module.split(".")[1] in FLOOR:
            assert FLOOR[module.split(".")[1]] <= FLOOR[room], module


@pytest.mark.parametrize("path", LIBRARY + TASKS, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_imports_a_pickle(path: Path) -> None:
    roots = {module.split(".")[0] for module in imported_modules(path)}
    assert not roots & {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_command_line_imports_typer_and_rich(path: Path) -> None:
    roots = {module.split(".")[0] for module in imported_modules(path)}
    assert "click" not in roots
    if room_of(path) != "cli":
        assert not roots & {"typer", "rich"}


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_library_imports_no_plugin(path: Path) -> None:
    assert "seqkit_tasks" not in {module.split(".")[0] for module in imported_modules(path)}


@pytest.mark.parametrize("path", TASKS, ids=lambda p: str(p.relative_to(ROOT)))
def test_built_in_tasks_use_public_names_only(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("seqkit."):
            private = [alias.name for alias in node.names if alias.name.startswith("_")]
            assert not private, f"{node.module}: {private}"
            assert not any(part.startswith("_") for part in node.module.split(".")), node.module


def test_a_public_class_has_a_name_of_its_own() -> None:
    places: dict[str, list[str]] = {}
    for path in LIBRARY:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        listed = {name for node in tree.body for name in listed_names(node)}
        for node in tree.body:
            own = isinstance(node, ast.ClassDef) and node.name in listed
            if own and room_of(path) != "kernels":  # nobody outside knows what is in there
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def listed_names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
        return list(ast.literal_eval(node.value))
    return []


@pytest.mark.parametrize("module", ["seqkit", "seqkit.plugins", "seqkit.text", "seqkit.metrics"])
def test_import_is_light(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(m.split('.')[0] for m in sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"sklearn", "scipy", "typer", "rich", "optuna"} & set(loaded)
