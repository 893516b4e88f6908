"""What ``--data``, ``--train``, ``--dev`` and ``--test`` stand for."""

from pathlib import Path
from typing import Any, NamedTuple

from seqkit.cli.mistakes import Mistakes
from seqkit.cli.settings import RunSettings
from seqkit.datasets import DataFiles, find_files
from seqkit.errors import Problem, UserError
from seqkit.options import nearest
from seqkit.plugins import PluginHost
from seqkit.tasks import TaskSpec

__all__ = ["ChosenData", "choose_data", "existing", "named_or_found"]


class ChosenData(NamedTuple):
    """The files of a run, and whether they are a built-in sample."""

    files: DataFiles
    sample: bool


def choose_data(settings: RunSettings, spec: TaskSpec[Any], host: PluginHost) -> ChosenData:
    """Find the files that the data options ask for.

    Raises:
        UserError: options that exclude each other, missing files, unknown datasets; all in one go.
    """
    splits = settings.split_paths
    if settings.data is not None:
        _refuse_both(splits)
        return named_or_found(settings.data, spec.name, host)
    if splits:
        return ChosenData(_split_files(splits), sample=False)
    if spec.sample is None:
        raise UserError(f"--data: the task {spec.name!r} has no sample; give a file or folder")
    dataset = host.find_dataset(spec.sample)
    return ChosenData(dataset.files(), dataset.sample)


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


def existing(path: Path, where: str) -> Path:
    """Return a path that exists.

    Raises:
        UserError: it does not; the nearest name in its folder is given.
    """
    if path.exists():
        return path
    raise UserError(Problem(f"no such file or folder{_neighbour(path)}", f"{where} {path}"))


def _neighbour(path: Path) -> str:
    if not path.parent.is_dir():
        return f"; there is no folder {str(path.parent)!r} either"
    hint = nearest(path.name, [found.name for found in path.parent.iterdir()])
    return f"; {hint}" if hint.startswith("did") else ""


def named_or_found(given: str, task: str, host: PluginHost) -> ChosenData:
    """Find what ``--data`` names: a path if there is one, otherwise a dataset.

    Raises:
        UserError: neither, or a dataset for another task.
    """
    where = f"--data {given}"
    if Path(given).exists():
        return ChosenData(find_files(Path(given)), sample=False)
    names = [dataset.name for dataset in host.datasets() if dataset.task == task]
    if given in names:
        dataset = host.find_dataset(given)
        return ChosenData(dataset.files(), dataset.sample)
    if any(dataset.name == given for dataset in host.datasets()):
        other = host.find_dataset(given).task
        raise UserError(Problem(f"is data for {other!r}, wanted {task!r}; {_list(names)}", where))
    if len(Path(given).parts) > 1 or Path(given).suffix:
        existing(Path(given), "--data")
    hint = nearest(given, names)
    hint = hint if hint.startswith("did") else _list(names)
    raise UserError(Problem(f"found neither a file or folder nor a dataset; {hint}", where))


def _list(names: list[str]) -> str:
    return f"datasets: {', '.join(names)}" if names else "the task has no named dataset"
