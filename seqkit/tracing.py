"""Showing the calls of plugins' hooks on stderr, where ``SEQKIT_TRACE`` asks for it."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["TRACE_VARIABLE", "CallTrace"]

TRACE_VARIABLE = "SEQKIT_TRACE"
"""Environment variable: 1 shows each call: which plugin, which hook, how long, what came of it."""


class CallTrace:
    """The time that one call takes, interrupted where others work in between.

    Args:
        plugin: whose code is called.
        what: the hook, or "import".
    """

    def __init__(self, plugin: str, what: str) -> None:
        self.plugin = plugin
        self.what = what
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of a block."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - started

    def show(self, outcome: str) -> None:
        """Print the call, if that is asked for."""
        if os.environ.get(TRACE_VARIABLE, "0") not in ("", "0"):
            took = f"{1000 * self.seconds:.1f} ms"
            print(f"trace: {self.plugin}: {self.what}: {took}, {outcome}", file=sys.stderr)
