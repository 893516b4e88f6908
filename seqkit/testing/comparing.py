"""Saying where two values differ, and whether a value is plain."""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["difference", "impurity"]


def difference(found: Any, wanted: Any, *, tolerance: float = 0.0, place: str = "") -> str:
    """Say where two values differ first; nothing where they do not.

    Args:
        found: dataclasses, mappings, sequences, arrays and plain values, in each other.
        wanted: likewise.
        tolerance: of numbers, relative to their size where that is above 1; NaN equals NaN.
        place: put before what is said.
    """
    found, wanted = _opened(found), _opened(wanted)
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        if found.keys() != wanted.keys():
            return f"{place}: found the keys {sorted(found)}, wanted {sorted(wanted)}"
        return _first(found, wanted, [f".{key}" for key in wanted], list(wanted), tolerance, place)
    if isinstance(found, list) and isinstance(wanted, list):
        if len(found) != len(wanted):
            return f"{place}: found {len(found)} items, wanted {len(wanted)}"
        numbers = range(len(wanted))
        return _first(found, wanted, [f"[{i}]" for i in numbers], list(numbers), tolerance, place)
    same = _close(found, wanted, tolerance)
    return "" if same else f"{place}: found {found!r}, wanted {wanted!r}"


def _first(
    found: Any, wanted: Any, names: list[str], keys: list[Any], tolerance: float, place: str
) -> str:
    for name, key in zip(names, keys, strict=True):
        said = difference(found[key], wanted[key], tolerance=tolerance, place=place + name)
        if said:
            return said
    return ""


def _opened(value: Any) -> Any:
    """Dataclasses as mappings, and whatever is in a row as a list."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return list(value) if isinstance(value, tuple | list) else value


def _close(found: Any, wanted: Any, tolerance: float) -> bool:
    numbers = all(isinstance(x, int | float) for x in (found, wanted))
    if not numbers or isinstance(found, bool) or found == wanted:
        return bool(found == wanted)
    if math.isnan(found) or math.isnan(wanted):
        return math.isnan(found) and math.isnan(wanted)
    return bool(abs(found - wanted) <= tolerance * max(1.0, abs(wanted)))


def impurity(value: Any, place: str = "") -> str:
    """Say what in a value JSON would not write, or would read back as something else."""
    if value is None or type(value) in (bool, int, str):
        return ""
    if type(value) is float:
        return "" if math.isfinite(value) else f"{place} is {value}"
    if isinstance(value, Mapping) and (odd := [key for key in value if type(key) is not str]):
        return f"{place} has the key {odd[0]!r}, which is no text"
    for name, part in _parts(value):
        if said := impurity(part, place + name):
            return said
    if isinstance(value, Mapping | Sequence) or dataclasses.is_dataclass(value):
        return ""
    return f"{place} is a {type(value).__name__}, {value!r}"


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if dataclasses.is_dataclass(value):
        yield from ((f".{f.name}", getattr(value, f.name)) for f in dataclasses.fields(value))
    elif isinstance(value, Mapping):
        yield from ((f".{key}", item) for key, item in value.items())
    elif isinstance(value, list | tuple):
        yield from ((f"[{i}]", item) for i, item in enumerate(value))
