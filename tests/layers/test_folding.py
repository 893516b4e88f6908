"""Word vectors folded into the weights give what reading them one by one gives."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from seqkit.kernels.compiled import missing, use_compiled
from seqkit.kernels.threads import use_threads
from seqkit.layers import text_encoder
from seqkit.layers.base import can_fold
from seqkit.layers.bidirectional import Bidirectional
from seqkit.layers.embedding import Embedding
from seqkit.layers.recurrent import GRU, LSTM
from seqkit.layers.stack import build_recurrent
from seqkit.layers.text_encoder import TextEncoder
from seqkit.sequences import pack

WORDS, WIDTH, UNITS = 30, 7, 12
LENGTHS = [[3, 0, 9, 1, 9], [5], [40] * 33, [2, 1]]
KERNELS = [
    False,
    pytest.param(True, marks=pytest.mark.skipif(missing() is not None, reason=str(missing()))),
]


def lstm(seed: int = 0, width: int = WIDTH, dtype: Any = np.float32) -> LSTM:
    return LSTM(width, UNITS, rng=np.random.default_rng(seed), dtype=dtype)


def stack(**options: Any) -> Any:
    return build_recurrent("lstm", WIDTH, UNITS, rng=np.random.default_rng(1), **options)


LAYERS: dict[str, Callable[[], Any]] = {
    "lstm": lstm,
    "bidirectional": lambda: Bidirectional(lstm(0), lstm(1)),
    "stack": lambda: stack(layers=2, bidirectional=True),
    "float64": lambda: lstm(dtype=np.float64),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("compiled", KERNELS)
def test_folded_agrees_with_forward(name: str, lengths: list[int], compiled: bool) -> None:
    rng = np.random.default_rng(2)
    layer = LAYERS[name]()
    dtype = np.float64 if name == "float64" else np.float32
    vectors = rng.normal(size=(WORDS, WIDTH)).astype(dtype)
    ids = pack([rng.integers(0, WORDS, length) for length in lengths])
    assert can_fold(layer)
    with use_compiled(compiled):
        expected, _, _ = layer.forward(ids.with_data(vectors[ids.data]))
        found = [layer.forward_folded(layer.fold(vectors), ids)]
        for threads in (1, 2):
            with use_threads(threads):
                found.append(layer.forward_folded(layer.fold(vectors), ids))
    for outputs in found:
        assert outputs.data.dtype == dtype
        np.testing.assert_allclose(outputs.data, expected.data, atol=1e-5)
        np.testing.assert_array_equal(outputs.data, found[0].data)


@pytest.mark.parametrize("connection", ["residual", "dense", "highway"])
def test_what_others_read_is_not_folded(connection: str) -> None:
    assert not can_fold(stack(layers=2, connection=connection))
    gru = [GRU(WIDTH, UNITS, rng=np.random.default_rng(k)) for k in range(2)]
    assert not can_fold(gru[0])
    assert not can_fold(Bidirectional(*gru))
    assert can_fold(lstm())


@pytest.fixture
def encoder() -> TextEncoder:
    embedding = Embedding(WORDS, WIDTH, rng=np.random.default_rng(3))
    return TextEncoder(embedding, Bidirectional(lstm(0), lstm(1)), dropout=0.5)


@pytest.mark.parametrize("tokens", [0, 10, 5_000])
def test_a_reader_gives_what_forward_gives(encoder: TextEncoder, tokens: int) -> None:
    rng = np.random.default_rng(4)
    batches = [pack([rng.integers(0, WORDS, tokens // 4)] * 2) for _ in range(2)]
    read = encoder.reader(batch.data for batch in batches)
    for batch in batches:
        expected, _, _ = encoder.forward(batch)
        np.testing.assert_allclose(read(batch).data, expected.data, atol=1e-5)


def test_many_tokens_of_few_words_are_folded(
    encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folded = []
    monkeypatch.setattr(LSTM, "fold", lambda self, vectors: folded.append(len(vectors)))
    encoder.reader([np.arange(20)] * 5)
    assert folded == []  # too few tokens
    encoder.reader([np.arange(20)] * 500)
    assert folded == [20, 20]  # the words that occur, in both directions
    monkeypatch.setattr(text_encoder, "MOST", 100)
    encoder.reader([np.arange(20)] * 500)
    assert folded == [20, 20]  # would take too much memory


def test_folding_follows_the_weights(encoder: TextEncoder) -> None:
    ids = pack([np.arange(WORDS)] * 100)
    before = encoder.reader([ids.data])(ids).data
    encoder.embedding.table.value *= 2
    after = encoder.reader([ids.data])(ids).data
    np.testing.assert_allclose(after, encoder.forward(ids)[0].data, atol=1e-5)
    assert np.abs(after - before).max() > 1e-3


@pytest.mark.parametrize("compiled", KERNELS)
@pytest.mark.parametrize("wrong", [-1, 25, WORDS])
def test_ids_that_were_not_announced_are_refused(
    encoder: TextEncoder, wrong: int, compiled: bool
) -> None:
    read = encoder.reader([np.arange(20)] * 500)
    with use_compiled(compiled), pytest.raises(IndexError, match="ids must be in 0"):
        read(pack([np.array([3, wrong, 4])]))
