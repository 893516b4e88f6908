"""Child processes: what must start from nothing, to be timed or to have its memory measured.

The kernel lets a child inherit its parent's peak of memory, so a benchmark that has PyTorch loaded
cannot start what it measures. A small Python process without any imports stands in between: it
starts the command, takes the time and asks for the memory.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ChildError", "ChildRun", "peak_megabytes", "resident_megabytes", "run_child"]

ROOT = Path(__file__).resolve().parents[1]

LAUNCHER = """
import os, sys, time
pipe = int(sys.argv[1])
started = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - started
kilo = 1024 if sys.platform == "darwin" else 1
os.write(pipe, f"{seconds} {usage.ru_maxrss / kilo / 1000}".encode())
sys.exit(os.waitstatus_to_exitcode(status))
"""


class ChildError(RuntimeError):
    """A child failed; the message ends with what it wrote to stderr."""


@dataclass(frozen=True)
class ChildRun:
    """A child that ended well.

    Attributes:
        seconds: from its start to its end.
        megabytes: the most memory it ever held.
        output: its stdout.
    """

    seconds: float
    megabytes: float
    output: str


def run_child(command: Sequence[str], *, threads: int, cwd: Path = ROOT) -> ChildRun:
    """Run a command to its end.

    Args:
        command: the program's whole path, and its arguments.
        threads: for whatever obeys ``OMP_NUM_THREADS``; PyTorch does.
        cwd: where ``-m`` finds modules; the repository's root.

    Raises:
        ChildError: its exit status is not 0.
    """
    reading, writing = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", LAUNCHER, str(writing), *command],
            pass_fds=[writing],
            env=_environment(threads),
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)
    with os.fdopen(reading) as facts:
        seconds, _, megabytes = facts.read().partition(" ")
    if done.returncode:
        raise ChildError(f"{' '.join(command)}: status {done.returncode}\n{done.stderr[-2000:]}")
    return ChildRun(float(seconds), float(megabytes), done.stdout)


def _environment(threads: int) -> dict[str, str]:
    """Return that of this process, but with bytecode kept, as for any installed package.

    Where it is not, seqkit's modules would be compiled at every start, and PyTorch's, which pip
    compiled when it put them there, would not.
    """
    kept = {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "OMP_NUM_THREADS": str(threads)}


def run_json(command: Sequence[str], *, threads: int) -> tuple[ChildRun, dict[str, object]]:
    """Run a command whose last line of output is a JSON object."""
    run = run_child(command, threads=threads)
    document: dict[str, object] = json.loads(run.output.strip().rpartition("\n")[2])
    return run, document


def resident_megabytes() -> float:
    """Memory that this process holds now."""
    return _status("VmRSS") or peak_megabytes()


def peak_megabytes() -> float:
    """The most memory that this process has held; on Linux without what its parent had."""
    from resource import RUSAGE_SELF, getrusage

    kilo = 1024 if sys.platform == "darwin" else 1
    return _status("VmHWM") or getrusage(RUSAGE_SELF).ru_maxrss / kilo / 1000


def _status(name: str) -> float:
    """Read a number of Linux's /proc/self/status, in megabytes; 0 elsewhere."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").split("\n")
    except OSError:
        return 0.0
    found = next((line.split()[1] for line in lines if line.startswith(f"{name}:")), "0")
    return int(found) * 1024 / 1e6
