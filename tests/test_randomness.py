import subprocess
import sys

import numpy as np
import pytest

from seqkit.errors import UserError
from seqkit.randomness import check_seed, random_stream


def draw(*address) -> list[int]:
    return random_stream(*address).integers(0, 2**62, size=4).tolist()


def test_a_stream_is_determined_by_its_address() -> None:
    assert draw(3, "dropout", 1, 2) == draw(3, "dropout", 1, 2)


@pytest.mark.parametrize(
    "other",
    [
        (1, "dropout", 1, 2),
        (0, "order", 1, 2),
        (0, "dropout", 2, 1),
        (0, "dropout", 1),
        (0, "dropout", 1, 2, 0),
        (0, "dropou", ord("t"), 1, 2),
    ],
)
def test_any_other_address_gives_another_stream(other) -> None:
    assert draw(0, "dropout", 1, 2) != draw(*other)


def test_drawing_from_one_stream_changes_no_other() -> None:
    wanted = draw(0, "weights")
    random_stream(0, "order").normal(size=1000)
    np.random.default_rng().normal(size=10)
    assert draw(0, "weights") == wanted


def test_another_process_draws_the_same() -> None:
    code = "from seqkit.randomness import random_stream as s; print(s(7, 'ü', 3).integers(2**62))"
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert int(outcome.stdout) == random_stream(7, "ü", 3).integers(2**62)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="non-negative"):
        random_stream(-1, "order")


@pytest.mark.parametrize("seed", [-1, np.int64(-1), 1.5, None, "1"])
def test_a_seed_that_is_no_whole_number_is_refused_by_name(seed: object) -> None:
    with pytest.raises(UserError, match=r"seed: found .*, wanted a whole number, at least 0"):
        check_seed(seed)  # type: ignore[arg-type]


def test_a_seed_out_of_an_array_is_a_plain_number() -> None:
    assert type(check_seed(np.arange(3)[2])) is int
