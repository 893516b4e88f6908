"""What the data of a run is, said as a path, as the name of a dataset, or not at all."""

from pathlib import Path
from typing import Any, NamedTuple

from seqkit.datasets import DataFiles, find_files
from seqkit.errors import Problem, UserError
from seqkit.file_names import similar_file
from seqkit.files import reading
from seqkit.plugins import PluginHost
from seqkit.suggestions import nearest
from seqkit.tasks import TaskSpec

__all__ = ["ChosenData", "existing", "find_data", "named_or_found", "refuse_pipes", "sample_of"]


class ChosenData(NamedTuple):
    """The files of a run, and whether they are a built-in sample."""

    files: DataFiles
    sample: bool


def find_data(
    data: DataFiles | str | Path | None, spec: TaskSpec[Any], host: PluginHost
) -> ChosenData:
    """Find what a caller means by ``data``: files, a path, a dataset's name, or the task's sample.

    Raises:
        UserError: neither a path nor a name, another task's dataset, or no sample.
    """
    if data is None:
        return sample_of(spec, host)
    if isinstance(data, DataFiles):
        chosen = ChosenData(data, sample=False)
    else:
        chosen = named_or_found(str(data), spec.name, host)
    refuse_pipes(chosen.files)
    return chosen


def refuse_pipes(files: DataFiles) -> None:
    """Check that what a run learns from can be read more than once.

    Raises:
        UserError: a pipe or a device, at which a second reading would wait without end.
    """
    wanted = "is a pipe or a device, wanted a file or folder: it is read more than once"
    problems = [
        Problem(f"{wanted}; write it to a file first", str(path))
        for path in files.paths().values()
        if path.exists() and not (path.is_file() or path.is_dir())
    ]
    if problems:
        raise UserError(problems)


def sample_of(spec: TaskSpec[Any], host: PluginHost) -> ChosenData:
    """Find the sample that a task is run on when no data is given.

    Raises:
        UserError: it has none.
    """
    if spec.sample is None:
        raise UserError(f"--data: the task {spec.name!r} has no sample; give a file or folder")
    dataset = host.find_dataset(spec.sample)
    return ChosenData(host.dataset_files(dataset.name), dataset.sample)


def existing(path: Path, where: str) -> Path:
    """Return a path that exists.

    Raises:
        UserError: it does not; the nearest name in its folder is given. Or that cannot be told.
    """
    with reading(f"{where} {path}"):
        if path.exists():
            return path
        raise UserError(Problem(f"no such file or folder{similar_file(path)}", f"{where} {path}"))


def named_or_found(given: str, task: str, host: PluginHost) -> ChosenData:
    """Find what ``--data`` names: a path if there is one, otherwise a dataset.

    Raises:
        UserError: neither, or a dataset for another task.
    """
    where = f"--data {given}"
    with reading(where):
        found = Path(given).exists()
    if found:
        return ChosenData(find_files(Path(given)), sample=False)
    names = [dataset.name for dataset in host.datasets() if dataset.task == task]
    if given in names:
        dataset = host.find_dataset(given)
        return ChosenData(host.dataset_files(dataset.name), dataset.sample)
    if any(dataset.name == given for dataset in host.datasets()):
        other = host.find_dataset(given).task
        raise UserError(Problem(f"is data for {other!r}, wanted {task!r}; {_list(names)}", where))
    if len(Path(given).parts) > 1 or Path(given).suffix:
        existing(Path(given), "--data")
    best = nearest(given, names)
    hint = f"did you mean {best!r}?" if best else _list(names)
    raise UserError(Problem(f"found neither a file or folder nor a dataset; {hint}", where))


def _list(names: list[str]) -> str:
    return f"datasets: {', '.join(names)}" if names else "the task has no named dataset"
