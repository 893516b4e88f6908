"""A question with its text, cut into tokens and sentences."""

from dataclasses import dataclass
from itertools import accumulate, pairwise

from seqkit.text import Tokenizer, nfc, sentence_lengths

from seqkit_qa.readers import Record

__all__ = ["Answer", "Question", "ask"]


@dataclass(frozen=True)
class Answer:
    """The answer to a question; its fields are what ``seqkit predict`` prints.

    Attributes:
        answer: the text of it.
        probability: of all the answers that were possible.
        start: where it stands, in characters of the text (in NFC); None for one of a closed set.
        end: where it ends: ``text[start:end] == answer``.
    """

    answer: str
    probability: float
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Question:
    """A question about a text.

    Attributes:
        text: as given, in NFC.
        question: likewise.
        tokens: what the model reads of the text.
        spans: (start, end) of each token in ``text``.
        sentences: how many tokens belong to each sentence.
        asked: the tokens of the question.
        answers: each of them right; empty where they are not known.
        start: where in ``text`` the first one stands, if that is known.
    """

    text: str
    question: str
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    sentences: tuple[int, ...]
    asked: tuple[str, ...]
    answers: tuple[str, ...] = ()
    start: int | None = None

    @property
    def place(self) -> tuple[int, int] | None:
        """First and last token of the first answer; where it stands first, if that is not known.

        None where it does not stand in the text.
        """
        answer = self.answers[0] if self.answers else ""
        start = self.text.find(answer) if self.start is None else self.start
        end = start + len(answer)
        inside = [i for i, (a, b) in enumerate(self.spans) if a < end and b > start]
        return (inside[0], inside[-1]) if start >= 0 and inside else None

    def span(self, first: int, last: int, probability: float) -> Answer:
        """Return the stretch of the text from one token to another as an answer."""
        start, end = self.spans[first][0], self.spans[last][1]
        return Answer(self.text[start:end], probability, start, end)

    def token_sentences(self) -> list[tuple[str, ...]]:
        """Return the tokens of each sentence."""
        ends = accumulate(self.sentences, initial=0)
        return [self.tokens[start:end] for start, end in pairwise(ends)]


def ask(record: Record, tokenizer: Tokenizer, *, lowercase: bool) -> Question:
    """Cut text and question into tokens, and the text into sentences."""
    text, question = nfc(record.text), nfc(record.question)
    spans = tuple(tokenizer.spans(text))
    tokens, asked = (
        tuple(token.lower() if lowercase else token for token in tokenizer.tokenize(part))
        for part in (text, question)
    )
    answers = tuple(nfc(answer) for answer in record.answers)
    start = None if record.start is None else len(nfc(record.text[: record.start]))
    sentences = tuple(sentence_lengths(text, spans))
    return Question(text, question, tokens, spans, sentences, asked, answers, start)
