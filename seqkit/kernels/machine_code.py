"""The LSTM in loops that numba compiles; imported only through :mod:`seqkit.kernels.compiled`.

One call does many steps and holds no lock of Python's, so two threads do not wait for each other.
The matrix products are those of :mod:`.tiles`, called by address.

LLVM turns short loops over few arrays into vector instructions, and leaves alone those over many;
hence several loops a row. What calls each other stands in one file, for numba's cache looks at no
other.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from seqkit.kernels.tiles import PANEL, call_multiply

__all__ = [
    "NUMBA",
    "OPTIONS",
    "PANEL",
    "lstm_backward",
    "lstm_both_ends",
    "lstm_forward",
    "product",
    "to_panels",
    "transpose",
]

NUMBA: str = numba.__version__

# Not "reassoc": sums are taken in one order everywhere. Not "nnan" and "ninf": what is not finite
# must be seen, and the limits of tanh would make a number of it.
OPTIONS: dict[str, Any] = {
    "fastmath": {"contract", "nsz"},
    "error_model": "numpy",
    "nogil": True,
    "cache": True,
}

LINE = 16
"""Numbers in a line of the cache."""

TILE = LINE
"""Rows and columns that are transposed at once."""


@intrinsic
def _transpose_tile(_: Any, source: Any, lds: Any, target: Any, ldt: Any) -> Any:
    """Transpose 16 x 16 numbers: addresses, and how many numbers lie from row to row.

    Sixteen vectors are interleaved with each other four times over: after each round, a vector
    holds twice as many numbers of the same column.
    """
    signature = types.void(types.uintp, types.int64, types.uintp, types.int64)

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        source, lds, target, ldt = arguments
        vector = ir.VectorType(ir.FloatType(), TILE)
        int64, int32 = ir.IntType(64), ir.IntType(32)

        def row(address: Any, ld: Any, k: int) -> Any:
            numbers = builder.mul(ld, int64(4 * k))
            return builder.inttoptr(builder.add(address, numbers), vector.as_pointer())

        rows = [builder.load(row(source, lds, k), align=4) for k in range(TILE)]
        half = TILE // 2
        low, high = (
            ir.Constant(
                ir.VectorType(int32, TILE),
                [first + k // 2 + TILE * (k % 2) for k in range(TILE)],
            )
            for first in (0, half)
        )
        for _round in range(4):
            pairs = zip(rows[:half], rows[half:], strict=True)
            rows = [builder.shuffle_vector(a, b, part) for a, b in pairs for part in (low, high)]
        for k in range(TILE):
            builder.store(rows[k], row(target, ldt, k), align=4)
        return context.get_dummy_value()

    return signature, generate


LARGEST = np.float32(7.90531110763549805)
"""From here on tanh is 1 in float32."""

P0, P1, P2, P3, P4, P5, P6 = (
    np.float32(value)
    for value in (
        -2.76076847742355e-16,
        2.00018790482477e-13,
        -8.60467152213735e-11,
        5.12229709037114e-08,
        1.48572235717979e-05,
        6.37261928875436e-04,
        4.89352455891786e-03,
    )
)
Q0, Q1, Q2, Q3 = (
    np.float32(value)
    for value in (
        1.19825839466702e-06,
        1.18534705686654e-04,
        2.26843463243900e-03,
        4.89352518554385e-03,
    )
)
HALF, ONE = np.float32(0.5), np.float32(1.0)


@njit(inline="always", fastmath=OPTIONS["fastmath"], error_model="numpy")
def _tanh(x):
    """The minimax quotient x p(x²) / q(x²) that Eigen uses: off by at most 3e-7."""
    # In this form it is two instructions, and what is not a number stays none.
    x = min(max(x, -LARGEST), LARGEST)
    s = x * x
    p = s * P0 + P1
    p = p * s + P2
    p = p * s + P3
    p = p * s + P4
    p = p * s + P5
    p = p * s + P6
    q = s * Q0 + Q1
    q = q * s + Q2
    q = q * s + Q3
    return x * p / q


BLOCK = 32
"""Rows of a step, at most, that are multiplied and then opened while the cache has their gates."""


@njit(inline="always")
def _block(rows):
    """Return the rows of a block where there are so many: one or two left over would cost as much
    as ten."""
    return -(-rows // -(-rows // BLOCK))


@njit(inline="always")
def _copy(source, target):
    """Copy numbers to the beginning of a row; assigning the row would take them one by one."""
    for k in range(len(source)):
        target[k] = source[k]


@njit(inline="always", fastmath=OPTIONS["fastmath"], error_model="numpy")
def _open_gates(units, gates, before, new, squashed, hidden):
    """Go on by a token: gates (4H,) are written over; new cell, tanh of it and hidden state, to."""
    i, f = gates[:units], gates[units : 2 * units]
    o, z = gates[2 * units : 3 * units], gates[3 * units :]
    for k in range(3 * units):
        gates[k] = HALF * _tanh(HALF * gates[k]) + HALF
    for k in range(units):
        z[k] = _tanh(z[k])
    # By way of another row: where a cell is written over, LLVM would take its numbers one by one.
    for k in range(units):
        squashed[k] = f[k] * before[k] + i[k] * z[k]
    _copy(squashed, new)
    for k in range(units):
        squashed[k] = _tanh(squashed[k])
    for k in range(units):
        hidden[k] = o[k] * squashed[k]


@njit(inline="always", fastmath=OPTIONS["fastmath"], error_model="numpy")
def _close_gates(units, gates, before, squashed, d_hidden, d_cell):
    """Go back by a token: gates become the gradients of what enters them, d_cell goes back too."""
    i, f = gates[:units], gates[units : 2 * units]
    o, z = gates[2 * units : 3 * units], gates[3 * units :]
    for k in range(units):
        d_cell[k] += d_hidden[k] * o[k] * (ONE - squashed[k] * squashed[k])
    for k in range(units):
        o[k] = d_hidden[k] * squashed[k] * o[k] * (ONE - o[k])
    for k in range(units):
        d, gate, candidate = d_cell[k], i[k], z[k]
        i[k] = d * candidate * gate * (ONE - gate)
        z[k] = d * gate * (ONE - candidate * candidate)
    for k in range(units):
        d, gate = d_cell[k], f[k]
        f[k] = d * before[k] * gate * (ONE - gate)
        d_cell[k] = d * gate


REAL, VARIABLE, INTEGERS = types.float32[:, ::1], types.int64, types.int64[::1]
CONSTANT = types.Array(types.float32, 2, "C", readonly=True)
ADDRESS = types.uintp

VECTOR, CONSTANT_VECTOR = types.float32[::1], types.Array(types.float32, 1, "C", readonly=True)
PANELS = types.void(CONSTANT, VECTOR, VARIABLE, VARIABLE)
TRANSPOSE = types.void(CONSTANT, VECTOR, VARIABLE)
ANYHOW = types.Array(types.float32, 2, "A", readonly=True)
PRODUCT = types.void(ADDRESS, ANYHOW, ANYHOW, types.float32[:, :], VARIABLE)
BOTH_ENDS = types.void(
    ADDRESS, CONSTANT, CONSTANT, CONSTANT, CONSTANT_VECTOR, CONSTANT, CONSTANT, CONSTANT_VECTOR,
    REAL, types.float32[:, :, ::1],
)  # fmt: skip
FORWARD = types.void(
    ADDRESS, INTEGERS, VARIABLE, VARIABLE, INTEGERS, VARIABLE, CONSTANT, CONSTANT_VECTOR,
    INTEGERS, CONSTANT_VECTOR, VARIABLE, VECTOR, CONSTANT, CONSTANT,
    REAL, REAL, REAL, REAL, REAL, REAL, REAL, types.boolean,
)  # fmt: skip
BACKWARD = types.void(
    ADDRESS, INTEGERS, VARIABLE, VARIABLE, INTEGERS, VARIABLE,
    CONSTANT_VECTOR, VARIABLE, VECTOR, CONSTANT, CONSTANT_VECTOR, VARIABLE, VECTOR, CONSTANT,
    REAL, REAL, REAL, CONSTANT, REAL, REAL, REAL,
)  # fmt: skip


@njit(PRODUCT, **OPTIONS)
def product(multiply, a, b, out, add):
    """``out = a @ b``, or with ``add`` ``out += a @ b``: (M, K), (K, C), (M, C).

    The numbers of a row of b and of out lie side by side; those of a may lie anyhow.
    """
    columns = out.shape[1]
    if len(a) and columns > 1 and (b.strides[1] != 4 or out.strides[1] != 4):
        raise ValueError("the rows of the right matrix and of the result must lie in one piece")
    call_multiply(
        multiply, len(a), a.shape[1], columns,
        a.ctypes.data, a.strides[0] // 4, a.strides[1] // 4,
        b.ctypes.data, b.strides[0] // 4 if len(b) > 1 else columns,
        out.ctypes.data, out.strides[0] // 4, add,
    )  # fmt: skip


@njit(PANELS, **OPTIONS)
def to_panels(matrix, panels, first, inner):
    """Copy a matrix (R, C) to rows ``first`` and following of the panels of one (inner, C).

    A panel is 64 columns in one piece; see :mod:`seqkit.kernels.panels`.
    """
    rows, columns = matrix.shape
    for top in range(0, rows, TILE):
        for c in range(0, columns, PANEL):
            n = min(PANEL, columns - c)
            for r in range(top, min(top + TILE, rows)):
                begin = c * inner + (first + r) * n
                _copy(matrix[r, c : c + n], panels[begin : begin + n])


@njit(TRANSPOSE, **OPTIONS)
def transpose(matrix, out, width):
    """Write the panels of a matrix's transpose, tile by tile.

    Args:
        matrix: (R, C).
        out: (R * C,).
        width: columns of a panel, a multiple of 16; or R, for rows of that length.
    """
    rows, columns = matrix.shape
    for r in range(0, rows, TILE):
        c = r // width * width
        n = min(width, rows - c)
        for k in range(0, columns, TILE):
            begin = c * columns + k * n + r - c
            if r + TILE <= rows and k + TILE <= columns:
                _transpose_tile(
                    matrix.ctypes.data + 4 * (r * columns + k), columns,
                    out.ctypes.data + 4 * begin, n,
                )  # fmt: skip
            else:
                for i in range(r, min(r + TILE, rows)):
                    for j in range(k, min(k + TILE, columns)):
                        out[begin + (j - k) * n + i - r] = matrix[i, j]


@njit(FORWARD, **OPTIONS)
def lstm_forward(
    multiply, bounds, low, high, places, left,
    x, bias, ids, weights, ldw, unwritten, w_input, w_hidden,
    gates, memory, cells, squashed, outputs, final_hidden, final_cell, keep,
):  # fmt: skip
    """Run over the rows from ``low`` to ``high`` of every step.

    Tokens are numbered in the order in which they are read; M of them.

    Args:
        multiply: address of :func:`seqkit.kernels.tiles.multiply`.
        bounds: (T + 2,) the row at which each step begins; then, twice, the number of rows.
        low: first row of a step.
        high: row after the last one, for steps that have so many.
        places: (M,) the row of ``x`` and ``outputs`` that a token has; (0,) for its own number.
        left: the column of ``outputs`` with which its part of them begins.
        x: (M, D) inputs; or (V, 4H), inputs times W.
        bias: (4H,) to be added in the latter case.
        ids: (M,) which row of ``x`` a token has, in the latter case; else (0,).
        weights: W, b and U under each other, (D + 1 + H, 4H), or U alone in the latter case; as
            panels, or as rows.
        ldw: 0 for panels, else 4H.
        unwritten: the memory of ``weights``, where W, b and U have yet to be written there as
            panels; else (0,). Another call would mean to wait for Python's lock once more.
        w_input: W (D, 4H).
        w_hidden: U (H, 4H).
        gates: (M, 4H).
        memory: (M, D + 1 + H) each token's input, a one and the hidden state before it. The first
            two are filled in here, but in the latter case.
        cells: (M, H) the cell before each token.
        squashed: (M, H) tanh of the cell after it.
        outputs: (M, H) or wider.
        final_hidden: (N, H).
        final_cell: (N, H).
        keep: whether gates, memory, cells and squashed hold all tokens, or one step's.
    """
    units, ld = cells.shape[1], memory.shape[1]
    column = ld - units
    projected, moved = len(ids) > 0, len(places) > 0
    first = column if projected else 0
    if len(unwritten):
        to_panels(w_input, unwritten, 0, ld)
        to_panels(bias.reshape(1, 4 * units), unwritten, column - 1, ld)
        to_panels(w_hidden, unwritten, column, ld)
    for step in range(len(bounds) - 2):
        start, stop = bounds[step], bounds[step + 1]
        rows = min(high, stop - start)
        if rows <= low:
            break
        alive_next = bounds[step + 2] - stop
        row, after = (start, stop) if keep else (0, 0)
        block = _block(rows - low)
        for top in range(low, rows, block):
            end = min(top + block, rows)
            if projected:
                for r in range(top, end):
                    known, out = x[ids[start + r]], gates[row + r]
                    for k in range(len(out)):
                        out[k] = known[k] + bias[k]
            else:
                for r in range(top, end):
                    place = places[start + r] if moved else start + r
                    _copy(x[place], memory[row + r])
                    memory[row + r, column - 1] = ONE
            call_multiply(
                multiply, end - top, ld - first, 4 * units,
                memory.ctypes.data + 4 * ((row + top) * ld + first), ld, 1,
                weights.ctypes.data, ldw,
                gates.ctypes.data + 16 * (row + top) * units, 4 * units, projected,
            )  # fmt: skip
            for r in range(top, end):
                # The rows behind those of the next step are another range's.
                goes_on = r < alive_next
                new = cells[after + r] if goes_on else final_cell[r]
                h = memory[after + r, column:] if goes_on else final_hidden[r]
                _open_gates(units, gates[row + r], cells[row + r], new, squashed[row + r], h)
                place = places[start + r] if moved else start + r
                _copy(h, outputs[place, left:])


@njit(inline="always", fastmath=OPTIONS["fastmath"], error_model="numpy")
def _read_alone(multiply, x, w_input, w_hidden, bias, gates, rows, state, outputs, right):
    """Run one of them over the sequence; ``rows`` (3, H) are to work in."""
    steps, units = len(x), rows.shape[1]
    hidden, cell, squashed = rows[0], rows[1], rows[2]
    for k in range(units):
        cell[k] = 0
    for t in range(steps):
        _copy(bias, gates[t])
    call_multiply(
        multiply, steps, x.shape[1], 4 * units, x.ctypes.data, x.shape[1], 1,
        w_input.ctypes.data, 4 * units, gates.ctypes.data, 4 * units, 1,
    )  # fmt: skip
    for step in range(steps):
        t = steps - 1 - step if right else step
        if step:  # before the first token, the state is zeros
            call_multiply(
                multiply, 1, units, 4 * units, hidden.ctypes.data, units, 1,
                w_hidden.ctypes.data, 4 * units, gates.ctypes.data + 16 * t * units, 4 * units, 1,
            )  # fmt: skip
        _open_gates(units, gates[t], cell, cell, squashed, hidden)
        _copy(hidden, outputs[t, right * units : (right + 1) * units])
    _copy(hidden, state[0])
    _copy(cell, state[1])


@njit(BOTH_ENDS, **OPTIONS)
def lstm_both_ends(
    multiply, x, w_left, u_left, b_left, w_right, u_right, b_right, outputs, states
):  # fmt: skip
    """Run two LSTMs over one sequence, for inference, the second from the last token on.

    Args:
        multiply: address of :func:`seqkit.kernels.tiles.multiply`.
        x: (T, D), at least one token.
        w_left: W (D, 4H) of the first one.
        u_left: U (H, 4H).
        b_left: (4H,).
        w_right: the same of the second one.
        u_right: likewise.
        b_right: likewise.
        outputs: (T, 2H) to be written.
        states: (2, 2, H) to be written, hidden state and cell of each.
    """
    steps, units = len(x), states.shape[2]
    room = np.empty((4 * steps + 3) * units + LINE, np.float32)
    room = room[-room.ctypes.data % (4 * LINE) // 4 :]
    gates = room[: 4 * steps * units].reshape(steps, 4 * units)
    rows = room[4 * steps * units : (4 * steps + 3) * units].reshape(3, units)
    _read_alone(multiply, x, w_left, u_left, b_left, gates, rows, states[0], outputs, 0)
    _read_alone(multiply, x, w_right, u_right, b_right, gates, rows, states[1], outputs, 1)


@njit(BACKWARD, **OPTIONS)
def lstm_backward(
    multiply, bounds, low, high, places, left,
    w_hidden_t, ldh, unwritten_h, w_hidden, w_input_t, ldi, unwritten_i, w_input,
    gates, cells, squashed, d_outputs, d_hidden, d_cell, d_x,
):  # fmt: skip
    """Run backwards; the gates become the gradients of what enters them.

    Args:
        multiply: address of :func:`seqkit.kernels.tiles.multiply`.
        bounds: (T + 2,) as in :func:`lstm_forward`, like those that follow.
        low: first row of a step.
        high: row after the last one, for steps that have so many.
        places: (M,) the row of ``d_outputs`` and ``d_x`` that a token has; (0,) for its own number.
        left: the column of ``d_outputs`` with which its part of them begins.
        w_hidden_t: (4H, H), as panels or as rows.
        ldh: 0 for panels, else H.
        unwritten_h: the memory of ``w_hidden_t``, where it has yet to be written; else (0,).
        w_hidden: U (H, 4H).
        w_input_t: (4H, D), likewise.
        ldi: 0 for panels, else D.
        unwritten_i: the memory of ``w_input_t``, likewise.
        w_input: W (D, 4H).
        gates: (M, 4H).
        cells: (M, H) or longer, the cell before each token.
        squashed: (M, H).
        d_outputs: (M, H) or wider, or without rows for zeros.
        d_hidden: (N, H), changed in place.
        d_cell: (N, H), changed in place.
        d_x: (M, D) to be written, or (0, D) for somebody else to do.
    """
    units, features = cells.shape[1], d_x.shape[1]
    moved = len(places) > 0
    piece = np.empty((BLOCK if moved else 0, features), np.float32)
    if len(unwritten_h):
        transpose(w_hidden, unwritten_h, ldh or PANEL)
    if len(unwritten_i):
        transpose(w_input, unwritten_i, ldi or PANEL)
    for step in range(len(bounds) - 3, -1, -1):
        start = bounds[step]
        rows = min(high, bounds[step + 1] - start)
        if rows <= low:
            continue
        block = _block(rows - low)
        for top in range(low, rows, block):
            end = min(top + block, rows)
            for r in range(top, end):
                row = start + r
                if len(d_outputs):
                    d_h = d_hidden[r]
                    d_y = d_outputs[places[row] if moved else row, left : left + units]
                    for k in range(units):
                        d_h[k] += d_y[k]
                _close_gates(units, gates[row], cells[row], squashed[row], d_hidden[r], d_cell[r])
            d_pre = gates.ctypes.data + 16 * (start + top) * units
            call_multiply(
                multiply, end - top, 4 * units, units, d_pre, 4 * units, 1,
                w_hidden_t.ctypes.data, ldh, d_hidden.ctypes.data + 4 * top * units, units, 0,
            )  # fmt: skip
            if len(d_x):
                here = d_x.ctypes.data + 4 * (start + top) * features
                call_multiply(
                    multiply, end - top, 4 * units, features, d_pre, 4 * units, 1,
                    w_input_t.ctypes.data, ldi, piece.ctypes.data if moved else here, features, 0,
                )  # fmt: skip
                if moved:
                    for r in range(top, end):
                        _copy(piece[r - top], d_x[places[start + r]])
