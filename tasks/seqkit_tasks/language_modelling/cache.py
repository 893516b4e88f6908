"""The neural cache: what was just read is likelier to come again.

The hidden states of the last words and what came after each are remembered. A word's probability
under the cache grows with how often it came after states like the present one (Grave, Joulin and
Usunier 2017b, equations 2 and 3)::

    p_cache(w) ~ sum over remembered i with next word w of exp(sharpness h_t · h_i)
    p(w) = (1 - weight) p_model(w) + weight p_cache(w)

Both are distributions over the whole vocabulary, so their mixture is one too. Nothing is learnt;
the cache sees only words that have been scored already.
"""

from dataclasses import dataclass

import numpy as np

from seqkit.arrays import Array, IntArray
from seqkit.errors import Problem, UserError

__all__ = ["Cache", "CacheMemory", "check_settings"]

TOGETHER = 256
"""Words that look into the cache at once."""


@dataclass(frozen=True, kw_only=True)
class Cache:
    """How the cache works.

    Attributes:
        size: words that are remembered.
        weight: lambda, the share of the probability that the cache gives away.
        sharpness: theta, how much alike states must be; 0 only counts words.

    Raises:
        UserError: a size below 1, a weight outside [0, 1) or a sharpness below 0.
    """

    size: int = 2000
    weight: float = 0.1
    sharpness: float = 0.3

    def __post_init__(self) -> None:
        check_settings(
            "cache",
            size=(self.size >= 1, self.size, "at least 1"),
            weight=(0 <= self.weight < 1, self.weight, "at least 0 and below 1"),
            sharpness=(self.sharpness >= 0, self.sharpness, "at least 0"),
        )

    def mix(self, log_model: Array, log_cache: Array) -> Array:
        """Return the logarithms of the mixture; the model alone where the cache is empty (nan)."""
        if not self.weight:
            return log_model
        found = np.where(np.isnan(log_cache), log_model, log_cache)
        mixed: Array = np.logaddexp(np.log1p(-self.weight) + log_model, np.log(self.weight) + found)
        return mixed


class CacheMemory:
    """The last words of one text, each with the state before it.

    Args:
        size: words that are remembered.
        sharpness: theta.
    """

    def __init__(self, size: int, sharpness: float) -> None:
        self.size = size
        self.sharpness = sharpness
        self._states: Array | None = None
        self._words: IntArray = np.empty(0, np.int64)

    def read(self, states: Array, words: IntArray) -> Array:
        """Score words, each from those before it, and remember them.

        Args:
            states: (M, H) the model's output from which each word is predicted.
            words: (M,) ids.

        Returns:
            (M,) their log-probabilities under the cache alone: -inf for a word that is not in it,
            nan where it is empty.
        """
        parts = [
            self._read(states[start : start + TOGETHER], words[start : start + TOGETHER])
            for start in range(0, len(words), TOGETHER)
        ]
        return np.concatenate([np.empty(0), *parts])

    def _read(self, states: Array, words: IntArray) -> Array:
        old = len(self._words)
        before = states[:0] if self._states is None else self._states
        keys, following = np.concatenate([before, states]), np.concatenate([self._words, words])
        place, row = np.arange(len(keys)), old + np.arange(len(words))[:, None]
        scores = (states @ keys.T).astype(np.float64) * self.sharpness
        # Each word sees the ones before it, up to the size.
        scores[(place >= row) | (place < row - self.size)] = -np.inf
        largest = scores.max(axis=1, initial=-np.inf, keepdims=True)
        likeness = np.exp(scores - np.where(np.isfinite(largest), largest, 0.0))
        found = np.where(following == words[:, None], likeness, 0.0).sum(axis=1)
        self._states, self._words = keys[-self.size :], following[-self.size :]
        with np.errstate(divide="ignore", invalid="ignore"):
            log_p: Array = np.log(found / likeness.sum(axis=1))
        return log_p


def check_settings(kind: str, **settings: tuple[bool, float, str]) -> None:
    """Look at settings, each given as whether it is valid, its value, and what is wanted.

    Raises:
        UserError: some are not valid; all of them together.
    """
    problems = [
        Problem(f"found {found}, wanted {wanted}", f"{kind} {name}")
        for name, (valid, found, wanted) in settings.items()
        if not valid
    ]
    if problems:
        raise UserError(problems)
