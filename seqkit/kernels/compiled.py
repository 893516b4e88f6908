"""Whether kernels in machine code are installed, and where they are used.

They come with ``pip install 'seqkit[fast]'``, which installs numba. Importing them takes half a
second, and compiling them, once on a machine, seven. So nothing imports them before somebody who
has much to compute says :func:`use_compiled`: a training run of some length, or a program that
loads a model.

Results agree with those of NumPy's kernels up to rounding, and depend on the number of threads as
little as those do.
"""

import importlib.util
import os
import threading
import warnings
from contextlib import AbstractContextManager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

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

LONG = 8_000
"""Texts, epochs counted, that take NumPy's kernels some three seconds to train on."""

SWITCH = "SEQKIT_COMPILED"
"""Environment variable; ``0`` keeps to NumPy."""


class Compiled(NamedTuple):
    """Kernels in machine code.

    Attributes:
        code: :mod:`seqkit.kernels.machine_code`.
        rows: :mod:`seqkit.kernels.machine_rows`.
        multiply: address of :func:`seqkit.kernels.tiles.multiply`.
    """

    code: ModuleType
    rows: ModuleType
    multiply: int


_chosen: ContextVar[Compiled | None] = ContextVar("seqkit_compiled", default=None)
_importing = threading.Lock()


def compiled() -> Compiled | None:
    """Return the kernels to use here, or None for NumPy's."""
    return _chosen.get()


def compiled_for(*arrays: Array) -> Compiled | None:
    """Return the kernels, where they are to be used and can run over arrays as they lie."""
    fit = all(array.dtype == np.float32 and array.flags.c_contiguous for array in arrays)
    return compiled() if fit else None


def use_compiled(wanted: bool | None = True) -> AbstractContextManager[None]:
    """Inside the block, use compiled kernels where they are installed and faster.

    Without numba the block changes nothing; :func:`missing` says why.

    Args:
        wanted: False uses NumPy's kernels, None whichever are used outside of the block.
    """
    return _Kernels(wanted)


class _Kernels(AbstractContextManager[None]):
    """A block that uses some. Each prediction opens one, and a generator takes 2 µs longer."""

    def __init__(self, wanted: bool | None) -> None:
        self.wanted = wanted

    def __enter__(self) -> None:
        found = compiled() if self.wanted is None else _load() if self.wanted else None
        self.before = _chosen.set(found)

    def __exit__(self, *exception: object) -> None:
        _chosen.reset(self.before)


def worth_compiling(texts: int) -> bool:
    """Return whether training on so many texts, epochs counted, repays the import."""
    return texts >= LONG


def describe_kernels() -> str:
    """Say which kernels are used here, for reports."""
    found = compiled()
    if found is None:
        return "NumPy"
    numba = found.code.NUMBA
    return f"products, LSTM, pooling, dropout and optimisers by numba {numba}, the rest by NumPy"


@cache
def missing() -> str | None:
    """Return why there are no compiled kernels; None where there are some."""
    if os.environ.get(SWITCH) == "0":
        return f"{SWITCH}=0"
    if not _installed("numba"):
        return "numba is not installed; pip install 'seqkit[fast]'"
    return None


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # somebody has put None in its place
        return False


def _load() -> Compiled | None:
    with _importing:
        return None if missing() else _import()


def _kept() -> Path:
    """Return where numba keeps what it compiles, as far as it can write there."""
    own = Path(__file__).parent / "__pycache__"
    return Path(os.environ.get("NUMBA_CACHE_DIR") or own)


@cache
def _import() -> Compiled | None:
    try:
        from seqkit.kernels import machine_code, machine_rows, tiles
    except Exception as error:
        # numba is for another NumPy, finds no room to keep what it compiles, or cannot read what it
        # kept: of a file that was cut off, pickle may say anything.
        reason = f"{type(error).__name__}: {error}"
        advice = f"if this goes on, delete numba's files (*.nbi, *.nbc) in {_kept()}"
        warnings.warn(
            f"numba cannot be used, so NumPy is: {reason}; {advice}", RuntimeWarning, stacklevel=4
        )
        return None
    address = tiles.multiply.address
    assert address is not None
    return Compiled(machine_code, machine_rows, address)
