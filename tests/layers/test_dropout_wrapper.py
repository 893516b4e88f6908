"""A recurrent layer between two dropouts is a recurrent layer."""

from typing import Any

import numpy as np
import pytest

from seqkit.layers.dropout_wrapper import DropoutWrapper
from seqkit.layers.recurrent import GRU, LSTM
from seqkit.sequences import pack
from seqkit.testing import CheckCase, layer_checks
from seqkit.testing.gradients import check_recurrent_layer
from tests.strategies import random_batch, random_state


def wrapped(features: int, *, rng: np.random.Generator, dtype: Any, dropout: float = 0.4) -> Any:
    return DropoutWrapper(LSTM(features, 4, rng=rng, dtype=dtype), dropout=dropout)


@layer_checks(wrapped)
def test_it_keeps_the_contract_of_recurrent_layers(check: CheckCase) -> None:
    check()


@pytest.mark.parametrize("train", [False, True])
def test_gradients(train: bool) -> None:
    rng = np.random.default_rng(0)
    layer = wrapped(3, rng=rng, dtype=np.float64)
    batch = random_batch(rng, [3, 0, 5, 1], 3)
    state = random_state(rng, layer, 4)
    assert check_recurrent_layer(layer, batch, state, train=train, seed=3) < 1e-10


def test_one_mask_serves_all_steps_of_a_sequence() -> None:
    layer = DropoutWrapper(GRU(6, 5, rng=np.random.default_rng(0)), dropout=0.5)
    batch = pack([np.ones((4, 6)), np.ones((2, 6))])
    outputs, _, backward = layer.forward(batch, train=True, rng=np.random.default_rng(1))
    for sequence in outputs.unpack():
        dropped = sequence == 0
        assert (dropped == dropped[0]).all()
    d_inputs, _ = backward(None, None)
    assert not d_inputs.data.any()
