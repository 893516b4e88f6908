"""SGD, AdaGrad, RMSprop, Adam and AdamW.

All formulas are those of the papers and of PyTorch. Moments are kept *scaled* where that saves a
pass: ``s = beta s + g`` instead of ``m = beta m + (1 - beta) g``, with ``(1 - beta)`` and the bias
correction folded into the numbers that a step multiplies by anyway.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.kernels.compiled import compiled_for
from seqkit.optim.base import Optimizer, require
from seqkit.parameters import Parameter

__all__ = ["SGD", "AdaGrad", "Adam", "AdamW", "RMSprop"]

Named = Iterable[tuple[str, Parameter]]


class SGD(Optimizer):
    """``v = momentum v + g``; ``value -= learning_rate v`` (Nesterov: ``g + momentum v``).

    Args:
        parameters: (name, parameter).
        learning_rate: 0.1 by default.
        momentum: in [0, 1); 0 keeps no ``v``.
        nesterov: look ahead by one step of momentum (Sutskever et al. 2013).
        options: weight decay, of :class:`Optimizer`.

    Raises:
        ValueError: a number out of range, or ``nesterov`` without momentum.
    """

    def __init__(
        self,
        parameters: Named,
        *,
        learning_rate: float = 0.1,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(parameters, learning_rate=learning_rate, **options)
        if nesterov:
            require(**{"momentum beside nesterov": (momentum, "(0, 1)")})
        require(momentum=(momentum, "[0, 1)"))
        self.momentum = momentum
        self.nesterov = nesterov
        self.slots = ("velocity",) if momentum else ()

    def _plan(self) -> Callable[..., None]:
        rate, momentum = self.learning_rate, self.momentum

        def plain(work: Array, value: Array, gradient: Array) -> None:
            value -= np.multiply(gradient, rate, out=work)

        def heavy(work: Array, value: Array, gradient: Array, velocity: Array) -> None:
            velocity *= momentum
            velocity += gradient
            if self.nesterov:
                ahead = np.multiply(velocity, momentum, out=work)
                ahead += gradient
                ahead *= rate
            else:
                ahead = np.multiply(velocity, rate, out=work)
            value -= ahead

        return heavy if momentum else plain

    def _changed_rows(self, ids: IntArray, rows: Array, value: Array, *moments: Array) -> bool:
        found = compiled_for(value, rows)
        if found is None or self.momentum or value.ndim != 2:
            return False
        found.rows.subtract_rows(value, ids, rows, self.learning_rate)
        return True


class AdaGrad(Optimizer):
    """``s += g²``; ``value -= learning_rate g / (sqrt(s) + epsilon)`` (Duchi et al. 2011).

    Args:
        parameters: (name, parameter).
        learning_rate: 0.05 by default.
        initial: where ``s`` starts.
        epsilon: added to the root.
        options: weight decay, of :class:`Optimizer`.
    """

    slots = ("squares",)

    def __init__(
        self,
        parameters: Named,
        *,
        learning_rate: float = 0.05,
        initial: float = 0.0,
        epsilon: float = 1e-10,
        **options: Any,
    ) -> None:
        super().__init__(parameters, learning_rate=learning_rate, **options)
        require(initial=(initial, "[0, inf)"), epsilon=(epsilon, "(0, inf)"))
        self.initial = initial
        self.epsilon = epsilon

    def _first_moment(self, value: Array) -> Array:
        return np.full(value.shape, self.initial, value.dtype)

    def _plan(self) -> Callable[..., None]:
        rate, epsilon = self.learning_rate, self.epsilon

        def update(work: Array, value: Array, gradient: Array, squares: Array) -> None:
            squares += np.multiply(gradient, gradient, out=work)
            _descend(value, gradient, squares, work, rate, epsilon)

        return update


class RMSprop(Optimizer):
    """``m = decay m + (1 - decay) g²``; ``value -= learning_rate g / (sqrt(m) + epsilon)``.

    Tieleman and Hinton 2012, lecture 6.5. The slot holds ``m / (1 - decay)``.

    Args:
        parameters: (name, parameter).
        learning_rate: 0.001 by default.
        decay: in [0, 1).
        epsilon: added to the root.
        options: weight decay, of :class:`Optimizer`.
    """

    slots = ("squares",)

    def __init__(
        self,
        parameters: Named,
        *,
        learning_rate: float = 1e-3,
        decay: float = 0.9,
        epsilon: float = 1e-8,
        **options: Any,
    ) -> None:
        super().__init__(parameters, learning_rate=learning_rate, **options)
        require(decay=(decay, "[0, 1)"), epsilon=(epsilon, "(0, inf)"))
        self.decay = decay
        self.epsilon = epsilon

    def _plan(self) -> Callable[..., None]:
        decay = self.decay
        root = math.sqrt(1.0 - decay)
        rate, epsilon = self.learning_rate / root, self.epsilon / root

        def update(work: Array, value: Array, gradient: Array, squares: Array) -> None:
            squares *= decay
            squares += np.multiply(gradient, gradient, out=work)
            _descend(value, gradient, squares, work, rate, epsilon)

        return update


class Adam(Optimizer):
    """Adaptive moments with bias correction (Kingma and Ba 2015, algorithm 1).

    ``m = beta1 m + (1 - beta1) g``; ``v = beta2 v + (1 - beta2) g²``;
    ``value -= learning_rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)``.
    The slots hold ``m / (1 - beta1)`` and ``v / (1 - beta2)``; ``t`` counts all steps, also those
    in which a row or parameter had no gradient.

    Args:
        parameters: (name, parameter).
        learning_rate: 0.001 by default.
        beta1: in [0, 1).
        beta2: in [0, 1).
        epsilon: added to the root.
        options: weight decay, of :class:`Optimizer`.
    """

    slots = ("mean", "squares")

    def __init__(
        self,
        parameters: Named,
        *,
        learning_rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        **options: Any,
    ) -> None:
        super().__init__(parameters, learning_rate=learning_rate, **options)
        require(beta1=(beta1, "[0, 1)"), beta2=(beta2, "[0, 1)"), epsilon=(epsilon, "(0, inf)"))
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def _numbers(self) -> tuple[float, float, float, float]:
        """Return both betas, and the rate and epsilon of this step for the scaled moments."""
        beta1, beta2 = self.beta1, self.beta2
        root = math.sqrt((1.0 - beta2) / (1.0 - beta2**self.steps))
        rate = self.learning_rate * (1.0 - beta1) / (1.0 - beta1**self.steps) / root
        return beta1, beta2, rate, self.epsilon / root

    def _plan(self) -> Callable[..., None]:
        beta1, beta2, rate, epsilon = self._numbers()

        def update(work: Array, value: Array, gradient: Array, mean: Array, squares: Array) -> None:
            mean *= beta1
            mean += gradient
            squares *= beta2
            squares += np.multiply(gradient, gradient, out=work)
            _descend(value, mean, squares, work, rate, epsilon)

        return update

    def _changed_rows(self, ids: IntArray, rows: Array, value: Array, *moments: Array) -> bool:
        found = compiled_for(value, rows, *moments)
        if found is None or value.ndim != 2:
            return False
        found.rows.adam_rows(value, ids, rows, *moments, *self._numbers())
        return True

    def _changed_whole(self, value: Array, gradient: Array, *moments: Array) -> bool:
        arrays = (value, gradient, *moments)
        found = compiled_for(*arrays)
        if found is None:
            return False
        found.rows.adam(*(array.reshape(-1) for array in arrays), *self._numbers())
        return True


class AdamW(Adam):
    """Adam with decoupled weight decay, 0.01 by default (Loshchilov and Hutter 2019).

    Args:
        parameters: (name, parameter).
        weight_decay: lambda; the value shrinks by ``learning_rate * lambda`` at each step.
        options: of :class:`Adam`.
    """

    def __init__(self, parameters: Named, *, weight_decay: float = 0.01, **options: Any) -> None:
        super().__init__(parameters, **{"decoupled": True, "weight_decay": weight_decay, **options})


def _descend(
    value: Array, direction: Array, squares: Array, work: Array, rate: float, epsilon: float
) -> None:
    """``value -= rate direction / (sqrt(squares) + epsilon)``, in place, by way of ``work``."""
    np.sqrt(squares, out=work)
    work += epsilon
    np.divide(direction, work, out=work)
    work *= rate
    value -= work
