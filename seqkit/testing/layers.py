"""The checks of a recurrent layer or encoder: what ``--encoder`` may name.

A layer is made anew for each check, in float64, by ``make(features, rng=..., dtype=...)``::

    check_layer(lambda features, *, rng, dtype: LSTM(features, 4, rng=rng, dtype=dtype))
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from seqkit.arrays import Array
from seqkit.parameters import unique_parameters
from seqkit.sequences import PackedSequence, pack
from seqkit.testing.checks import Check, CheckRecord, checks_of, require, run_checks, skip
from seqkit.testing.comparing import difference
from seqkit.testing.gradients import check_recurrent_layer

__all__ = ["LAYER_CHECKS", "LayerSubject", "check_layer"]

LENGTHS = (3, 0, 5, 1, 3)
"""Of the sequences that a layer is tried on: one is empty, two are equally long."""

CLOSE = 1e-9


class LayerSubject:
    """A layer under examination.

    Args:
        make: ``make(features, rng=..., dtype=...)`` returns the layer.
        features: width of the inputs.
    """

    def __init__(self, make: Callable[..., Any], features: int = 5) -> None:
        self._make = make
        self.features = features

    def layer(self) -> Any:
        """Make the layer, the same at each call, in float64 and away from special points."""
        made = self._make(self.features, rng=np.random.default_rng(1), dtype=np.float64)
        rng = np.random.default_rng(2)
        for _, parameter in unique_parameters(made.parameters()):
            parameter.value = parameter.value + 0.1 * rng.normal(size=parameter.value.shape)
        return made

    def sequences(self, seed: int = 3) -> list[Array]:
        """Draw inputs of several lengths."""
        rng = np.random.default_rng(seed)
        return [rng.normal(size=(length, self.features)) for length in LENGTHS]

    def batch(self, seed: int = 3) -> PackedSequence:
        """The sequences as one batch."""
        return pack(self.sequences(seed), dtype=np.float64)

    def state(self, layer: Any) -> Any:
        """A state that is not zero, of the layer's own kind."""
        _, final, _ = layer.forward(self.batch())
        rng = np.random.default_rng(4)
        return type(final)(*(0.5 * rng.normal(size=array.shape) for array in final))


def says_its_widths(subject: LayerSubject) -> None:
    """The layer says how wide inputs and outputs are, and its outputs are so."""
    layer = subject.layer()
    require(layer.features == subject.features, f"features is {layer.features}")
    outputs, state, _ = layer.forward(subject.batch())
    wanted = (sum(LENGTHS), layer.output_features)
    require(outputs.data.shape == wanted, f"outputs are {outputs.data.shape}, wanted {wanted}")
    shape = (layer.layers, len(LENGTHS), layer.units)
    shapes = [array.shape for array in state]
    require(set(shapes) == {shape}, f"the state is {shapes}, wanted {shape}")


def gradients_are_right(subject: LayerSubject) -> None:
    """Gradients of inputs, initial state and parameters agree with differences in float64."""
    layer = subject.layer()
    options: dict[str, Any] = {"method": "central", "tolerance": 1e-5}
    for state in (None, subject.state(layer)):
        check_recurrent_layer(layer, subject.batch(), state, **options)


def gradients_add(subject: LayerSubject) -> None:
    """A second backward adds to the parameters' gradients."""
    layer = subject.layer()
    parameters = dict(unique_parameters(layer.parameters()))
    found = []
    for seeds in ((3,), (5,), (3, 5)):
        for parameter in parameters.values():
            parameter.zero_grad()
        for seed in seeds:
            outputs, _, backward = layer.forward(subject.batch(seed))
            backward(outputs)
        found.append({name: p.grad.copy() for name, p in parameters.items()})
    wanted = {name: found[0][name] + found[1][name] for name in parameters}
    said = difference(found[2], wanted, tolerance=CLOSE, place="gradients")
    require(not said, said)


def two_forwards_may_precede_a_backward(subject: LayerSubject) -> None:
    """A second forward leaves the backward of the first as it was."""
    layer = subject.layer()
    outputs, _, backward = layer.forward(subject.batch())
    wanted, _ = backward(outputs)
    outputs, _, backward = layer.forward(subject.batch())
    layer.forward(subject.batch(5))
    found, _ = backward(outputs)
    said = difference(found.data, wanted.data, tolerance=CLOSE, place="d_inputs")
    require(not said, said)


def company_changes_nothing(subject: LayerSubject) -> None:
    """A sequence alone gives the outputs and the state that it gives in a batch."""
    layer = subject.layer()
    outputs, state, _ = layer.forward(subject.batch())
    for number, (sequence, together) in enumerate(
        zip(subject.sequences(), outputs.unpack(), strict=True)
    ):
        alone, own, _ = layer.forward(pack([sequence], dtype=np.float64))
        said = difference(alone.data, together, tolerance=CLOSE, place=f"outputs {number}")
        require(not said, said)
        ends = [array[:, number : number + 1] for array in state]
        said = difference(list(own), ends, tolerance=CLOSE, place=f"state {number}")
        require(not said, said)


def empty_sequences_keep_their_state(subject: LayerSubject) -> None:
    """The state of an empty sequence comes out as it went in, also where all are empty."""
    layer = subject.layer()
    start = subject.state(layer)
    _, final, _ = layer.forward(subject.batch(), start)
    empty = LENGTHS.index(0)
    for array, initial in zip(final, start, strict=True):
        require((array[:, empty] == initial[:, empty]).all(), "another state came out")
    nothing = pack([np.empty((0, subject.features))] * len(LENGTHS), dtype=np.float64)
    outputs, final, backward = layer.forward(nothing, start)
    d_inputs, _ = backward(outputs)
    require(outputs.tokens == d_inputs.tokens == 0, "outputs came of nothing")
    said = difference(list(final), list(start), place="state")
    require(not said, said)


def state_may_be_left_out(subject: LayerSubject) -> None:
    """Without a state the layer starts from zeros."""
    layer = subject.layer()
    outputs, state, _ = layer.forward(subject.batch())
    zeros = type(state)(*(np.zeros_like(array) for array in state))
    found, _, _ = layer.forward(subject.batch(), zeros)
    said = difference(found.data, outputs.data, tolerance=CLOSE, place="outputs")
    require(not said, said)


def state_goes_on(subject: LayerSubject) -> None:
    """In a layer of one direction, windows with carried state give what one pass gives."""
    layer = subject.layer()
    if _looks_ahead(layer, subject):
        skip("it reads what comes later, too")
    whole, wanted, _ = layer.forward(subject.batch())
    cuts = [(x[:2], x[2:]) for x in subject.sequences()]
    first, state, _ = layer.forward(pack([head for head, _ in cuts], dtype=np.float64))
    second, final, _ = layer.forward(pack([tail for _, tail in cuts], dtype=np.float64), state)
    joined = zip(first.unpack(), second.unpack(), strict=True)
    found = [np.concatenate(parts) for parts in joined]
    said = difference(found, whole.unpack(), tolerance=CLOSE, place="outputs")
    said = said or difference(list(final), list(wanted), tolerance=CLOSE, place="state")
    require(not said, said)


def _looks_ahead(layer: Any, subject: LayerSubject) -> bool:
    """Whether an output depends on what comes after it."""
    longest = max(subject.sequences(), key=len)
    whole, _, _ = layer.forward(pack([longest], dtype=np.float64))
    start, _, _ = layer.forward(pack([longest[:1]], dtype=np.float64))
    return not np.allclose(whole.data[:1], start.data, atol=CLOSE)


def forward_changes_no_parameter(subject: LayerSubject) -> None:
    """A forward changes neither the inputs nor the weights, and without training draws nothing."""
    layer, batch = subject.layer(), subject.batch()
    values = {n: p.value.copy() for n, p in unique_parameters(layer.parameters())}
    inputs = batch.data.copy()
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    first, _, _ = layer.forward(batch, rng=rng)
    second, _, _ = layer.forward(batch)
    require(rng.bit_generator.state == before, "it drew from the generator")
    found = {n: p.value for n, p in unique_parameters(layer.parameters())}
    said = difference(found, values, place="weights")
    said = said or difference(batch.data, inputs, place="inputs")
    said = said or difference(second.data, first.data, place="outputs of a second pass")
    require(not said, said)


LAYER_CHECKS: tuple[Check[LayerSubject], ...] = checks_of(
    says_its_widths,
    gradients_are_right,
    gradients_add,
    two_forwards_may_precede_a_backward,
    company_changes_nothing,
    empty_sequences_keep_their_state,
    state_may_be_left_out,
    state_goes_on,
    forward_changes_no_parameter,
)
"""What every recurrent layer is held to."""


def check_layer(
    make: Callable[..., Any],
    *,
    features: int = 5,
    excused: Mapping[str, str] | None = None,
) -> tuple[CheckRecord, ...]:
    """Check that a recurrent layer keeps what :class:`~seqkit.layers.base.RecurrentLayer` promises.

    Args:
        make: ``make(features, rng=..., dtype=...)`` returns a new layer; float64 is asked for, as
            the gradient needs it.
        features: D, width of the inputs.
        excused: checks to leave out, each with the reason.

    Returns:
        A record for each of :data:`LAYER_CHECKS`, in their order.

    Raises:
        ValueError: an excuse for a check that does not exist, or without a reason.

    Example:
        >>> from seqkit import GRU
        >>> records = check_layer(lambda d, *, rng, dtype: GRU(d, 4, rng=rng, dtype=dtype))
        >>> {record.status for record in records}
        {'passed'}
    """
    return run_checks(LAYER_CHECKS, LayerSubject(make, features), excused=excused)
