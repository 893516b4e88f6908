"""What a model must beat: an answer out of the sentence that is nearest to the question."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from seqkit_qa.examples import Answer, Question

__all__ = ["NearestSentence"]


class NearestSentence:
    """An answer out of the sentence that shares the rarest words with the question.

    A word weighs ``log((1 + S) / (1 + s))`` if s of the S training sentences have it; of equally
    near sentences the later one is nearer. Out of a closed set, the answer is the last word of the
    sentence that is a training answer and does not stand in the question; without one the next
    sentence is looked at, and at last the commonest answer is taken. As a span, it is the
    sentence's longest run of words that do not stand in the question.

    Args:
        train: gold examples, at least one.
        commonest: their commonest answer.
        spans: whether answers are spans of the text.
    """

    def __init__(self, train: Sequence[Question], commonest: str, *, spans: bool) -> None:
        self._answer = self._span if spans else self._word
        self._commonest = commonest
        self._answers = {example.answers[0].lower(): example.answers[0] for example in train}
        texts = {example.text: example for example in train}.values()
        sentences = [set(words) for example in texts for words in example.token_sentences()]
        self._found = Counter(word for words in sentences for word in words)
        self._total = len(sentences)

    def predict(self, examples: Sequence[Question]) -> list[Answer]:
        """Return an answer to each question."""
        return [self._answer(example) for example in examples]

    def _nearest(self, example: Question) -> list[int]:
        """Return the numbers of the sentences, the nearest first."""
        asked = set(example.asked)
        weights = [
            # Sorted, because sums of floats depend on the order and sets have none.
            sum(sorted(math.log((1 + self._total) / (1 + self._found[word])) for word in shared))
            for shared in (asked.intersection(words) for words in example.token_sentences())
        ]
        return sorted(range(len(weights)), key=lambda i: (-weights[i], -i))

    def _word(self, example: Question) -> Answer:
        sentences = example.token_sentences()
        for number in self._nearest(example):
            for word in reversed(sentences[number]):
                if word.lower() in self._answers and word not in example.asked:
                    return Answer(self._answers[word.lower()], 1.0)
        return Answer(self._commonest, 1.0)

    def _span(self, example: Question) -> Answer:
        if not example.tokens:
            return Answer("", 1.0, 0, 0)
        number = self._nearest(example)[0]
        first = sum(example.sentences[:number])
        places = range(first, first + example.sentences[number])
        runs = groupby(places, key=lambda place: example.tokens[place] in example.asked)
        new = [list(run) for asked, run in runs if not asked] or [list(places)]
        longest = max(new, key=len)
        return example.span(longest[0], longest[-1], 1.0)
