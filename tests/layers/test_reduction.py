"""Query reduction: against the equations, one story at a time, and its gradients."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.layers.reduction import QueryReduction, QueryReductionNetwork
from seqkit.testing.gradients import check_gradients
from tests.strategies import lengths, random_batch, rngs

WIDTH = 3


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def plain(unit: QueryReduction, sentences: Any, asked: Any, h: Any) -> list[Any]:
    """The equations, a sentence at a time."""
    values = {name: parameter.value for name, parameter in unit.parameters()}
    left = []
    for x, u in zip(sentences, asked, strict=True):
        z, r = sigmoid((x * u) @ values["gates.w"] + values["gates.bias"])
        both = np.concatenate([x, u])
        c = np.tanh(both @ values["candidate.w"] + values["candidate.bias"])
        h = z * r * c + (1 - z) * h
        left.append(h)
    return left


@given(rngs(), lengths(), st.booleans())
def test_as_the_equations_say(rng: np.random.Generator, counts: list[int], backwards: bool) -> None:
    unit = QueryReduction(WIDTH, rng=rng, dtype=np.float64)
    sentences, asked = random_batch(rng, counts, WIDTH), random_batch(rng, counts, WIDTH)
    start = rng.normal(size=(len(counts), WIDTH))
    h, _ = unit.forward(sentences, asked.data, start, backwards=backwards)
    way = -1 if backwards else 1
    stories = zip(
        sentences.unpack(), asked.unpack(), start, sentences.with_data(h).unpack(), strict=True
    )
    for x, u, first, found in stories:
        wanted = plain(unit, x[::way], u[::way], first)[::way]
        np.testing.assert_allclose(found, np.reshape(wanted, (-1, WIDTH)), rtol=1e-10)


@given(rngs(), lengths(), st.booleans())
def test_gradients_of_the_unit(
    rng: np.random.Generator, counts: list[int], backwards: bool
) -> None:
    unit = QueryReduction(WIDTH, rng=rng, dtype=np.float64)
    sentences = random_batch(rng, counts, WIDTH)

    def function(x: Any, asked: Any, start: Any) -> Any:
        return unit.forward(sentences.with_data(x), asked, start, backwards=backwards)

    inputs = [sentences.data, rng.normal(size=sentences.data.shape)]
    check_gradients(function, [*inputs, rng.normal(size=(len(counts), WIDTH))], unit.parameters())


@pytest.mark.parametrize("hops", [1, 2, 3])
@given(rngs(), lengths())
def test_gradients_of_the_network(hops: int, rng: np.random.Generator, counts: list[int]) -> None:
    network = QueryReductionNetwork(WIDTH, hops=hops, rng=rng, dtype=np.float64)
    sentences = random_batch(rng, counts, WIDTH)

    def function(x: Any, questions: Any) -> Any:
        left, backward = network.forward(sentences.with_data(x), questions)

        def flat_backward(d_left: Any) -> Any:
            d_sentences, d_questions = backward(d_left)
            return d_sentences.data, d_questions

        return left, flat_backward

    questions = rng.normal(size=(len(counts), WIDTH))
    check_gradients(function, [sentences.data, questions], network.parameters())


def test_a_story_without_sentences_leaves_the_question_as_it_was() -> None:
    rng = np.random.default_rng(0)
    network = QueryReductionNetwork(WIDTH, hops=2, rng=rng)
    questions = rng.normal(size=(2, WIDTH)).astype(np.float32)
    left, _ = network.forward(random_batch(rng, [0, 2], WIDTH, np.float32), questions)
    np.testing.assert_array_equal(left[0], questions[0])
    assert not np.array_equal(left[1], questions[1])


def test_a_story_is_read_alone_as_in_company() -> None:
    rng = np.random.default_rng(0)
    network = QueryReductionNetwork(WIDTH, hops=2, rng=rng, dtype=np.float64)
    stories, questions = random_batch(rng, [2, 5, 0, 3], WIDTH), rng.normal(size=(4, WIDTH))
    together, _ = network.forward(stories, questions)
    for i, story in enumerate(stories.unpack()):
        alone = stories.__class__(story, np.ones(len(story), np.int64), np.zeros(1, np.int64))
        left, _ = network.forward(alone, questions[i : i + 1])
        np.testing.assert_allclose(left[0], together[i], rtol=1e-12)


def test_no_hop_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, found 0"):
        QueryReductionNetwork(WIDTH, hops=0, rng=np.random.default_rng(0))
