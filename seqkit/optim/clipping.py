"""Gradient clipping, and the guard against gradients that are no numbers."""

import math
from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array
from seqkit.errors import SeqkitError
from seqkit.kernels.compiled import compiled_for
from seqkit.kernels.threads import single_blas
from seqkit.optim.pieces import Scratch, each, halves, pieces
from seqkit.parameters import Parameter, unique_parameters

__all__ = ["Clipping", "NonFiniteGradientError", "clip_by_norm", "clip_by_value", "gradient_norm"]

Named = Iterable[tuple[str, Parameter]]

TOGETHER = 2**20
"""Values from which on two threads share the squares."""


class NonFiniteGradientError(SeqkitError):
    """A gradient holds infinities or NaN, so that a step would destroy the weights.

    Attributes:
        parameter: the name of the first parameter concerned.
        norm: the norm of its gradient, inf or nan.
    """

    def __init__(self, parameter: str, norm: float) -> None:
        self.parameter = parameter
        self.norm = norm
        super().__init__(
            f"the gradient of {parameter} is not finite (norm {norm}); "
            "lower the learning rate or the clipping limit"
        )

    def __reduce__(self) -> tuple[type["NonFiniteGradientError"], tuple[str, float]]:
        return type(self), (self.parameter, self.norm)


class Clipping(NamedTuple):
    """What clipping found and did.

    Attributes:
        norm: the global norm of the gradients before clipping.
        clipped: whether anything was changed.
    """

    norm: float
    clipped: bool


def gradient_norm(parameters: Named) -> float:
    """Return the Euclidean norm over all gradients together, added up in float64.

    Raises:
        NonFiniteGradientError: a gradient holds infinities or NaN.
    """
    scratch = Scratch()
    named = [(name, halves(_gradient(parameter))) for name, parameter in _with_gradient(parameters)]
    work = [
        (part.size, partial(_sum_of_squares, part, scratch))
        for _, parts in named
        for (part,) in parts
    ]
    found = iter(each(work, together=TOGETHER))
    total = 0.0
    for name, parts in named:
        squares = sum(islice(found, len(parts)))
        if not math.isfinite(squares):
            raise NonFiniteGradientError(name, math.sqrt(squares))
        total += squares
    return math.sqrt(total)


def clip_by_norm(parameters: Named, limit: float, *, norm: float | None = None) -> Clipping:
    """Scale all gradients together so that their global norm is at most ``limit``.

    Pascanu et al. 2013, algorithm 1. Row-sparse gradients stay row-sparse; tied and frozen
    parameters count once and not at all.

    Args:
        parameters: with gradients.
        limit: above 0.
        norm: of the gradients, where it is known, as :func:`gradient_norm` returned it.

    Raises:
        NonFiniteGradientError: a gradient holds infinities or NaN; nothing has been changed then.
        ValueError: ``limit`` is not above 0.
    """
    named, norm = _measured(parameters, limit, norm)
    if norm <= limit:
        return Clipping(norm, False)
    for _, parameter in named:
        parameter.scale_grad(limit / norm)
    return Clipping(norm, True)


def clip_by_value(parameters: Named, limit: float, *, norm: float | None = None) -> Clipping:
    """Cut every entry of every gradient to [-limit, limit].

    Args:
        parameters: with gradients.
        limit: above 0.
        norm: to be reported, where it is known; then the gradients are taken to be finite.

    Raises:
        NonFiniteGradientError: a gradient holds infinities or NaN; nothing has been changed then.
        ValueError: ``limit`` is not above 0.
    """
    named, norm = _measured(parameters, limit, norm)
    clipped = False
    for _, parameter in named:
        gradient = _gradient(parameter)
        for (piece,) in pieces(gradient):
            if piece.max(initial=0.0) > limit or piece.min(initial=0.0) < -limit:
                np.clip(piece, -limit, limit, out=piece)
                clipped = True
    return Clipping(norm, clipped)


def _measured(
    parameters: Named, limit: float, norm: float | None
) -> tuple[list[tuple[str, Parameter]], float]:
    if not limit > 0:
        raise ValueError(f"limit must be above 0, found {limit}")
    named = list(_with_gradient(parameters))
    return named, gradient_norm(named) if norm is None else norm


def _with_gradient(parameters: Named) -> Iterable[tuple[str, Parameter]]:
    for name, parameter in unique_parameters(parameters):
        if parameter.trainable and parameter.has_grad:
            yield name, parameter


def _gradient(parameter: Parameter) -> Array:
    """Return the dense gradient, or the rows of a row-sparse one; each entry of it once."""
    sparse = parameter.sparse_rows()
    return parameter.grad if sparse is None else sparse[1]


def _sum_of_squares(array: Array, scratch: Scratch) -> float:
    """Add up squares in float64, a piece at a time."""
    found = compiled_for(array)
    if found is not None:
        return float(found.rows.sum_of_squares(array.reshape(-1)))
    total = 0.0
    with single_blas():
        for (piece,) in pieces(array):
            exact = scratch.like(piece, np.float64).reshape(-1)
            exact.reshape(piece.shape)[...] = piece
            total += float(exact @ exact)
    return total
