"""A decoder of tokens: loss, gradients, scheduled sampling, search."""

from typing import Any

import numpy as np
import pytest

from seqkit.layers.attention import build_attention
from seqkit.layers.decoder import AttentionDecoder
from seqkit.layers.embedding import Embedding
from seqkit.layers.softmax import SoftmaxOutput
from seqkit.layers.stack import build_recurrent
from seqkit.layers.token_decoder import TokenDecoder
from seqkit.testing.gradients import check_gradients
from tests.strategies import random_batch, random_state

END, WORDS = 1, 6
TARGETS = [np.array([2, 5, 3]), np.array([], np.int64), np.array([0, 4])]


def build(
    kind: Any = "additive", cell: Any = "lstm", dtype: Any = np.float64, **options: Any
) -> TokenDecoder:
    rng = np.random.default_rng(0)
    recurrent = build_recurrent(cell, 4, 4, rng=rng, dtype=dtype)
    attention = None if kind is None else build_attention(kind, 4, 3, rng=rng, dtype=dtype)
    decoder = AttentionDecoder(recurrent, attention, rng=rng, dtype=dtype)
    embedding = Embedding(WORDS, 4, rng=rng, dtype=dtype)
    output = SoftmaxOutput(4, WORDS, w=embedding.table)
    return TokenDecoder(embedding, decoder, output, end=END, **options)


def beginning(decoder: TokenDecoder, batch: int = 3, dtype: Any = np.float64) -> Any:
    rng = np.random.default_rng(1)
    memory = random_batch(rng, [2, 4, 0, 3, 1][:batch], 3, dtype)
    return memory, random_state(rng, decoder.decoder.recurrent, batch, dtype)


@pytest.mark.parametrize("kind", ["additive", "dot", None])
def test_the_loss_is_that_of_each_sequence_token_by_token(kind: Any) -> None:
    decoder = build(kind)
    memory, state = beginning(decoder)
    loss = decoder.loss(TARGETS, memory, state)
    expected = []
    remembered = decoder.decoder.remember(memory)
    for n, target in enumerate(TARGETS):
        counts = np.eye(3, dtype=np.int64)[n]
        own = type(state)(*(array[:, n : n + 1] for array in state))
        before = END
        for token in [*target.tolist(), END]:
            vectors, _ = decoder.embedding.forward(np.array([before]))
            y, own = decoder.decoder.step(vectors, remembered, counts, own)
            expected.append(decoder.output.log_softmax(y)[0, token])
            before = token
    np.testing.assert_allclose(loss.log_probabilities, expected)
    assert loss.total == pytest.approx(-sum(expected))
    assert loss.count == 8
    d_memory, _ = loss.backward()
    assert (d_memory is None) == (kind is None)


@pytest.mark.parametrize("kind", ["additive", "dot", None])
@pytest.mark.parametrize("options", [{}, {"sampled": 0.5, "label_smoothing": 0.1}])
def test_gradients(kind: Any, options: Any) -> None:
    decoder = build(kind, dropout=0.2)
    memory, state = beginning(decoder)

    def function(m: Any, *initial: Any) -> Any:
        loss = decoder.loss(
            TARGETS,
            memory.with_data(m),
            type(state)(*initial),
            train=True,
            rng=np.random.default_rng(5),
            **options,
        )

        def backward(d_total: Any) -> Any:
            d_memory, d_state = loss.backward(float(d_total))
            return None if d_memory is None else d_memory.data, *d_state

        return np.asarray(loss.total), backward

    check_gradients(function, [memory.data, *state], decoder.parameters())


def test_scheduled_sampling_puts_the_models_own_tokens_before() -> None:
    decoder = build()
    decoder.output.bias.value[3] = 100.0  # type: ignore[union-attr]
    memory, state = beginning(decoder)
    targets = [np.full(60, 2), np.full(40, 2), np.full(50, 2)]
    before, _ = decoder._shift(targets)
    mixed = decoder._mix(before, memory, state, 0.5, np.random.default_rng(0))
    assert {tuple(sequence[:1].tolist()) for sequence in mixed.unpack()} == {(END,)}
    later = np.concatenate([sequence[1:] for sequence in mixed.unpack()])
    assert set(later.tolist()) == {2, 3}
    assert 0.35 < np.mean(later == 3) < 0.65


def test_a_token_put_before_is_the_one_written_at_its_place() -> None:
    decoder = build(cell="rnn")
    memory, state = beginning(decoder)
    before, _ = decoder._shift(TARGETS)
    mixed = decoder._mix(before, memory, state, 1.0 - 1e-9, np.random.default_rng(0))
    vectors, _ = decoder.embedding.forward(before.data)
    outputs = decoder.decoder.forward(before.with_data(vectors), memory, state).outputs
    for found, hidden in zip(mixed.unpack(), outputs.unpack(), strict=True):
        written = decoder.output.logits(hidden).argmax(axis=1)
        assert found.tolist() == [END, *written[:-1].tolist()]


def test_without_training_nothing_is_sampled() -> None:
    decoder = build()
    memory, state = beginning(decoder)
    plain = decoder.loss(TARGETS, memory, state).total
    assert decoder.loss(TARGETS, memory, state, sampled=0.9).total == plain
    with pytest.raises(ValueError, match="needs rng="):
        decoder.loss(TARGETS, memory, state, sampled=0.9, train=True)


@pytest.mark.parametrize("kind", ["additive", "dot", None])
@pytest.mark.parametrize("width", [1, 3])
def test_a_hypothesis_scores_what_the_loss_says_of_it(kind: Any, width: int) -> None:
    decoder = build(kind)
    memory, state = beginning(decoder, 5)
    found = decoder.search(memory, state, max_length=8, width=width, n_best=width, alpha=0.6)
    for rank in range(width):
        chosen = [best[rank] for best in found]
        targets = [np.array(hypothesis.tokens, np.int64) for hypothesis in chosen]
        log_p = decoder.loss(targets, memory, state).log_probabilities
        ends = np.cumsum([len(target) + 1 for target in targets])
        for hypothesis, scores in zip(chosen, np.split(log_p, ends[:-1]), strict=True):
            tokens = scores if hypothesis.ended else scores[:-1]
            assert hypothesis.log_probability == pytest.approx(tokens.sum(), rel=1e-9)


def test_what_is_banned_is_not_written() -> None:
    decoder = build()
    memory, state = beginning(decoder, 5)
    decoder.output.bias.value[3] = 100.0  # type: ignore[union-attr]
    free, banned = (decoder.search(memory, state, max_length=6, banned=ids) for ids in ((), (3,)))
    assert all(3 in best[0].tokens for best in free)
    assert not any(3 in best[0].tokens for best in banned)


def test_attention_is_one_matrix_for_each_sequence() -> None:
    decoder = build()
    memory, state = beginning(decoder)
    weights = decoder.attention(TARGETS, memory, state)
    assert [weight.shape for weight in weights] == [(4, 2), (1, 4), (3, 0)]
    np.testing.assert_allclose(weights[0].sum(axis=1), 1.0)
    assert build(None).attention(TARGETS, memory, state) == []


def test_no_sequences_are_legal() -> None:
    decoder = build(dtype=np.float32)
    memory, state = beginning(decoder, 0, np.float32)
    loss = decoder.loss([], memory, state)
    d_memory, _ = loss.backward(1.0)
    assert (loss.total, loss.count) == (0.0, 0)
    assert d_memory is not None
    assert decoder.search(memory, state, max_length=3) == []


def test_parts_must_fit() -> None:
    decoder = build()
    with pytest.raises(ValueError, match="do not fit"):
        TokenDecoder(decoder.embedding, decoder.decoder, decoder.output, end=WORDS)


@pytest.mark.parametrize("kind", ["additive", None])
def test_texts_drawn_by_the_largest_are_those_of_greedy_search(kind: Any) -> None:
    decoder = build(kind)
    memory, state = beginning(decoder, 5)
    found = decoder.sample(memory, state, lambda number, row: int(row.argmax()), max_length=6)
    best = decoder.search(memory, state, max_length=6)
    assert found == [list(hypotheses[0].tokens) for hypotheses in best]


def test_each_text_is_chosen_by_its_own_number() -> None:
    decoder = build()
    memory, state = beginning(decoder, 3)
    wanted = [[2, 2, END], [], [3, 4, 5]]
    plans = [iter([*tokens, END]) for tokens in wanted]
    found = decoder.sample(memory, state, lambda number, row: next(plans[number]), max_length=3)
    assert found == [[2, 2], [], [3, 4, 5]]
    assert decoder.sample(memory, state, lambda number, row: 2, max_length=0) == [[], [], []]
