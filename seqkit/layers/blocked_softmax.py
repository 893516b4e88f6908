"""``hidden @ w.T + bias`` and its softmax, never held but in blocks of words.

The blocks are small enough for the cache: product, exponentials in place, and the product for the
hidden states' gradient while the block is hot. How the details fit together:

- The exponentials are shifted by the *target's* logit instead of by the largest one. No pass is
  needed to find it, the sum is at least 1 because the target is in it, and it overflows only where
  a target's probability is below about e^-70 (in float32); only then is the largest one found.
- Bias, shift and row sums ride in the products: a block reads ``[hidden | 1 | -shift]`` times
  ``[w | bias | 1]``, and the exponentials times the latter give the sums in its last column.
- ``1 / sum`` is folded into small arrays (M,) and (M, H); the one-hot is never built.
- Exponentials are kept for the backward in memory that it will need anyway, and as far as a budget
  allows; what is beyond is computed again, so that memory stays bounded at any vocabulary. See
  :mod:`.kept_exponentials`.
- The blocks are split between two threads in the same way whatever the number of threads is, and
  partial sums are added in a fixed order: results never depend on that number.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np

from seqkit.arrays import Array, IntArray, aligned_empty
from seqkit.kernels.compiled_product import compiled_product_for, matmul, right_side
from seqkit.kernels.threads import parallel, single_blas
from seqkit.layers.kept_exponentials import Kept, KeptMemory
from seqkit.layers.losses import TargetMasses
from seqkit.parameters import Parameter, sum_repeated_rows

__all__ = ["BlockedSoftmax", "SoftmaxSums", "split_words"]

Result = TypeVar("Result")

# Floats in a block of logits, and in the weights of its words: 2 MB in float32. Measured: 512 and
# 736 words at 700 tokens are best; 20 tokens of 650 features take a third less time than with
# weights of any size.
BLOCK_FLOATS = 2**19
# Multiplications below which a second thread costs more than it gives.
PARALLEL_WORK = 2**23


class SoftmaxSums(NamedTuple):
    """What the first run over the vocabulary finds.

    Attributes:
        targets: (M,) the targets' logits.
        shift: (M,) what was taken from the logits before the exponential.
        z: (M,) sums of the exponentials.
        weighted: (M, H) exponentials times weights; zeros where no gradient was asked for.
        kept: exponentials.
    """

    targets: Array
    shift: Array
    z: Array
    weighted: Array
    kept: Kept

    @property
    def log_probabilities(self) -> Array:
        """(M,) of the targets; rounding never lifts one above 0."""
        log_p: Array = np.minimum(self.targets - self.shift - np.log(self.z), 0.0)
        return log_p


class BlockedSoftmax:
    """The softmax of ``hidden @ w.T + bias``, for one batch.

    Args:
        hidden: (M, H).
        w: (V, H).
        bias: (V,), or None.
    """

    def __init__(self, hidden: Array, w: Parameter, bias: Parameter | None) -> None:
        self.hidden = hidden
        self.w = w
        self.bias = bias
        arrays = [hidden, w.value] if bias is None else [hidden, w.value, bias.value]
        self.dtype = np.result_type(*arrays)
        self.parts = split_words(len(hidden), hidden.shape[1], len(w.value))

    def logits_of(self, targets: IntArray) -> Array:
        """Return one logit for each token: (M,)."""
        logits: Array = (self.hidden * self.w.value.take(targets, axis=0)).sum(axis=1)
        return logits if self.bias is None else logits + self.bias.value[targets]

    def weighted_logits(self, weights: Array) -> Array:
        """Return ``logits @ weights`` for weights (V,): (M,)."""
        logits: Array = self.hidden @ (weights @ self.w.value)
        return logits if self.bias is None else logits + weights @ self.bias.value

    def sums(self, targets: Array, memory: KeptMemory, *, gradient: bool = True) -> SoftmaxSums:
        """Run over all words once, shifted by the targets' logits (M,) or else by the largest."""
        blocks = [block for part in self.parts for block in part]
        kept = memory.room(len(self.hidden), blocks, self.dtype)
        shift = targets
        limit = np.finfo(self.dtype).max ** 0.8
        z, weighted = self._sums(shift, kept, gradient)
        if not ((z.real < limit).all() and np.isfinite(weighted).all()):
            shift = np.maximum(self._largest(), targets)
            z, weighted = self._sums(shift, kept, gradient)
        return SoftmaxSums(targets, shift, z, weighted, kept)

    def _sums(self, shift: Array, kept: Kept, gradient: bool) -> tuple[Array, Array]:
        rows = self._rows(shift)

        def run(blocks: list[slice]) -> Array:
            total = np.zeros(rows.shape, self.dtype)
            # Overflow is looked for afterwards.
            with np.errstate(over="ignore", invalid="ignore"):
                for columns, part, e in self._exponentials(rows, blocks, kept):
                    if gradient:
                        matmul(e, columns, total[part], add=True)
                    else:
                        total[part, -1] += e.sum(axis=1)
            return total

        total = self._in_parts(run)
        with np.errstate(over="ignore", invalid="ignore"):
            combined: Array = sum(total[1:], start=total[0])
        return combined[:, -1], combined[:, : self.hidden.shape[1]]

    def _largest(self) -> Array:
        """Return the largest logit of each token: (M,)."""
        rows = self._rows(np.zeros(len(self.hidden), self.dtype))

        def run(blocks: list[slice]) -> Array:
            largest = np.full(len(rows), -np.inf, self.dtype)
            for block in blocks:
                np.maximum(largest, (rows @ self._columns(block).T).max(axis=1), out=largest)
            return largest

        largest: Array = np.maximum.reduce(self._in_parts(run))
        return largest

    def backward(
        self, targets: IntArray, masses: TargetMasses, sums: SoftmaxSums, d_total: float
    ) -> Array:
        """Add to the parameters' gradients and return d_hidden (M, H)."""
        per_sum = masses.total * d_total / sums.z
        on_target = (masses.target * d_total)[:, None]
        d_hidden: Array = sums.weighted * per_sum[:, None]
        d_hidden -= self.w.value.take(targets, axis=0) * on_target
        if masses.uniform is not None:
            d_hidden -= d_total * (masses.uniform @ self.w.value)
        if len(self.hidden):
            self.add_softmax(sums, per_sum)
            self._add_targets(targets, on_target)
            if masses.uniform is not None:
                self._add_uniform(masses.uniform * d_total)
        return d_hidden

    def add_softmax(self, sums: SoftmaxSums, per_sum: Array) -> None:
        """Add ``softmaxᵀ @ hidden``, each token scaled, to the gradients."""
        rows = self._rows(sums.shift)
        scaled = self.hidden * per_sum[:, None]
        kept = sums.kept.intact()
        d_w, fresh = self.w.open_grad()
        d_bias = None if self.bias is None else self.bias.grad

        def run(blocks: list[slice]) -> None:
            for block, e in self._exponentials_again(rows, blocks, kept):
                matmul(e.T, scaled, d_w[block], add=not fresh)
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
        self, rows: Array, blocks: list[slice], kept: Kept
    ) -> Iterator[tuple[Array, slice, Array]]:
        """Yield (``[w | bias | 1]``, tokens, their exponentials), block by block."""
        buffer, scratch = self._working_memory(rows, blocks)
        for block in blocks:
            columns = self._columns(block, buffer)
            with _turned(columns) as words:
                for part, memory in kept.parts(block, len(rows)):
                    e = _shaped(scratch, part, block) if memory is None else memory
                    yield columns, part, self._exponential(rows[part], words, e)

    def _exponentials_again(
        self, rows: Array, blocks: list[slice], kept: Kept
    ) -> Iterator[tuple[slice, Array]]:
        """Yield (block, exponentials of all tokens); those that were not kept are made again.

        What lies where the gradient will be is moved away.
        """
        buffer, scratch = self._working_memory(rows, blocks)
        for block in blocks:
            e = kept.whole(block, len(rows))
            if e is None:
                e = _shaped(scratch, slice(0, len(rows)), block)
                missing = []
                for part, memory in kept.parts(block, len(rows)):
                    if memory is None:
                        missing.append(part)
                    else:
                        e[part] = memory
                if missing:
                    columns = self._columns(block, buffer)
                    with _turned(columns) as words:
                        for part in missing:
                            self._exponential(rows[part], words, e[part])
            yield block, e

    def _working_memory(self, rows: Array, blocks: list[slice]) -> tuple[Array, Array]:
        """Return memory for ``[w | bias | 1]`` and for the exponentials of the widest block."""
        widest = max((block.stop - block.start for block in blocks), default=0)
        return (
            aligned_empty((widest, rows.shape[1]), self.dtype),
            aligned_empty((len(rows) * widest,), self.dtype),
        )

    def _exponential(self, rows: Array, words: Array, out: Array) -> Array:
        matmul(rows, words, out)
        return np.exp(out, out=out)

    def _in_parts(self, run: Callable[[list[slice]], Result]) -> list[Result]:
        """Run over each part of the blocks, at the same time where threads are allowed."""
        with single_blas():
            return parallel(*(partial(run, part) for part in self.parts))


def _turned(columns: Array) -> AbstractContextManager[Array]:
    """Lay out the transpose of a block's columns as the right matrix of a product."""
    return right_side(compiled_product_for(columns), columns.T)


def _shaped(scratch: Array, part: slice, block: slice) -> Array:
    rows, width = part.stop - part.start, block.stop - block.start
    return scratch[: rows * width].reshape(rows, width)


def split_words(tokens: int, features: int, words: int) -> list[list[slice]]:
    """Split the vocabulary into one or two parts of blocks, by the shape alone.

    Returns:
        Parts that may run at the same time, each a list of slices of words; each word is in one.
    """
    two = tokens * features * words >= PARALLEL_WORK
    size = min(max(BLOCK_FLOATS // max(tokens, features, 1), 128), 4096)
    count = -(-words // size)
    if two:
        count += count % 2
    # Blocks of equal size, in multiples of 16 words for the vector unit.
    size = -(-words // (16 * count)) * 16
    blocks = [slice(start, min(start + size, words)) for start in range(0, words, size)]
    return [blocks[::2], blocks[1::2]] if two and len(blocks) > 1 else [blocks]
