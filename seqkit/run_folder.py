"""The files of a run: checkpoint, model, options, report. Each is written whole or not at all."""

import hashlib
import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import Any

from seqkit.arrays import Array
from seqkit.bundle import MODEL_NAME, Manifest, write_bundle
from seqkit.container import canonical_json
from seqkit.datasets import DataFiles
from seqkit.errors import Problem, UserError
from seqkit.files import ensure_writable_folder, write_atomically
from seqkit.options import as_recipe, flag_words
from seqkit.reports import RunReport
from seqkit.splits import fingerprint
from seqkit.tasks import Resources
from seqkit.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint

__all__ = [
    "CHECKPOINT_NAME",
    "RUN_FILES",
    "RunFacts",
    "RunFolder",
    "file_options",
    "path_word",
    "refuse_used_folder",
    "resources_digest",
    "run_command",
]

CHECKPOINT_NAME = "checkpoint.safetensors"
REPORT_NAME = "report.json"
CONFIG_NAME = "config.toml"

RUN_FILES = (CHECKPOINT_NAME, CONFIG_NAME, "log.jsonl", MODEL_NAME, REPORT_NAME)
"""What a run writes; the log comes by way of a hook, and other plugins may add to these."""

SOURCES = ("vectors", "init_from")
"""Options that name a file or folder beside the data, from which a model may take its words."""


def path_word(path: str | Path) -> str:
    """Return a path as a word of a command line, which must not be taken for an option."""
    word = str(path)
    return f"./{word}" if word.startswith("-") else word


def file_options(data: DataFiles) -> tuple[str, ...]:
    """Return the options that give these files to ``seqkit run``, as words of a command line."""
    named = {"data" if name == "single" else name: path_word(p) for name, p in data.paths().items()}
    return flag_words(named)


def run_command(task: str, recipe: Path, data: Sequence[str], *, seed: int) -> str:
    """Return the command that trains by a recipe again, quoted for the shell.

    Args:
        task: its name.
        recipe: path of it, as seen from where the paths of the data are seen.
        data: the options that give the data; without any, the task's own sample is read.
        seed: of everything random.
    """
    words = ["seqkit", "run", task, "--config", path_word(recipe), *data, "--seed", str(seed)]
    return shlex.join(words)


def resources_digest(resources: Resources) -> str:
    """Return the SHA-256 of what a task fitted, to tell whether it fits the same again."""
    return hashlib.sha256(canonical_json(resources).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What a checkpoint says of the run beside its arrays, so that it can be built again.

    Attributes:
        task: its name.
        config: every option.
        seed: of everything random.
        data: name of the data.
        sample: whether it is a built-in sample.
        files: absolute path of each file, by split.
        fingerprint: SHA-256 of their contents when the run was started.
        data_options: that gave the data, as words of a command line.
        sources: absolute path of what the options :data:`SOURCES` name, by option.
        resources: :func:`resources_digest` of what the task fitted; empty before that.
        notices: of what the weights started from; a resumed run does not start them again.
    """

    task: str
    config: dict[str, Any]
    seed: int
    data: str
    sample: bool
    files: dict[str, str]
    fingerprint: str
    data_options: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    resources: str = ""
    notices: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        task: str,
        config: dict[str, Any],
        data: DataFiles,
        *,
        sample: bool,
        seed: int,
        data_options: tuple[str, ...],
    ) -> "RunFacts":
        """Take down the facts of a run that is being started; reads the data files."""
        return cls(
            task=task,
            config=config,
            seed=seed,
            data=data.name,
            sample=sample,
            files={split: str(path.resolve()) for split, path in data.paths().items()},
            fingerprint=fingerprint(data),
            data_options=data_options,
            sources={
                name: str(Path(config[name]).resolve()) for name in SOURCES if config.get(name)
            },
        )

    def data_files(self) -> DataFiles:
        """Return the files that the run was started on.

        Raises:
            UserError: one of them is gone, or their contents have changed.
        """
        files = {split: Path(path) for split, path in self.files.items()}
        data = DataFiles(**files, name=self.data)
        if fingerprint(data) != self.fingerprint:
            raise UserError(f"{self.data}: the data files have changed since the run was started")
        return data

    def check_fitted(self, resources: Resources, place: Path) -> None:
        """Compare what a resumed run has fitted with what it had fitted when it was started.

        Raises:
            UserError: it is something else, so that the weights would stand for other words.
        """
        # Checkpoints of older versions do not say what was fitted.
        if not self.resources or resources_digest(resources) == self.resources:
            return
        suspects = [f"{path} ({name})" for name, path in self.sources.items()]
        hint = f"put back {' or '.join(suspects)} as it was" if suspects else "use the same plugins"
        found = "vocabularies or labels differ from those that the run was started with"
        raise UserError(Problem(f"{found}; {hint}, or start the run again", str(place)))


def refuse_used_folder(
    path: Path, names: Sequence[str] = RUN_FILES, *, where: str, advice: str
) -> None:
    """Check that nothing in a folder would be written over: somebody may still want it.

    Args:
        path: that need not be there yet.
        names: of the files that are to be written.
        where: what the folder is called, for the message.
        advice: what to do instead.

    Raises:
        UserError: one of them is there, or the folder is a file.
    """
    if path.exists() and not path.is_dir():
        raise UserError(Problem("is a file, wanted a folder", where))
    found = [name for name in names if os.path.lexists(path / name)]
    if CHECKPOINT_NAME in found or MODEL_NAME in found:
        raise UserError(Problem(f"already holds a run; {advice}", where))
    if found:
        listed = ", ".join(found)
        raise UserError(Problem(f"already holds {listed}, to be written there; {advice}", where))


class RunFolder:
    """The folder that a run writes to.

    Args:
        path: made if need be.

    Raises:
        UserError: it cannot be made or written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = ensure_writable_folder(path)
        self._others = {found.name for found in path.iterdir()} - {*RUN_FILES}

    @property
    def has_report(self) -> bool:
        """Whether a run has come to its end here."""
        return (self.path / REPORT_NAME).is_file()

    @property
    def written(self) -> list[str]:
        """Names of the run's files, those of plugins too; what else lay there is none of them."""
        files = (found.name for found in self.path.iterdir() if found.is_file())
        return sorted({*files} - self._others)

    def save_progress(self, checkpoint: Checkpoint, facts: RunFacts, config: object) -> None:
        """Write the checkpoint, and the options as a recipe."""
        save_checkpoint(self.path / CHECKPOINT_NAME, checkpoint, vars(facts))
        self.save_config(facts, config)

    def save_config(self, facts: RunFacts, config: object) -> None:
        """Write the options as a recipe that runs the same again."""
        place = self.path / CONFIG_NAME
        command = run_command(facts.task, place, facts.data_options, seed=facts.seed)
        write_atomically(place, f"{indent(command, '# ')}\n\n{as_recipe(config)}".encode())

    def save_model(self, manifest: Manifest, arrays: Mapping[str, Array]) -> None:
        """Write the model file."""
        write_bundle(self.path / MODEL_NAME, manifest, arrays)

    def save_report(self, report: RunReport) -> None:
        """Write the report as JSON."""
        text = json.dumps(report.to_json(), ensure_ascii=False, allow_nan=False, indent=2)
        write_atomically(self.path / REPORT_NAME, text.encode() + b"\n")

    @staticmethod
    def load_progress(path: Path) -> tuple[Checkpoint, RunFacts]:
        """Read the checkpoint of a run that was stopped.

        Raises:
            UserError: there is none, or it cannot be used.
        """
        import msgspec

        place = path / CHECKPOINT_NAME
        if not place.exists():
            raise UserError(f"{path}: no {CHECKPOINT_NAME} there, so there is nothing to resume")
        checkpoint, facts = load_checkpoint(place)
        try:
            return checkpoint, msgspec.convert(facts, RunFacts)
        except msgspec.ValidationError as error:
            raise UserError(Problem(f"the checkpoint is malformed: {error}", str(place))) from None
