"""Cross-entropy on logits: what a classifier learns from.

A loss answers with a :class:`Loss`: a *sum* over tokens, how many there were, and a backward.
Whoever trains chooses what to divide by (tokens, weight, sequences), and gives its inverse to the
backward.
For an output layer over a large vocabulary see :mod:`seqkit.layers.softmax`, which never holds the
logits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from seqkit.arrays import Array, IntArray
from seqkit.layers.embedding import check_ids

__all__ = ["Loss", "TargetMasses", "log_softmax", "softmax", "softmax_cross_entropy"]

Gradient = TypeVar("Gradient")


@dataclass(frozen=True, eq=False)
class Loss(Generic[Gradient]):
    """A sum of negative log-likelihoods, in nats.

    Attributes:
        total: the sum over all targets, weighted and smoothed where that was asked for.
        count: how many targets.
        weight: the sum of their class weights; equal to ``count`` without such weights.
        log_probabilities: of each target, natural logarithms, neither weighted nor smoothed: what
            perplexity is made of.
        backward: ``backward(d_total=1.0)`` gives the gradient of ``d_total * total`` with respect
            to what the loss was computed from, and adds parameter gradients where there are any.
    """

    total: float
    count: int
    weight: float
    log_probabilities: Array
    backward: Callable[..., Gradient]

    @property
    def mean(self) -> float:
        """``total / weight``; 0 without any targets."""
        return self.total / self.weight if self.weight else 0.0


class TargetMasses(NamedTuple):
    """How much of the loss of each token falls on what.

    With masses, loss ``i`` is ``total_i log Z_i - target_i logit(target) - uniform · logits``, and
    its gradient ``total_i softmax - target_i onehot - uniform``.

    Attributes:
        total: (M,).
        target: (M,) ``(1 - smoothing) weight``.
        uniform: (C,) ``smoothing / C weight``, or None without smoothing.
        weight: the sum of the targets' class weights.
    """

    total: Array
    target: Array
    uniform: Array | None
    weight: float

    @classmethod
    def of(
        cls,
        targets: IntArray,
        classes: int,
        weights: ArrayLike | None,
        label_smoothing: float,
        dtype: np.dtype,
    ) -> "TargetMasses":
        """Check the targets, class weights and smoothing, and work out the masses.

        Raises:
            IndexError: a target is not in 0 .. C-1.
            TypeError: targets that are not whole numbers.
            ValueError: weights of a wrong shape or sign, or smoothing outside [0, 1).
        """
        check_ids(targets, classes, what="targets")
        if not 0.0 <= label_smoothing < 1.0:
            raise ValueError(f"label_smoothing must be in [0, 1), found {label_smoothing}")
        of_class = np.ones(classes) if weights is None else np.asarray(weights, np.float64)
        if of_class.shape != (classes,) or (of_class < 0).any():
            raise ValueError(f"weights must be {classes} numbers of at least 0, found {weights!r}")
        of_token = of_class[targets]
        target = (1.0 - label_smoothing) * of_token
        uniform = label_smoothing / classes * of_class
        return cls(
            (target + uniform.sum()).astype(dtype),
            target.astype(dtype),
            uniform.astype(dtype) if label_smoothing else None,
            float(of_token.sum()),
        )


def log_softmax(logits: Array) -> Array:
    """Return the logarithms of the softmax over the last axis; any shape, no overflow."""
    shifted: Array = logits - logits.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted


def softmax(logits: Array) -> Array:
    """Return probabilities over the last axis; any shape, no overflow."""
    probabilities: Array = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    return probabilities


def softmax_cross_entropy(
    logits: Array,
    targets: IntArray,
    *,
    weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> Loss[Array]:
    """Return the cross-entropy between the softmax of the logits and the targets.

    Without options, ``total = -sum(log softmax(logits)[i, targets[i]])``. The options mean what
    they mean in PyTorch, so that a mean is ``total / weight``.

    Args:
        logits: (M, C).
        targets: (M,) ids of classes.
        weights: (C,) how much an error on each class counts; 1 by default.
        label_smoothing: share of the target's mass that is spread evenly over all classes
            (Szegedy et al. 2016), in [0, 1).

    Returns:
        The loss; its backward gives d_logits (M, C).

    Raises:
        IndexError: a target is not in 0 .. C-1.
        TypeError: targets that are not whole numbers.
        ValueError: shapes that do not fit, bad weights or smoothing.
    """
    if logits.ndim != 2 or targets.shape != logits.shape[:1]:
        raise ValueError(f"logits must be (M, C) for targets {targets.shape}, found {logits.shape}")
    classes = logits.shape[1]
    masses = TargetMasses.of(targets, classes, weights, label_smoothing, logits.real.dtype)
    log_p = log_softmax(logits)
    at_target = np.arange(len(targets)), targets
    # The masses add up (total = target + uniform.sum()), so log-probabilities may stand for logits.
    losses = -masses.target * log_p[at_target]
    if masses.uniform is not None:
        losses -= log_p @ masses.uniform

    def backward(d_total: float = 1.0) -> Array:
        d_logits: Array = np.exp(log_p)
        d_logits *= masses.total[:, None]
        d_logits[at_target] -= masses.target
        if masses.uniform is not None:
            d_logits -= masses.uniform
        d_logits *= d_total
        return d_logits

    return Loss(sum_exactly(losses), len(targets), masses.weight, log_p[at_target], backward)


def sum_exactly(losses: Array) -> float:
    """Add up in float64 (complex128 during a complex-step gradient check)."""
    total: float = losses.sum(dtype=np.result_type(losses, np.float64)).item()
    return total
