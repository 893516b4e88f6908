"""Matrix products whose results stay in registers until they are done, in LLVM's own words.

A tile of the result, a few rows and a few vectors of columns, is held in registers while the inner
dimension passes by: at each step some vectors of the right matrix are loaded, and each number of
the left one is multiplied with all of them. On a Zen 5 core that makes use of 90 to 95 % of what it
can multiply and add, from three rows on; OpenBLAS and MKL, as they come, of 40 to 50 %. Goto and
van de Geijn 2008 describe the scheme.

A number of the result is summed up in the order of the inner dimension, wherever it stands in a
tile, so that it does not depend on how rows and columns are cut.

Compiled code calls :func:`multiply` by address: it is compiled once, and not into each caller.
"""

from itertools import product
from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir
from numba import carray, cfunc, njit, types
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic

__all__ = ["PANEL", "call_multiply", "multiply"]


class _Registers(NamedTuple):
    """What a tile is made of, so that it fits the processor's vector registers.

    Attributes:
        lanes: numbers in a vector.
        rows: of a tile, at most.
        vectors: side by side in a tile, at most.
    """

    lanes: int
    rows: int
    vectors: int


def _registers() -> _Registers:
    """Choose by what numba compiles for."""
    named = numba.config.CPU_FEATURES
    told = get_host_cpu_features() if named is None else named
    features = {name[1:] for name in told.split(",") if name.startswith("+")}
    if "avx512f" in features:
        return _Registers(lanes=16, rows=6, vectors=4)
    if "avx2" in features and "fma" in features:
        return _Registers(lanes=8, rows=6, vectors=2)
    if "neon" in features:
        return _Registers(lanes=4, rows=6, vectors=4)
    return _Registers(lanes=4, rows=4, vectors=2)


LANES, ROWS, VECTORS = _registers()

PANEL = 64
"""Columns of a panel; see :mod:`seqkit.kernels.panels`."""

DEPTH = 512
"""Steps of the inner dimension after which the result is put down: the columns that are read for
them stay in the second-level cache, and rows of rows in its table of pages."""

BYTES = 4


def _tile(module: ir.Module, rows: int, vectors: int) -> ir.Function:
    """Return the function that multiplies a tile; all steps from one number to the next in bytes.

    Its arguments: length of the inner dimension; address of the left matrix, its step from row to
    row and along the inner dimension; address of the right one and its step; address of the result
    and its step; columns in the last vector; whether to add to the result.
    """
    name = f"tile_{rows}_{vectors}"
    if name in module.globals:
        return module.globals[name]
    int32, int64 = ir.IntType(32), ir.IntType(64)
    vector, lanes = ir.VectorType(ir.FloatType(), LANES), ir.VectorType(int64, LANES)
    bits, pointer = ir.VectorType(ir.IntType(1), LANES), vector.as_pointer()
    function = ir.Function(
        module, ir.FunctionType(ir.VoidType(), [int64] * 9 + [ir.IntType(1)]), name
    )
    function.linkage = "internal"
    function.attributes.add("noinline")
    inner, a, a_row, a_step, b, b_step, c, c_row, last, add = function.args

    kind = f"v{LANES}f32"
    fused = _declared(module, f"llvm.fmuladd.{kind}", vector, [vector] * 3)
    masked_load = _declared(
        module, f"llvm.masked.load.{kind}.p0{kind}", vector, [pointer, int32, bits, vector]
    )
    masked_store = _declared(
        module,
        f"llvm.masked.store.{kind}.p0{kind}",
        ir.VoidType(),
        [vector, pointer, int32, bits],
    )
    zeros = ir.Constant(vector, [0.0] * LANES)

    def same(builder: ir.IRBuilder, value: ir.Value, kind: ir.VectorType) -> ir.Value:
        """Return a vector of the same number."""
        one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, int32(0))
        places = ir.Constant(ir.VectorType(int32, LANES), [0] * LANES)
        return builder.shuffle_vector(one, one, places)

    def load(builder: ir.IRBuilder, address: ir.Value, v: int) -> ir.Value:
        at = builder.inttoptr(builder.add(address, int64(BYTES * LANES * v)), pointer)
        if v < vectors - 1:
            return builder.load(at, align=BYTES)
        return builder.call(masked_load, [at, int32(BYTES), mask, zeros])

    def store(builder: ir.IRBuilder, value: ir.Value, address: ir.Value, v: int) -> None:
        at = builder.inttoptr(builder.add(address, int64(BYTES * LANES * v)), pointer)
        if v < vectors - 1:
            builder.store(value, at, align=BYTES)
        else:
            builder.call(masked_store, [value, at, int32(BYTES), mask])

    begin, fresh, old, loop, end = map(
        function.append_basic_block, ("begin", "fresh", "old", "loop", "end")
    )
    builder = ir.IRBuilder(begin)
    mask = builder.icmp_unsigned(
        "<", ir.Constant(lanes, list(range(LANES))), same(builder, last, lanes)
    )
    results = [builder.add(c, builder.mul(c_row, int64(r))) for r in range(rows)]
    places = [(r, v) for r in range(rows) for v in range(vectors)]
    builder.cbranch(add, old, fresh)
    ir.IRBuilder(fresh).branch(loop)
    builder = ir.IRBuilder(old)
    there = {(r, v): load(builder, results[r], v) for r, v in places}
    builder.branch(loop)

    builder = ir.IRBuilder(loop)
    step, left, right = (builder.phi(int64) for _ in range(3))
    sums = {place: builder.phi(vector) for place in places}
    for source in (fresh, old):
        for phi, first in ((step, int64(0)), (left, a), (right, b)):
            phi.add_incoming(first, source)
        for place in places:
            sums[place].add_incoming(zeros if source is fresh else there[place], source)
    columns = [load(builder, right, v) for v in range(vectors)]
    real = ir.FloatType().as_pointer()
    more = {}
    for r in range(rows):
        at = builder.inttoptr(builder.add(left, builder.mul(a_row, int64(r))), real)
        number = same(builder, builder.load(at, align=BYTES), vector)
        for v in range(vectors):
            more[r, v] = builder.call(fused, [number, columns[v], sums[r, v]])
    following = builder.add(step, int64(1))
    for phi, then in (
        (step, following),
        (left, builder.add(left, a_step)),
        (right, builder.add(right, b_step)),
    ):
        phi.add_incoming(then, loop)
    for place in places:
        sums[place].add_incoming(more[place], loop)
    builder.cbranch(builder.icmp_signed("<", following, inner), loop, end)

    builder = ir.IRBuilder(end)
    for r, v in places:
        store(builder, more[r, v], results[r], v)
    builder.ret_void()
    return function


def _declared(module: ir.Module, name: str, result: ir.Type, kinds: list[ir.Type]) -> ir.Function:
    known = module.globals.get(name)
    return known or ir.Function(module, ir.FunctionType(result, kinds), name)


@intrinsic
def _multiply_tile(
    _: Any, rows: Any, columns: Any, inner: Any, a: Any, a_row: Any, a_step: Any, b: Any,
    b_step: Any, c: Any, c_row: Any, add: Any,
) -> Any:  # fmt: skip
    """Multiply a tile of so many rows and columns; see :func:`_tile`."""
    address, size = types.uintp, types.int64
    signature = types.void(
        size, size, size, address, size, size, address, size, address, size, types.boolean
    )

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        rows, columns, *told, add = arguments
        int64 = ir.IntType(64)
        vectors = builder.sdiv(builder.add(columns, int64(LANES - 1)), int64(LANES))
        last = builder.sub(columns, builder.mul(builder.sub(vectors, int64(1)), int64(LANES)))
        shape = builder.add(builder.mul(rows, int64(VECTORS + 1)), vectors)
        function = builder.function
        done = function.append_basic_block("done")
        choice = builder.switch(shape, done)
        for r, v in product(range(1, ROWS + 1), range(1, VECTORS + 1)):
            block = function.append_basic_block(f"tile_{r}_{v}")
            choice.add_case(int64(r * (VECTORS + 1) + v), block)
            inside = ir.IRBuilder(block)
            inside.call(_tile(builder.module, r, v), [*told, last, add])
            inside.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return signature, generate


ARGUMENTS = (
    *(types.int64, types.int64, types.int64),
    *(types.uintp, types.int64, types.int64),
    *(types.uintp, types.int64),
    *(types.uintp, types.int64, types.int64),
)


@intrinsic
def _pointer(_: Any, address: Any) -> Any:
    """Take an address for a pointer."""

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.uintp), generate


@njit(fastmath={"contract", "nsz"}, error_model="numpy")
def _multiply_row(inner, columns, a, a_step, b, ldb, c, add):
    """Multiply one row, by adding up rows of b.

    Nothing is read twice then but the result, which stays in the first-level cache, and the rows of
    b come in the order in which they lie: 1.4 µs for 128 x 512 numbers, by tiles 2.1.
    """
    row = carray(_pointer(c), columns, np.float32)
    if not add:
        row[:] = 0
    for k in range(inner):
        factor = carray(_pointer(a + BYTES * k * a_step), 1, np.float32)[0]
        other = carray(_pointer(b + BYTES * k * ldb), columns, np.float32)
        for j in range(columns):
            row[j] += factor * other[j]


@cfunc(types.void(*ARGUMENTS), cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def multiply(rows, inner, columns, a, a_row, a_step, b, ldb, c, ldc, add):
    """``c = a @ b``, or ``c += a @ b``; how far numbers lie from each other is told in numbers.

    Args:
        rows: of a and c.
        inner: columns of a, rows of b; at least one.
        columns: of b and c.
        a: address.
        a_row: from one row of a to the next.
        a_step: from one number of a row to the next.
        b: address, of rows or of panels.
        ldb: from one row of b to the next; 0 for panels.
        c: address.
        ldc: from one row of c to the next.
        add: 0 or 1.
    """
    if rows == 1 and ldb:
        _multiply_row(inner, columns, a, a_step, b, ldb, c, add)
        return
    groups = -(-rows // ROWS)
    width = VECTORS * LANES
    pieces = -(-inner // DEPTH)
    depth = -(-inner // pieces)
    for k in range(0, inner, depth):
        deep = min(depth, inner - k)
        for c_left in range(0, columns, width):
            n = min(width, columns - c_left)
            if ldb:
                begin, step = k * ldb + c_left, ldb
            else:
                panel = c_left // PANEL * PANEL
                step = min(PANEL, columns - panel)
                begin = panel * inner + k * step + c_left - panel
            r = 0
            for group in range(groups):
                m = (rows - r) // (groups - group)
                _multiply_tile(
                    m, n, deep, a + BYTES * (r * a_row + k * a_step), BYTES * a_row,
                    BYTES * a_step, b + BYTES * begin, BYTES * step,
                    c + BYTES * (r * ldc + c_left), BYTES * ldc, add != 0 or k > 0,
                )  # fmt: skip
                r += m


@intrinsic
def call_multiply(
    _: Any, function: Any, rows: Any, inner: Any, columns: Any, a: Any, a_row: Any, a_step: Any,
    b: Any, ldb: Any, c: Any, ldc: Any, add: Any,
) -> Any:  # fmt: skip
    """Call :func:`multiply` by its address, which comes first."""
    signature = types.void(types.uintp, *ARGUMENTS)

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        address, *told = arguments
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(64)] * len(told))
        builder.call(builder.inttoptr(address, kind.as_pointer()), told)
        return context.get_dummy_value()

    return signature, generate
