"""Activation regularisation against its formula, one sequence after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.layers.activation_penalties import penalise_activations
from seqkit.sequences import pack
from tests.strategies import rngs

lengths = st.lists(st.integers(0, 5), min_size=0, max_size=4)


@given(rngs(), lengths, st.sampled_from([0.0, 2.0]), st.sampled_from([0.0, 1.0]))
def test_is_its_formula(
    rng: np.random.Generator, lengths: list[int], size: float, change: float
) -> None:
    sequences = [rng.normal(size=(length, 3)) for length in lengths]
    batch = pack(sequences) if sequences else pack([np.zeros((0, 3))])
    squares = [x * x for x in sequences]
    steps = [np.diff(x, axis=0) ** 2 for x in sequences]
    wanted = sum(
        factor * np.concatenate(parts).mean()
        for factor, parts in [(size, squares), (change, steps)]
        if factor and sum(part.size for part in parts)
    )
    assert penalise_activations(batch, size=size, change=change).value == pytest.approx(wanted)


@given(rngs(), lengths)
def test_gradient(rng: np.random.Generator, lengths: list[int]) -> None:
    batch = pack([rng.normal(size=(length, 3)) for length in [*lengths, 2]])
    gradient = penalise_activations(batch, size=2.0, change=1.5).gradient
    for place in np.ndindex(gradient.shape):
        moved = batch.data.astype(complex)
        moved[place] += 1e-20j
        value = penalise_activations(batch.with_data(moved), size=2.0, change=1.5).value
        assert np.imag(value) / 1e-20 == pytest.approx(gradient[place], rel=1e-12, abs=1e-15)


def test_gradients_have_the_outputs_dtype() -> None:
    batch = pack([np.ones((3, 2), np.float32)])
    assert penalise_activations(batch, size=1.0, change=1.0).gradient.dtype == np.float32
