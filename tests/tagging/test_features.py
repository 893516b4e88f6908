"""What a tagger knows of words: vectors, spelling and shape, alike in training and in use."""

from typing import Any

import numpy as np
import pytest

from seqkit.encoders import WordConfig
from seqkit.tagging.features import WordFeatures, fit_characters, fit_words
from seqkit.testing.gradients import gradient_error

SENTENCES = [["Mira", "met", "NASA"], [], ["서울에서", "met", "Mira", "👍🏽"], ["Neu"]]


def features(**options: Any) -> WordFeatures:
    small = {"embedding": 5, "character_embedding": 4, "character_units": 3, "word_dropout": 0.0}
    config = WordConfig(**{**small, **options})
    return WordFeatures(
        config,
        words=fit_words(config, SENTENCES[:3]),
        characters=fit_characters(SENTENCES[:3]),
        rng=np.random.default_rng(0),
        dtype=np.float64,
    )


@pytest.mark.parametrize("shape_embedding", [0, 2])
def test_the_gradient_is_right_with_and_without_shapes(shape_embedding: int) -> None:
    made = features(shape_embedding=shape_embedding, word_dropout=0.5)
    batch = made.encode(SENTENCES)
    weights = np.random.default_rng(1).normal(size=(8, made.output_features))

    def forward() -> Any:
        return made.forward(batch, train=True, rng=np.random.default_rng(2))

    y, backward = forward()
    backward(y.with_data(weights))
    errors = gradient_error(lambda: (forward()[0].data * weights).sum(), made.parameters())
    assert ("shapes.table" in errors) == bool(shape_embedding)
    assert max(errors.values()) <= 1e-7, errors


@pytest.mark.parametrize("shape_embedding", [0, 2])
def test_the_table_of_words_holds_what_the_forward_gives(shape_embedding: int) -> None:
    made = features(shape_embedding=shape_embedding)
    y, _ = made.forward(made.encode(SENTENCES))
    words = sorted({word for sentence in SENTENCES for word in sentence})
    table = dict(zip(words, made.tabulate(words), strict=True))
    for sentence, rows in zip(SENTENCES, y.unpack(), strict=True):
        for word, row in zip(sentence, rows, strict=True):
            np.testing.assert_allclose(row, table[word], atol=1e-12)
    assert y.data.shape == (8, 5 + 6 + shape_embedding)


def test_words_of_one_shape_share_its_vector_whatever_their_case_in_the_vocabulary() -> None:
    made = features(shape_embedding=2, lowercase=True)
    mira, neu, nasa = made.tabulate(["Mira", "Neu", "NASA"])[:, -2:]
    assert (mira == neu).all()
    assert (mira != nasa).any()


def test_the_description_names_the_parts_there_are() -> None:
    assert set(features().describe()) == {"words", "spelling"}
    assert set(features(shape_embedding=2).describe()) == {"words", "spelling", "shapes"}
