"""Whether a model has met what it is scored on."""

from typing import Any

import pytest

from seqkit.overlap import KEPT, describe_overlap, sketch_of


def said(learnt: list[str], scored: list[str]) -> str | None:
    return describe_overlap({"trained_on": sketch_of(learnt)}, scored)


def texts(start: int, stop: int) -> list[str]:
    return [f"글 {number}" for number in range(start, stop)]


def test_of_few_texts_the_number_is_exact() -> None:
    found = said(texts(0, 100), [*texts(90, 120), "글 95"])
    assert found is not None
    assert found.startswith("11 of 31 items stand in the training or validation split")


def test_of_one_text_the_sentence_is_in_the_singular() -> None:
    found = said(texts(0, 10), texts(9, 20))
    assert found is not None
    assert found.startswith("1 of 11 items stands in the training or validation split")


def test_of_many_texts_the_share_is_close() -> None:
    found = said(texts(0, 20_000), texts(10_000, 30_000))
    assert found is not None
    assert abs(int(found.removeprefix("about ").partition("%")[0]) - 50) <= 5


@pytest.mark.parametrize("count", [10, 20_000])
def test_other_texts_are_not_taken_for_them(count: int) -> None:
    assert said(texts(0, count), texts(count, 2 * count)) is None


@pytest.mark.parametrize("scored", [[], [""], ["  "], ["\ud800"]])
def test_blank_texts_and_half_characters_are_nothing_to_tell_by(scored: list[str]) -> None:
    assert said(["", " ", "a"], scored) is None


def test_a_sketch_is_small_and_the_same_in_any_order() -> None:
    sketch = sketch_of(texts(0, 5000))
    assert len(sketch) == KEPT
    assert sketch == sketch_of(reversed(texts(0, 5000) * 2))


@pytest.mark.parametrize(
    "metadata", [{}, *({"trained_on": sketch} for sketch in ([], 5, None, "글 1", [1] * 2000))]
)
def test_a_model_without_a_sketch_says_nothing(metadata: Any) -> None:
    assert describe_overlap(metadata, texts(0, 3)) is None
