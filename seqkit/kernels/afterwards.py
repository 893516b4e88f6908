"""The products of a backward pass that nothing waits for, on a second thread where there is one.

Going back in time is a chain of small steps. The gradients of the inputs and of the weights hang on
it like leaves: a helper computes the former while the chain goes on, and both threads share the
latter when it has ended.
"""

from functools import partial

import numpy as np

from seqkit.arrays import Array, aligned_empty
from seqkit.kernels.compiled_product import compiled_product_for, product
from seqkit.kernels.products import TallProduct
from seqkit.kernels.threads import Beside, in_halves

__all__ = ["InputGradient", "weight_gradient"]


class InputGradient:
    """``d_x = d_pre @ W.T``, piece by piece from the last token to the first."""

    PIECE = 256
    """Rows that make a product worth another thread's while."""

    def __init__(self, d_pre: Array, w_input: Array) -> None:
        self._d_pre = d_pre
        self._product = TallProduct(w_input.T)
        self._d_x = aligned_empty((len(d_pre), len(w_input)), d_pre.dtype)
        self._stop = len(d_pre)
        self._beside = Beside()

    def ready(self, first: int) -> None:
        """Say that all rows from ``first`` on are final."""
        if first and self._stop - first < self.PIECE:
            return
        piece = slice(first, self._stop)
        self._stop = first
        self._beside.run(partial(self._product, self._d_pre[piece], self._d_x[piece]))

    def finish(self) -> Array:
        """Return d_x."""
        self._beside.finish()
        return self._d_x


SHARED = 2**23
"""Multiplications from which two threads share a product: one alone takes a sixth of a
millisecond for them."""


def weight_gradient(tokens: Array, d_pre: Array) -> Array:
    """Return ``tokens.T @ d_pre``, one half of the columns on each of two threads."""
    found = compiled_product_for(tokens, d_pre)
    if found is not None:
        return product(found, tokens.T, d_pre)
    columns = d_pre.shape[1]
    gradient = aligned_empty((tokens.shape[1], columns), d_pre.dtype)
    large = columns >= 128 and tokens.size * columns >= SHARED

    def multiply(part: slice) -> None:
        np.matmul(tokens.T, d_pre[:, part], out=gradient[:, part])

    in_halves(multiply, columns, worth=large)
    return gradient
