"""Two LSTMs over one short sequence, against the readable LSTM in either direction."""

from typing import Any

import numpy as np
import pytest

from seqkit.kernels import reference
from seqkit.kernels.both_ends import lstm_both_ends
from seqkit.kernels.compiled import compiled, missing, use_compiled

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def weights(rng: np.random.Generator, features: int, units: int) -> Any:
    shapes = (features, 4 * units), (units, 4 * units), (4 * units,)
    return tuple((rng.normal(size=shape) / 2).astype(np.float32) for shape in shapes)


@pytest.mark.parametrize(
    ("steps", "features", "units"), [(1, 1, 1), (2, 3, 1), (9, 5, 7), (70, 40, 33)]
)
def test_it_is_the_lstm_from_either_end(steps: int, features: int, units: int) -> None:
    rng = np.random.default_rng(steps)
    x = rng.normal(size=(steps, features)).astype(np.float32)
    both = weights(rng, features, units), weights(rng, features, units)
    with use_compiled():
        found = compiled()
        assert found is not None
        outputs, hidden, cell = lstm_both_ends(found, x, both)
    sizes, zeros = np.ones(steps, np.int64), np.zeros((1, units))
    for k, (tokens, own) in enumerate(((x, outputs), (x[::-1], outputs[::-1]))):
        run = reference.lstm(tokens, sizes, (zeros, zeros), both[k], keep=False)
        np.testing.assert_allclose(own[:, k * units : (k + 1) * units], run.outputs, atol=1e-5)
        np.testing.assert_allclose(hidden[k], run.state[0][0], atol=1e-5)
        np.testing.assert_allclose(cell[k], run.state[1][0], atol=1e-5)
