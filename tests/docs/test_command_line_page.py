"""The page about exit statuses and environment variables names those that there are."""

import re
from pathlib import Path

from seqkit.cli import app, outcome
from seqkit.kernels import compiled
from seqkit.plugins import DISABLE_VARIABLE
from seqkit.tracing import TRACE_VARIABLE

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_every_exit_status_is_listed():
    listed = re.findall(r"^\| (\d+) \|", TEXT, flags=re.MULTILINE)
    said = " ".join((outcome.__doc__ or "").split())
    assert listed == re.findall(r"(?<=[.;] )(\d+) ", said)
    assert str(app.BROKEN) in listed


def test_every_environment_variable_is_listed():
    listed = re.findall(r"^\| `(SEQKIT_\w+)` \|", TEXT, flags=re.MULTILINE)
    known = {DISABLE_VARIABLE, TRACE_VARIABLE, outcome.TRACEBACK_VARIABLE, compiled.SWITCH}
    assert set(listed) == known
