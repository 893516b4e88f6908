"""A file of named arrays and one JSON document: safetensors, read with suspicion.

``docs/model-format.md`` specifies the bytes. Nothing in such a file can execute: it holds numbers
and JSON. Whatever else a file may be or have suffered is a :class:`ModelFormatError` that says so.
"""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.arrays import Array
from seqkit.errors import Problem, UserError
from seqkit.file_names import similar_file
from seqkit.files import write_atomically

__all__ = ["KEY", "ModelFormatError", "canonical_json", "read_container", "write_container"]

KEY = "seqkit"
"""The only key of safetensors' metadata that is written: a map of several keeps no order."""

MAX_HEADER = 100_000_000
"""Bytes of JSON that safetensors allows."""

_DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8"}
"""What a parameter or an optimiser's state may hold, by safetensors' names."""

_FOREIGN = {
    b"PK\x03\x04": "a zip archive (PyTorch's .pt, Keras' .keras and NumPy's .npz are)",
    b"\x1f\x8b": "a gzip file",
    b"\x89HDF": "an HDF5 file (Keras' .h5 is)",
    b"\x93NUMPY": "a NumPy .npy file",
    b"\x80\x02": "a pickle",
    b"\x80\x03": "a pickle",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
}


_MAKE_AGAIN = "the file is damaged or was made by hand; save the model again"


class ModelFormatError(UserError):
    """A model file that cannot be loaded: what was found, what was wanted, what to do."""


def canonical_json(document: Mapping[str, Any]) -> str:
    """Write JSON so that equal documents give equal text: sorted keys, no blanks, no NaN.

    Raises:
        ValueError: it holds something that JSON does not have.
    """
    try:
        text = json.dumps(
            document, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
        text.encode("utf-8")
    except (TypeError, ValueError) as error:
        raise ValueError(f"not JSON that can be saved: {error}") from error
    return text


def write_container(
    path: str | os.PathLike[str], document: Mapping[str, Any], arrays: Mapping[str, Array]
) -> None:
    """Write a document and arrays to one file, atomically; equal contents give equal bytes.

    Raises:
        UserError: the file cannot be written, or the document is too large for the format.
        ValueError: the document is not JSON, or an array has a dtype that is not stored.
    """
    from safetensors.numpy import save

    for name, array in arrays.items():
        if array.dtype.newbyteorder("<").str not in _DTYPES.values():
            raise ValueError(f"{name}: arrays of dtype {array.dtype} cannot be saved")
    text = canonical_json(document)
    data = save({name: _dense(array) for name, array in arrays.items()}, {KEY: text})
    header = int.from_bytes(data[:8], "little")
    if header > MAX_HEADER:
        raise UserError(
            Problem(
                f"vocabularies and options take {header:,} bytes, and the format holds "
                f"{MAX_HEADER:,}; a higher min_count makes vocabularies smaller",
                os.fspath(path),
            )
        )
    write_atomically(path, data)


def _dense(array: Array) -> Array:
    # Not np.ascontiguousarray, which makes a number of shape () an array of shape (1,).
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")


def read_container(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read what :func:`write_container` wrote: the document, and writable arrays by name.

    Raises:
        ModelFormatError: the file is something else, damaged, or not there.
    """
    where = os.fspath(path)
    data = _read(where)
    tensors = _tensors(data, where)
    document = _document(data[8 : 8 + int.from_bytes(data[:8], "little")], where)
    return document, {name: _array(name, tensor, where) for name, tensor in sorted(tensors)}


def _read(where: str) -> bytes:
    """Read the file, once its first bytes look right: it may be anything, of any size."""
    try:
        status = os.stat(where)
        if not stat.S_ISREG(status.st_mode):
            raise _refused(where, "this is not a regular file; give a model.safetensors")
        with open(where, "rb") as file:
            _check_start(file.read(9), status.st_size, where)
            file.seek(0)
            return file.read()
    except FileNotFoundError:
        hint = similar_file(Path(where)) or "; check the spelling"
        raise _refused(where, f"there is no such file{hint}") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        reason = getattr(error, "strerror", None) or str(error)
        raise _refused(
            where, f"cannot be read: {reason}; check the path and its permissions"
        ) from error


def _check_start(start: bytes, size: int, where: str) -> None:
    """Look at the first nine bytes: the length of the header, and its opening brace."""
    if not start:
        raise _refused(where, "the file is empty; the copy or the download failed, make it again")
    length = int.from_bytes(start[:8], "little")
    is_json = start[8:] == b"{"
    if is_json and length <= min(MAX_HEADER, size - 8):
        return
    if kind := next((kind for magic, kind in _FOREIGN.items() if start.startswith(magic)), None):
        raise _refused(
            where,
            f"this is {kind}, wanted a seqkit model (model.safetensors); pickles and archives are "
            "never loaded, because they can run code",
        )
    if len(start) < 9 or (is_json and length <= MAX_HEADER):
        raise _damaged(where, f"its {size:,} bytes are not even the whole header")
    if is_json:
        raise _damaged(where, f"its header would take {length:,} bytes, more than {MAX_HEADER:,}")
    raise _refused(where, "this is not a safetensors file; give the model.safetensors of a run")


def _damaged(where: str, detail: str) -> ModelFormatError:
    return _refused(where, f"the file is cut short or damaged: {detail}; copy or download it again")


def _tensors(data: bytes, where: str) -> list[tuple[str, dict[str, Any]]]:
    """Let the safetensors library check the whole layout: no gap, no overlap, nothing left over."""
    from safetensors import SafetensorError, deserialize

    try:
        return list(deserialize(data))  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise _damaged(where, f"safetensors says {error}") from error


def _document(header: bytes, where: str) -> dict[str, Any]:
    try:
        metadata = json.loads(header).get("__metadata__")
        if not metadata or KEY not in metadata:
            raise _refused(
                where,
                "a safetensors file, but not one of seqkit's (its metadata has no "
                f"{KEY!r}); only models that seqkit has saved can be loaded",
            )
        document = json.loads(metadata[KEY], parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _refused(
            where, f"its {KEY!r} metadata is not JSON ({error}); {_MAKE_AGAIN}"
        ) from error
    if not isinstance(document, dict):
        raise _refused(where, f"its {KEY!r} metadata is no JSON object; {_MAKE_AGAIN}")
    return document


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _array(name: str, tensor: Mapping[str, Any], where: str) -> Array:
    dtype = _DTYPES.get(tensor["dtype"])
    if dtype is None:
        raise _refused(
            where,
            f"tensor {name!r} has dtype {tensor['dtype']}, wanted one of {', '.join(_DTYPES)}; "
            "save the model again with seqkit",
        )
    try:
        array = np.frombuffer(tensor["data"], dtype).reshape(tensor["shape"])
    except (ValueError, OverflowError) as error:  # an empty tensor may claim any shape
        raise _damaged(where, f"tensor {name!r} of shape {tensor['shape']}: {error}") from error
    return array.astype(dtype.replace("<", "="), copy=False)


def _refused(where: str, message: str) -> ModelFormatError:
    return ModelFormatError(Problem(message, where))
