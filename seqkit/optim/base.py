"""What all optimisers share: which parameters to change, where, and what to save."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import numpy as np

from seqkit.arrays import Array, IntArray, aligned_zeros
from seqkit.kernels.threads import parallel
from seqkit.optim.pieces import Scratch, each, halves, pieces
from seqkit.parameters import Parameter, unique_parameters

__all__ = ["Optimizer"]

TOGETHER = 2**16
"""Values from which on two threads share a step."""


class Optimizer:
    """Changes parameters against their gradients.

    Where a gradient is row-sparse (:meth:`Parameter.sparse_rows`), only those rows change, and only
    their moments and weight decay advance: the *lazy* update. For SGD without momentum and for
    AdaGrad it equals the dense update; for the others it means that a rare word's moments rest
    while the word does not occur, instead of fading.

    A parameter without a gradient, or with ``trainable`` false, is left alone. Subclasses name
    their moments in ``slots`` and write :meth:`_plan`.

    Args:
        parameters: (name, parameter), given once; tied ones are taken once, under their first name.
        learning_rate: a schedule may set the attribute before each step.
        weight_decay: lambda.
        decoupled: False adds ``lambda * value`` to the gradient (L2); True shrinks the value by
            ``learning_rate * lambda`` beside the step (Loshchilov and Hutter 2019).
        decay_vectors: whether weight decay also applies to parameters with one axis. Biases and
            other vectors are left out by default, for there is nothing to gain in shrinking them.

    Raises:
        ValueError: a learning rate or decay below 0, or a name given twice.
    """

    slots: tuple[str, ...] = ()

    def __init__(
        self,
        parameters: Iterable[tuple[str, Parameter]],
        *,
        learning_rate: float,
        weight_decay: float = 0.0,
        decoupled: bool = False,
        decay_vectors: bool = False,
    ) -> None:
        named = list(unique_parameters(parameters))
        self.parameters = dict(named)
        if len(self.parameters) < len(named):
            raise ValueError("two parameters have the same name")
        require(learning_rate=(learning_rate, "[0, inf)"), weight_decay=(weight_decay, "[0, inf)"))
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.decoupled = decoupled
        self.decay_vectors = decay_vectors
        self.steps = 0
        self._moments: dict[str, tuple[Array, ...]] = {}
        self._scratch = Scratch()

    def __repr__(self) -> str:
        options = f"learning_rate={self.learning_rate:g}, steps={self.steps}"
        return f"{type(self).__name__}({len(self.parameters)} parameters, {options})"

    def step(self) -> None:
        """Change every parameter that has a gradient; :meth:`zero_grad` is yours to call."""
        self.steps += 1
        update = self._plan()
        named = self.parameters.items()
        each(
            [
                change
                for name, parameter in named
                if parameter.trainable and parameter.has_grad
                for change in self._changes(parameter, self._moments_of(name, parameter), update)
            ],
            together=TOGETHER,
        )

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self.parameters.values():
            parameter.zero_grad()

    def _plan(self) -> Callable[..., None]:
        """Return ``update(work, value, gradient, *moments)``, which works in place on one piece.

        It may overwrite ``value``, the moments and ``work``, an array like them, but not the
        gradient. What depends on the step alone is computed here, once.
        """
        raise NotImplementedError

    def _changes(
        self, parameter: Parameter, moments: tuple[Array, ...], update: Callable[..., None]
    ) -> Iterator[tuple[int, Callable[[], None]]]:
        """Yield what changes a parameter, in parts that may run in any order, and their sizes."""
        value = parameter.value
        decay = self.weight_decay if value.ndim > 1 or self.decay_vectors else 0.0
        sparse = parameter.sparse_rows()
        if sparse is None:
            for part in halves(value, parameter.grad, *moments):
                yield part[0].size, partial(self._change_whole, update, decay, *part)
        else:
            ids, rows = sparse
            change = partial(self._change_rows, update, decay, ids, rows, value, *moments)
            yield rows.size, change

    def _change_rows(
        self,
        update: Callable[..., None],
        decay: float,
        ids: IntArray,
        rows: Array,
        *arrays: Array,
    ) -> None:
        if not decay and self._changed_rows(ids, rows, *arrays):
            return
        touched = [array.take(ids, axis=0) for array in arrays]
        parts = halves(touched[0], rows, *touched[1:])
        parallel(*(partial(self._change_whole, update, decay, *part) for part in parts))
        for array, changed in zip(arrays, touched, strict=True):
            array[ids] = changed

    def _changed_rows(self, ids: IntArray, rows: Array, value: Array, *moments: Array) -> bool:
        """Take the step for some rows in a quicker way, and say whether there was one."""
        return False

    def _changed_whole(self, value: Array, gradient: Array, *moments: Array) -> bool:
        """Take the step for whole arrays in a quicker way, and say whether there was one."""
        return False

    def _change_whole(self, update: Callable[..., None], decay: float, *arrays: Array) -> None:
        if not decay and self._changed_whole(*arrays):
            return
        for v, g, *m in pieces(*arrays):
            if decay and self.decoupled:
                v *= 1.0 - self.learning_rate * decay
            elif decay:
                decayed = np.multiply(v, decay)
                decayed += g
                g = decayed
            if not self._changed_whole(v, g, *m):
                update(self._scratch.like(v), v, g, *m)

    def _moments_of(self, name: str, parameter: Parameter) -> tuple[Array, ...]:
        # Made at the first gradient, so that a frozen table costs nothing.
        if name not in self._moments:
            self._moments[name] = tuple(self._first_moment(parameter.value) for _ in self.slots)
        return self._moments[name]

    def _first_moment(self, value: Array) -> Array:
        return aligned_zeros(value.shape, value.dtype)

    def state(self) -> dict[str, Array]:
        """Return copies of all that the next step depends on, beside the parameters' values.

        Keys are ``steps``, ``learning_rate`` and ``<parameter>.<slot>``.
        """
        moments = {
            f"{name}.{slot}": moment.copy()
            for name, moments in self._moments.items()
            for slot, moment in zip(self.slots, moments, strict=True)
        }
        return {
            "steps": np.array(self.steps, np.int64),
            "learning_rate": np.array(self.learning_rate, np.float64),
            **moments,
        }

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Return to a saved state; the next step then gives the same bytes as it did.

        Raises:
            ValueError: names, shapes or dtypes that do not belong to these parameters; nothing
                has been changed then.
        """
        moments = dict(state)
        try:
            steps, learning_rate = moments.pop("steps"), moments.pop("learning_rate")
            loaded = {
                name: tuple(
                    matching_copy(moments.pop(f"{name}.{slot}"), parameter, f"{name}.{slot}")
                    for slot in self.slots
                )
                for name, parameter in self.parameters.items()
                if self.slots and f"{name}.{self.slots[0]}" in moments
            }
        except KeyError as error:
            raise ValueError(f"the optimiser's state lacks {error}") from None
        if moments:
            raise ValueError(
                f"the state holds {', '.join(sorted(moments))}, unknown to "
                f"{type(self).__name__} with these parameters"
            )
        self.steps = int(steps)
        self.learning_rate = float(learning_rate)
        self._moments = loaded


def matching_copy(moment: Array, parameter: Parameter, name: str) -> Array:
    """Return a copy of what was saved of a parameter, or raise ValueError where it is unlike it."""
    value = parameter.value
    if moment.shape != value.shape or moment.dtype != value.dtype:
        raise ValueError(
            f"{name} must be {value.dtype} of shape {value.shape}, "
            f"found {moment.dtype} of {moment.shape}"
        )
    return np.array(moment, order="C")


def require(**found: tuple[float, str]) -> None:
    """Raise ValueError with all numbers that are not in their intervals.

    Example:
        >>> require(decay=(0.9, "[0, 1)"), epsilon=(0, "(0, inf)"))
        Traceback (most recent call last):
            ...
        ValueError: epsilon must be in (0, inf), found 0
    """
    wrong = [
        f"{name} must be in {interval}, found {number!r}"
        for name, (number, interval) in found.items()
        if not _is_in(number, interval)
    ]
    if wrong:
        raise ValueError("; ".join(wrong))


def _is_in(number: float, interval: str) -> bool:
    low, high = map(float, interval[1:-1].split(","))
    above = number >= low if interval.startswith("[") else number > low
    below = number <= high if interval.endswith("]") else number < high
    return above and below
