"""The options of ``seqkit run`` that are the same for every task."""

from dataclasses import dataclass
from pathlib import Path

from seqkit.options import flag_words, option

__all__ = ["PANELS", "RunSettings"]


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """What to run on, where to write, and how; the task's own options stand beside it."""

    data: str | None = option(
        None, help="file, folder or dataset name; without any data, the task's own sample"
    )
    train: str | None = option(None, help="what the model learns from")
    dev: str | None = option(None, help="what chooses the best epoch; else a tenth of --train")
    test: str | None = option(None, help="what the report scores; else --dev")
    config: str | None = option(
        None, help="recipe (TOML); 'seqkit config TASK' prints one", group="training"
    )
    seed: int = option(0, help="of everything random", group="training", minimum=0)
    threads: int | None = option(
        None, help="at most so many; the result does not depend on it", group="training", minimum=1
    )
    resume: str | None = option(
        None, help="go on with an interrupted run: its folder", group="training"
    )
    output: str | None = option(
        None, help="folder to write to; else runs/TASK-N, N the next free number", group="output"
    )
    json: bool = option(False, help="print the report as JSON, and nothing else", group="output")
    quiet: bool = option(False, help="show no progress", group="output")

    @property
    def split_paths(self) -> dict[str, Path]:
        """The files given by split, by flag."""
        given = {"train": self.train, "dev": self.dev, "test": self.test}
        return {name: Path(path) for name, path in given.items() if path is not None}

    @property
    def data_options(self) -> tuple[str, ...]:
        """The options of the data as they were given, as words of a command line."""
        given = {"data": self.data, "train": self.train, "dev": self.dev, "test": self.test}
        return flag_words({name: value for name, value in given.items() if value is not None})


PANELS = {"data": "Data", "training": "Run", "output": "Output"}
"""Headings of the help under which these options stand."""
