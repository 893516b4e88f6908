"""Whole numbers looked up in a sorted table of them."""

import numpy as np

from seqkit.arrays import IntArray

__all__ = ["places_of"]


def places_of(wanted: IntArray, keys: IntArray) -> IntArray:
    """Return where each wanted number (N,) is among sorted keys (M,), -1 where it is not: (N,)."""
    if not len(keys):
        return np.full(len(wanted), -1)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, places, -1)
