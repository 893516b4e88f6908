"""Drawing tokens from what a model holds possible: temperature, top-k, top-p.

Example:
    >>> import numpy as np
    >>> log_probabilities = np.log([0.5, 0.3, 0.2])
    >>> Sampling(top_k=2).restrict(log_probabilities)
    array([0.625, 0.375, 0.   ])
    >>> draw(Sampling(temperature=0.0).restrict(log_probabilities), np.random.default_rng(0))
    0
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqkit.arrays import Array
from seqkit.errors import NotANumberError, Problem, UserError

__all__ = ["Sampling", "draw"]


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How daring the choice of the next token is.

    Attributes:
        temperature: below 1 the likely becomes likelier, above 1 less so; 0 always takes the
            likeliest.
        top_k: choose among this many, the likeliest; None among all.
        top_p: choose among the fewest whose probabilities add up to this (Holtzman et al. 2020);
            None among all. After ``top_k``, of what that leaves.

    Raises:
        UserError: a temperature below 0 or not finite, a ``top_k`` below 1, or a ``top_p`` outside
            (0, 1].
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        problems = []
        if not 0.0 <= self.temperature < np.inf:
            problems.append(Problem(f"found {self.temperature}, wanted at least 0", "temperature"))
        if self.top_k is not None and self.top_k < 1:
            problems.append(Problem(f"found {self.top_k}, wanted at least 1", "top-k"))
        if self.top_p is not None and not 0.0 < self.top_p <= 1.0:
            problems.append(Problem(f"found {self.top_p}, wanted above 0 and at most 1", "top-p"))
        if problems:
            raise UserError(problems)

    def restrict(self, log_probabilities: Array, *, banned: Sequence[int] = ()) -> Array:
        """Return the probabilities to draw from.

        Args:
            log_probabilities: (V,) natural logarithms, or logits: a constant makes no difference.
            banned: ids that must not come; what is theirs goes to the others in proportion.

        Returns:
            (V,) float64, adding up to 1. Where two are equally likely, the lower id comes first.

        Raises:
            NotANumberError: a score is NaN or positive infinity.
            ValueError: everything is banned.
        """
        scores = np.array(log_probabilities, dtype=np.float64)
        scores[list(banned)] = -np.inf
        best = int(scores.argmax())
        if not scores[best] < np.inf:
            found = f"the score of token {best} is {scores[best]}; did the model diverge?"
            raise NotANumberError(found)
        if scores[best] == -np.inf:
            raise ValueError("nothing is left to draw from: every token is banned")
        if self.temperature == 0.0:
            return np.equal(np.arange(len(scores)), best).astype(np.float64)
        probabilities: Array = np.exp((scores - scores[best]) / self.temperature)
        if self.top_k is not None or self.top_p is not None:
            probabilities[self._left_out(probabilities)] = 0.0
        probabilities /= probabilities.sum()
        return probabilities

    def _left_out(self, weights: Array) -> Array:
        """Return the ids that top-k and top-p leave out, given weights (V,) of any sum."""
        order = np.argsort(-weights, kind="stable")
        kept = weights[order[: self.top_k]]
        if self.top_p is not None:
            # A token is in as long as those before it fall short of the share.
            before = np.cumsum(kept)[:-1] < self.top_p * kept.sum()
            kept = kept[: 1 + int(before.sum())]
        return order[len(kept) :]


def draw(probabilities: Array, rng: np.random.Generator) -> int:
    """Draw an id from probabilities (V,), with one random number; never one of probability 0."""
    cumulative = np.cumsum(probabilities, dtype=np.float64)
    # Rounding must not lift the point to the very end, behind the last token.
    point = min(rng.random() * cumulative[-1], np.nextafter(cumulative[-1], 0.0))
    return int(np.searchsorted(cumulative, point, side="right"))
