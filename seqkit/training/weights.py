"""Copies of a model's weights: the best ones, their running average, and swapping them in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from seqkit.arrays import Array
from seqkit.parameters import Parameter

__all__ = ["RunningAverage", "copy_weights", "fill_weights", "swapped_in"]


def copy_weights(parameters: Mapping[str, Parameter]) -> dict[str, Array]:
    """Copy the values, by name."""
    return {name: parameter.value.copy() for name, parameter in parameters.items()}


def fill_weights(parameters: Mapping[str, Parameter], weights: Mapping[str, Array]) -> None:
    """Write values into the parameters in place, because layers may hold views of them."""
    for name, weight in weights.items():
        parameters[name].value[...] = weight


@contextmanager
def swapped_in(
    parameters: Mapping[str, Parameter], weights: Mapping[str, Array]
) -> Iterator[None]:
    """Let the parameters hold other weights for a while, and bit for bit their own afterwards."""
    own = {name: parameters[name].value.copy() for name in weights}
    fill_weights(parameters, weights)
    try:
        yield
    finally:
        fill_weights(parameters, own)


class RunningAverage:
    """Exponential average of the weights over the steps (Polyak and Juditsky 1992).

    The decay starts low, at step t no higher than (1 + t) / (10 + t), so that the weights that
    training began with are soon forgotten.

    Attributes:
        weights: the average, by name.
        steps: taken so far.
    """

    def __init__(self, parameters: Mapping[str, Parameter], decay: float) -> None:
        self._parameters = parameters
        self._decay = decay
        self.weights = copy_weights(parameters)
        self.steps = 0

    def update(self) -> None:
        """Move the average towards the parameters' values, after a step."""
        self.steps += 1
        share = 1.0 - min(self._decay, (1 + self.steps) / (10 + self.steps))
        for name, average in self.weights.items():
            average += share * (self._parameters[name].value - average)
