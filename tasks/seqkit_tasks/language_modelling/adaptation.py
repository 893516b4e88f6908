"""Reading a text and adapting to it: the model as it is, with a cache, or learning as it reads.

What a model scores here is not comparable with its plain perplexity on the same text, and is never
reported as such: the model has looked back at what it has read. Still no word is looked at before
its probability has been given, and each word's probabilities add up to 1 over the vocabulary.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.layers.base import State
from seqkit.optim import SGD, clip_by_norm
from seqkit.parameters import Parameter
from seqkit.randomness import random_stream
from seqkit.text.batching import streams
from seqkit_tasks.language_modelling.cache import CacheMemory, check_settings
from seqkit_tasks.language_modelling.model import SCORING_WINDOW, LanguageModel

__all__ = ["Dynamic", "Reading", "read_text"]


@dataclass(frozen=True, kw_only=True)
class Dynamic:
    """Dynamic evaluation: a gradient step after every few words (Krause et al. 2018).

    The steps are those of plain SGD with a clipped gradient; the paper's variant that scales them
    by statistics of the training text is not offered, because a saved model has none.

    Attributes:
        learning_rate: size of a step along the mean gradient of the words just read.
        segment: words between two steps.
        clip_norm: the gradient is scaled down to this norm.
        decay: share of the way back to the trained weights that each step goes.

    Raises:
        UserError: a number out of range.
    """

    learning_rate: float = 0.5
    segment: int = 20
    clip_norm: float = 1.0
    decay: float = 0.0

    def __post_init__(self) -> None:
        check_settings(
            "dynamic",
            learning_rate=(self.learning_rate >= 0, self.learning_rate, "at least 0"),
            segment=(self.segment >= 1, self.segment, "at least 1"),
            clip_norm=(self.clip_norm > 0, self.clip_norm, "more than 0"),
            decay=(0 <= self.decay <= 1, self.decay, "0 to 1"),
        )


class Reading(NamedTuple):
    """What the model and the caches say of a text.

    Attributes:
        model: (M,) log-probabilities of all tokens but the first.
        caches: (caches, M) log-probabilities under each cache alone; -inf where it has not the
            word, nan where it is empty.
    """

    model: Array
    caches: Array


def read_text(
    model: LanguageModel,
    ids: IntArray,
    *,
    dynamic: Dynamic | None = None,
    caches: Sequence[tuple[int, float]] = (),
) -> Reading:
    """Read a text once, from its beginning.

    Args:
        model: its weights are what they were, when this returns.
        ids: (1 + M,) the text.
        dynamic: how the model learns as it reads; by default not at all.
        caches: size and sharpness of each cache that looks on.
    """
    memories = [CacheMemory(size, sharpness) for size, sharpness in caches]
    parts: list[Array] = [np.empty(0)]
    cached: list[list[Array]] = [[np.empty(0)] for _ in caches]
    for features, targets, log_p in _windows(model, ids, dynamic):
        parts.append(log_p)
        for memory, found in zip(memories, cached, strict=True):
            found.append(memory.read(features, targets))
    total = np.concatenate(parts, dtype=np.float64)
    rows = [np.concatenate(found) for found in cached]
    return Reading(total, np.array(rows).reshape(len(rows), len(total)))


def _windows(
    model: LanguageModel, ids: IntArray, dynamic: Dynamic | None
) -> Iterator[tuple[Array, IntArray, Array]]:
    """Yield features, targets and the targets' log-probabilities, window by window."""
    if dynamic is not None:
        yield from _learning_windows(model, ids, dynamic)
        return
    state: State | None = None
    for inputs, targets in streams(ids, streams=1, window=SCORING_WINDOW):
        features, state, _ = model.encoder.forward(inputs, state)
        log_p = model.output.log_probabilities(features.data, targets.data)
        yield features.data, targets.data, log_p


def _learning_windows(
    model: LanguageModel, ids: IntArray, dynamic: Dynamic
) -> Iterator[tuple[Array, IntArray, Array]]:
    parameters = {name: p for name, p in model.parameters() if p.trainable}
    optimizer = SGD(parameters.items(), learning_rate=dynamic.learning_rate)
    state: State | None = None
    with _restored(optimizer.parameters.values()) as trained:
        windows = streams(ids, streams=1, window=dynamic.segment)
        for number, (inputs, targets) in enumerate(windows):
            features, state, back_encoder = model.encoder.forward(inputs, state)
            log_p = model.output.log_probabilities(features.data, targets.data)
            yield features.data, targets.data, log_p
            rng = random_stream(0, "dynamic evaluation", number)
            loss = model.output_loss(features.data, targets.data, rng)
            back_encoder(features.with_data(loss.backward(1.0 / loss.count)))
            clip_by_norm(optimizer.parameters.items(), dynamic.clip_norm)
            optimizer.step()
            optimizer.zero_grad()
            _go_back(trained, dynamic.decay)


@contextmanager
def _restored(parameters: Iterable[Parameter]) -> Iterator[list[tuple[Parameter, Array]]]:
    """Give the parameters with copies of their values, and put these back, whatever happens."""
    trained = [(parameter, parameter.value.copy()) for parameter in parameters]
    try:
        yield trained
    finally:
        for parameter, value in trained:
            parameter.value[...] = value
            parameter.zero_grad()


def _go_back(trained: Iterable[tuple[Parameter, Array]], share: float) -> None:
    if share:
        for parameter, value in trained:
            parameter.value += share * (value - parameter.value)
