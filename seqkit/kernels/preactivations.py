"""What goes into the gates: ``x W + b + h U``, computed in the faster of two ways."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from seqkit.arrays import Array
from seqkit.kernels.layout import Step, Tokens, by_gate, chunks, stop_of
from seqkit.kernels.products import WIDTHS, RepeatedProduct, block_width

__all__ = ["PreActivations", "looked_up", "pre_activations", "projections"]

TOGETHER = 8 << 20
"""Bytes of weights up to which a step reads those of x and of h in one product."""

PreActivations: TypeAlias = Iterator[tuple[Step, Callable[[Array], None]]]
"""The steps, each with a function that writes what enters its gates to an array (gates, n, H)."""


def pre_activations(
    tokens: Tokens, steps: list[Step], stacked: Array, gates: int
) -> PreActivations:
    """Yield each step with the function that computes it; the states must be stored in between.

    Args:
        tokens: x, and h as it becomes known.
        steps: of the batch.
        stacked: W, b and U under each other: (D + 1 + H, gates * H).
        gates: how many stand side by side.
    """
    batch, (inner, columns) = steps[0].alive, stacked.shape
    narrow = block_width(batch, inner, columns // gates) <= 2 * WIDTHS[0]
    if batch >= 4 and stacked.nbytes <= TOGETHER and narrow:
        return _in_one_product(tokens, steps, stacked, gates)
    return _projected_first(tokens, steps, stacked, gates)


def _in_one_product(
    tokens: Tokens, steps: list[Step], stacked: Array, gates: int
) -> PreActivations:
    """Small blocks run at full speed, so nothing is gained by doing x for many steps at once."""
    product = RepeatedProduct(stacked, steps[0].alive, gates)
    for step in steps:
        rows = tokens.rows(step)
        yield step, lambda out, rows=rows: product(rows, out)  # type: ignore[misc]


def _projected_first(
    tokens: Tokens, steps: list[Step], stacked: Array, gates: int
) -> PreActivations:
    """Very few rows, or wide weights: read those of x once for many steps."""
    from_x = tokens.features + 1
    terms = projections(tokens, steps, stacked[:from_x], gates)
    return _added(tokens, steps[0].alive, terms, stacked[from_x:], gates)


def looked_up(
    tokens: Tokens,
    steps: list[Step],
    rows: Callable[[int, int], Array],
    w_hidden: Array,
    gates: int,
) -> PreActivations:
    """Yield each step where ``x W + b`` is known: ``rows(first, stop)`` gives it for tokens."""

    def terms() -> Iterator[tuple[Step, Array]]:
        for group in chunks(steps, tokens.PROJECTED):
            first = group[0].start
            found = by_gate(rows(first, stop_of(group)), gates)
            for start, n in group:
                yield Step(start, n), found[:, start - first : start - first + n]

    return _added(tokens, steps[0].alive, terms(), w_hidden, gates)


def _added(
    tokens: Tokens,
    batch: int,
    terms_of_x: Iterator[tuple[Step, Array]],
    w_hidden: Array,
    gates: int,
) -> PreActivations:
    product = RepeatedProduct(w_hidden, batch, gates)
    for step, terms in terms_of_x:
        states = tokens.states(step)

        def write(out: Array, states: Array = states, terms: Array = terms) -> None:
            product(states, out)
            np.add(out, terms, out)

        yield step, write


def projections(
    tokens: Tokens, steps: list[Step], weights: Array, gates: int
) -> Iterator[tuple[Step, Array]]:
    """Yield each step with ``x W + b`` as (gates, n, H), valid until the next is asked for.

    Args:
        tokens: x.
        steps: of the batch.
        weights: W and b under each other: (D + 1, gates * H).
        gates: how many stand side by side.
    """
    for group, first, projected in tokens.project(steps, weights):
        terms = by_gate(projected, gates)
        for step in group:
            start = step.start - first
            yield step, terms[:, start : start + step.alive]
