"""Gradient checks, for seqkit's own tests and for the tests of whoever writes a layer.

Two ways to a numeric derivative. The *complex step* (Squire and Trapp 1998) evaluates the function
at ``x + ih`` with h = 1e-20 and reads the imaginary part: no subtraction, so no cancellation, and
errors near 1e-15; it needs a function that is analytic, and code that passes complex numbers
through. *Central differences* in float64 serve everything else, with errors near 1e-9.

Small arrays are checked entry by entry, large ones along random directions.

Example:
    >>> import numpy as np
    >>> def square_sum(x):
    ...     return (x * x).sum(), lambda d_y: (2 * x * d_y,)
    >>> check_gradients(square_sum, [np.arange(3.0)]) < 1e-12
    True
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from seqkit.arrays import Array
from seqkit.layers.base import FlatLayer, State
from seqkit.parameters import Parameter, unique_parameters
from seqkit.sequences import PackedSequence

__all__ = [
    "Method",
    "central_difference_gradient",
    "check_gradients",
    "check_layer_gradients",
    "check_recurrent_layer",
    "complex_step_gradient",
    "gradient_error",
]

Method: TypeAlias = Literal["complex", "central"]
"""How to differentiate: ``"complex"`` step (analytic functions) or ``"central"`` differences."""

Differentiable: TypeAlias = Callable[..., tuple[Any, Callable[..., Any]]]
"""``function(*inputs) -> (outputs, backward)`` with ``backward(*d_outputs) -> d_inputs``.

Outputs are an array or a tuple of arrays; ``d_inputs`` an array, or a tuple with one entry for each
input (None where an input has no gradient).
"""

COMPLEX_STEP = 1e-20
CENTRAL_STEP = 1e-6


def complex_step_gradient(
    function: Callable[[Array], Any], x: Array, *, step: float = COMPLEX_STEP
) -> Array:
    """Differentiate an analytic scalar function by the complex step.

    Args:
        function: takes an array like ``x``, complex, and returns a scalar.
        x: the point, real.
        step: h; anything whose square vanishes beside 1.

    Returns:
        The gradient, float64, with the shape of ``x``.
    """
    z = np.array(x, dtype=np.complex128)

    def slope(direction: Array) -> float:
        return float(np.imag(function(z + 1j * step * direction))) / step

    return _by_entry(slope, z.shape)


def central_difference_gradient(
    function: Callable[[Array], Any], x: Array, *, step: float = CENTRAL_STEP
) -> Array:
    """Differentiate a scalar function by central differences in float64.

    Args:
        function: takes an array like ``x`` and returns a scalar.
        x: the point.
        step: half the distance between the two evaluations.

    Returns:
        The gradient, float64, with the shape of ``x``.
    """
    x = np.array(x, dtype=np.float64)

    def slope(direction: Array) -> float:
        rise = function(x + step * direction) - function(x - step * direction)
        return float(rise) / (2 * step)

    return _by_entry(slope, x.shape)


def _by_entry(slope: Callable[[Array], float], shape: tuple[int, ...]) -> Array:
    """Collect the slopes along the unit vectors."""
    gradient = np.zeros(shape)
    for index in np.ndindex(*shape):
        direction = np.zeros(shape)
        direction[index] = 1.0
        gradient[index] = slope(direction)
    return gradient


def _slope_error(
    loss: Callable[[Array], Any],
    x: Array,
    gradient: Array,
    *,
    method: Method,
    entries: int,
    rng: np.random.Generator,
) -> float:
    """Compare ``gradient`` with numeric slopes of ``loss`` at ``x``, relative to its size."""
    differentiate = complex_step_gradient if method == "complex" else central_difference_gradient
    if x.size <= entries:
        difference = gradient - differentiate(loss, x)
        scale = float(np.abs(gradient).max(initial=0.0))
        return _relative(float(np.abs(difference).max(initial=0.0)), scale)
    errors = []
    for _ in range(8):
        direction = rng.normal(size=x.shape)
        along = differentiate(lambda t, v=direction: loss(x + t * v), np.zeros(()))  # type: ignore[misc]
        expected = float((gradient * direction).sum())
        errors.append(_relative(abs(expected - float(along)), float(np.linalg.norm(gradient))))
    # Unlike Python's max, NumPy's lets NaN through.
    return float(np.max(errors))


def _relative(error: float, scale: float) -> float:
    return error / scale if scale > 1e-3 else error


def gradient_error(
    loss: Callable[[], Any],
    parameters: Iterable[tuple[str, Parameter]],
    *,
    method: Method = "complex",
    entries: int = 200,
    rng: np.random.Generator | None = None,
) -> dict[str, float]:
    """Compare the gradients that parameters hold with numeric ones.

    Run forward and backward first, so that each ``parameter.grad`` is what you want to check.

    Args:
        loss: runs the forward pass on the parameters' present values and returns the scalar loss;
            it must give the same answer each time (no dropout, or a fresh seeded generator).
        parameters: (name, parameter); their values are replaced for the while, and restored.
        method: ``"complex"`` sets complex values into the parameters, ``"central"`` float64 ones.
        entries: arrays up to this size are checked entry by entry, larger ones along directions.
        rng: draws the directions.

    Returns:
        The largest relative error of each parameter.
    """
    rng = rng or np.random.default_rng(0)
    errors = {}
    for name, parameter in unique_parameters(parameters):
        value, gradient = parameter.value, parameter.grad.copy()

        def loss_at(x: Array, parameter: Parameter = parameter) -> Any:
            parameter.value = x
            return loss()

        try:
            errors[name] = _slope_error(
                loss_at, value, gradient, method=method, entries=entries, rng=rng
            )
        finally:
            parameter.value = value
    return errors


def check_gradients(
    function: Differentiable,
    inputs: Sequence[Array],
    parameters: Iterable[tuple[str, Parameter]] = (),
    *,
    method: Method = "complex",
    tolerance: float = 1e-7,
    entries: int = 200,
    rng: np.random.Generator | None = None,
) -> float:
    """Check a function's backward against numeric gradients of a random projection of its outputs.

    Args:
        function: ``function(*inputs) -> (outputs, backward)``; see :data:`Differentiable`.
        inputs: float64 arrays; integer ones (ids) are passed along and not differentiated.
        parameters: (name, parameter), float64; their gradients are reset before the check.
        method: ``"complex"``, or ``"central"`` where the function is not analytic (relu, max).
        tolerance: the largest relative error allowed.
        entries: arrays up to this size are checked entry by entry, larger ones along directions.
        rng: draws the projection and the directions.

    Returns:
        The largest relative error found.

    Raises:
        AssertionError: it exceeds ``tolerance``; the message lists every array's error.
        ValueError: something is not float64.
    """
    rng = rng or np.random.default_rng(0)
    named = list(unique_parameters(parameters))
    _require_float64([(f"input {i}", x) for i, x in enumerate(inputs)])
    _require_float64([(name, parameter.value) for name, parameter in named])
    for _, parameter in named:
        parameter.zero_grad()
    outputs, backward = function(*inputs)
    projection = [rng.normal(size=np.shape(y)) for y in _as_tuple(outputs)]
    d_inputs = _as_tuple(backward(*projection))

    def loss(*arguments: Array) -> Any:
        ys = _as_tuple(function(*arguments)[0])
        return sum((y * p).sum() for y, p in zip(ys, projection, strict=True))

    errors = gradient_error(lambda: loss(*inputs), named, method=method, entries=entries, rng=rng)
    for i, (x, d_x) in enumerate(zip(inputs, d_inputs, strict=True)):
        if d_x is None or not np.issubdtype(x.dtype, np.inexact):
            continue
        if np.shape(d_x) != np.shape(x):
            raise AssertionError(f"input {i} has shape {np.shape(x)}, its gradient {np.shape(d_x)}")

        def loss_at(z: Array, i: int = i) -> Any:
            return loss(*inputs[:i], z, *inputs[i + 1 :])

        errors[f"input {i}"] = _slope_error(
            loss_at, x, d_x, method=method, entries=entries, rng=rng
        )
    _require_small(errors, tolerance)
    return max(errors.values(), default=0.0)


def check_layer_gradients(
    layer: FlatLayer,
    x: Array,
    *,
    train: bool = False,
    seed: int | None = None,
    **options: Any,
) -> float:
    """Check the backward of a layer on the flat token axis, parameters included.

    Args:
        layer: its parameters must be float64.
        x: (M, D) float64, or (M,) ids, which have no gradient.
        train: passed to ``forward``.
        seed: if given, each forward gets a fresh generator with this seed (dropout draws alike).
        options: of :func:`check_gradients`.
    """

    def function(x: Array) -> tuple[Array, Callable[[Array], Any]]:
        rng = None if seed is None else np.random.default_rng(seed)
        return layer.forward(x, train=train, rng=rng)

    return check_gradients(_none_as_tuple(function), [x], layer.parameters(), **options)


def _none_as_tuple(function: Differentiable) -> Differentiable:
    """Let a backward return None where the only input has no gradient."""

    def wrapped(*inputs: Array) -> tuple[Any, Callable[..., Any]]:
        outputs, backward = function(*inputs)
        return outputs, lambda *d_outputs: (backward(*d_outputs),)

    return wrapped


def check_recurrent_layer(
    layer: Any,
    batch: PackedSequence,
    state: State | None = None,
    *,
    train: bool = False,
    seed: int | None = None,
    **options: Any,
) -> float:
    """Check the backward of a recurrent layer: inputs, initial state and parameters.

    Gradient flows in from the outputs and from the final state.

    Args:
        layer: a :class:`~seqkit.layers.base.RecurrentLayer` with float64 parameters.
        batch: float64 inputs.
        state: the initial state; None checks the layer's own zeros (then no state gradient).
        train: passed to ``forward``.
        seed: if given, each forward gets a fresh generator with this seed.
        options: of :func:`check_gradients`.
    """
    arrays = [] if state is None else list(state)

    def function(data: Array, *initial: Array) -> tuple[tuple[Array, ...], Callable[..., Any]]:
        rng = None if seed is None else np.random.default_rng(seed)
        start = type(state)(*initial) if state is not None else None
        outputs, final, backward = layer.forward(batch.with_data(data), start, train=train, rng=rng)

        def flat_backward(d_outputs: Array, *d_final: Array) -> tuple[Array, ...]:
            d_batch, d_state = backward(batch.with_data(d_outputs), type(final)(*d_final))
            return (d_batch.data, *(d_state if initial else ()))

        return (outputs.data, *final), flat_backward

    return check_gradients(function, [batch.data, *arrays], layer.parameters(), **options)


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _require_float64(named: Iterable[tuple[str, Array]]) -> None:
    wrong = list(_wrong_dtypes(named))
    if wrong:
        raise ValueError(
            f"gradient checks need float64, found {', '.join(wrong)}; "
            "build the layer with dtype=np.float64"
        )


def _wrong_dtypes(named: Iterable[tuple[str, Array]]) -> Iterator[str]:
    for name, array in named:
        dtype = np.asarray(array).dtype
        if np.issubdtype(dtype, np.inexact) and dtype != np.float64:
            yield f"{name}: {dtype}"


def _require_small(errors: dict[str, float], tolerance: float) -> None:
    # "not <=" rather than ">", so that NaN fails too.
    if any(not error <= tolerance for error in errors.values()):
        table = ", ".join(f"{name} {error:.1e}" for name, error in errors.items())
        raise AssertionError(f"relative gradient errors above {tolerance:.0e}: {table}")
