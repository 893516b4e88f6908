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

from seqkit.arrays import Array, DTypeLike, IntArray, aligned_empty
from seqkit.kernels.compiled import Compiled
from seqkit.kernels.compiled_product import product
from seqkit.kernels.panels import Laid, as_rows, nothing, panels, transposed
from seqkit.kernels.passes import Arrays, Gradients, Pass
from seqkit.kernels.rows import lengths_of
from seqkit.kernels.spare import spare_for_passes
from seqkit.kernels.threads import inside_parallel, parallel

__all__ = [
    "Passes",
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


class Way(NamedTuple):
    """In which order tokens are read, and where their outputs go.

    Attributes:
        places: (M,) the row of the inputs and of the outputs that each token has, in the order of
            reading; (0,) for the order in which they lie.
        left: the first of the H columns of the outputs that are written.
        outputs: (M, H) or wider.
    """

    places: IntArray
    left: int
    outputs: Array

    def elsewhere(self, rows: int) -> "Way":
        """Return the same with other outputs of so many rows."""
        shape = rows, self.outputs.shape[1]
        return self._replace(outputs=aligned_empty(shape, self.outputs.dtype))


def _as_they_lie(tokens: int, units: int, dtype: DTypeLike) -> Way:
    return Way(np.empty(0, np.int64), 0, aligned_empty((tokens, units), dtype))


class _Run(NamedTuple):
    """What a forward pass leaves behind; tokens in the order of reading.

    Attributes:
        sizes: (T,) rows of each step.
        bounds: (T + 2,) the row at which each step begins; then, twice, the number of rows.
        memory: (M + A, D + 1 + H) each token's input, a one and the hidden state before it.
        gates: (M, 4H).
        cells: (M + A, H) the cell before each token.
        squashed: (M, H) tanh of the cell after it.
        final_hidden: (A, H).
        final_cell: (A, H).
    """

    sizes: IntArray
    bounds: IntArray
    memory: Array
    gates: Array
    cells: Array
    squashed: Array
    final_hidden: Array
    final_cell: Array

    def give_back(self) -> None:
        """Leave the memory of all but the final states to the next pass."""
        spare_for_passes.give_back(self.memory)


class Reader(NamedTuple):
    """An LSTM that is to read inputs.

    Attributes:
        state: arrays (A, H) to begin with.
        weights: W, U and b.
        way: of reading and writing.
    """

    state: Arrays
    weights: Arrays
    way: Way

    def elsewhere(self, rows: int) -> "Reader":
        """Return the same with other outputs of so many rows."""
        return self._replace(way=self.way.elsewhere(rows))


class Passes(NamedTuple):
    """Forward passes of several LSTMs over the same inputs.

    Attributes:
        states: of each, arrays (A, H) after each sequence's last token.
        backward: maps the gradients of the outputs and of each one's final state, None for zero, to
            those of each one's arguments.
    """

    states: list[Arrays]
    backward: Callable[[Array | None, Sequence[Arrays | None]], list[Gradients]]


def compiled_lstm(
    found: Compiled, x: Array, sizes: IntArray, state: Arrays, weights: Arrays, *, keep: bool
) -> Pass:
    """Run an LSTM in float32; see :mod:`seqkit.kernels.passes`."""
    way = _as_they_lie(len(x), len(weights[1]), x.dtype)
    reader = Reader(state, weights, way)
    (final,), run_back = compiled_lstms(found, x, sizes, [reader], keep=keep)

    def backward(d_outputs: Array | None, d_state: Arrays | None) -> Gradients:
        return run_back(d_outputs, [d_state])[0]

    return Pass(way.outputs, final, backward)


def compiled_lstms(
    found: Compiled,
    x: Array,
    sizes: IntArray,
    readers: Sequence[Reader],
    *,
    keep: bool,
) -> Passes:
    """Run LSTMs in float32 over the same inputs, each on a thread of its own where there are some.

    What holds Python's lock is done for all of them before any begins; else one would wait for the
    other.

    Args:
        found: the kernels.
        x: (M, D).
        sizes: (T,) sequences alive at each step.
        readers: they share their outputs, of which each writes its own columns. The gradients of
            the outputs have all columns, too.
        keep: as for any kernel.
    """

    bounds = _bounds(sizes)

    def forward(chosen: Sequence[Reader], keep: bool) -> list[_Run]:
        return parallel(*(_forward(found, x, sizes, bounds, reader, keep) for reader in chosen))

    runs = forward(readers, keep)
    unused = [runs] if keep else []
    if not keep:
        for run in runs:
            run.give_back()
    # The outputs are the caller's from now on: not written again, and not kept alive from here.
    back = [reader.elsewhere(0) for reader in readers]

    def backward(d_outputs: Array | None, d_states: Sequence[Arrays | None]) -> list[Gradients]:
        # Passes that were used, or not kept, are run again.
        kept = unused.pop() if unused else forward([r.elsewhere(len(x)) for r in back], True)
        if d_outputs is None:
            d_outputs = back[0].way.outputs
        d_outputs = np.ascontiguousarray(d_outputs, x.dtype)
        each = zip(kept, back, d_states, strict=True)
        return parallel(*(_backward(found, run, r, d_outputs, d) for run, r, d in each))

    return Passes([(run.final_hidden, run.final_cell) for run in runs], backward)


def compiled_lstm_folded(
    found: Compiled,
    table: Array,
    ids: IntArray,
    sizes: IntArray,
    state: Arrays,
    w_hidden: Array,
    way: Way | None = None,
) -> tuple[Array, Arrays]:
    """Run an LSTM over the rows of a table of ``x W + b``; see :func:`seqkit.kernels.dispatch`."""
    hidden, cell = state
    batch, units = hidden.shape
    way = way or _as_they_lie(len(ids), units, table.dtype)
    if len(way.places):
        ids = ids.take(way.places)
    gates, squashed = np.empty((batch, 4 * units), table.dtype), np.empty_like(cell)
    final = np.empty_like(hidden), np.empty_like(cell)
    matrix = _recurrent(found, w_hidden, batch)
    none = np.zeros(4 * units, table.dtype)  # the bias is in the table
    arrays = (
        *(table, none, ids, matrix.numbers, matrix.ld),
        *(matrix.unwritten(alone=False), w_hidden, w_hidden),
        *(gates, hidden.copy(), cell.copy(), squashed, way.outputs, *final, False),
    )
    _each(found.code.lstm_forward, found, ranges(sizes), _bounds(sizes), way, *arrays)
    matrix.give_back()
    return way.outputs, final


def _forward(
    found: Compiled,
    x: Array,
    sizes: IntArray,
    bounds: IntArray,
    reader: Reader,
    keep: bool,
) -> Callable[[], _Run]:
    """Prepare a forward pass, and return the function that runs it."""
    (hidden, cell), weights, way = reader
    w_input, w_hidden, bias = weights
    (count, features), (batch, units) = x.shape, hidden.shape
    room = count if keep else 0
    longer, rows = room + batch, room or batch
    memory, gates, cells, squashed = spare_for_passes.lend_together(
        (longer, features + 1 + units), (rows, 4 * units), (longer, units), (rows, units)
    )
    memory[:batch, features + 1 :] = hidden
    cells[:batch] = cell
    run = _Run(
        *(sizes, bounds, memory, gates, cells, squashed),
        *(np.empty_like(hidden), np.empty_like(cell)),
    )

    beforehand = _beforehand(batch, weights)
    matrix = (
        _recurrent(found, w_hidden, batch)
        if beforehand
        else panels(found, w_input, bias[None], w_hidden)
    )

    def steps() -> _Run:
        if beforehand:
            read = x.take(way.places, axis=0) if len(way.places) else x
            memory[:room, :features] = read[:room]
            memory[:room, features] = 1
            # Kept gates begin as what the inputs add to them: nothing to look up elsewhere.
            inputs = gates if keep else np.empty((count, 4 * units), x.dtype)
            product(found, read, w_input, out=inputs)
            ids = np.arange(count)
        else:
            inputs, ids = x, np.empty(0, np.int64)
        cut = ranges(sizes)
        alone = len(cut) == 1 and not beforehand
        arrays = (
            *(inputs, bias, ids, matrix.numbers, matrix.ld),
            *(matrix.unwritten(alone=alone), w_input, w_hidden),
            *(gates, memory, cells, squashed),
            *(way.outputs, run.final_hidden, run.final_cell, keep),
        )
        _each(found.code.lstm_forward, found, cut, bounds, way, *arrays)
        matrix.give_back()
        return run

    return steps


def _backward(
    found: Compiled,
    run: _Run,
    reader: Reader,
    d_outputs: Array,
    d_state: Arrays | None,
) -> Callable[[], Gradients]:
    """Prepare to run backwards over the steps, then to compute the gradients of all weights."""
    _, weights, way = reader
    w_input, w_hidden, _ = weights
    d_pre, (features, columns), batch = run.gates, w_input.shape, int(run.sizes[0])
    units, later, few = columns // 4, _beforehand(batch, weights), batch < FEW
    d_hidden, d_cell = (
        np.zeros((batch, units), d_pre.dtype)
        if d_state is None
        else np.array(d_state[k], d_pre.dtype, order="C")
        for k in range(2)
    )
    d_x = aligned_empty((0 if later else len(d_pre), features), d_pre.dtype)
    hidden_t = transposed(found, w_hidden, rows=few)
    input_t = nothing() if later else transposed(found, w_input, rows=few)

    def steps() -> Gradients:
        cut = ranges(run.sizes)
        alone = len(cut) == 1
        arrays = (
            *(hidden_t.numbers, hidden_t.ld, hidden_t.unwritten(alone=alone), w_hidden),
            *(input_t.numbers, input_t.ld, input_t.unwritten(alone=alone), w_input),
            *(d_pre, run.cells, run.squashed, d_outputs, d_hidden, d_cell, d_x),
        )
        _each(found.code.lstm_backward, found, cut, run.bounds, way, *arrays)
        hidden_t.give_back()
        input_t.give_back()
        d_inputs = _input_gradient(found, d_pre, w_input, way.places) if later else d_x
        d_weights = product(found, run.memory[: len(d_pre)].T, d_pre)
        run.give_back()
        return Gradients(
            d_inputs,
            (d_hidden, d_cell),
            (d_weights[:features], d_weights[features + 1 :], d_weights[features]),
        )

    return steps


def _recurrent(found: Compiled, w_hidden: Array, batch: int) -> Laid:
    """Lay out U for batches of so many rows."""
    return as_rows(w_hidden) if batch < FEW else panels(found, w_hidden)


def _input_gradient(found: Compiled, d_pre: Array, w_input: Array, places: IntArray) -> Array:
    """Multiply all steps at once; the rows come out where the inputs lie."""
    d_x = product(found, d_pre, w_input.T)
    if not len(places):
        return d_x
    moved = np.empty_like(d_x)
    moved[places] = d_x
    return moved


def _beforehand(batch: int, weights: Arrays) -> bool:
    """Return whether the products with the inputs are a matter of their own."""
    return batch < FEW or weights[0].size + weights[1].size > MANY


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
