"""The affine layer, with its own weights or with those of an embedding table."""

from collections.abc import Callable, Iterator

import numpy as np

from seqkit.arrays import Array, DTypeLike
from seqkit.layers.base import check_array, constructor_call
from seqkit.parameters import Parameter, glorot_uniform

__all__ = ["Linear", "TiedLinear"]


class Linear:
    """``y = x W + b`` on the flat token axis.

    Args:
        features: D, width of the input.
        outputs: C, width of the output.
        bias: whether to learn ``b`` (C,), which starts at zero.
        rng: draws ``W`` (Glorot uniform); not needed where ``w`` is given.
        dtype: of the parameters.
        w: a weight to share instead of a new one: (D, C), or (C, D) with ``transposed``.
        transposed: ``W`` is stored as (C, D), one row for each output, as an embedding table is.

    Raises:
        ValueError: neither ``rng`` nor ``w`` is given, or ``w`` has the wrong shape.
    """

    def __init__(
        self,
        features: int,
        outputs: int,
        *,
        bias: bool = True,
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float32,
        w: Parameter | None = None,
        transposed: bool = False,
    ) -> None:
        self.features = features
        self.outputs = outputs
        self.transposed = transposed
        shape = (outputs, features) if transposed else (features, outputs)
        self.w = weight_or_draw(w, shape, rng, dtype)
        self.bias = Parameter(np.zeros(outputs, self.w.value.dtype)) if bias else None

    def __repr__(self) -> str:
        return constructor_call(self, self.features, self.outputs)

    @property
    def output_features(self) -> int:
        """C, width of the output."""
        return self.outputs

    def forward(
        self, x: Array, *, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, Callable[[Array], Array]]:
        """Map (M, D) to (M, C); the second value maps d_y (M, C) to d_x (M, D).

        Raises:
            TypeError: ``x`` is no array.
            ValueError: it has another width.
        """
        check_array(self, x)
        if x.shape[-1] != self.features:
            raise ValueError(f"the layer reads {self.features} features, found {x.shape[-1]}")
        w = self.w.value.T if self.transposed else self.w.value
        y = x @ w
        if self.bias is not None:
            bias = self.bias.value
            y = np.add(y, bias, out=y if y.dtype == bias.dtype else None)

        def backward(d_y: Array) -> Array:
            if self.transposed:
                self.w.add_product(d_y.T, x)
            else:
                self.w.add_product(x.T, d_y)
            if self.bias is not None:
                self.bias.grad += d_y.sum(axis=0)
            return d_y @ w.T

        return y, backward

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``w`` and, where there is one, ``bias``."""
        yield "w", self.w
        if self.bias is not None:
            yield "bias", self.bias


class TiedLinear(Linear):
    """An output layer that scores words with their own embeddings: ``y = x Eᵀ + b``.

    Both layers hold the same :class:`Parameter`, so both add to one gradient (Press and Wolf 2017).

    Args:
        table: (V, D), the parameter of the embedding.
        bias: whether to learn ``b`` (V,).
    """

    def __init__(self, table: Parameter, *, bias: bool = True) -> None:
        words, features = table.value.shape
        super().__init__(features, words, bias=bias, w=table, transposed=True)

    def __repr__(self) -> str:
        return constructor_call(self, self.w)


def weight_or_draw(
    weight: Parameter | None,
    shape: tuple[int, int],
    rng: np.random.Generator | None,
    dtype: DTypeLike,
) -> Parameter:
    """Return ``weight`` after a look at its shape, or a new one of ``shape`` drawn from ``rng``."""
    if weight is None:
        if rng is None:
            raise ValueError("rng is needed to draw the weight")
        return Parameter.draw(shape, glorot_uniform, rng, dtype)
    if weight.value.shape != shape:
        raise ValueError(f"the weight to share must have shape {shape}, found {weight.value.shape}")
    return weight
