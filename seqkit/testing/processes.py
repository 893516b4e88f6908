"""Python in another process, which knows nothing of what was imported and set up in this one."""

import json
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["run_python"]

HEAD = "import sys, json; sys.path[:] = json.loads({path!r})\n"


def run_python(
    code: str, *, given: bytes = b"", hash_seed: int | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run code with the module path of this process.

    Args:
        code: Python.
        given: what it finds at its standard input.
        hash_seed: decides how strings hash, and so the order of sets; by default as it happens.
    """
    path = json.dumps([entry or str(Path.cwd()) for entry in sys.path])
    changed = {} if hash_seed is None else {"PYTHONHASHSEED": str(hash_seed)}
    return subprocess.run(
        [sys.executable, "-c", HEAD.format(path=path) + code],
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, **changed},
    )
