"""Copies of a model's weights, and putting them back."""

from collections.abc import Mapping

from seqkit.arrays import Array
from seqkit.parameters import Parameter

__all__ = ["copy_weights", "fill_weights"]


def copy_weights(parameters: Mapping[str, Parameter]) -> dict[str, Array]:
    """Copy the values, by name."""
    return {name: parameter.value.copy() for name, parameter in parameters.items()}


def fill_weights(parameters: Mapping[str, Parameter], weights: Mapping[str, Array]) -> None:
    """Write values into the parameters in place, because layers may hold views of them."""
    for name, weight in weights.items():
        parameters[name].value[...] = weight
