"""Activation regularisation: outputs that stay small, and change slowly from step to step.

Merity, McCann and Socher 2017 (AR and TAR); Merity, Keskar and Socher 2018 train with 2 and 1.
"""

from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array
from seqkit.sequences import PackedSequence

__all__ = ["ActivationPenalty", "penalise_activations"]


class ActivationPenalty(NamedTuple):
    """A penalty and where it leads.

    Attributes:
        value: to be added to the *mean* loss of a token.
        gradient: (M, H) of the value with respect to the outputs.
    """

    value: float
    gradient: Array


def penalise_activations(
    outputs: PackedSequence, *, size: float = 0.0, change: float = 0.0
) -> ActivationPenalty:
    """Return ``size mean(h_t²) + change mean((h_t - h_(t-1))²)``, means over all numbers.

    Args:
        outputs: (M, H) of a recurrent layer, after dropout with one mask for all steps.
        size: alpha, for large outputs.
        change: beta, for outputs that differ from those one step before in the same sequence; the
            first step of a sequence has none before it.
    """
    h = outputs.data
    gradient = np.zeros_like(h)
    value = 0.0
    if size and h.size:
        value += size * (h * h).mean(dtype=np.result_type(h, np.float64)).item()
        gradient += 2.0 * size / h.size * h
    later, earlier = outputs.neighbours
    if change and len(later) and h.size:
        steps = h[later] - h[earlier]
        value += change * (steps * steps).mean(dtype=np.result_type(h, np.float64)).item()
        steps *= 2.0 * change / steps.size
        gradient[later] += steps
        gradient[earlier] -= steps
    return ActivationPenalty(value, gradient)
