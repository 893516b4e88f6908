"""Python in another process, which knows nothing of what was imported and set up in this one."""

import json
import os
import subprocess
import sys
from pathlib import Path

from seqkit.testing.checks import require

__all__ = ["run_python"]

HEAD = "import sys, json; sys.path[:] = json.loads({path!r})\n"


def run_python(
    code: str, *, otherwise: str, given: bytes = b"", hash_seed: int | None = None
) -> tuple[str, str]:
    """Run code with the module path of this process.

    Args:
        code: Python.
        otherwise: what is to be said where it fails.
        given: what it finds at its standard input.
        hash_seed: decides how strings hash, and so the order of sets; by default as it happens.

    Returns:
        What it printed on standard output, and on stderr.

    Raises:
        CheckFailure: it fails.
    """
    path = json.dumps([entry or str(Path.cwd()) for entry in sys.path])
    changed = {} if hash_seed is None else {"PYTHONHASHSEED": str(hash_seed)}
    done = subprocess.run(
        [sys.executable, "-c", HEAD.format(path=path) + code],
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, **changed},
    )
    printed, told = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    last = told.strip().rpartition("\n")[2]
    require(done.returncode == 0, f"{otherwise}: {last}")
    return printed, told
