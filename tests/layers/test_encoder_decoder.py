"""The encoder-decoder: gradients of the whole, whatever is read, and search."""

from typing import Any

import numpy as np
import pytest

from seqkit.layers.encoder_decoder import EncoderDecoder
from seqkit.layers.stack import build_recurrent
from seqkit.sequences import PackedSequence
from seqkit.testing.gradients import check_gradients
from tests.strategies import random_batch

END, WORDS, FEATURES = 1, 6, 3
TARGETS = [np.array([2, 5, 3]), np.array([], np.int64), np.array([0, 4]), np.array([3])]
LENGTHS = [3, 1, 0, 4]


def build(*, single: bool = False, encoder: Any = "gru", dtype: Any = np.float64, **options: Any):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    reader = None
    if not single:
        reader = build_recurrent(
            encoder, FEATURES, 2, layers=2, bidirectional=True, rng=rng, dtype=dtype
        )
    return EncoderDecoder.build(
        reader, FEATURES, WORDS, end=END, embedding=4, units=5, rng=rng, dtype=dtype, **options
    )


def check(network: EncoderDecoder, source: Any, **options: Any) -> None:
    packed = isinstance(source, PackedSequence)

    def function(data: Any) -> Any:
        given = source.with_data(data) if packed else data
        rng = np.random.default_rng(5)
        loss = network.loss(given, TARGETS, train=True, rng=rng, **options)

        def backward(d_total: Any) -> Any:
            d_source = loss.backward(float(d_total))
            return d_source.data if packed else d_source

        return np.asarray(loss.total), backward

    data = source.data if packed else source
    check_gradients(function, [data], network.parameters(), entries=20)


@pytest.mark.parametrize(
    ("attention", "cell"), [("additive", "gru"), ("dot", "lstm"), (None, "rnn")]
)
def test_gradients_from_sequences(attention: Any, cell: Any) -> None:
    network = build(attention=attention, cell=cell, layers=2, dropout=0.2)
    source = random_batch(np.random.default_rng(1), LENGTHS, FEATURES)
    check(network, source, sampled=0.3, label_smoothing=0.1)


def test_a_batch_of_no_sequences() -> None:
    network = build(attention="dot")
    loss = network.loss(random_batch(np.random.default_rng(1), [], FEATURES), [])
    assert (loss.total, loss.count) == (0, 0)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_gradients_from_single_vectors(cell: Any) -> None:
    network = build(single=True, cell=cell)
    check(network, np.random.default_rng(1).normal(size=(4, FEATURES)))


@pytest.mark.parametrize("single", [False, True])
def test_a_beam_finds_nothing_worse_than_greed(single: bool) -> None:
    network = build(single=single)
    rng = np.random.default_rng(1)
    source: Any = random_batch(rng, LENGTHS, FEATURES)
    if single:
        source = rng.normal(size=(4, FEATURES))
    greedy = network.search(source, max_length=6)
    beam = network.search(source, max_length=6, width=6, n_best=3)
    for one, several in zip(greedy, beam, strict=True):
        assert len(several) == 3
        assert several[0].score >= one[0].score - 1e-9 or several[0].ended > one[0].ended


def test_attention_is_shown_for_sequences_alone() -> None:
    source = random_batch(np.random.default_rng(1), LENGTHS, FEATURES)
    weights = build().attention(source, TARGETS)
    assert [matrix.shape for matrix in weights] == [(4, 3), (1, 1), (3, 0), (2, 4)]
    assert build(single=True).attention(np.ones((4, FEATURES)), TARGETS) == []


def test_a_table_may_be_shared_with_what_is_read() -> None:
    table = build().decoder.embedding.table
    shared = build(table=table)
    assert shared.decoder.embedding.table is table


def test_float32_stays_float32() -> None:
    network = build(dtype=np.float32)
    source = random_batch(np.random.default_rng(1), LENGTHS, FEATURES, np.float32)
    loss = network.loss(source, TARGETS, train=True)
    assert loss.backward(1.0).data.dtype == np.float32
    assert {parameter.grad.dtype for _, parameter in network.parameters()} == {np.dtype(np.float32)}
