"""What is demanded of predictions, whatever their task."""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from operator import ne
from typing import Any

import numpy as np

from seqkit.errors import NotANumberError, Problem

__all__ = ["refuse_nan", "unwarned"]

TEXT = {str}
PLAIN = {float, int, bool, str, type(None), np.float64}


def unwarned() -> np.errstate:
    """Return a block without NumPy's warnings of overflow: of what comes of it, nan is refused."""
    return np.errstate(over="ignore", invalid="ignore")


def refuse_nan(predictions: Sequence[Any], where: str = "") -> None:
    """Refuse predictions that hold what is no number, such as the probability of a label.

    Finite weights may still be so large that what is computed of them is none.

    Args:
        predictions: of one kind: dataclasses of plain values, where a number that is missing is
            None; or arrays.
        where: the model comes from.

    Raises:
        NotANumberError: one is or holds nan.
    """
    names = getattr(predictions[0], "__dataclass_fields__", ()) if len(predictions) else ()
    parts = [[getattr(each, name) for each in predictions] for name in names]
    if any(map(_hold_nan, parts or [[*predictions]])):
        found = "predicts nan, wanted numbers: its weights are damaged, or they are too large"
        raise NotANumberError(Problem(f"{found}; copy the file again, or train again", where))


def _hold_nan(values: Collection[Any]) -> bool:
    """Whether some values are or hold nan; those of one kind are not looked at one by one."""
    kinds = set(map(type, values))
    if kinds == TEXT:
        return False
    if kinds <= PLAIN:
        return any(map(ne, values, values))  # nan alone differs from itself
    if kinds == {dict}:
        return _hold_nan([*chain.from_iterable(value.values() for value in values)])
    if kinds <= {tuple, list}:
        return _hold_nan([*chain.from_iterable(values)])
    return any(map(_holds_nan, values))


def _holds_nan(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and bool(np.isnan(value).any())
    if isinstance(value, Mapping):
        return _hold_nan([*value.values()])
    if isinstance(value, tuple | list):
        return _hold_nan(value)
    return isinstance(value, float) and value != value
