"""Memory that is lent and given back."""

import gc
import weakref

import numpy as np

from seqkit.kernels.spare import Spare
from seqkit.kernels.threads import parallel, use_threads


def test_nobody_gets_what_is_lent() -> None:
    spare = Spare()
    first, second = spare.lend((3, 5)), spare.lend((3, 5))
    assert first.shape == (3, 5)
    assert first.dtype == np.float32
    assert first.flags.c_contiguous
    assert not np.shares_memory(first, second)


def test_what_is_given_back_is_lent_again() -> None:
    spare = Spare()
    first, larger = spare.lend((40, 5)), spare.lend((60, 5))
    spare.give_back(first)
    spare.give_back(larger)
    lent = [spare.lend((6, 30)) for _ in range(3)]
    assert np.shares_memory(lent[0], larger)
    assert np.shares_memory(lent[1], first)
    assert not np.shares_memory(lent[2], larger)
    assert not np.shares_memory(lent[2], first)


def test_what_came_back_last_is_lent_first() -> None:
    spare = Spare()
    first, second = spare.lend((40, 5)), spare.lend((40, 5))
    spare.give_back(second)
    spare.give_back(first)
    assert np.shares_memory(spare.lend((2, 3)), first)


def test_arrays_that_are_lent_together_come_back_together() -> None:
    spare = Spare()
    arrays = spare.lend_together((3, 5), (0, 4), (7,))
    assert [array.shape for array in arrays] == [(3, 5), (0, 4), (7,)]
    assert [array.ctypes.data % 64 for array in arrays] == [0, 0, 0]
    assert not np.shares_memory(arrays[0], arrays[2])
    spare.give_back(arrays[2][2:])
    whole = spare.lend((32,))
    assert np.shares_memory(whole, arrays[0])
    assert np.shares_memory(whole, arrays[2])


def test_a_small_array_does_not_take_a_piece_that_is_too_large() -> None:
    spare = Spare(too_large=4)
    large = spare.lend((1000,))
    spare.give_back(large)
    assert not np.shares_memory(spare.lend((10,)), large)
    assert np.shares_memory(spare.lend((300,)), large)


def test_a_piece_that_has_become_too_small_is_let_go() -> None:
    spare = Spare()
    small = spare.lend((100,))
    spare.give_back(small)
    piece = weakref.ref(small.base)
    del small
    assert piece() is not None
    larger = spare.lend((1000,))
    gc.collect()
    assert piece() is None
    spare.give_back(larger)
    assert np.shares_memory(spare.lend((100,)), larger)


def test_no_more_is_kept_than_allowed() -> None:
    spare = Spare(most=10_000)
    old, new = spare.lend((1000,)), spare.lend((1500,))
    spare.give_back(old)
    spare.give_back(new)
    assert np.shares_memory(spare.lend((1500,)), new)
    assert not np.shares_memory(spare.lend((1000,)), old)
    huge = spare.lend((5000,))
    spare.give_back(huge)
    assert not np.shares_memory(spare.lend((5000,)), huge)


def test_threads_never_get_the_same() -> None:
    spare = Spare()

    def work(number: int) -> bool:
        for round_ in range(200):
            array = spare.lend((50 + round_ % 7,))
            array[:] = number
            if not (array == number).all():
                return False
            spare.give_back(array)
        return True

    with use_threads(4):
        assert all(parallel(*(lambda k=k: work(k) for k in range(4))))  # type: ignore[misc]
