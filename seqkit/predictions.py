"""What is demanded of predictions, whatever their task."""

import math
from collections.abc import Mapping, Sequence
from operator import ne
from typing import Any

import numpy as np

from seqkit.errors import NotANumberError, Problem

__all__ = ["refuse_nan", "unwarned"]


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
    for prediction in predictions:
        parts = [getattr(prediction, name) for name in names] if names else (prediction,)
        if any(map(_holds_nan, parts)):
            found = "predicts nan, wanted numbers: its weights are damaged, or they are too large"
            raise NotANumberError(Problem(f"{found}; copy the file again, or train again", where))


def _holds_nan(value: Any) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, str):
        return False
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and bool(np.isnan(value).any())
    held = tuple(value.values()) if isinstance(value, Mapping) else value
    if not isinstance(held, (tuple, list)) or not held or not isinstance(held[0], float):
        return False
    return any(map(ne, held, held))  # nan alone differs from itself
