"""What is shown on stderr while a run works: summaries, one line an epoch, and a bar on a terminal.

The bar is redrawn at most twice a second and has no thread of its own, so that it costs nothing
that training could notice.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from seqkit.cli.summaries import epoch_line, model_lines, print_data
from seqkit.metrics.measures import Style
from seqkit.reports import DataSummary, ModelSummary
from seqkit.training.reports import EpochReport, StepReport

__all__ = ["RunProgress"]

INTERVAL = 0.5
"""Seconds between two drawings of the bar."""


class RunProgress:
    """Shows a run to the person who waits for it.

    Args:
        console: of stderr.
        epochs: how many there are to be at most.
        quiet: show nothing.
        clock: seconds, for tests.
    """

    def __init__(
        self,
        console: Console,
        *,
        epochs: int,
        quiet: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.console = console
        self._epochs = epochs
        self._quiet = quiet
        self._clock = clock
        self._bar: _StepBar | None = None

    def data(self, summary: DataSummary) -> None:
        """Show what was read."""
        if not self._quiet:
            print_data(summary, self.console)

    def model(self, summary: ModelSummary) -> None:
        """Show what will be trained."""
        if not self._quiet:
            self.console.print(*model_lines(summary), "", sep="\n")

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Say what takes a while."""
        if self._quiet or not self.console.is_terminal:
            yield
            return
        with self.console.status(what):
            yield

    @contextmanager
    def training(self) -> Iterator[None]:
        """Show the bar while the block runs, where stderr is a terminal."""
        if self._quiet or not self.console.is_terminal:
            yield
            return
        self._bar = _StepBar(self.console, self._epochs, self._clock)
        try:
            with self._bar.progress:
                yield
        finally:
            self._bar = None

    def step(self, report: StepReport) -> None:
        """Show a step, if it is time to."""
        if self._bar is not None:
            self._bar.show(report)

    def epoch(self, report: EpochReport, style: Style) -> None:
        """Show a finished epoch, its score in the style of its metric."""
        if not self._quiet:
            line = epoch_line(report, self._epochs, style=style, width=self.console.width)
            self.console.print(line, soft_wrap=True)


class _StepBar:
    """The live line: where the epoch stands, mean loss so far, gradient norm, speed."""

    def __init__(self, console: Console, epochs: int, clock: Callable[[], float]) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.fields[facts]}"),
            TimeRemainingColumn(),
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._epochs = epochs
        self._clock = clock
        self._row: TaskID | None = None
        self._epoch = 0
        self._drawn = -INTERVAL
        self._started = 0.0
        self._loss = 0.0
        self._tokens = 0

    def show(self, report: StepReport) -> None:
        if report.epoch != self._epoch:
            self._start_epoch(report)
        self._loss += report.loss
        self._tokens += report.tokens
        now = self._clock()
        if now - self._drawn >= INTERVAL or report.step == report.steps:
            self._drawn = now
            self._draw(report, now)

    def _start_epoch(self, report: StepReport) -> None:
        if self._row is not None:
            self.progress.remove_task(self._row)
        self._epoch, self._started = report.epoch, self._clock()
        self._loss, self._tokens = 0.0, 0
        title = f"epoch {report.epoch}/{self._epochs}"
        self._row = self.progress.add_task(title, total=report.steps, facts="")

    def _draw(self, report: StepReport, now: float) -> None:
        if self._row is None:
            return
        seconds = now - self._started
        speed = f"{self._tokens / seconds:,.0f} tokens/s" if seconds > 0 else ""
        loss = f"loss {self._loss / report.step:.4f}"
        facts = "  ".join((loss, f"norm {report.gradient_norm:.2f}", speed))
        self.progress.update(self._row, completed=report.step, facts=facts)
        self.progress.refresh()
