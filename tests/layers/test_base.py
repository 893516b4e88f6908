"""What all layers of a kind refuse alike."""

from typing import Any

import numpy as np
import pytest

from seqkit import LSTM, Bidirectional, Stack, pack
from seqkit.layers import Embedding, Linear, Pooling

RNG = np.random.default_rng(0)
PADDED = np.zeros((2, 5, 4), np.float32)
BATCH = pack([[1, 2], [3]])


def lstm() -> LSTM:
    return LSTM(4, 3, rng=RNG)


@pytest.mark.parametrize("given", [PADDED, [PADDED[0]], None], ids=["padded", "list", "nothing"])
@pytest.mark.parametrize(
    "layer",
    [lstm(), Bidirectional(lstm(), lstm()), Stack([lstm()]), Pooling(["max"], 4)],
    ids=lambda layer: type(layer).__name__,
)
def test_what_reads_sequences_says_how_a_batch_is_made(layer: Any, given: Any) -> None:
    found = f"{type(layer).__name__} wants a PackedSequence, found {type(given).__name__}; "
    with pytest.raises(TypeError, match=found + r"seqkit.pack\(sequences\) makes one"):
        layer.forward(given)


@pytest.mark.parametrize(
    ("given", "advice"),
    [(BATCH, "give its .data, and with_data the result"), ([1, 2], "np.asarray makes one")],
)
@pytest.mark.parametrize("layer", [Embedding(5, 4, rng=RNG), Linear(4, 3, rng=RNG)])
def test_what_reads_tokens_says_where_they_are(layer: Any, given: Any, advice: str) -> None:
    found = f"{type(layer).__name__} wants an array, found {type(given).__name__}; {advice}"
    with pytest.raises(TypeError, match=found):
        layer.forward(given)
