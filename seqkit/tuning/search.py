"""The search: trial after trial, each a training run that is scored on validation.

::

    search = Search(spec, config, data=files, space=default_space(spec.config), folder=folder)
    for trial in search.run(trials=20):
        print(trial.score, trial.values)
    search.best                                    # and best.toml in the folder

Bergstra, Bardenet, Bengio and Kégl, "Algorithms for hyper-parameter optimization" (2011), by way of
the library optuna.
"""

import dataclasses
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from seqkit.datasets import DataFiles
from seqkit.errors import Problem, UserError, placed
from seqkit.extras import require_extra
from seqkit.files import ensure_writable_folder, write_atomically
from seqkit.options import as_recipe, with_options
from seqkit.plugins import PluginHost
from seqkit.randomness import check_seed
from seqkit.run_folder import RUN_FILES, file_options, refuse_used_folder, run_command
from seqkit.runs import Run
from seqkit.splits import fingerprint
from seqkit.tasks import TaskSpec
from seqkit.training.config import TrainingConfig
from seqkit.training.reports import EpochReport
from seqkit.training.step import NonFiniteError
from seqkit.tuning.spaces import Choices, Dimension
from seqkit.tuning.trials import BEST_NAME, JOURNAL_NAME, Outcome, Trial, mend_journal, open_study

if TYPE_CHECKING:
    import optuna

__all__ = ["Search"]


UNJUDGED = 4
"""A trial is not held against others before this part of its epochs, a fourth, is over: low rates
and much dropout begin slowly, and where a linear classifier stands beside the encoder, all first
epochs are alike."""


MOST_FAILURES = 10
"""Trials that fail in a row; where so many do, the next one hardly fares better."""

Ending: TypeAlias = Literal["trials", "time", "stop", "failures"]


def _never() -> bool:
    return False


class Search:
    """A search that goes on where it was stopped, from what stands in its folder.

    Args:
        spec: the task.
        config: the options that are not searched.
        data: where the examples come from; a test file is never opened.
        space: what is searched.
        folder: for the trials so far and the best recipe.
        host: finds plugins.
        data_options: that name the data on the command line; by default those of its files.
        seed: of the search, and of each trial's run.
        threads: at most this many.

    Attributes:
        ending: why the last :meth:`run` ended: there are as many "trials" as were asked for, the
            "time" is over, it was told to "stop", or too many "failures" came in a row.
        notices: what people should know of the folder, such as that its journal was mended.

    Raises:
        UserError: optuna is not installed, an option is searched twice, a value that is searched
            names nothing, the seed or the data cannot be used, or the folder holds another search,
            a damaged one, a run, or a recipe of the name that the best one has.
    """

    def __init__(
        self,
        spec: TaskSpec[Any],
        config: TrainingConfig,
        *,
        data: DataFiles,
        space: Sequence[Dimension],
        folder: Path,
        host: PluginHost,
        data_options: Sequence[str] | None = None,
        seed: int = 0,
        threads: int | None = None,
    ) -> None:
        require_extra("tune", "optuna", wanted_by="seqkit tune")
        self.spec = spec
        self.config = config
        self.data = dataclasses.replace(data, test=None)
        self._data_options = file_options(data) if data_options is None else tuple(data_options)
        self.space = tuple(space)
        _refuse_repeated(self.space)
        self.host = host
        self.seed = check_seed(seed)
        self.threads = threads
        self.ending: Ending = "trials"
        _refuse_foreign(folder)
        self._check_values()
        # Data that no trial can use is told of once, before anything is written.
        self._create_run(config).load()
        self.folder = ensure_writable_folder(folder)
        facts = {
            "options": json.loads(json.dumps(dataclasses.asdict(config))),
            "data": fingerprint(self.data),
            "space": [str(dimension) for dimension in self.space],
            "seed": self.seed,
        }
        unjudged = config.epochs // UNJUDGED
        self.notices = mend_journal(self.folder)
        self._study = open_study(self.folder, spec.name, facts, seed=self.seed, unjudged=unjudged)

    # --- what there is so far --------------------------------------------------------------------

    @property
    def trials(self) -> tuple[Trial, ...]:
        """The trials that have ended, in their order, those of earlier sittings too."""
        return tuple(
            Trial(**json.loads(trial.user_attrs["trial"]))
            for trial in self._study.get_trials(deepcopy=False)
            if "trial" in trial.user_attrs
        )

    @property
    def best(self) -> Trial | None:
        """The trial of the best score; None before there is one."""
        scored = [trial for trial in self.trials if trial.score is not None]
        sign = 1 if self._higher_is_better else -1
        return max(scored, key=lambda trial: sign * (trial.score or 0.0), default=None)

    @property
    def _higher_is_better(self) -> bool:
        return bool(self._study.user_attrs.get("higher_is_better", True))

    @property
    def command(self) -> str:
        """What trains by the best recipe on the data of the search, at the shell."""
        recipe = self.folder / BEST_NAME
        return run_command(self.spec.name, recipe, self._data_options, seed=self.seed)

    # --- what every trial needs ------------------------------------------------------------------

    def _create_run(self, config: TrainingConfig) -> Run:
        return Run(
            self.spec, config, data=self.data, host=self.host, seed=self.seed, threads=self.threads
        )

    def _check_values(self) -> None:
        """Refuse what no trial could use, such as the name of an encoder that nobody offers.

        Raises:
            UserError: all such values.
        """
        problems: list[Problem] = []
        choices = [dimension for dimension in self.space if isinstance(dimension, Choices)]
        for name, value in ((each.name, value) for each in choices for value in each.values):
            try:
                config = with_options(self.config, {name: value})
            except UserError:
                continue  # it may go together with other values; that shows when it is tried
            try:
                with placed({name: f"--search {name}"}):
                    self.host.check_options(config)
            except UserError as error:
                problems += error.problems
        if problems:
            raise UserError(problems)

    # --- the search ------------------------------------------------------------------------------

    def run(
        self, *, trials: int, seconds: float | None = None, stop: Callable[[], bool] = _never
    ) -> Iterator[Trial]:
        """Try, until there are so many trials in all, the time is over, or ``stop()`` says so.

        Trials that failed or were interrupted do not count; when :data:`MOST_FAILURES` have failed
        in a row, the search ends. :attr:`ending` says which it was.

        Yields:
            Each trial when it has ended; it is on disk by then, and so is the best recipe.
        """
        end = None if seconds is None else time.monotonic() + seconds

        def over() -> bool:
            return stop() or (end is not None and time.monotonic() >= end)

        if self.best is not None:
            self._write_best(self.best)  # a sitting that was killed may not have come to it
        failures = 0
        while (tried := sum(trial.finished for trial in self.trials)) < trials:
            if over() or failures == MOST_FAILURES:
                break
            asked = self._study.ask()
            trial = self._try(asked, over)
            self._record(asked, trial)
            failures = failures + 1 if trial.outcome == "failed" else 0
            yield trial
        self.ending = (
            "trials" if tried >= trials
            else "failures" if failures == MOST_FAILURES
            else "stop" if stop()
            else "time"
        )  # fmt: skip

    def _try(self, asked: "optuna.Trial", stop: Callable[[], bool]) -> Trial:
        started = time.perf_counter()
        values = {dimension.name: _suggest(asked, dimension) for dimension in self.space}
        made = Trial(asked.number, values, "failed")
        try:
            made = self._train(asked, made, stop)
        except (UserError, NonFiniteError) as error:
            # Options that do not go together, or a run that diverged: nothing to go on with.
            made = dataclasses.replace(made, reason=str(error))
        return dataclasses.replace(made, seconds=time.perf_counter() - started)

    def _train(self, asked: "optuna.Trial", trial: Trial, stop: Callable[[], bool]) -> Trial:
        run = self._create_run(with_options(self.config, trial.values))
        run.load()
        run.build()
        verdicts: list[bool] = []
        for report in run.train(stop=lambda: any(verdicts) or stop()):
            if not isinstance(report, EpochReport):
                continue
            if not math.isfinite(report.score):
                raise UserError(f"{report.metric} is {report.score} after epoch {report.epoch}")
            if report.best:
                trial = dataclasses.replace(
                    trial,
                    metric=report.metric,
                    score=report.score,
                    style=run.style,
                    epoch=report.epoch,
                )
            verdicts.append(self._is_hopeless(asked, report, run.higher_is_better))
        outcome: Outcome = "done" if not run.interrupted else "interrupted"
        return dataclasses.replace(trial, outcome="stopped early" if any(verdicts) else outcome)

    def _is_hopeless(
        self, asked: "optuna.Trial", report: EpochReport, higher_is_better: bool
    ) -> bool:
        """Tell the search how an epoch went; return whether most trials did better by then."""
        self._study.set_user_attr("higher_is_better", higher_is_better)
        # The study always maximises: which way is up is known only after the first epoch.
        asked.report(report.score if higher_is_better else -report.score, report.epoch)
        return asked.should_prune()

    def _record(self, asked: "optuna.Trial", trial: Trial) -> None:
        """Write a trial down, and the best recipe so far."""
        from optuna.trial import TrialState

        asked.set_user_attr("trial", json.dumps(dataclasses.asdict(trial)))
        states = {"done": TrialState.COMPLETE, "stopped early": TrialState.PRUNED}
        state = states.get(trial.outcome, TrialState.FAIL)
        score = trial.score if self._higher_is_better else -(trial.score or 0.0)
        self._study.tell(asked, score if state is TrialState.COMPLETE else None, state=state)
        if self.best == trial:
            self._write_best(trial)

    def _write_best(self, trial: Trial) -> None:
        config = with_options(self.config, trial.values)
        head = (
            f"{indent(self.command, '# ')}\n"
            f"# trial {trial.number} of a search: validation {trial.metric} {trial.shown_score} "
            f"at epoch {trial.epoch}, seed {self.seed}, data {self.data.name}\n\n"
        )
        write_atomically(self.folder / BEST_NAME, (head + as_recipe(config)).encode())


def _refuse_foreign(folder: Path) -> None:
    """Keep off what no search has written; beside a journal, the best recipe is its own."""
    if not (folder / JOURNAL_NAME).exists():
        names = (*RUN_FILES, BEST_NAME)
        refuse_used_folder(folder, names, where=str(folder), advice="choose another folder")


def _refuse_repeated(space: Sequence[Dimension]) -> None:
    names = [dimension.name for dimension in space]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            raise UserError(Problem("found twice in the space, wanted once", name))


def _suggest(asked: "optuna.Trial", dimension: Dimension) -> Any:
    if isinstance(dimension, Choices):
        return asked.suggest_categorical(dimension.name, dimension.values)
    name, log = dimension.name, dimension.by_factors
    if dimension.whole:
        return asked.suggest_int(name, int(dimension.low), int(dimension.high), log=log)
    return asked.suggest_float(name, dimension.low, dimension.high, log=log)
