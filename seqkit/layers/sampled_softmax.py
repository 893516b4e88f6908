"""Training a softmax on a sample of the words, at a tenth of the cost of all of them.

Most of the work of a language model's output layer is the sum over the vocabulary, the normaliser
``Z = sum_j exp(logit_j)``. Here it is estimated from a sample that all tokens of a batch share: the
target with its own exponential, and every sampled word ``j`` but the target with ``exp(logit_j) /
q_j``, where ``q_j`` is the probability with which it is in the sample. So the estimate of Z is
unbiased for each token whatever its target (Botev, Zheng and Barber 2017, complementary sum
sampling; importance sampling as in Bengio and Senecal 2008 and Jean et al. 2015 weights the target
too). Common words are in every sample, with ``q = 1``: most of Z is exact.

Gradients are row-sparse: only the words of the sample and the targets change. For scores use the
whole vocabulary; a sampled loss is an estimate from below.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from seqkit.arrays import Array, BoolArray, IntArray
from seqkit.layers.blocked_softmax import BlockedSoftmax, SoftmaxSums
from seqkit.layers.kept_exponentials import KeptMemory
from seqkit.layers.losses import Loss, TargetMasses, sum_exactly
from seqkit.parameters import Parameter

__all__ = ["WordSample", "WordSampler", "sampled_cross_entropy"]


class WordSample(NamedTuple):
    """The words that stand for all in one batch.

    Attributes:
        ids: (K,) distinct, ascending.
        weights: (K,) how many words each stands for: 1 / its probability of being drawn.
    """

    ids: IntArray
    weights: Array


class WordSampler:
    """Draws samples of fixed size, common words more often, the commonest always.

    Word i is in a sample with probability ``min(1, c (count_i + 1) ** power)``, c such that these
    add up to the size. The draw is systematic: one uniform number and steps of length 1 along the
    cumulated probabilities (Madow 1949), so that no word comes twice.

    Args:
        counts: (V,) of the words in the training text.
        size: K, words in a sample; from 1 to V.
        power: 1 draws by frequency, 0 all alike.

    Raises:
        ValueError: a size that is not in 1 .. V, or a negative power.

    Example:
        >>> sampler = WordSampler([90, 9, 0, 0], 2, power=1.0)
        >>> sampler.probabilities.round(2).tolist()
        [1.0, 0.83, 0.08, 0.08]
    """

    def __init__(self, counts: ArrayLike, size: int, *, power: float = 0.75) -> None:
        expected = (np.asarray(counts, np.float64) + 1.0) ** power
        if not 1 <= size <= len(expected) or power < 0:
            raise ValueError(
                f"size must be in 1 .. {len(expected)} and power at least 0, found {size}, {power}"
            )
        self.size = size
        self.probabilities = _inclusion(expected, size)

    @cached_property
    def _sure(self) -> BoolArray:
        sure: BoolArray = self.probabilities >= 1.0
        return sure

    @cached_property
    def _drawn(self) -> tuple[IntArray, Array]:
        """The words that are not in every sample, and their cumulated probabilities."""
        ids = np.flatnonzero(~self._sure)
        return ids, np.cumsum(self.probabilities[ids])

    def draw(self, rng: np.random.Generator) -> WordSample:
        """Draw a sample."""
        ids, bounds = self._drawn
        chosen = self._sure.copy()
        if len(ids):
            marks = rng.random() + np.arange(self.size - (len(chosen) - len(ids)))
            # The cumulated sum may end a rounding error below the last mark.
            places = np.minimum(np.searchsorted(bounds, marks, side="right"), len(ids) - 1)
            chosen[ids[places]] = True
        words = np.flatnonzero(chosen)
        return WordSample(words, 1.0 / self.probabilities[words])


def _inclusion(expected: Array, size: int) -> Array:
    """Scale to probabilities that add up to ``size``, none above 1."""
    sure = np.zeros(len(expected), bool)
    while True:
        left = expected[~sure].sum()
        scale = (size - sure.sum()) / left if left else 0.0
        probabilities = np.where(sure, 1.0, expected * scale)
        above = probabilities >= 1.0
        if (above == sure).all():
            return probabilities
        probabilities, sure = np.minimum(probabilities, 1.0), above


class _Targets(NamedTuple):
    """What the targets add to the sums over the sample.

    Attributes:
        ids: (M,).
        w: (M, H) their rows of the weights.
        extra: (M,) what is missing of their own exponential: 1, less their weight in the sample.
    """

    ids: IntArray
    w: Array
    extra: Array


def sampled_cross_entropy(
    hidden: Array,
    w: Parameter,
    bias: Parameter | None,
    targets: IntArray,
    sample: WordSample,
    *,
    kept_bytes: int = 0,
) -> Loss[Array]:
    """Estimate ``softmax_cross_entropy(hidden @ w.T + bias, targets)`` from a sample of the words.

    Args:
        hidden: (M, H).
        w: (V, H), one row for each word.
        bias: (V,), or None.
        targets: (M,) ids of words, in the sample or not.
        sample: the words that stand for all; with all words, the loss is exact.
        kept_bytes: exponentials kept for the backward pass, at most; others are computed again.

    Returns:
        The loss, of which ``log_probabilities`` are estimates; its backward gives d_hidden (M, H),
        and adds row-sparse gradients to ``w`` and ``bias``.

    Raises:
        IndexError: a target is not in 0 .. V-1.
        TypeError: targets that are not whole numbers.
    """
    TargetMasses.of(targets, len(w.value), None, 0.0, hidden.real.dtype)
    columns, offsets = _sampled_parameters(w, bias, sample)
    product = BlockedSoftmax(hidden, columns, offsets)
    own = _targets(w, targets, sample)
    logits = (hidden * own.w).sum(axis=1)
    if bias is not None:
        logits = logits + bias.value[targets]
    memory = KeptMemory(kept_bytes)
    sums = _with_targets(product.sums(logits, memory), own)

    def backward(d_total: float = 1.0) -> Array:
        per_sum = d_total / sums.z
        d_logits = own.extra * np.exp(sums.targets - sums.shift) * per_sum - d_total
        product.add_softmax(sums, per_sum)
        memory.release(sums.kept)
        _move_gradient(columns, w, sample.ids)
        w.add_rows(targets, hidden * d_logits[:, None])
        if bias is not None:
            _move_gradient(offsets, bias, sample.ids)
            bias.add_rows(targets, d_logits)
        d_hidden: Array = sums.weighted * per_sum[:, None]
        d_hidden += own.w * d_logits[:, None]
        return d_hidden

    log_p = sums.log_probabilities
    return Loss(sum_exactly(-log_p), len(targets), float(len(targets)), log_p, backward)


def _sampled_parameters(
    w: Parameter, bias: Parameter | None, sample: WordSample
) -> tuple[Parameter, Parameter]:
    """Return the sample's rows of the weights, and its biases plus the logs of its weights."""
    offsets = np.log(sample.weights)
    if bias is not None:
        offsets = offsets + bias.value[sample.ids]
    dtype = w.value.dtype if bias is None else np.result_type(w.value, bias.value)
    return Parameter(w.value.take(sample.ids, axis=0)), Parameter(offsets.astype(dtype))


def _move_gradient(rows: Parameter, whole: Parameter, ids: IntArray) -> None:
    """Add the gradient of copied rows to the parameter that they are a copy of."""
    whole.add_rows(ids, rows.grad)
    rows.zero_grad()


def _targets(w: Parameter, targets: IntArray, sample: WordSample) -> _Targets:
    places = np.minimum(np.searchsorted(sample.ids, targets), len(sample.ids) - 1)
    counted = np.where(sample.ids[places] == targets, sample.weights[places], 0.0)
    extra = (1.0 - counted).astype(w.value.real.dtype)
    return _Targets(targets, w.value.take(targets, axis=0), extra)


def _with_targets(sums: SoftmaxSums, own: _Targets) -> SoftmaxSums:
    """Count each target's exponential once in its own sum, whatever it counted for before."""
    return sums._replace(z=sums.z + own.extra * np.exp(sums.targets - sums.shift))
