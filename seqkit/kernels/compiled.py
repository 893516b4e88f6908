"""Whether kernels in machine code are installed, and where they are used.

They come with ``pip install 'seqkit[fast]'``, which installs numba. Importing them takes a second,
and compiling them, once on a machine, ten. So nothing imports them before somebody who has much to
compute says :func:`use_compiled`: a training run of some length, or a program that loads a model.

Results agree with those of NumPy's kernels up to rounding, and depend on the number of threads as
little as those do.
"""

import ctypes
import importlib.util
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from seqkit.arrays import Array

__all__ = [
    "Compiled",
    "compiled",
    "compiled_for",
    "describe_kernels",
    "missing",
    "use_compiled",
    "worth_compiling",
]

SYMBOLS = ("scipy_cblas_{}64_", "cblas_{}64_")
"""How OpenBLAS names its functions where their sizes have 64 bits, as in NumPy's own wheels."""

LONG = 20_000
"""Texts, epochs counted, that take some twenty seconds to train on."""

SWITCH = "SEQKIT_COMPILED"
"""Environment variable; ``0`` keeps to NumPy."""


class Compiled(NamedTuple):
    """Kernels in machine code.

    Attributes:
        code: :mod:`seqkit.kernels.machine_code`.
        rows: :mod:`seqkit.kernels.machine_rows`.
        blas: (2,) addresses of NumPy's sgemm and sgemv.
    """

    code: ModuleType
    rows: ModuleType
    blas: Array


_chosen: ContextVar[Compiled | None] = ContextVar("seqkit_compiled", default=None)
_importing = threading.Lock()


def compiled() -> Compiled | None:
    """Return the kernels to use here, or None for NumPy's."""
    return _chosen.get()


def compiled_for(*arrays: Array) -> Compiled | None:
    """Return the kernels, where they are to be used and can run over arrays as they lie."""
    fit = all(array.dtype == np.float32 and array.flags.c_contiguous for array in arrays)
    return compiled() if fit else None


@contextmanager
def use_compiled(wanted: bool | None = True) -> Iterator[None]:
    """Inside the block, use compiled kernels where they are installed and faster.

    Without numba the block changes nothing; :func:`missing` says why.

    Args:
        wanted: False uses NumPy's kernels, None whichever are used outside of the block.
    """
    token = _chosen.set(compiled() if wanted is None else _load() if wanted else None)
    try:
        yield
    finally:
        _chosen.reset(token)


def worth_compiling(texts: int) -> bool:
    """Return whether training on so many texts, epochs counted, repays the import."""
    return texts >= LONG


def describe_kernels() -> str:
    """Say which kernels are used here, for reports."""
    found = compiled()
    if found is None:
        return "NumPy"
    return f"LSTM, pooling, dropout and optimisers by numba {found.code.NUMBA}, the rest by NumPy"


@cache
def missing() -> str | None:
    """Return why there are no compiled kernels; None where there are some."""
    if os.environ.get(SWITCH) == "0":
        return f"{SWITCH}=0"
    if not _installed("numba"):
        return "numba is not installed; pip install 'seqkit[fast]'"
    if _addresses() is None:
        return "NumPy's BLAS is no OpenBLAS with 64-bit sizes, as NumPy's wheels have it"
    return None


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # somebody has put None in its place
        return False


def _load() -> Compiled | None:
    with _importing:
        return None if missing() else _import()


@cache
def _import() -> Compiled | None:
    try:
        from seqkit.kernels import machine_code, machine_rows
    except (ImportError, RuntimeError) as error:
        # numba is for another NumPy, or finds no folder to keep in what it compiles.
        warnings.warn(f"numba cannot be used, so NumPy is: {error}", RuntimeWarning, stacklevel=5)
        return None
    blas = _addresses()
    assert blas is not None
    return Compiled(machine_code, machine_rows, blas)


def _addresses() -> Array | None:
    """Look for sgemm and sgemv in the BLAS libraries that are loaded."""
    for library in ThreadpoolController().select(user_api="blas").lib_controllers:
        for symbol in SYMBOLS:
            found = [getattr(library.dynlib, symbol.format(n), None) for n in ("sgemm", "sgemv")]
            if None not in found:
                return np.array([_address(f) for f in found], np.uint64)
    return None


def _address(function: Any) -> int | None:
    return ctypes.cast(function, ctypes.c_void_p).value
