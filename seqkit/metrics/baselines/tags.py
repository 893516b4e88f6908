"""The tagger that gives each word its commonest tag."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["CommonestTag", "Unseen"]

Unseen: TypeAlias = Literal["suffix", "overall"]
"""How a word that training never met is tagged."""

_LONGEST_SUFFIX = 3
_RARE = 5
"""Words met at most so often stand for the unseen ones; common words are mostly function words."""


@dataclass(frozen=True)
class CommonestTag:
    """Each word's commonest tag in the training data (Charniak et al. 1993).

    A word that was never met has the commonest tag of rare training words with the same longest
    ending, of three characters at most, and the same kind of first character (capital, digit or
    other); Brants (2000, "TnT", section 2.3) shows why the ending and the capital tell so much.
    With ``unseen="overall"`` it has the commonest tag of all.

    Attributes:
        by_word: the tag of each training word.
        by_ending: the tag of each (kind of first character, ending) of a rare training word.
        overall: the commonest tag of all.
    """

    by_word: dict[str, str]
    by_ending: dict[tuple[str, str], str]
    overall: str

    @classmethod
    def fit(
        cls,
        sentences: Iterable[Sequence[str]],
        tags: Iterable[Sequence[str]],
        *,
        unseen: Unseen = "suffix",
    ) -> "CommonestTag":
        """Count tags. Of equally common ones, the commoner one overall wins, then the first met.

        Args:
            sentences: words.
            tags: one for each word.
            unseen: "suffix" or "overall".

        Raises:
            ValueError: no word at all, or a sentence with another number of tags than words.
        """
        words: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for sentence, sentence_tags in zip(sentences, tags, strict=True):
            for word, tag in zip(sentence, sentence_tags, strict=True):
                words[word][tag] += 1
        if not words:
            raise ValueError("the commonest tag needs at least one tagged word, found none")
        total: Counter[str] = Counter()
        for counts in words.values():
            total.update(counts)
        endings = _count_endings(words) if unseen == "suffix" else {}
        return cls(
            by_word={word: _commonest(counts, total) for word, counts in words.items()},
            by_ending={ending: _commonest(counts, total) for ending, counts in endings.items()},
            overall=total.most_common(1)[0][0],
        )

    def tag(self, word: str) -> str:
        """Return the tag of one word."""
        if word in self.by_word:
            return self.by_word[word]
        for ending in _endings(word):
            if ending in self.by_ending:
                return self.by_ending[ending]
        return self.overall

    def predict(self, sentences: Iterable[Sequence[str]]) -> list[list[str]]:
        """Tag sentences of words."""
        return [[self.tag(word) for word in sentence] for sentence in sentences]


def _count_endings(
    words: defaultdict[str, Counter[str]],
) -> dict[tuple[str, str], Counter[str]]:
    endings: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for word, counts in words.items():
        if counts.total() <= _RARE:
            for ending in _endings(word):
                endings[ending].update(counts)
    return endings


def _endings(word: str) -> Iterator[tuple[str, str]]:
    """Yield (kind of first character, ending), the longest first, down to the empty ending."""
    first = word[:1]
    kind = "capital" if first.isupper() else "digit" if first.isdigit() else "other"
    lowered = word.lower()
    for length in range(min(_LONGEST_SUFFIX, len(lowered)), -1, -1):
        yield kind, lowered[len(lowered) - length :]


def _commonest(counts: Counter[str], total: Counter[str]) -> str:
    return max(counts, key=lambda tag: (counts[tag], total[tag]))
