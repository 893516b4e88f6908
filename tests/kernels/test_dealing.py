"""A batch dealt out over parts gives what it gives whole; threads change no byte."""

from typing import Any

import numpy as np
import pytest

from seqkit.kernels import dispatch
from seqkit.kernels.dealing import dealt, parts_of
from seqkit.kernels.threads import inside_parallel, parallel, use_threads
from tests.kernels.test_agreement import KERNELS, every_kernel, everything, problem
from tests.strategies import like

PUBLIC = {
    "rnn-tanh": dispatch.rnn_tanh,
    "rnn-relu": dispatch.rnn_relu,
    "lstm": dispatch.lstm,
    "gru-after": dispatch.gru_after,
    "gru-before": dispatch.gru_before,
}


@every_kernel
@pytest.mark.parametrize(
    "lengths", [[4] * 33, [3] * 20 + [2] * 40 + [1], [1] * 130, [5, *[1] * 40]]
)
@pytest.mark.parametrize("keep", [True, False])
def test_dealt_agrees_with_whole(name: str, lengths: list[int], keep: bool) -> None:
    rng = np.random.default_rng(0)
    whole, *_ = KERNELS[name]
    arguments: Any = problem(name, rng, lengths, 3, 260, np.float64)
    assert parts_of(arguments[1], 260) in (2, 4)
    runs = [whole(*arguments, keep=keep), dealt(whole)(*arguments, keep=keep)]
    d_outputs = like(rng, runs[0].outputs)
    d_state = tuple(like(rng, array) for array in runs[0].state)
    for d in [(d_outputs, d_state), (None, d_state), (d_outputs, None)]:
        for found, wanted in zip(*(everything(run, *d) for run in reversed(runs)), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


@every_kernel
@pytest.mark.parametrize(
    ("lengths", "features", "units"), [([30] * 33, 20, 260), ([60] * 20, 90, 70), ([700], 40, 30)]
)
def test_threads_do_not_change_a_byte(
    name: str, lengths: list[int], features: int, units: int
) -> None:
    arguments: Any = problem(name, np.random.default_rng(1), lengths, features, units, np.float32)
    if name == "rnn-relu":
        arguments = (*arguments[:3], tuple(0.5 * w for w in arguments[3]))
    found = []
    for threads in (1, 2, 5):
        with use_threads(threads):
            run = PUBLIC[name](*arguments, keep=True)
            arrays = everything(run, np.ones_like(run.outputs), run.state)
        found.append([array.tobytes() for array in arrays])
    assert found[0] == found[1] == found[2]


def test_parts_go_by_shape_alone() -> None:
    for threads in (1, 2, 8):
        with use_threads(threads):
            assert [parts_of(np.array([n]), 256) for n in (1, 31, 32, 127, 128)] == [1, 1, 2, 2, 4]
            assert parts_of(np.array([64]), 100) == 1
            assert parallel(lambda: parts_of(np.array([64]), 256), inside_parallel) == [1, True]
    assert not inside_parallel()
