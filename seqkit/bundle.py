"""The model file: all that prediction needs, in one ``model.safetensors``.

A bundle is a :class:`Manifest` (which task, which options, which vocabularies) and the weights::

    arrays, tied = bundle_arrays(model.parameters())
    write_bundle(path, Manifest(task="sentiment", ..., tied=tied), arrays)

    manifest, arrays = read_bundle(path)
    fill_parameters(model.parameters(), arrays, manifest.tied)

``docs/model-format.md`` specifies every byte and every refusal.
"""

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.arrays import Array
from seqkit.container import ModelFormatError, read_container, write_container
from seqkit.errors import Problem
from seqkit.parameters import Parameter

__all__ = [
    "FORMAT",
    "FORMAT_VERSION",
    "MODEL_NAME",
    "Manifest",
    "ModelFormatError",
    "PluginVersion",
    "array_differences",
    "bundle_arrays",
    "fill_parameters",
    "parse_manifest",
    "read_bundle",
    "write_bundle",
]

FORMAT = "seqkit-model"
FORMAT_VERSION = 1
MODEL_NAME = "model.safetensors"
"""The model file's name in a run directory."""


@dataclass(frozen=True)
class PluginVersion:
    """Where a task came from.

    Attributes:
        distribution: what to install: ``seqkit-haiku``.
        version: that trained the model.
    """

    distribution: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a model file says beside its weights.

    Attributes:
        task: name of the task that builds the model.
        api: plugin API that the task was written for.
        plugin: the distribution that brought the task; None for seqkit's own.
        seqkit: version of seqkit that wrote the file.
        config: every option of the task, resolved.
        resources: what the task fitted on the training split: vocabularies, label sets.
        metadata: for people: seed, best epoch, scores, the data's name and counts ...
        tied: further names of parameters that are stored under a first name.
        format: what the file is.
        format_version: which edition of ``docs/model-format.md`` it follows.
    """

    task: str
    api: int
    seqkit: str
    config: dict[str, Any]
    resources: dict[str, Any]
    plugin: PluginVersion | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    tied: dict[str, str] = field(default_factory=dict)
    format: str = FORMAT
    format_version: int = FORMAT_VERSION

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that the file holds."""
        return dataclasses.asdict(self)


def write_bundle(
    path: str | os.PathLike[str], manifest: Manifest, arrays: Mapping[str, Array]
) -> None:
    """Write a model file, atomically; equal models give equal bytes.

    Args:
        path: the file, usually ``RUN/model.safetensors``.
        manifest: what it is.
        arrays: the weights, from :func:`bundle_arrays`.

    Raises:
        UserError: the file cannot be written.
        ValueError: a weight is not finite, or the manifest holds something other than JSON.
    """
    if spoilt := _not_finite(arrays):
        raise ValueError(f"not a finite number in {', '.join(spoilt)}: nothing was written")
    write_container(path, manifest.to_json(), arrays)


def read_bundle(path: str | os.PathLike[str]) -> tuple[Manifest, dict[str, Array]]:
    """Read a model file.

    Args:
        path: the file, or the run directory that holds it.

    Returns:
        The manifest, and the weights by name.

    Raises:
        ModelFormatError: there is no such file, or it cannot be used; every refusal says why.
    """
    path = _model_path(Path(path))
    document, arrays = read_container(path)
    manifest = parse_manifest(document, str(path))
    problems = [
        Problem(f"tensor {name!r} holds a value that is not finite; train again", str(path))
        for name in _not_finite(arrays)
    ]
    problems += [
        Problem(f"{alias!r} shares the weights of {name!r}, which the file lacks", str(path))
        for alias, name in manifest.tied.items()
        if name not in arrays
    ]
    if problems:
        raise ModelFormatError(problems)
    return manifest, arrays


def _model_path(path: Path) -> Path:
    if not path.is_dir():
        return path
    if not (path / MODEL_NAME).is_file():
        raise ModelFormatError(
            Problem(f"the folder holds no {MODEL_NAME}; give the output of a run", str(path))
        )
    return path / MODEL_NAME


def _not_finite(arrays: Mapping[str, Array]) -> list[str]:
    return [name for name, array in arrays.items() if not np.isfinite(array).all()]


def parse_manifest(document: Mapping[str, Any], where: str = "") -> Manifest:
    """Check a manifest's JSON object and return it as a value.

    Raises:
        ModelFormatError: it is of another kind, of a newer version, or malformed.
    """
    import msgspec

    _check_format(document, where)
    try:
        return msgspec.convert(document, Manifest)
    except msgspec.ValidationError as error:
        raise ModelFormatError(
            Problem(f"its manifest is malformed: {error}; save the model again", where)
        ) from None


def _check_format(document: Mapping[str, Any], where: str) -> None:
    """Look at the kind and the version first: they decide what the rest means."""
    found, version = document.get("format"), document.get("format_version")
    if found == "seqkit-checkpoint":
        raise ModelFormatError(
            Problem("a checkpoint for resuming a run, wanted a finished model", where)
        )
    if found != FORMAT:
        raise ModelFormatError(
            Problem(f"its format is {found!r}, wanted {FORMAT!r}: not a model of seqkit", where)
        )
    if type(version) is not int or version < 1:
        raise ModelFormatError(
            Problem(f"its format_version is {version!r}, wanted a whole number from 1", where)
        )
    if version > FORMAT_VERSION:
        raise ModelFormatError(
            Problem(
                f"its format version is {version}, and this seqkit reads up to {FORMAT_VERSION}; "
                f"upgrade seqkit (the file was written by {document.get('seqkit')})",
                where,
            )
        )


def bundle_arrays(
    named: Iterable[tuple[str, Parameter]],
) -> tuple[dict[str, Array], dict[str, str]]:
    """Return each distinct parameter once under the first of its names, and the other names.

    Args:
        named: ``model.parameters()``.

    Returns:
        The values by name (not copied), and for each further name of a parameter the first one.
    """
    first: dict[int, str] = {}
    arrays: dict[str, Array] = {}
    tied: dict[str, str] = {}
    for name, parameter in named:
        if name in arrays or name in tied:
            if first.get(id(parameter)) == tied.get(name, name):
                continue
            raise ValueError(f"two parameters are named {name!r}")
        if id(parameter) in first:
            tied[name] = first[id(parameter)]
        else:
            first[id(parameter)] = name
            arrays[name] = parameter.value
    return arrays, tied


def fill_parameters(
    named: Iterable[tuple[str, Parameter]],
    arrays: Mapping[str, Array],
    tied: Mapping[str, str],
    *,
    where: str = "",
) -> None:
    """Copy stored weights into a model's parameters, in place; all of them or none.

    Args:
        named: ``model.parameters()``.
        arrays: the weights that :func:`read_bundle` returned.
        tied: ``manifest.tied``.
        where: what they come from, put before each problem.

    Raises:
        ModelFormatError: names, shapes, dtypes or tying differ, or a weight that must be above 0 is
            not; all that is wrong is listed.
    """
    named = list(named)
    wanted, wanted_tied = bundle_arrays(named)
    messages = [
        *array_differences(wanted, arrays),
        *_tying_differences(wanted_tied, tied),
        *_not_positive(named, arrays),
    ]
    if messages:
        raise ModelFormatError(Problem(message, where) for message in messages)
    for name, value in wanted.items():
        value[...] = arrays[name]


def array_differences(wanted: Mapping[str, Array], found: Mapping[str, Array]) -> Iterator[str]:
    """Say, in a sentence each, what is missing, too much, or of another shape or dtype."""
    for name, value in wanted.items():
        if name not in found:
            yield f"no tensor {name!r}, wanted {_kind(value)}"
        elif _kind(found[name]) != _kind(value):
            yield f"tensor {name!r} is {_kind(found[name])}, wanted {_kind(value)}"
    for name in found:
        if name not in wanted:
            yield f"tensor {name!r} is not one of the model's parameters"


def _tying_differences(wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for alias in sorted({*wanted, *found}):
        in_file, in_model = _sharing(found.get(alias)), _sharing(wanted.get(alias))
        if in_file != in_model:
            yield f"{alias!r} {in_file} in the file, but {in_model} in the model"


def _not_positive(
    named: Iterable[tuple[str, Parameter]], found: Mapping[str, Array]
) -> Iterator[str]:
    for name, parameter in named:
        if parameter.positive and name in found and not (found[name] > 0).all():
            yield f"tensor {name!r} holds {found[name].min()}, wanted numbers above 0"


def _sharing(name: str | None) -> str:
    return "is not tied" if name is None else f"shares the weights of {name!r}"


def _kind(array: Array) -> str:
    return f"{array.dtype} {array.shape}"
