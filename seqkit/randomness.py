"""Independent random streams from one seed, addressed by what they are for."""

import operator
from typing import SupportsIndex

import numpy as np

from seqkit.errors import Problem, UserError

__all__ = ["check_seed", "random_stream"]


def check_seed(seed: SupportsIndex) -> int:
    """Return a seed as Python's own number, which every file can hold.

    Args:
        seed: of a run; NumPy's whole numbers will do.

    Raises:
        UserError: it is no whole number, or below 0.
    """
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if number < 0:
        raise UserError(Problem(f"found {seed!r}, wanted a whole number, at least 0", "seed"))
    return number


def random_stream(seed: int, purpose: str, *place: int) -> np.random.Generator:
    """Return the generator for a purpose and a place, such as ``("dropout", epoch, step)``.

    A stream depends on nothing but its address, so no generator has to be saved or shared: an
    interrupted run draws at step 800 what it would have drawn anyway.

    Args:
        seed: of the run, at least 0.
        purpose: what is drawn.
        place: where, numbers of at least 0.
    """
    address = (len(purpose), *purpose.encode(), *place)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=address))
