"""What a thing of seqkit shows of itself at the prompt: short, and what tells it from another."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqkit
from seqkit import GRU, LSTM, RNN, Bidirectional, Stack, pack
from seqkit.layers import (
    CRF,
    Dropout,
    DropoutWrapper,
    Embedding,
    Linear,
    Pooling,
    SoftmaxOutput,
    TextEncoder,
    TiedLinear,
)
from seqkit.optim import SGD, Adam
from seqkit.parameters import Parameter
from seqkit.text import Vocabulary

RNG = np.random.default_rng(0)
DATA = Path(__file__).parents[1] / "seqkit" / "samples" / "sentiment-en"


def lstm(features: int = 8, units: int = 16) -> LSTM:
    return LSTM(features, units, rng=RNG)


@pytest.mark.parametrize(
    ("layer", "shown"),
    [
        (lstm(), "LSTM(8, 16)"),
        (LSTM(8, 16, recurrent_dropout=0.5, rng=RNG), "LSTM(8, 16, recurrent_dropout=0.5)"),
        (RNN(8, 16, rng=RNG), "RNN(8, 16)"),
        (RNN(8, 16, activation="relu", rng=RNG), "RNN(8, 16, activation='relu')"),
        (GRU(8, 16, rng=RNG), "GRU(8, 16)"),
        (GRU(8, 16, reset="before", rng=RNG), "GRU(8, 16, reset='before')"),
        (Bidirectional(lstm(), lstm()), "Bidirectional(LSTM(8, 16), LSTM(8, 16))"),
        (Stack([lstm(), lstm(16)]), "Stack([LSTM(8, 16), LSTM(16, 16)])"),
        (
            Stack([lstm(16)], connection="residual", dropout=0.2),
            "Stack([LSTM(16, 16)], connection='residual', dropout=0.2)",
        ),
        (Linear(16, 2, rng=RNG), "Linear(16, 2)"),
        (
            TiedLinear(Parameter(np.zeros((3, 2), np.float32))),
            "TiedLinear(Parameter(shape=(3, 2), float32))",
        ),
        (Embedding(100, 8, rng=RNG), "Embedding(100, 8)"),
        (Pooling(["max", "mean"], 32), "Pooling(['max', 'mean'], 32)"),
        (Dropout(0.3), "Dropout(0.3)"),
        (DropoutWrapper(lstm(), dropout=0.3), "DropoutWrapper(LSTM(8, 16), dropout=0.3)"),
        (
            TextEncoder(Embedding(9, 8, rng=RNG), lstm()),
            "TextEncoder(Embedding(9, 8), LSTM(8, 16))",
        ),
        (SoftmaxOutput(16, 100, rng=RNG), "SoftmaxOutput(16, 100)"),
        (CRF(5, rng=RNG), "CRF(5)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_layer_shows_how_it_is_made(layer: Any, shown: str) -> None:
    assert repr(layer) == shown


def test_a_parameter_shows_its_shape_and_type() -> None:
    assert repr(Parameter(np.zeros((8, 64), np.float32))) == "Parameter(shape=(8, 64), float32)"


def test_a_parameter_that_is_kept_as_it_is_says_so() -> None:
    frozen = Parameter(np.zeros(3), trainable=False)
    assert repr(frozen) == "Parameter(shape=(3,), float64, trainable=False)"


def test_a_batch_counts_its_sequences_and_tokens() -> None:
    assert repr(pack([[1, 2], [], [3]])) == "PackedSequence(sequences=3, tokens=3)"


def test_a_batch_of_vectors_shows_their_shape() -> None:
    batch = pack([np.zeros((5, 4)), np.zeros((6, 4))])
    assert repr(batch) == "PackedSequence(sequences=2, tokens=11, shape=(11, 4))"


@pytest.mark.parametrize("kind", [Adam, SGD])
def test_an_optimiser_shows_its_rate(kind: Any) -> None:
    optimiser = kind(lstm().parameters(), learning_rate=0.01)
    optimiser.step()
    assert repr(optimiser) == f"{kind.__name__}(3 parameters, learning_rate=0.01, steps=1)"


def test_a_vocabulary_counts_its_words() -> None:
    assert repr(Vocabulary.fit([["a", "b"]])).startswith("Vocabulary(3 words")


@pytest.fixture(scope="module")
def report() -> Any:
    return seqkit.train("sentiment", data=DATA, epochs=1, embedding=6, units=5)


def test_a_report_shows_its_score_and_best_epoch(report: Any) -> None:
    headline = report.evaluation.headline
    wanted = f"'sentiment', 'sentiment-en': {headline} on test, best epoch 1 of 1"
    assert repr(report) == f"FinishedRun({wanted})"


def test_a_model_shows_its_task_and_labels(report: Any) -> None:
    labels = "labels=['negative', 'positive']"
    weights = sum(p.value.size for _, p in report.trained.model.parameters())
    wanted = f"TrainedModel('sentiment', {labels}, weights={weights:,}, data='sentiment-en')"
    assert repr(report.trained) == wanted
