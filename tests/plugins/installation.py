"""Plugins as their users meet them: installed, run, tested, type-checked, uninstalled.

``python -m tests.plugins.installation DIST WORK`` takes the core's wheel from ``DIST`` into a new
virtual environment in ``WORK``, and then, for every plugin of ``plugins/`` and for a new one of
each kind (``seqkit plugins new``), those that others need first:

1. installs it (``pip install ./plugins/NAME``) and runs each of its tasks on its sample;
2. installs its extras and runs its own tests, linter and type checker;
3. uninstalls it, alone: the core and every plugin that does not need it works on, and those that do
   need it are listed with the reason. Then it is installed again.

``.ci/run`` calls it; it needs nothing but Python and a package index.
"""

import json
import os
import resource
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.plugins.distributions import Distribution, distributions_in, in_order

ROOT = Path(__file__).parents[2]

KINDS = ("classify", "tag", "generate", "pair")
"""Of new plugins."""

MOST_SECONDS = 60.0
"""Of processor time, for one run on a plugin's own sample."""


class Environment:
    """A virtual environment with the core in it, and an empty working directory.

    Args:
        folder: to make it in.
        dist: folder with the core's wheel.
    """

    def __init__(self, folder: Path, dist: Path) -> None:
        self.bin = folder / "environment" / "bin"
        self.empty = folder / "empty"
        self.empty.mkdir(parents=True)
        self.dist = dist
        venv.create(folder / "environment", with_pip=True)
        self.call("pip", "install", "--quiet", *map(str, dist.glob("*.whl")))

    def call(self, program: str, *arguments: str, cwd: Path | None = None) -> str:
        """Run a program of the environment and return its standard output.

        Raises:
            SystemExit: it failed; its output has been printed.
        """
        own = {
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "MYPY_CACHE_DIR": str(self.empty.parent / "mypy"),
        }
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=cwd or self.empty,
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if program != "seqkit" else None,
            text=True,
        )
        if done.returncode:
            print(done.stdout)
            raise SystemExit(f"{program} {' '.join(arguments)}: exit status {done.returncode}")
        return done.stdout

    def install(self, plugin: Distribution, extra: str = "") -> None:
        """Install a plugin from its folder; what it needs of ours is there, or in ``dist``."""
        target = f"{plugin.folder}{extra}"
        self.call("pip", "install", "--quiet", "--find-links", str(self.dist), target)

    def records(self) -> dict[str, Mapping[str, Any]]:
        """Return what ``seqkit plugins`` says of each external plugin, by distribution."""
        listed = json.loads(self.call("seqkit", "plugins", "--json"))["plugins"]
        return {one["distribution"]: one for one in listed if not one["builtin"]}


def main(dist: Path, work: Path) -> None:
    """Do it all, saying what is being done."""
    environment = Environment(work, dist)
    plugins = in_order([*distributions_in(ROOT / "plugins"), *new_plugins(environment, work)])
    for plugin in plugins:
        say(f"{plugin.name}: install and run")
        environment.install(plugin)
        run_on_sample(environment, plugin)
    for plugin in plugins:
        say(f"{plugin.name}: tests, lint and types")
        check(environment, plugin)
    for plugin in plugins:
        say(f"{plugin.name}: uninstall, and install again")
        environment.call("pip", "uninstall", "--quiet", "--yes", plugin.name)
        check_the_rest(environment, plugin, plugins)
        environment.install(plugin)


def say(words: str) -> None:
    """Print at once, so that the output of programs comes after it."""
    print(f"--- {words}", flush=True)


def new_plugins(environment: Environment, work: Path) -> Iterator[Distribution]:
    """Write a plugin of each kind as its author does."""
    for kind in KINDS:
        name = f"new-{kind}"
        environment.call("seqkit", "plugins", "new", name, "--kind", kind, "--output", str(work))
        yield Distribution(work / f"seqkit-{name}")


def run_on_sample(environment: Environment, plugin: Distribution) -> None:
    """Run each task that a plugin offers on its own sample."""
    record = environment.records()[plugin.name]
    require(record["status"] == "ok", f"{plugin.name}: {record['reasons']}")
    require(bool(record["tasks"]), f"{plugin.name} offers no task")
    for task in record["tasks"]:
        before = processor_seconds()
        environment.call("seqkit", "--strict-plugins", "run", task, "--quiet")
        took = processor_seconds() - before
        require(took <= MOST_SECONDS, f"run {task} took {took:.0f} s, wanted {MOST_SECONDS:.0f}")
        print(f"    run {task}: {took:.1f} s of processor time", flush=True)


def processor_seconds() -> float:
    """Return what all finished children have used: a busy machine does not add to it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def check(environment: Environment, plugin: Distribution) -> None:
    """Do what a plugin's own CI does."""
    environment.install(plugin, "[test]")
    tests = environment.call("pytest", "-q", "-p", "no:cacheprovider", cwd=plugin.folder)
    print(f"    {tests.strip().splitlines()[-1]}", flush=True)
    environment.install(plugin, "[dev]")
    environment.call("ruff", "check", "--no-cache", ".", cwd=plugin.folder)
    environment.call("ruff", "format", "--check", "--no-cache", ".", cwd=plugin.folder)
    environment.call("mypy", cwd=plugin.folder)


def check_the_rest(
    environment: Environment, gone: Distribution, plugins: Sequence[Distribution]
) -> None:
    """Require that without one plugin the others and the core are as well as they can be."""
    records = environment.records()
    require(gone.name not in records, f"{gone.name} is still listed")
    for plugin in plugins:
        if plugin != gone:
            needs_it = plugin.name in dependents(gone, plugins)
            record = records[plugin.name]
            wanted = "broken" if needs_it else "ok"
            found = f"{plugin.name} is {record['status']} without {gone.name}, wanted {wanted}"
            require(record["status"] == wanted, found)
            require(bool(record["reasons"]) == needs_it, f"{found}: {record['reasons']}")
    tasks = environment.call("seqkit", "tasks")
    for name in ("sentiment", "pos-tagging", "language-modelling"):
        require(name in tasks, f"seqkit tasks does not list {name} without {gone.name}")
    environment.call("seqkit", "run", "sentiment", "--epochs", "1", "--quiet")


def dependents(needed: Distribution, plugins: Sequence[Distribution]) -> set[str]:
    """Return the names of those that need a plugin themselves."""
    return {plugin.name for plugin in plugins if needed.name in plugin.requires}


def require(kept: bool, otherwise: str) -> None:
    """End with a message where something does not hold."""
    if not kept:
        raise SystemExit(otherwise)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
