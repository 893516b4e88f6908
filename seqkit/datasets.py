"""Where examples come from: files for training, validation and test, or a named dataset."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from seqkit.errors import Problem, UserError
from seqkit.files import reading

__all__ = ["DataFiles", "DatasetSpec", "find_files", "made_files", "sample_files"]

_SPLIT_NAMES = {
    "train": ("train", "training"),
    "dev": ("dev", "valid", "validation", "val"),
    "test": ("test",),
}


@dataclass(frozen=True, kw_only=True)
class DataFiles:
    """Files of a run. Either ``single`` (split by seqkit) or at least ``train``.

    Paths that are given as text become :class:`~pathlib.Path`.

    Attributes:
        train: what the model learns from.
        dev: what chooses the best epoch; a tenth of ``train`` where it is missing.
        test: what the report scores; where it is missing, the report scores ``dev`` and says so.
        single: one file or folder to be split 80/10/10.
        name: how the report calls the data.
    """

    train: Path | None = None
    dev: Path | None = None
    test: Path | None = None
    single: Path | None = None
    name: str = ""

    def __post_init__(self) -> None:
        several = any(path is not None for path in (self.train, self.dev, self.test))
        if (self.train is None) == (self.single is None) or (several and self.single is not None):
            raise UserError(
                "data: give either --data, or --train with --dev and --test if you have them"
            )
        for field, path in self.paths().items():
            object.__setattr__(self, field, Path(path))

    def paths(self) -> dict[str, Path]:
        """Return the paths that are given, by the name of their field."""
        named = {"single": self.single, "train": self.train, "dev": self.dev, "test": self.test}
        return {name: path for name, path in named.items() if path is not None}


@dataclass(frozen=True, kw_only=True)
class DatasetSpec:
    """What a plugin yields from ``seqkit_datasets``: data that ``--data NAME`` finds.

    Attributes:
        name: lower-case words with hyphens.
        task: the task it is for.
        summary: one line: what it is, language, size, origin.
        files: returns where its files are.
        sample: whether it is a small sample for trying things out, which the report then says.
    """

    name: str
    task: str
    summary: str
    files: Callable[[], DataFiles]
    sample: bool = False


def find_files(path: str | Path) -> DataFiles:
    """Find the splits that ``--data PATH`` means: a file, or a folder.

    A folder with files (or folders) named ``train.*``, ``dev.*`` (or ``valid``, ``validation``,
    ``val``) and ``test.*`` gives those; names that end so (``en_ewt-ud-train.conllu``,
    ``ratings_train.txt``, ``wiki.train.tokens``) count too. Any other folder is one data set of its
    own, to be split.

    Raises:
        UserError: no such path, one that cannot be read, or two files that could be the same split.
    """
    path = Path(path)
    with reading(path):
        if not path.exists():
            raise UserError(Problem("no such file or folder", str(path)))
        if not path.is_dir():
            return DataFiles(single=path, name=path.name)
        found = {split: _candidates(path, names) for split, names in _SPLIT_NAMES.items()}
    problems = [
        Problem(
            f"several files could be the {split} split: {', '.join(p.name for p in paths)}",
            str(path),
        )
        for split, paths in found.items()
        if len(paths) > 1
    ]
    if problems:
        raise UserError(problems)
    splits = {split: paths[0] if paths else None for split, paths in found.items()}
    if splits["train"] is None:
        return DataFiles(single=path, name=path.name)
    return DataFiles(**splits, name=path.name)


def sample_files(name: str) -> DataFiles:
    """Find the splits of a sample that comes with seqkit, by the name of its folder."""
    return find_files(Path(__file__).parent / "samples" / name)


def made_files(name: str, make: Callable[[Path], None], *, version: int = 1) -> DataFiles:
    """Find the splits of a data set that is made when it is first asked for, and kept.

    It is kept in the user's cache folder: ``seqkit/NAME-VERSION`` in ``XDG_CACHE_HOME`` or
    ``~/.cache``.

    Args:
        name: of the data set.
        make: writes the files into a folder that exists; the same files whenever it is called.
        version: to be raised when other files are made.

    Raises:
        UserError: nothing can be written there, or the user has no home folder.
    """
    cache = _cache_home() / "seqkit"
    folder = cache / f"{name}-{version}"
    try:
        if not folder.is_dir():
            cache.mkdir(parents=True, exist_ok=True)
            # Whoever is interrupted, or does it at the same time, leaves no half data set.
            with TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as temporary:
                (made := Path(temporary) / name).mkdir()
                make(made)
                if not folder.is_dir():
                    made.rename(folder)
    except OSError as error:
        reason = f"the data cannot be written there ({error.strerror or error})"
        advice = "XDG_CACHE_HOME names another place"
        raise UserError(Problem(f"{reason}; {advice}", str(folder))) from None
    return replace(find_files(folder), name=name)


def _cache_home() -> Path:
    if named := os.environ.get("XDG_CACHE_HOME"):
        return Path(named)
    try:
        return Path.home() / ".cache"
    except RuntimeError:  # a user that the system does not know, as in a container
        advice = "there is no home folder to keep data in; name a folder in XDG_CACHE_HOME"
        raise UserError(advice) from None


def _candidates(folder: Path, names: tuple[str, ...]) -> list[Path]:
    """Paths in a folder with a part of the name, between dots, that is or ends in one of names."""
    endings = tuple(mark + name for name in names for mark in "-_.")

    def matches(path: Path) -> bool:
        parts = path.name.lower().split(".") if path.is_file() else [path.name.lower()]
        return any(f".{part}".endswith(endings) for part in parts)

    return sorted(
        path for path in folder.iterdir() if not path.name.startswith(".") and matches(path)
    )
