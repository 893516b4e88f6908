"""The task: reads questions about texts, and builds the model for their kind of answer."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from seqkit.encoders import start_from_vectors
from seqkit.errors import Problem, UserError
from seqkit.inputs import answer_texts
from seqkit.tasks import Model, Resources, Task
from seqkit.text import Vocabulary, create_tokenizer, text_pairs
from seqkit.text.readers.source import BadLines

from seqkit_qa.closed import ClosedModel
from seqkit_qa.config import QAConfig
from seqkit_qa.examples import Answer, Question, ask
from seqkit_qa.model import QAModel
from seqkit_qa.readers import Record, read_records
from seqkit_qa.spans import SpanModel

__all__ = ["QATask"]

MODELS: Mapping[str, type[QAModel]] = {"closed": ClosedModel, "span": SpanModel}


class QATask(Task[QAConfig, Question, Answer]):
    """Formats and options, before any data is known."""

    def __init__(self, config: QAConfig) -> None:
        super().__init__(config)
        self._tokenizer = create_tokenizer(config.tokenizer)

    @property
    def formats(self) -> Mapping[str, Callable[[Question, Answer], str]]:
        """``tsv``: answer, probability, text and question."""
        return {"tsv": lambda asked, a: f"{a.answer}\t{a.probability:.4f}\t{self.text(asked)}"}

    def read(self, path: Path) -> list[Question]:
        """Read bAbI, SQuAD, JSON lines or a table; see :func:`~seqkit_qa.readers.read_records`."""
        return [self._ask(record) for record in read_records(path, gold=True)]

    def read_inputs(self, path: Path) -> list[Question]:
        """Read the same formats; what answers there are is left alone."""
        return [self._ask(record) for record in read_records(path, gold=False)]

    def examples(
        self, inputs: Sequence[Any], targets: Sequence[Any] | None = None
    ) -> list[Question]:
        """Make examples of (text, question), or of texts with a tab before the question.

        Args:
            inputs: the pairs.
            targets: a gold answer each, a text or a number, or several that are all right.

        Raises:
            UserError: inputs that are no pairs, or answers that are no texts.
        """
        pairs = text_pairs(inputs, names=("text", "question"))
        golds = [()] * len(pairs) if targets is None else answer_texts(targets)
        return [self._ask(Record(*pair, gold)) for pair, gold in zip(pairs, golds, strict=True)]

    def _ask(self, record: Record) -> Question:
        return ask(record, self._tokenizer, lowercase=self.config.lowercase)

    def text(self, example: Question) -> str:
        """Return text and question on one line, with a tab between: what ``predict`` takes."""
        return f"{' '.join(example.text.split())}\t{' '.join(example.question.split())}"

    def key(self, example: Question) -> str:
        """Return the text, so that the questions about one stay together where data is divided."""
        return example.text

    def shown(self, example: Question) -> Mapping[str, str]:
        """Return text and question."""
        return {"text": example.text, "question": example.question}

    def input(self, example: Question) -> tuple[str, str]:
        """Return the pair."""
        return example.text, example.question

    def answer(self, prediction: Answer) -> str:
        """Return the answer's text."""
        return prediction.answer

    def gold(self, example: Question) -> Answer | None:
        """Return the first gold answer, for certain."""
        if not example.answers:
            return None
        return Answer(example.answers[0], 1.0)

    def fit(self, train: Sequence[Question]) -> Resources:
        """Fit the vocabulary, and the set of answers where it is closed.

        Raises:
            UserError: nothing to choose from, or spans that do not stand in their texts.
        """
        kind = self._kind(train)
        words = self.config.fit_vocabulary(
            part for example in train for part in (example.tokens, example.asked)
        )
        answers = sorted({example.answers[0] for example in train if example.answers})
        if kind == "span":
            _check_places(train)
        elif len(answers) < 2:
            found = f"found {len(answers)} different answers, wanted at least two to choose from"
            raise UserError(Problem(found, "training split"))
        return {"kind": kind, "words": words.to_json(), "answers": answers * (kind == "closed")}

    def _kind(self, train: Sequence[Question]) -> str:
        if self.config.answer != "auto":
            return self.config.answer
        return "span" if train and all(e.start is not None for e in train) else "closed"

    def build(self, resources: Resources, *, rng: np.random.Generator) -> QAModel:
        """Build the model, in training and after loading alike."""
        words = Vocabulary.from_json(resources["words"])
        return MODELS[resources["kind"]](words, resources["answers"], self.config, rng)

    def warm_start(self, model: Model[Question, Answer]) -> Sequence[str]:
        """Fill in pretrained vectors, where the options name a file."""
        assert isinstance(model, QAModel)
        return start_from_vectors(model.encoder.embedding, model.words.words, self.config.vectors)


def _check_places(train: Sequence[Question]) -> None:
    """Refuse training answers that do not stand in their texts."""
    bad = BadLines("training split")
    for number, example in enumerate(train, 1):
        if example.place is None:
            found = f"the answer {'/'.join(example.answers)!r} does not stand in the text"
            bad.note(Problem(found, f"question {number}, {example.question!r}"), number)
    bad.check()
