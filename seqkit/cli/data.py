"""What ``--data``, ``--train``, ``--dev`` and ``--test`` stand for."""

from pathlib import Path
from typing import Any

from seqkit.cli.mistakes import Mistakes
from seqkit.cli.settings import RunSettings
from seqkit.datasets import DataFiles
from seqkit.errors import UserError
from seqkit.plugins import PluginHost
from seqkit.sources import ChosenData, existing, named_or_found, refuse_pipes, sample_of
from seqkit.tasks import TaskSpec

__all__ = ["choose_data"]


def choose_data(settings: RunSettings, spec: TaskSpec[Any], host: PluginHost) -> ChosenData:
    """Find the files that the data options ask for.

    Raises:
        UserError: options that exclude each other, missing files, pipes, unknown datasets; all
            in one go.
    """
    chosen = _choose(settings, spec, host)
    refuse_pipes(chosen.files)
    return chosen


def _choose(settings: RunSettings, spec: TaskSpec[Any], host: PluginHost) -> ChosenData:
    splits = settings.split_paths
    if settings.data is not None:
        _refuse_both(splits)
        return named_or_found(settings.data, spec.name, host)
    if splits:
        return ChosenData(_split_files(splits), sample=False)
    return sample_of(spec, host)


def _refuse_both(splits: dict[str, Path]) -> None:
    if splits:
        given = ", ".join(f"--{name}" for name in splits)
        raise UserError(f"--data: found beside {given}, wanted one or the other")


def _split_files(splits: dict[str, Path]) -> DataFiles:
    mistakes = Mistakes()
    if "train" not in splits:
        given = ", ".join(f"--{name}" for name in splits)
        mistakes.add("--train", f"missing; {given} alone is nothing to learn from")
    for name, path in splits.items():
        with mistakes.collected():
            existing(path, f"--{name}")
    mistakes.raise_any()
    return DataFiles(**splits, name=splits["train"].name)
