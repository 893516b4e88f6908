"""Memory that is lent and given back."""

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
    first, larger = spare.lend((40, 5)), spare.lend((100, 5))
    spare.give_back(first, larger)
    assert np.shares_memory(spare.lend((6, 40)), first)
    assert np.shares_memory(spare.lend((6, 40)), larger)
    assert not np.shares_memory(spare.lend((6, 40)), larger)


def test_a_small_array_does_not_take_a_large_piece() -> None:
    spare = Spare()
    large = spare.lend((1000,))
    spare.give_back(large)
    assert not np.shares_memory(spare.lend((10,)), large)


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
