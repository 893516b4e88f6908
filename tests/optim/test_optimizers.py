"""Optimisers against the formulas of their papers, written out here on whole arrays."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.arrays import DTypeLike
from seqkit.kernels.threads import use_threads
from seqkit.optim import SGD, AdaGrad, Adam, AdamW, RMSprop, create_optimizer
from seqkit.optim import pieces as pieces_module
from seqkit.parameters import Parameter
from tests.strategies import rngs

RATE = 0.05


def sgd(momentum: float = 0.0, nesterov: bool = False) -> Any:
    velocity = 0.0

    def update(value: Any, g: Any, t: Any) -> Any:
        nonlocal velocity
        velocity = momentum * velocity + g
        return value - RATE * (g + momentum * velocity if nesterov else velocity)

    return update


def adagrad() -> Any:
    squares = 0.0

    def update(value: Any, g: Any, t: Any) -> Any:
        nonlocal squares
        squares = squares + g**2
        return value - RATE * g / (np.sqrt(squares) + 1e-10)

    return update


def rmsprop() -> Any:
    mean = 0.0

    def update(value: Any, g: Any, t: Any) -> Any:
        nonlocal mean
        mean = 0.9 * mean + 0.1 * g**2
        return value - RATE * g / (np.sqrt(mean) + 1e-8)

    return update


def adam(decay: float = 0.0) -> Any:
    m = v = 0.0

    def update(value: Any, g: Any, t: Any) -> Any:
        nonlocal m, v
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return value - RATE * decay * value - RATE * step

    return update


RULES = {
    "sgd": (SGD, {}, sgd),
    "momentum": (SGD, {"momentum": 0.9}, lambda: sgd(0.9)),
    "nesterov": (SGD, {"momentum": 0.9, "nesterov": True}, lambda: sgd(0.9, True)),
    "adagrad": (AdaGrad, {}, adagrad),
    "rmsprop": (RMSprop, {}, rmsprop),
    "adam": (Adam, {}, adam),
    "adamw": (AdamW, {"weight_decay": 0.1}, lambda: adam(0.1)),
}
every_rule = pytest.mark.parametrize("rule", RULES)


def build(rule: str, parameters: Any, **options: Any) -> Any:
    kind, own, _ = RULES[rule]
    return kind(parameters, learning_rate=RATE, **own, **options)


@every_rule
@pytest.mark.parametrize("piece", [1, 5, 32768])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_formula(rule: str, piece: int, dtype: DTypeLike, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces_module, "PIECE", piece)
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 4))
    parameter = Parameter(values.astype(dtype))
    optimizer, formula = build(rule, [("w", parameter)]), RULES[rule][2]()
    for t in range(1, 7):
        g = rng.normal(size=(3, 4))
        optimizer.zero_grad()
        parameter.grad += g
        optimizer.step()
        values = formula(values, g, t)
    assert parameter.value.dtype == dtype
    np.testing.assert_allclose(parameter.value, values, rtol=1e-12 if dtype == np.float64 else 1e-4)


@every_rule
def test_any_layout_of_memory(rule: str) -> None:
    rng = np.random.default_rng(0)
    values, g = rng.normal(size=(2, 4, 6))
    plain, strided = Parameter(values.copy()), Parameter(np.asfortranarray(values))
    for parameter in (plain, strided):
        parameter.grad += g
        build(rule, [("w", parameter)]).step()
    np.testing.assert_allclose(strided.value, plain.value, rtol=1e-14)
    scalar = Parameter(np.array(1.0))
    scalar.grad += 1.0
    build(rule, [("w", scalar)]).step()
    assert scalar.value < 1


@pytest.mark.parametrize("rule", ["sgd", "adagrad"])
@given(rngs(), st.integers(1, 6))
def test_row_sparse_equals_dense(rule: str, rng: np.random.Generator, steps: int) -> None:
    start = rng.normal(size=(6, 2))
    sparse, dense = Parameter(start.copy()), Parameter(start.copy())
    optimizers = [build(rule, [("w", parameter)]) for parameter in (sparse, dense)]
    for _ in range(steps):
        ids, rows = rng.integers(0, 6, 4), rng.normal(size=(4, 2))
        sparse.add_rows(ids, rows)
        np.add.at(dense.grad, ids, rows)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
    np.testing.assert_allclose(sparse.value, dense.value, rtol=1e-12)


@every_rule
def test_row_sparse_leaves_other_rows_alone(rule: str) -> None:
    rng = np.random.default_rng(0)
    start = rng.normal(size=(6, 2))
    parameter, alone = Parameter(start.copy()), Parameter(start[[1, 4]].copy())
    optimizers = [build(rule, [("w", p)], decay_vectors=True) for p in (parameter, alone)]
    for _ in range(3):
        rows = rng.normal(size=(2, 2))
        parameter.add_rows(np.array([4, 1]), rows)
        alone.grad += rows[::-1]
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
    np.testing.assert_array_equal(parameter.value[[0, 2, 3, 5]], start[[0, 2, 3, 5]])
    np.testing.assert_allclose(parameter.value[[1, 4]], alone.value, rtol=1e-14)


@every_rule
def test_a_saved_state_goes_on_with_the_same_bytes(rule: str) -> None:
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(6, 5, 3)).astype(np.float32)

    def go_on(value: Any, optimizer: Any, parameter: Any, gradients: Any) -> Any:
        parameter.value[...] = value
        for g in gradients:
            optimizer.zero_grad()
            parameter.grad += g
            optimizer.step()
        return parameter.value.tobytes()

    first = Parameter(np.ones((5, 3), np.float32))
    optimizer = build(rule, [("w", first)])
    go_on(np.ones((5, 3)), optimizer, first, gradients[:3])
    optimizer.learning_rate = 0.01
    state, value = optimizer.state(), first.value.copy()
    expected = go_on(value, optimizer, first, gradients[3:])

    second = Parameter(np.zeros((5, 3), np.float32))
    resumed = build(rule, [("w", second)])
    resumed.load_state(state)
    assert {name: array.tobytes() for name, array in resumed.state().items()} == {
        name: array.tobytes() for name, array in state.items()
    }
    assert go_on(value, resumed, second, gradients[3:]) == expected


def test_state_is_named_arrays_that_nobody_else_holds() -> None:
    parameter = Parameter(np.ones((2, 2)))
    optimizer = Adam([("w", parameter)])
    parameter.grad += 1
    optimizer.step()
    state = optimizer.state()
    assert state.keys() == {"steps", "learning_rate", "w.mean", "w.squares"}
    assert state["steps"].dtype == np.int64
    state["w.mean"][:] = 9
    assert optimizer.state()["w.mean"].max() < 9


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    parameter = Parameter(np.ones((2, 2)))
    optimizer = Adam([("w", parameter)])
    parameter.grad += 1
    optimizer.step()
    good = optimizer.state()
    for change, message in (
        ({"v.mean": np.ones(1)}, "v.mean"),
        ({"w.mean": np.ones((3, 2))}, r"found float64 of \(3, 2\)"),
        ({"w.mean": np.ones((2, 2), np.float32)}, "must be float64"),
    ):
        with pytest.raises(ValueError, match=message):
            optimizer.load_state({**good, "steps": np.array(7), **change})
    without = {name: array for name, array in good.items() if name != "w.squares"}
    with pytest.raises(ValueError, match=r"lacks 'w.squares'"):
        optimizer.load_state(without)
    assert optimizer.steps == 1


@pytest.mark.parametrize("decoupled", [False, True])
def test_weight_decay_spares_vectors_unless_asked(decoupled: bool) -> None:
    for decay_vectors in (False, True):
        w, b = Parameter(np.ones((1, 1))), Parameter(np.ones(1))
        for parameter in (w, b):
            parameter.grad += 0.0
        options = {"decoupled": decoupled, "decay_vectors": decay_vectors}
        SGD([("w", w), ("b", b)], learning_rate=0.5, weight_decay=0.1, **options).step()
        np.testing.assert_allclose(w.value, 0.95)
        np.testing.assert_allclose(b.value, 0.95 if decay_vectors else 1.0)


def test_l2_decay_enters_the_moments_and_decoupled_does_not() -> None:
    values = {}
    for decoupled in (False, True):
        parameter = Parameter(np.full((1, 1), 10.0))
        parameter.grad += 1.0
        options = {"weight_decay": 0.1, "decoupled": decoupled}
        Adam([("w", parameter)], learning_rate=0.1, **options).step()
        values[decoupled] = float(parameter.value[0, 0])
    np.testing.assert_allclose(values[False], 9.9, rtol=1e-6)
    np.testing.assert_allclose(values[True], 9.8, rtol=1e-6)


def test_tied_once_frozen_and_gradientless_never() -> None:
    tied, frozen, idle = (Parameter(np.ones((1, 1))) for _ in range(3))
    frozen.trainable = False
    optimizer = SGD(
        [("a", tied), ("b", tied), ("frozen", frozen), ("idle", idle)],
        learning_rate=0.1,
        weight_decay=0.1,
    )
    tied.grad += 1
    frozen.grad += 1
    optimizer.step()
    assert [p.value.item() for p in (frozen, idle)] == [1.0, 1.0]
    np.testing.assert_allclose(tied.value, 1 - 0.11)
    optimizer.zero_grad()
    assert not any(p.has_grad for p in (tied, frozen))


@pytest.mark.parametrize("name", ["sgd", "adagrad", "rmsprop", "adam", "adamw"])
def test_the_number_of_threads_changes_no_weight(name: str) -> None:
    values = []
    for threads in (1, 2):
        rng = np.random.default_rng(5)
        shapes = {"large": (700, 512), "small": (3, 4), "vector": (9,), "table": (5000, 100)}
        named = {n: Parameter(rng.normal(size=s).astype(np.float32)) for n, s in shapes.items()}
        optimizer = create_optimizer(name, named.items())
        for _ in range(2):
            for parameter in (named["large"], named["small"], named["vector"]):
                parameter.add_grad(rng.normal(size=parameter.value.shape).astype(np.float32))
            rows = rng.normal(size=(4000, 100)).astype(np.float32)
            named["table"].add_rows(rng.permutation(5000)[:4000], rows)
            with use_threads(threads):
                optimizer.step()
            optimizer.zero_grad()
        values.append({name: parameter.value for name, parameter in named.items()})
    for key, value in values[0].items():
        np.testing.assert_array_equal(value, values[1][key])


def test_an_optimizer_can_be_copied() -> None:
    parameter = Parameter(np.ones((2, 2), np.float32))
    optimizer = Adam([("w", parameter)])
    parameter.grad += 1
    optimizer.step()
    copy = deepcopy(optimizer)
    for each in (optimizer, copy):
        each.step()
    np.testing.assert_array_equal(copy.parameters["w"].value, parameter.value)


def test_mistakes_are_named() -> None:
    parameter = Parameter(np.ones(1))
    with pytest.raises(ValueError, match="same name"):
        SGD([("w", parameter), ("w", Parameter(np.ones(1)))])
    for options in (
        {"learning_rate": -1.0},
        {"momentum": 1.0},
        {"nesterov": True},
        {"weight_decay": float("nan")},
    ):
        with pytest.raises(ValueError, match=next(iter(options))):
            create_optimizer("sgd", [("w", parameter)], **options)
    with pytest.raises(ValueError, match="beta2"):
        Adam([], beta2=1.0)
