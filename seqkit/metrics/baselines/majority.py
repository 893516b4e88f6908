"""The classifier that always says the commonest label."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["MajorityClass"]


@dataclass(frozen=True)
class MajorityClass:
    """The commonest label of the training data, whatever the text.

    Attributes:
        label: that label; among equally common ones the first that was met.
    """

    label: str

    @classmethod
    def fit(cls, labels: Iterable[str]) -> "MajorityClass":
        """Count the training labels.

        Raises:
            ValueError: there are none.
        """
        counts = Counter(labels)
        if not counts:
            raise ValueError("the majority class needs at least one training label, found none")
        return cls(counts.most_common(1)[0][0])

    def predict(self, texts: Sequence[object]) -> list[str]:
        """Return the label once for each text."""
        return [self.label] * len(texts)
