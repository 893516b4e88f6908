"""Parameters with gradients that add, and the values they start from."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from seqkit.arrays import Array, DTypeLike, Initializer, IntArray, aligned_empty, aligned_zeros
from seqkit.errors import UserError
from seqkit.kernels.rows import sum_repeated_rows

__all__ = [
    "Loan",
    "Parameter",
    "glorot_uniform",
    "normal",
    "orthogonal",
    "sum_repeated_rows",
    "undrawn",
    "uniform",
    "unique_parameters",
    "zeros",
]


class _Undrawn:
    """How many more numbers the parameters of a model may hold that are not drawn."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        # A model may make a parameter that it then ties to another. What is a little too large is
        # better told parameter by parameter, when the model is compared with its file.
        self._left = 2 * expected + 10_000

    def take(self, shape: tuple[int, ...]) -> None:
        self._left -= math.prod(shape)
        if self._left < 0:
            found = f"its options ask for far more weights than the {self._expected:,} it has"
            raise UserError(f"{found}; get the file anew")


_UNDRAWN: ContextVar[_Undrawn | None] = ContextVar("undrawn", default=None)


@contextmanager
def undrawn(expected: int) -> Iterator[None]:
    """Inside the block, parameters start as zeros: for a model whose weights are read next.

    Random vectors and orthogonal matrices would take longer to draw than their file to read.

    Args:
        expected: how many numbers will be read.

    Raises:
        UserError: the model asks for far more, before there is no memory left.
    """
    token = _UNDRAWN.set(_Undrawn(expected))
    try:
        yield
    finally:
        _UNDRAWN.reset(token)


class Parameter:
    """An array that is learnt, with its gradient.

    Identity is tying: share the object, share the weight.

    A gradient may be row-sparse: a lookup in a table of 100,000 rows touches a few hundred of them.
    :meth:`add_rows` records such pieces without touching the rest; :attr:`grad` folds them into a
    dense array when somebody asks for one.

    Attributes:
        value: the weights; optimisers change them in place.
        trainable: optimisers and clipping leave a parameter alone where this is false.
        positive: a model file that holds a number of 0 or below for it is refused.
    """

    def __init__(self, value: Array, *, trainable: bool = True, positive: bool = False) -> None:
        self.value = value
        self.trainable = trainable
        self.positive = positive
        self._buffer: Array | None = None
        self._filled = False
        self._given = False
        self._loan: Loan | None = None
        self._rows: list[tuple[IntArray, Array]] = []

    def __repr__(self) -> str:
        frozen = "" if self.trainable else ", trainable=False"
        return f"Parameter(shape={self.value.shape}, {self.value.dtype}{frozen})"

    @classmethod
    def draw(
        cls,
        shape: tuple[int, ...],
        initializer: Initializer,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> "Parameter":
        """Draw a parameter; the values are drawn in float64 and rounded to ``dtype``.

        Inside :func:`undrawn` it is all zeros, and ``rng`` is not touched.

        Raises:
            TypeError: ``rng`` is no generator.
        """
        if not isinstance(rng, np.random.Generator):
            found = f"{rng!r} ({type(rng).__name__})"
            raise TypeError(f"rng must be numpy.random.default_rng(SEED), found {found}")
        if (undrawn := _UNDRAWN.get()) is not None:
            undrawn.take(shape)
            return cls(aligned_zeros(shape, dtype))
        value = aligned_zeros(shape, dtype)
        value[...] = initializer(shape, rng)
        return cls(value)

    @property
    def grad(self) -> Array:
        """The gradient, shaped like ``value``; adding to it in place is how it grows."""
        buffer, fresh = self.open_grad()
        if fresh:
            buffer.fill(0)
        for ids, rows in self._rows:
            buffer[ids] += rows
        self._rows.clear()
        return buffer

    @grad.setter
    def grad(self, grad: Array) -> None:
        if grad.shape != self.value.shape:
            raise ValueError(f"gradient of shape {grad.shape} for a value of {self.value.shape}")
        self._rows.clear()
        buffer, _ = self.open_grad()
        if grad is not buffer:
            buffer[...] = grad

    def open_grad(self) -> tuple[Array, bool]:
        """Return (dense gradient, whether it is fresh); a fresh one holds rubbish to overwrite.

        For a layer that computes a large gradient and would rather write it in place than add it to
        zeros. Rows added sparsely stay apart and are folded in when :attr:`grad` is read.
        """
        buffer = self._memory()
        self._loan = None
        fresh, self._filled = not self._filled, True
        return buffer, fresh

    def _memory(self) -> Array:
        """Return the memory of the dense gradient, whatever stands there."""
        value, buffer = self.value, self._buffer
        if buffer is None or buffer.shape != value.shape or buffer.dtype != value.dtype:
            buffer = aligned_empty(value.shape, value.dtype)
            self._buffer, self._filled = buffer, False
        return buffer

    def lend_grad(self) -> "Loan | None":
        """Lend the memory of the dense gradient until there is one; None where there is already.

        A new loan ends the one before.
        """
        if self._filled:
            return None
        self._loan = Loan(self, self._memory())
        return self._loan

    def is_lent(self, loan: "Loan") -> bool:
        """Return whether nobody has begun a gradient, or borrowed its memory, since."""
        return self._loan is loan

    def add_grad(self, gradient: Array, *, given: bool = False) -> None:
        """Add to the gradient; the first one of a step is copied, not added to zeros.

        Args:
            gradient: shaped like ``value``.
            given: the caller will not touch the array again. Where it is as the gradient has to be,
                it becomes the gradient, and nothing is copied.
        """
        if given and not self._filled and self._could_be_grad(gradient):
            self._buffer, self._loan = gradient, None
            self._filled = self._given = True
            return
        buffer, fresh = self.open_grad()
        if fresh:
            buffer[...] = gradient
        else:
            buffer += gradient

    def _could_be_grad(self, array: Array) -> bool:
        value = self.value
        alike = array.shape == value.shape and array.dtype == value.dtype
        return alike and array.flags.c_contiguous

    def add_product(self, left: Array, right: Array) -> None:
        """Add ``left @ right`` to the gradient; the first product of a step is written in place."""
        buffer, fresh = self.open_grad()
        if fresh:
            np.matmul(left, right, out=buffer)
        else:
            buffer += left @ right

    def add_rows(self, ids: IntArray, rows: Array) -> None:
        """Add ``rows[i]`` to the gradient of row ``ids[i]``; ids may repeat.

        Args:
            ids: (K,) rows of ``value``.
            rows: (K, ...) their gradients; summed into new memory at once, so that the caller may
                reuse its own.
        """
        if len(ids):
            self._rows.append(sum_repeated_rows(ids, rows))

    def sparse_rows(self) -> tuple[IntArray, Array] | None:
        """Return the gradient as (distinct ids ascending, rows), or None where it is dense."""
        if self._filled or not self._rows:
            return None
        if len(self._rows) > 1:
            ids = np.concatenate([ids for ids, _ in self._rows])
            rows = np.concatenate([rows for _, rows in self._rows])
            self._rows = [sum_repeated_rows(ids, rows)]
        return self._rows[0]

    def scale_grad(self, factor: float) -> None:
        """Multiply the gradient, dense or row-sparse, by ``factor``."""
        if self._filled:
            self.grad *= factor
        else:
            for _, rows in self._rows:
                rows *= factor

    @property
    def has_grad(self) -> bool:
        """Whether anything was added since the last :meth:`zero_grad`."""
        return self._filled or bool(self._rows)

    def zero_grad(self) -> None:
        """Forget the gradient. Its memory is kept for the next step, which overwrites it, unless it
        was given: the next step's will be given too.
        """
        if self._given:
            self._buffer = None
        self._filled = self._given = False
        self._rows.clear()


class Loan:
    """The memory of a parameter's gradient, for something else meanwhile.

    Attributes:
        memory: shaped like the parameter's value; holds anything.
    """

    def __init__(self, parameter: Parameter, memory: Array) -> None:
        self.memory = memory
        self._parameter = parameter

    @property
    def valid(self) -> bool:
        """Whether what was written to the memory still stands there."""
        return self._parameter.is_lent(self)


def unique_parameters(named: Iterable[tuple[str, Parameter]]) -> Iterator[tuple[str, Parameter]]:
    """Yield each parameter once, under the first of its names; tied weights are one parameter."""
    seen: set[int] = set()
    for name, parameter in named:
        if id(parameter) not in seen:
            seen.add(id(parameter))
            yield name, parameter


def zeros(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """All zeros."""
    return np.zeros(shape)


def uniform(scale: float) -> Initializer:
    """Uniform on [-scale, scale)."""
    return lambda shape, rng: rng.uniform(-scale, scale, shape)


def normal(scale: float) -> Initializer:
    """Gaussian with mean 0 and standard deviation ``scale``."""
    return lambda shape, rng: rng.normal(0.0, scale, shape)


def glorot_uniform(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Uniform with variance 2 / (rows + columns) (Glorot and Bengio 2010, equation 16)."""
    limit = math.sqrt(6.0 / (shape[0] + shape[-1]))
    return rng.uniform(-limit, limit, shape)


def orthogonal(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Random matrix with orthonormal rows or columns (Saxe et al. 2014), drawn uniformly."""
    rows, columns = shape
    q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return q if rows >= columns else q.T
