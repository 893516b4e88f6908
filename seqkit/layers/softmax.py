"""The output layer of a language model: linear, softmax and cross-entropy in one.

At large vocabularies this layer takes most of the time, and its logits (M, V) would take most of
the memory; so they are never held. See :mod:`seqkit.layers.blocked_softmax` for how.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from seqkit.arrays import Array, DTypeLike, IntArray
from seqkit.layers.base import constructor_call
from seqkit.layers.blocked_softmax import BlockedSoftmax
from seqkit.layers.kept_exponentials import KeptMemory
from seqkit.layers.linear import weight_or_draw
from seqkit.layers.losses import Loss, TargetMasses, log_softmax, sum_exactly
from seqkit.layers.sampled_softmax import WordSample, sampled_cross_entropy
from seqkit.parameters import Parameter

__all__ = ["KEPT_BYTES", "SoftmaxOutput", "linear_cross_entropy"]

KEPT_BYTES = 32 * 2**20
"""Exponentials kept from the forward for the backward pass, at most."""


class SoftmaxOutput:
    """``softmax(h Wᵀ + b)`` over V words, with its cross-entropy.

    Args:
        features: H, width of the hidden vectors.
        words: V.
        bias: whether to learn ``b`` (V,), which starts at zero.
        rng: draws ``w`` (V, H), Glorot uniform; not needed where ``w`` is given.
        dtype: of the parameters.
        w: a weight (V, H) to share, such as the table of the input embedding.

    Raises:
        ValueError: neither ``rng`` nor ``w`` is given, or ``w`` has the wrong shape.
    """

    def __init__(
        self,
        features: int,
        words: int,
        *,
        bias: bool = True,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
        w: Parameter | None = None,
    ) -> None:
        self.features = features
        self.words = words
        self.w = weight_or_draw(w, (words, features), rng, dtype)
        self.bias = Parameter(np.zeros(words, self.w.value.dtype)) if bias else None

    def __repr__(self) -> str:
        return constructor_call(self, self.features, self.words)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``w`` and, where there is one, ``bias``."""
        yield "w", self.w
        if self.bias is not None:
            yield "bias", self.bias

    def loss(
        self,
        hidden: Array,
        targets: IntArray,
        *,
        weights: ArrayLike | None = None,
        label_smoothing: float = 0.0,
    ) -> Loss[Array]:
        """Return the cross-entropy; see :func:`linear_cross_entropy`."""
        return linear_cross_entropy(
            hidden, self.w, self.bias, targets, weights=weights, label_smoothing=label_smoothing
        )

    def sampled_loss(self, hidden: Array, targets: IntArray, sample: WordSample) -> Loss[Array]:
        """Estimate the cross-entropy; see :mod:`seqkit.layers.sampled_softmax`."""
        return sampled_cross_entropy(
            hidden, self.w, self.bias, targets, sample, kept_bytes=KEPT_BYTES
        )

    def log_probabilities(self, hidden: Array, targets: IntArray) -> Array:
        """Return the log-probability of each target: hidden (M, H), targets (M,) to (M,)."""
        TargetMasses.of(targets, self.words, None, 0.0, hidden.dtype)
        product = BlockedSoftmax(hidden, self.w, self.bias)
        logits = product.logits_of(targets)
        return product.sums(logits, KeptMemory(0), gradient=False).log_probabilities

    def logits(self, hidden: Array) -> Array:
        """Return all logits: (M, H) to (M, V)."""
        logits: Array = hidden @ self.w.value.T
        return logits if self.bias is None else logits + self.bias.value

    def log_softmax(self, hidden: Array) -> Array:
        """Return the log-probabilities of all words, as generation needs them: (M, H) to (M, V)."""
        return log_softmax(self.logits(hidden))


def linear_cross_entropy(
    hidden: Array,
    w: Parameter,
    bias: Parameter | None,
    targets: IntArray,
    *,
    weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> Loss[Array]:
    """Return ``softmax_cross_entropy(hidden @ w.T + bias, targets)`` without holding the logits.

    Args:
        hidden: (M, H).
        w: (V, H), one row for each word.
        bias: (V,), or None.
        targets: (M,) ids of words.
        weights: (V,) class weights; 1 by default.
        label_smoothing: share of the mass that is spread evenly over all words, in [0, 1).

    Returns:
        The loss; its backward gives d_hidden (M, H), and adds to the gradients of ``w`` and
        ``bias``.

    Raises:
        IndexError: a target is not in 0 .. V-1.
        TypeError: targets that are not whole numbers.
        ValueError: shapes that do not fit, bad weights or smoothing.
    """
    words, features = w.value.shape
    if hidden.ndim != 2 or hidden.shape[1] != features or targets.shape != hidden.shape[:1]:
        raise ValueError(
            f"hidden must be (M, {features}) and targets (M,), "
            f"found {hidden.shape} and {targets.shape}"
        )
    masses = TargetMasses.of(targets, words, weights, label_smoothing, hidden.real.dtype)
    product = BlockedSoftmax(hidden, w, bias)
    memory = KeptMemory(KEPT_BYTES, w)
    sums = product.sums(product.logits_of(targets), memory)
    log_p = sums.log_probabilities
    losses = -masses.total * log_p
    if masses.uniform is not None:
        # total log Z - target logit - uniform · logits, with log Z = logit - log p.
        losses += (masses.total - masses.target) * sums.targets
        losses -= product.weighted_logits(masses.uniform)

    def backward(d_total: float = 1.0) -> Array:
        d_hidden = product.backward(targets, masses, sums, float(d_total))
        memory.release(sums.kept)
        return d_hidden

    return Loss(sum_exactly(losses), len(targets), masses.weight, log_p, backward)
