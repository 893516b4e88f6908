"""Stacks: connections, dropout, state, names, and the builder."""

from typing import Any, get_args

import numpy as np
import pytest

from seqkit.layers.bidirectional import Bidirectional
from seqkit.layers.recurrent import GRU, LSTM
from seqkit.layers.stack import Cell, Connection, Stack, build_recurrent
from seqkit.sequences import pack
from seqkit.testing.gradients import check_recurrent_layer
from tests.strategies import random_batch, random_state

LENGTHS = [3, 0, 5, 1]
CELLS = get_args(Cell)
CONNECTIONS = get_args(Connection)


def build(cell: Any = "lstm", features: int = 3, units: int = 4, **options: Any) -> Any:
    options = {"rng": np.random.default_rng(0), "dtype": np.float64, "layers": 2, **options}
    return build_recurrent(cell, features, units, **options)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("connection", CONNECTIONS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("features", [3, 4, 8])
def test_gradients(cell: str, connection: str, bidirectional: bool, features: int) -> None:
    rng = np.random.default_rng(1)
    layer = build(cell, features, connection=connection, bidirectional=bidirectional, layers=3)
    batch = random_batch(rng, LENGTHS, features)
    state = random_state(rng, layer, 4)
    assert check_recurrent_layer(layer, batch, state, train=True, entries=40) < 1e-10


@pytest.mark.parametrize("connection", CONNECTIONS)
@pytest.mark.parametrize("locked", [False, True])
def test_gradients_with_dropout(connection: Any, locked: bool) -> None:
    rng = np.random.default_rng(2)
    widths = [3, 7, 11] if connection == "dense" else [3, 4, 4]
    layers = [GRU(width, 4, rng=rng, dtype=np.float64) for width in widths]
    layer = Stack(
        layers, connection=connection, dropout=0.5, locked=locked, rng=rng, dtype=np.float64
    )
    batch = random_batch(rng, LENGTHS, 3)
    assert check_recurrent_layer(layer, batch, train=True, seed=5) < 1e-10


@pytest.mark.parametrize("lengths", [[1, 1], [0], [], [4]])
def test_gradients_of_small_batches(lengths: list[int]) -> None:
    rng = np.random.default_rng(3)
    layer = build(connection="highway")
    batch = random_batch(rng, lengths, 3)
    state = random_state(rng, layer, len(lengths))
    assert check_recurrent_layer(layer, batch, state) < 1e-12


def test_plain_stack_is_one_layer_after_another() -> None:
    rng = np.random.default_rng(4)
    layer = build(layers=2)
    batch = random_batch(rng, LENGTHS, 3)
    state = random_state(rng, layer, 4)
    outputs, final, _ = layer.forward(batch, state)
    lower, upper = layer.items
    parts = [type(state)(*(array[k : k + 1] for array in state)) for k in range(2)]
    middle, lower_final, _ = lower.forward(batch, parts[0])
    expected, upper_final, _ = upper.forward(middle, parts[1])
    np.testing.assert_array_equal(outputs.data, expected.data)
    np.testing.assert_array_equal(final.cell, np.concatenate([lower_final.cell, upper_final.cell]))


def test_residual_adds_the_input() -> None:
    rng = np.random.default_rng(5)
    inner = GRU(4, 4, rng=rng, dtype=np.float64)
    batch = random_batch(rng, LENGTHS, 4)
    y = Stack([inner], connection="residual").forward(batch)[0].data
    np.testing.assert_array_equal(y, batch.data + inner.forward(batch)[0].data)


def test_highway_starts_near_its_input_and_dense_reads_everything_below() -> None:
    rng = np.random.default_rng(6)
    inner = GRU(4, 4, rng=rng, dtype=np.float64)
    highway = Stack([inner], connection="highway", rng=rng, dtype=np.float64)
    batch = random_batch(rng, LENGTHS, 4)
    parameters = dict(highway.parameters())
    parameters["0.gate.w"].value[...] = 0
    parameters["0.gate.bias"].value[...] = 0
    expected = 0.5 * (batch.data + inner.forward(batch)[0].data)
    np.testing.assert_allclose(highway.forward(batch)[0].data, expected, rtol=1e-12)
    dense = build("gru", 5, 4, connection="dense", layers=3)
    assert [layer.features for layer in dense.items] == [5, 9, 13]
    assert dense.output_features == 4


def test_dropout_only_in_training_and_between_layers() -> None:
    rng = np.random.default_rng(7)
    layer = build(dropout=0.5)
    batch = random_batch(rng, LENGTHS, 3)
    expected = build().forward(batch)[0].data
    np.testing.assert_array_equal(layer.forward(batch)[0].data, expected)
    dropped = layer.forward(batch, train=True, rng=np.random.default_rng(1))[0].data
    again = layer.forward(batch, train=True, rng=np.random.default_rng(1))[0].data
    np.testing.assert_array_equal(dropped, again)
    assert not np.allclose(dropped, expected)
    single = Stack([LSTM(3, 4, rng=rng, dtype=np.float64)], dropout=0.9)
    np.testing.assert_array_equal(
        single.forward(batch)[0].data, single.forward(batch, train=True, rng=rng)[0].data
    )
    with pytest.raises(ValueError, match="rng"):
        layer.forward(batch, train=True)


def test_locked_dropout_is_one_mask_in_time() -> None:
    rng = np.random.default_rng(8)
    layer = build("gru", 1, 64, dropout=0.5)
    upper = layer.items[1]
    # An upper layer that shows what it was given: n = tanh(x / 1000) and no memory.
    for _, parameter in upper.parameters():
        parameter.value[...] = 0
    upper.w_input.value[:, 128:] = np.eye(64) / 1000
    upper.bias.value[64:128] = -40
    batch = pack([rng.normal(size=(5, 1))])
    seen = layer.forward(batch, train=True, rng=rng)[0].data == 0
    assert (seen == seen[0]).all()
    assert 10 < seen[0].sum() < 54


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_names_state_and_widths(cell: str, bidirectional: bool) -> None:
    layer = build(cell, layers=2, bidirectional=bidirectional, connection="residual")
    names = [name for name, _ in layer.parameters()]
    assert names[0] == ("0.forward.w_input" if bidirectional else "0.w_input")
    assert "0.projection.w" in names
    assert "1.projection.w" not in names or not bidirectional
    assert len(names) == len(set(names))
    sides = 2 if bidirectional else 1
    assert layer.output_features == 4 * sides
    assert layer.layers == 2 * sides
    outputs, state, _ = layer.forward(random_batch(np.random.default_rng(0), LENGTHS, 3))
    assert outputs.data.shape == (9, 4 * sides)
    assert state.hidden.shape == (2 * sides, 4, 4)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_a_state_may_be_a_plain_tuple_as_a_checkpoint_has_it(
    cell: str, bidirectional: bool, layers: int
) -> None:
    rng = np.random.default_rng(0)
    layer = build(cell, layers=layers, bidirectional=bidirectional)
    batch = random_batch(rng, LENGTHS, 3)
    state = random_state(rng, layer, batch.batch)
    named, wanted, back = layer.forward(batch, state, train=True)
    plain, final, plain_back = layer.forward(batch, tuple(state), train=True)
    np.testing.assert_array_equal(plain.data, named.data)
    assert type(final) is type(wanted)
    (d_x, d_state), (d_plain, d_plain_state) = back(named, wanted), plain_back(named, tuple(wanted))
    np.testing.assert_array_equal(d_plain.data, d_x.data)
    for ours, theirs in zip(d_plain_state, d_state, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_builder_gives_the_simplest_layer() -> None:
    assert isinstance(build(layers=1), LSTM)
    assert isinstance(build(layers=1, bidirectional=True), Bidirectional)
    assert isinstance(build(layers=2), Stack)
    assert build(layers=1, recurrent_dropout=0.25).recurrent_dropout == 0.25
    single: Any = build_recurrent("gru", 2, 3, rng=np.random.default_rng(0))
    assert single.w_input.value.dtype == np.float32


def test_mistakes_are_named() -> None:
    rng = np.random.default_rng(9)
    one, two = LSTM(3, 4, rng=rng), LSTM(5, 4, rng=rng)
    with pytest.raises(ValueError, match="found 0"):
        Stack([])
    with pytest.raises(ValueError, match="different object"):
        Stack([one, one])
    with pytest.raises(ValueError, match="is given 4 features, but it reads 5"):
        Stack([one, two])
    with pytest.raises(ValueError, match="connection"):
        Stack([one], connection="bridge")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="rng"):
        Stack([one], connection="residual")
    with pytest.raises(ValueError, match="cell"):
        build("cnn")
    with pytest.raises(ValueError, match="at least 1"):
        build(layers=0)
    with pytest.raises(ValueError, match="2 layers, found"):
        build(layers=2).forward(random_batch(rng, [1], 3), random_state(rng, one, 1))
