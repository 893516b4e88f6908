"""The finder of names that training had."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from seqkit.text.tag_schemes import Span

__all__ = ["LongestMatch"]

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class LongestMatch:
    """Finds the entities that training had (the baseline of Tjong Kim Sang and De Meulder 2003).

    From left to right, the longest name that fits is taken. A name that would be wrong more often
    than right on the training split itself, such as one that is mostly a common word, is not taken.

    Attributes:
        types: the commonest type of each name.
        longest: words of the longest name that begins with a word.
    """

    types: dict[Phrase, str]
    longest: dict[str, int]

    @classmethod
    def fit(
        cls, sentences: Sequence[Phrase], entities: Sequence[Collection[Span]]
    ) -> "LongestMatch":
        """Collect names, and drop those that mislead.

        Args:
            sentences: words.
            entities: the gold spans of each.
        """
        counts: defaultdict[Phrase, Counter[str]] = defaultdict(Counter)
        for words, spans in zip(sentences, entities, strict=True):
            for span in spans:
                counts[words[span.start : span.end]][span.type] += 1
        every = cls._of({name: types.most_common(1)[0][0] for name, types in counts.items()})
        right: Counter[Phrase] = Counter()
        found: Counter[Phrase] = Counter()
        for words, spans in zip(sentences, entities, strict=True):
            for span in every.find(words):
                found[words[span.start : span.end]] += 1
                right[words[span.start : span.end]] += span in spans
        return cls._of({n: kind for n, kind in every.types.items() if 2 * right[n] >= found[n]})

    @classmethod
    def _of(cls, types: dict[Phrase, str]) -> "LongestMatch":
        longest: dict[str, int] = {}
        for name in types:
            longest[name[0]] = max(longest.get(name[0], 0), len(name))
        return cls(types, longest)

    def find(self, words: Phrase) -> list[Span]:
        """Return the names in a sentence, none overlapping another."""
        spans: list[Span] = []
        start = 0
        while start < len(words):
            end = self._end(words, start)
            if end > start:
                spans.append(Span(start, end, self.types[words[start:end]]))
            start = max(end, start + 1)
        return spans

    def _end(self, words: Phrase, start: int) -> int:
        """Return where the longest name that starts here ends; ``start`` if there is none."""
        ends = range(min(start + self.longest.get(words[start], 0), len(words)), start, -1)
        return next((end for end in ends if words[start:end] in self.types), start)
