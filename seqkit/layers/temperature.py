"""Probabilities that mean what they say: logits divided by one number, fitted on validation."""

from collections.abc import Iterator

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.layers.losses import log_softmax
from seqkit.parameters import Parameter

__all__ = ["Temperature"]

LOWEST, HIGHEST = 0.05, 20.0
"""Where a temperature ends that would go on falling or rising, as on a few easy examples."""

HALVINGS = 50


class Temperature:
    """Temperature scaling (Guo, Pleiss, Sun and Weinberger 2017, section 4.2).

    A network that is trained to its best accuracy is usually too sure of itself. Dividing all
    logits by T changes how sure it is and never what it answers. T minimises the negative
    log-likelihood of labels that training did not see; it starts at 1.
    """

    def __init__(self) -> None:
        self.value = Parameter(np.ones(1, np.float64), trainable=False, positive=True)

    def __float__(self) -> float:
        return float(self.value.value[0])

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``temperature``, which gradients do not change."""
        yield "temperature", self.value

    def scale(self, logits: Array) -> Array:
        """Return logits / T."""
        scaled: Array = logits / self.value.value
        return scaled

    def fit(self, logits: Array, gold: IntArray) -> tuple[float, float]:
        """Choose T for the logits of validation examples; without any, it stays as it is.

        Args:
            logits: (M, C), not scaled yet.
            gold: (M,) ids; items with a negative one are left out.

        Returns:
            The mean negative log-likelihood at a temperature of 1, and at T; nan without examples.
        """
        logits, gold = logits[gold >= 0].astype(np.float64), gold[gold >= 0]
        if not len(gold):
            return float("nan"), float("nan")
        # The loss is convex in 1 / T, so its slope tells on which side the minimum is.
        low, high = np.log(LOWEST), np.log(HIGHEST)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            too_hot = _slope(logits, gold, np.exp(-middle)) < 0
            low, high = (low, middle) if too_hot else (middle, high)
        self.value.value[0] = np.exp((low + high) / 2)
        return _loss(logits, gold), _loss(self.scale(logits), gold)

    def report(self, before: float, after: float, unit: str) -> tuple[str, ...]:
        """Say what :meth:`fit` returned, and what ``unit`` the losses are for.

        Returns:
            One notice; none where there was nothing to fit it on.
        """
        if np.isnan(before):
            return ()
        return (
            f"probabilities are those at temperature {float(self):.2f}, fitted on dev: loss "
            f"{after:.4f} per {unit} there instead of {before:.4f}",
        )


def _loss(logits: Array, gold: IntArray) -> float:
    # Taken from 0, since the negative of 0 would be shown as -0.0000.
    return 0.0 - float(log_softmax(logits)[np.arange(len(gold)), gold].mean())


def _slope(logits: Array, gold: IntArray, inverse: float) -> float:
    """Return the derivative of the loss by 1 / T: expected minus gold logits."""
    probabilities = np.exp(log_softmax(inverse * logits))
    expected = (probabilities * logits).sum(axis=1)
    return float((expected - logits[np.arange(len(gold)), gold]).sum())
