"""The output layer of a language model: linear, softmax and cross-entropy in one.

At large vocabularies this layer takes most of the time, and its logits (M, V) would take most of
the memory. So it runs over blocks of words, each small enough for the cache: product, exponentials
in place, and the product for the hidden states' gradient while the block is hot.

How the details fit together:

- The exponentials are shifted by the *target's* logit instead of by the largest one. No pass is
  needed to find it, the sum is at least 1 because the target is in it, and it overflows only where
  the model gives a target less than about e^-69 (in float32); then the largest logit is taken after all.
- Bias, shift and row sums ride in the products: a block reads ``[hidden | 1 | -shift]`` times
  ``[w | bias | 1]``, and the exponentials times the latter give the sums in its last column.
- ``1 / sum`` is folded into small arrays (M,) and (M, H); the one-hot is never built.
- Up to :data:`KEPT_BYTES` of exponentials are kept for the backward; what is beyond is computed
  again, so that memory stays bounded at any vocabulary.
- The blocks are split between two threads in the same way whatever the number of threads is, and
  partial sums are added in a fixed order: results never depend on that number.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from seqkit.arrays import Array, DTypeLike, IntArray
from seqkit.kernels.threads import parallel, single_blas
from seqkit.layers.linear import weight_or_draw
from seqkit.layers.losses import Loss, TargetMasses, log_softmax, sum_exactly
from seqkit.parameters import Parameter, sum_repeated_rows

__all__ = ["KEPT_BYTES", "SoftmaxOutput", "linear_cross_entropy"]

KEPT_BYTES = 64 * 2**20
"""Exponentials kept from the forward for the backward pass, at most."""

# Floats in a block of logits: 2 MB in float32. Measured: 512 and 736 words at 700 tokens are best.
BLOCK_FLOATS = 2**19
# Multiplications below which a second thread costs more than it gives.
PARALLEL_WORK = 2**23


class _Sums(NamedTuple):
    """What the first run over the vocabulary finds.

    Attributes:
        shift: (M,) what was taken from the logits before the exponential.
        z: (M,) sums of the exponentials.
        weighted: (M, H) exponentials times weights.
        kept: exponentials (M, block) by the block's first word.
    """

    shift: Array
    z: Array
    weighted: Array
    kept: dict[int, Array]


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

    def log_probabilities(self, hidden: Array, targets: IntArray) -> Array:
        """Return the log-probability of each target: hidden (M, H), targets (M,) to (M,)."""
        TargetMasses.of(targets, self.words, None, 0.0, hidden.dtype)
        product = _BlockedProduct(hidden, self.w, self.bias)
        return product.log_probabilities(targets, product.sums(targets, KeptMemory(0)))

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
        The loss; its backward adds to the gradients of ``w`` and ``bias`` and gives d_hidden (M, H).

    Raises:
        IndexError: a target is not in 0 .. V-1.
        ValueError: shapes that do not fit, bad weights or smoothing.
    """
    words, features = w.value.shape
    if hidden.ndim != 2 or hidden.shape[1] != features or targets.shape != hidden.shape[:1]:
        raise ValueError(
            f"hidden must be (M, {features}) and targets (M,), "
            f"found {hidden.shape} and {targets.shape}"
        )
    masses = TargetMasses.of(targets, words, weights, label_smoothing, hidden.real.dtype)
    product = _BlockedProduct(hidden, w, bias)
    memory = KeptMemory(KEPT_BYTES)
    sums = product.sums(targets, memory)
    log_p = product.log_probabilities(targets, sums)
    losses = -masses.total * log_p
    if masses.uniform is not None:
        # total log Z - target logit - uniform · logits, with log Z = logit - log p.
        losses += (masses.total - masses.target) * product.logits_of(targets)
        losses -= product.weighted_logits(masses.uniform)

    def backward(d_total: float = 1.0) -> Array:
        d_hidden = product.backward(targets, masses, sums, float(d_total))
        memory.release(sums.kept)
        return d_hidden

    return Loss(sum_exactly(losses), len(targets), masses.weight, log_p, backward)


class KeptMemory:
    """A budget of memory for blocks of exponentials, taken from a store that outlives the pass.

    Fresh pages cost as much as the exponentials that are written into them, so a finished pass
    leaves its memory for the next.
    """

    _store: list[Array] = []  # noqa: RUF012  shared on purpose: list.pop and append are atomic

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.memory: Array | None = None

    def blocks(self, tokens: int, blocks: list[slice], dtype: np.dtype) -> dict[int, Array]:
        """Return arrays (tokens, block) for as many of the blocks as the budget allows."""
        shares: list[tuple[slice, int, int]] = []
        used = 0
        for block in blocks:
            size = tokens * (block.stop - block.start) * dtype.itemsize
            if used + size > self.budget:
                break
            shares.append((block, used, used + size))
            used += size
        if not used:
            return {}
        self.memory = memory = self._take(used)
        return {
            block.start: memory[start:stop].view(dtype).reshape(tokens, -1)
            for block, start, stop in shares
        }

    def _take(self, size: int) -> Array:
        try:
            memory = self._store.pop()
        except IndexError:
            memory = np.empty(0, np.uint8)
        return memory if len(memory) >= size else np.empty(size, np.uint8)

    def release(self, kept: dict[int, Array]) -> None:
        """Forget the blocks (a second backward computes them again) and hand the memory back."""
        kept.clear()
        if self.memory is not None and not self._store:
            self._store.append(self.memory)
        self.memory = None


class _BlockedProduct:
    """``hidden @ w.T + bias``, never held but in blocks of words."""

    def __init__(self, hidden: Array, w: Parameter, bias: Parameter | None) -> None:
        self.hidden = hidden
        self.w = w
        self.bias = bias
        arrays = [hidden, w.value] if bias is None else [hidden, w.value, bias.value]
        self.dtype = np.result_type(*arrays)
        self.parts = split_words(*hidden.shape, len(w.value))

    def logits_of(self, targets: IntArray) -> Array:
        """Return one logit for each token: (M,)."""
        logits: Array = (self.hidden * self.w.value.take(targets, axis=0)).sum(axis=1)
        return logits if self.bias is None else logits + self.bias.value[targets]

    def weighted_logits(self, weights: Array) -> Array:
        """Return ``logits @ weights`` for weights (V,): (M,)."""
        logits: Array = self.hidden @ (weights @ self.w.value)
        return logits if self.bias is None else logits + weights @ self.bias.value

    def log_probabilities(self, targets: IntArray, sums: _Sums) -> Array:
        """Return each target's log-probability (M,); rounding never lifts it above 0."""
        return np.minimum(self.logits_of(targets) - sums.shift - np.log(sums.z), 0.0)

    def sums(self, targets: IntArray, memory: KeptMemory) -> _Sums:
        """Run over the vocabulary once, shifted by the targets' logits or else by the largest."""
        blocks = [block for part in self.parts for block in part]
        kept = memory.blocks(len(self.hidden), blocks, self.dtype)
        shift = self.logits_of(targets)
        limit = np.finfo(self.dtype).max ** 0.8
        z, weighted = self._sums(shift, kept)
        if not ((z.real < limit).all() and np.isfinite(weighted).all()):
            shift = self._largest()
            z, weighted = self._sums(shift, kept)
        return _Sums(shift, z, weighted, kept)

    def _sums(self, shift: Array, kept: dict[int, Array]) -> tuple[Array, Array]:
        rows = self._rows(shift)

        def run(blocks: list[slice]) -> Array:
            total = np.zeros(rows.shape, self.dtype)
            # Overflow is looked for afterwards.
            with np.errstate(over="ignore", invalid="ignore"):
                for block, columns, e in self._exponentials(rows, blocks, kept):
                    total += e @ columns
            return total

        total = self._in_parts(run)
        combined = sum(total[1:], start=total[0])
        return combined[:, -1], combined[:, : self.hidden.shape[1]]

    def _largest(self) -> Array:
        """Return the largest logit of each token: (M,)."""
        rows = self._rows(np.zeros(len(self.hidden), self.dtype))

        def run(blocks: list[slice]) -> Array:
            largest = np.full(len(rows), -np.inf, self.dtype)
            for block in blocks:
                np.maximum(largest, (rows @ self._columns(block).T).max(axis=1), out=largest)
            return largest

        return np.maximum.reduce(self._in_parts(run))

    def backward(
        self, targets: IntArray, masses: TargetMasses, sums: _Sums, d_total: float
    ) -> Array:
        """Add to the parameters' gradients and return d_hidden (M, H)."""
        per_sum = masses.total * d_total / sums.z
        on_target = (masses.target * d_total)[:, None]
        d_hidden = sums.weighted * per_sum[:, None]
        d_hidden -= self.w.value.take(targets, axis=0) * on_target
        if masses.uniform is not None:
            d_hidden -= d_total * (masses.uniform @ self.w.value)
        if len(self.hidden):
            self._add_softmax(sums, per_sum)
            self._add_targets(targets, on_target)
            if masses.uniform is not None:
                self._add_uniform(masses.uniform * d_total)
        return d_hidden

    def _add_softmax(self, sums: _Sums, per_sum: Array) -> None:
        """Add ``softmaxᵀ @ hidden``, each token scaled, to the gradients."""
        rows = self._rows(sums.shift)
        scaled = self.hidden * per_sum[:, None]
        d_w, fresh = self.w.open_grad()
        d_bias = None if self.bias is None else self.bias.grad

        def run(blocks: list[slice]) -> None:
            for block, _, e in self._exponentials(rows, blocks, sums.kept, filled=True):
                if fresh:
                    np.matmul(e.T, scaled, out=d_w[block])
                else:
                    d_w[block] += e.T @ scaled
                if d_bias is not None:
                    d_bias[block] += per_sum @ e

        self._in_parts(run)

    def _add_targets(self, targets: IntArray, on_target: Array) -> None:
        """Take ``onehotᵀ @ hidden``, each token scaled, from the gradients."""
        d_w, _ = self.w.open_grad()
        ids, rows = sum_repeated_rows(targets, self.hidden * on_target)
        d_w[ids] -= rows
        if self.bias is not None:
            ids, rows = sum_repeated_rows(targets, on_target)
            self.bias.grad[ids] -= rows[:, 0]

    def _add_uniform(self, uniform: Array) -> None:
        """Take the share of label smoothing, (V,) for each token, from the gradients."""
        d_w, _ = self.w.open_grad()
        d_w -= uniform[:, None] * self.hidden.sum(axis=0)
        if self.bias is not None:
            self.bias.grad -= uniform * len(self.hidden)

    def _rows(self, shift: Array) -> Array:
        """Return ``[hidden | 1 | -shift]``: (M, H + 2)."""
        return np.concatenate(
            [self.hidden, np.ones((len(shift), 1), self.hidden.dtype), -shift[:, None]],
            axis=1,
            dtype=self.dtype,
        )

    def _columns(self, block: slice, out: Array | None = None) -> Array:
        """Return ``[w | bias | 1]`` of a block of words: (block, H + 2)."""
        w = self.w.value[block]
        columns = np.empty((len(w), w.shape[1] + 2), self.dtype) if out is None else out[: len(w)]
        columns[:, :-2] = w
        columns[:, -2] = 0.0 if self.bias is None else self.bias.value[block]
        columns[:, -1] = 1.0
        return columns

    def _exponentials(
        self, rows: Array, blocks: list[slice], kept: dict[int, Array], *, filled: bool = False
    ) -> Iterator[tuple[slice, Array, Array]]:
        """Yield (block, ``[w | bias | 1]``, exponentials (M, block)); those kept may be ``filled``."""
        widest = max((block.stop - block.start for block in blocks), default=0)
        buffer = np.empty((widest, rows.shape[1]), self.dtype)
        scratch: Array | None = None
        for block in blocks:
            e = kept.get(block.start)
            if e is None:
                if scratch is None:
                    scratch = np.empty(len(rows) * widest, self.dtype)
                width = block.stop - block.start
                e = scratch[: len(rows) * width].reshape(len(rows), width)
            elif filled:
                yield block, buffer, e
                continue
            columns = self._columns(block, buffer)
            np.exp(np.matmul(rows, columns.T, out=e), out=e)
            yield block, columns, e

    def _in_parts(self, run: Callable[[list[slice]], Array | None]) -> list[Array]:
        """Run over each part of the blocks, at the same time where threads are allowed."""
        with single_blas():
            return parallel(*((lambda part=part: run(part)) for part in self.parts))


def split_words(tokens: int, features: int, words: int) -> list[list[slice]]:
    """Split the vocabulary into one or two parts of blocks, by the shape alone.

    Returns:
        Parts that may run at the same time, each a list of slices of words; each word is in one.
    """
    two = tokens * features * words >= PARALLEL_WORK
    size = min(max(BLOCK_FLOATS // max(tokens, 1), 128), 4096)
    count = -(-words // size)
    if two:
        count += count % 2
    # Blocks of equal size, in multiples of 16 words for the vector unit.
    size = -(-words // (16 * count)) * 16
    blocks = [slice(start, min(start + size, words)) for start in range(0, words, size)]
    return [blocks[::2], blocks[1::2]] if two and len(blocks) > 1 else [blocks]
