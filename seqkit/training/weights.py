"""Copies of a model's weights, and putting them back."""

from collections.abc import Iterable, Mapping

from seqkit.arrays import Array
from seqkit.parameters import Parameter, unique_parameters

__all__ = ["by_name", "copy_weights", "fill_weights"]


def by_name(named: Iterable[tuple[str, Parameter]]) -> dict[str, Parameter]:
    """Return each distinct parameter once, under the first of its names.

    Raises:
        ValueError: two parameters have the same name, so that one of them would get lost.
    """
    parameters: dict[str, Parameter] = {}
    for name, parameter in unique_parameters(named):
        if name in parameters:
            raise ValueError(f"two parameters are named {name!r}; give each its own name")
        parameters[name] = parameter
    return parameters


def copy_weights(parameters: Mapping[str, Parameter]) -> dict[str, Array]:
    """Copy the values, by name."""
    return {name: parameter.value.copy() for name, parameter in parameters.items()}


def fill_weights(parameters: Mapping[str, Parameter], weights: Mapping[str, Array]) -> None:
    """Write values into the parameters in place, because layers may hold views of them."""
    for name, weight in weights.items():
        parameters[name].value[...] = weight
