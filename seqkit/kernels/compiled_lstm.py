"""The LSTM whose steps run in machine code; see :mod:`seqkit.kernels.machine_code`.

Per token it keeps its input, a one and the hidden state before it side by side, the four gates, the
cell before it and tanh of the cell after it. The backward pass turns the gates into their gradients
in place, so that it needs no memory of its own.

A thread takes a range of rows, the same ones of every step, from the first step to the last. How
many ranges there are depends on the lengths alone, so that no result depends on the threads.

A :class:`Way` lets it read every sequence from its other end and write beside what another one
writes, so that the two directions of a layer need no copies of their inputs, outputs and gradients.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from seqkit.arrays import Array, IntArray, aligned_empty
from seqkit.kernels.compiled import Compiled
from seqkit.kernels.compiled_product import product
from seqkit.kernels.panels import Laid, as_rows, nothing, panels, transposed
from seqkit.kernels.passes import Arrays, Gradients, Pass
from seqkit.kernels.rows import lengths_of
from seqkit.kernels.spare import spare, spare_for_passes
from seqkit.kernels.threads import inside_parallel, parallel

__all__ = [
    "Passes",
    "PassesGradients",
    "Place",
    "Reader",
    "Way",
    "compiled_lstm",
    "compiled_lstm_folded",
    "compiled_lstms",
    "ranges",
]

FEW, MANY = 4, 2**20
"""Inputs are projected beforehand where there are few rows, for which weights are not copied, or
where there are many weights: all of them would pass through the second-level cache at each step."""

SHARED = 8
"""Sequences from which two threads share a batch."""

_NO_TOKENS = np.empty(0, np.int64)


class Way(NamedTuple):
    """In which order tokens are read, and which columns of the outputs are written.

    Attributes:
        places: (M,) the row of the inputs and of the outputs that each token has, in the order of
            reading; (0,) for the order in which they lie.
        left: the first of H columns of the outputs.
    """

    places: IntArray = _NO_TOKENS
    left: int = 0


class Place(NamedTuple):
    """Where outputs go.

    Attributes:
        way: which rows and columns.
        outputs: (M, H) or wider.
    """

    way: Way
    outputs: Array


class Reader(NamedTuple):
    """An LSTM that is to read inputs.

    Attributes:
        weights: W, U and b.
        way: of reading and writing.
    """

    weights: Arrays
    way: Way


class PassesGradients(NamedTuple):
    """What a backward pass of several LSTMs returns.

    Attributes:
        x: of each one, (M, D).
        state: arrays (L, A, H), of the initial states.
        weights: of each one, in the order of its weights.
    """

    x: list[Array]
    state: Arrays
    weights: list[Arrays]


class Passes(NamedTuple):
    """Forward passes of several LSTMs over the same inputs.

    Attributes:
        outputs: (M, L H), those of each where its way says.
        state: arrays (L, A, H), after each sequence's last token.
        backward: maps the gradients of both, None for zeros, to those of the arguments.
    """

    outputs: Array
    state: Arrays
    backward: Callable[[Array | None, Arrays | None], PassesGradients]


class _Batch(NamedTuple):
    """What all passes over a batch have in common.

    Attributes:
        found: the kernels.
        x: (M, D).
        bounds: (T + 2,) the row at which each step begins; then, twice, the number of rows.
        rows: A, sequences.
        cut: ranges of them, for a thread each.
        beforehand: whether the products with the inputs are a matter of their own.
    """

    found: Compiled
    x: Array
    bounds: IntArray
    rows: int
    cut: list[tuple[int, int]]
    beforehand: bool


class _Kept(NamedTuple):
    """What one LSTM keeps for its backward pass; tokens in the order of reading.

    Attributes:
        memory: (M + A, D + 1 + H) each token's input, a one and the hidden state before it.
        gates: (M, 4H).
        cells: (M + A, H) the cell before each token.
        squashed: (M, H) tanh of the cell after it.
    """

    memory: Array
    gates: Array
    cells: Array
    squashed: Array


def compiled_lstm(
    found: Compiled, x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool
) -> Pass:
    """Run an LSTM in float32; see :mod:`seqkit.kernels.passes`."""
    readers = [Reader(weights, Way())]
    before = tuple(array[None] for array in state)
    outputs, after, run_back = compiled_lstms(found, x, sizes, before, readers, keep=keep)

    def backward(d_outputs: Array | None, d_state: Arrays | None) -> Gradients:
        d_after = None if d_state is None else tuple(array[None] for array in d_state)
        (d_x,), d_before, (d_weights,) = run_back(d_outputs, d_after)
        return Gradients(d_x, tuple(array[0] for array in d_before), d_weights)

    return Pass(outputs, tuple(array[0] for array in after), backward)


def compiled_lstms(
    found: Compiled,
    x: Array,
    sizes: IntArray,
    state: Arrays | None,
    readers: Sequence[Reader],
    *,
    keep: bool,
) -> Passes:
    """Run L LSTMs of H units in float32 over the same inputs, each on a thread of its own where
    there are some.

    What holds Python's lock is done for all of them before any begins; else one would wait for the
    other.

    Args:
        found: the kernels.
        x: (M, D).
        sizes: (T,) sequences alive at each step.
        state: arrays (L, A, H) to begin with; None for zeros.
        readers: one for each LSTM.
        keep: as for any kernel.
    """
    rows = int(sizes[0])
    batch = _Batch(
        *(found, x, _bounds(sizes), rows),
        cut=ranges(sizes) if len(readers) == 1 else [(0, rows)],
        beforehand=_beforehand(rows, readers[0].weights),
    )
    outputs, final, kept = _forward(batch, state, readers, keep)
    unused = [kept] if keep else []
    if not keep:
        spare_for_passes.give_back(kept[0].memory)

    def backward(d_outputs: Array | None, d_state: Arrays | None) -> PassesGradients:
        # Passes that were used, or not kept, are run again.
        kept = unused.pop() if unused else _forward(batch, state, readers, True)[-1]
        width = sum(len(weights[1]) for weights, _ in readers)
        d_y = np.empty((0, width)) if d_outputs is None else d_outputs
        gradients = _backward(batch, kept, readers, np.ascontiguousarray(d_y, x.dtype), d_state)
        spare_for_passes.give_back(kept[0].memory)
        return gradients

    return Passes(outputs, final, backward)


def compiled_lstm_folded(
    found: Compiled,
    table: Array,
    ids: IntArray,
    sizes: IntArray,
    w_hidden: Array,
    place: Place | None = None,
) -> Array:
    """Run an LSTM over the rows of a table of ``x W + b``; see :mod:`seqkit.kernels.dispatch`."""
    rows, units = int(sizes[0]), len(w_hidden)
    way, outputs = place or (Way(), aligned_empty((len(ids), units), table.dtype))
    if len(way.places):
        ids = ids.take(way.places)
    gates = np.empty((rows, 4 * units), table.dtype)
    hidden, cell, squashed, *final = np.zeros((5, rows, units), table.dtype)
    room = spare.lend((w_hidden.size,))
    matrix = _recurrent(found, w_hidden, rows, room)
    none = np.zeros(4 * units, table.dtype)  # the bias is in the table
    arrays = (
        *(table, none, ids, matrix.numbers, matrix.ld),
        *(matrix.unwritten(alone=False), w_hidden, w_hidden),
        *(gates, hidden, cell, squashed, outputs, *final, False),
    )
    _each(found.code.lstm_forward, found, ranges(sizes), _bounds(sizes), way, *arrays)
    spare.give_back(room)
    return outputs


def _forward(
    batch: _Batch, state: Arrays | None, readers: Sequence[Reader], keep: bool
) -> tuple[Array, Arrays, list[_Kept]]:
    """Return outputs, final states, and what the passes keep, whose memory is lent in one piece."""
    (tokens, features), (_, w_hidden, _) = batch.x.shape, readers[0].weights
    units, several = len(w_hidden), len(readers)
    outputs = aligned_empty((tokens, several * units), batch.x.dtype)
    final = tuple(np.empty((2, several, batch.rows, units), batch.x.dtype))

    room = tokens if keep else 0
    longer, rows = room + batch.rows, room or batch.rows
    shapes = (longer, features + 1 + units), (rows, 4 * units), (longer, units), (rows, units)
    lent = spare_for_passes.lend_together(*shapes * several)
    kept = [_Kept(*lent[k : k + len(shapes)]) for k in range(0, len(lent), len(shapes))]
    for k, (memory, _, cells, _) in enumerate(kept):
        memory[: batch.rows, features + 1 :] = 0 if state is None else state[0][k]
        cells[: batch.rows] = 0 if state is None else state[1][k]

    lying = w_hidden.size if batch.beforehand else (features + 1 + units) * 4 * units
    rooms = spare.lend_together(*[(lying,)] * several)
    each = zip(readers, kept, zip(*final, strict=True), rooms, strict=True)
    parallel(*(_steps(batch, *one, outputs, keep) for one in each))
    spare.give_back(rooms[0])
    return outputs, final, kept


def _steps(
    batch: _Batch,
    reader: Reader,
    kept: _Kept,
    final: Arrays,
    room: Array,
    outputs: Array,
    keep: bool,
) -> Callable[[], None]:
    """Prepare a forward pass of one LSTM, and return the function that runs it."""
    (w_input, w_hidden, bias), way = reader
    found, x = batch.found, batch.x
    matrix = (
        _recurrent(found, w_hidden, batch.rows, room)
        if batch.beforehand
        else panels(found, w_input, bias[None], w_hidden, into=room)
    )

    def run() -> None:
        inputs, ids = _project(batch, reader, kept, keep) if batch.beforehand else (x, _NO_TOKENS)
        alone = len(batch.cut) == 1 and not batch.beforehand
        arrays = (
            *(inputs, bias, ids, matrix.numbers, matrix.ld),
            *(matrix.unwritten(alone=alone), w_input, w_hidden),
            *(kept.gates, kept.memory, kept.cells, kept.squashed, outputs, *final, keep),
        )
        _each(found.code.lstm_forward, found, batch.cut, batch.bounds, way, *arrays)

    return run


def _project(batch: _Batch, reader: Reader, kept: _Kept, keep: bool) -> tuple[Array, IntArray]:
    """Multiply all inputs by W, in the order of reading; return the products and their rows."""
    (tokens, features), (w_input, _, _), (places, _) = batch.x.shape, *reader
    read = batch.x.take(places, axis=0) if len(places) else batch.x
    if keep:
        kept.memory[:tokens, :features] = read
        kept.memory[:tokens, features] = 1
    # Kept gates begin as what the inputs add to them: nothing to look up elsewhere.
    inputs = kept.gates if keep else np.empty((tokens, w_input.shape[1]), read.dtype)
    product(batch.found, read, w_input, out=inputs)
    return inputs, np.arange(tokens)


def _backward(
    batch: _Batch,
    kept: Sequence[_Kept],
    readers: Sequence[Reader],
    d_outputs: Array,
    d_state: Arrays | None,
) -> PassesGradients:
    """Run backwards over the steps, then compute the gradients of all weights."""
    w_input, w_hidden, _ = readers[0].weights
    shape = len(readers), batch.rows, len(w_hidden)
    d_before = (
        tuple(np.zeros((2, *shape), batch.x.dtype))
        if d_state is None
        else tuple(np.array(array, batch.x.dtype, order="C") for array in d_state)
    )
    sizes = (w_hidden.size,), (0 if batch.beforehand else w_input.size,)
    rooms = spare.lend_together(*sizes * len(readers))
    pairs = zip(rooms[::2], rooms[1::2], strict=True)
    each = zip(readers, kept, zip(*d_before, strict=True), pairs, strict=True)
    found = parallel(*(_steps_back(batch, *one, d_outputs) for one in each))
    spare.give_back(rooms[0])
    return PassesGradients([d_x for d_x, _ in found], d_before, [weights for _, weights in found])


def _steps_back(
    batch: _Batch,
    reader: Reader,
    kept: _Kept,
    d_state: Arrays,
    rooms: tuple[Array, Array],
    d_outputs: Array,
) -> Callable[[], tuple[Array, Arrays]]:
    """Prepare a backward pass of one LSTM, and return the function that runs it and gives the
    gradients of the inputs and of the weights; that of the state is written in place.
    """
    (w_input, w_hidden, _), way = reader
    found, d_pre, (features, _) = batch.found, kept.gates, w_input.shape
    later, few = batch.beforehand, batch.rows < FEW
    d_x = aligned_empty((0 if later else len(d_pre), features), d_pre.dtype)
    hidden_t = transposed(found, w_hidden, rows=few, into=rooms[0])
    input_t = nothing() if later else transposed(found, w_input, rows=few, into=rooms[1])

    def run() -> tuple[Array, Arrays]:
        alone = len(batch.cut) == 1
        arrays = (
            *(hidden_t.numbers, hidden_t.ld, hidden_t.unwritten(alone=alone), w_hidden),
            *(input_t.numbers, input_t.ld, input_t.unwritten(alone=alone), w_input),
            *(d_pre, kept.cells, kept.squashed, d_outputs, *d_state, d_x),
        )
        _each(found.code.lstm_backward, found, batch.cut, batch.bounds, way, *arrays)
        d_inputs = _input_gradient(found, d_pre, w_input, way.places) if later else d_x
        d_weights = product(found, kept.memory[: len(d_pre)].T, d_pre)
        d_hidden = d_weights[features + 1 :]
        return d_inputs, (d_weights[:features], d_hidden, d_weights[features])

    return run


def _recurrent(found: Compiled, w_hidden: Array, rows: int, room: Array) -> Laid:
    """Lay out U for batches of so many rows."""
    return as_rows(w_hidden) if rows < FEW else panels(found, w_hidden, into=room)


def _input_gradient(found: Compiled, d_pre: Array, w_input: Array, places: IntArray) -> Array:
    """Multiply all steps at once; the rows come out where the inputs lie."""
    d_x = product(found, d_pre, w_input.T)
    if not len(places):
        return d_x
    moved = np.empty_like(d_x)
    moved[places] = d_x
    return moved


def _beforehand(rows: int, weights: Arrays) -> bool:
    """Return whether the products with the inputs are a matter of their own."""
    return rows < FEW or weights[0].size + weights[1].size > MANY


def _bounds(sizes: IntArray) -> IntArray:
    bounds = np.zeros(len(sizes) + 2, np.int64)
    np.cumsum(sizes, out=bounds[1:-1])
    bounds[-1] = bounds[-2]
    return bounds


def _each(
    steps: Callable[..., None],
    found: Compiled,
    cut: Sequence[tuple[int, int]],
    bounds: IntArray,
    way: Way,
    *arrays: Any,
) -> None:
    """Run compiled steps over ranges, each on a thread of its own where there are some."""

    def run(low: int, high: int) -> None:
        steps(found.multiply, bounds, low, high, way.places, way.left, *arrays)

    parallel(*(partial(run, low, high) for low, high in cut))


def ranges(sizes: IntArray) -> list[tuple[int, int]]:
    """Cut the rows of a batch into ranges of about as many tokens, for a thread each."""
    batch = int(sizes[0])
    if batch < SHARED or inside_parallel():
        return [(0, batch)]
    tokens = np.cumsum(lengths_of(sizes))
    middle = int(np.searchsorted(tokens, tokens[-1] / 2)) + 1
    return [(0, middle), (middle, batch)] if middle < batch else [(0, batch)]
