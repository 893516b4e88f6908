"""The task: reads pairs, cuts them into tokens, and fits the vocabularies."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from seqkit.errors import Problem, UserError
from seqkit.tasks import Resources, Task
from seqkit.text import END, UNKNOWN, Vocabulary, create_tokenizer

from seqkit_seq2seq.config import Seq2SeqConfig
from seqkit_seq2seq.model import Seq2SeqModel, Written
from seqkit_seq2seq.pairs import Pair, read_raw_pairs

__all__ = ["Seq2SeqTask"]


class Seq2SeqTask(Task[Seq2SeqConfig, Pair, Written]):
    """Formats and options, before any data is known."""

    def __init__(self, config: Seq2SeqConfig) -> None:
        super().__init__(config)
        self._source = create_tokenizer(config.source_units)
        self._target = create_tokenizer(config.target_units)

    @property
    def formats(self) -> Mapping[str, Callable[[Pair, Written], str]]:
        """``tsv``: source and answer; ``text``: the answer alone."""
        return {
            "tsv": lambda pair, written: f"{pair.source}\t{written.text}",
            "text": lambda pair, written: written.text,
        }

    def read(self, path: Path) -> list[Pair]:
        """Read pairs: tab-separated, of fixed width, or the CMU dictionary."""
        pairs = read_raw_pairs(path, self.config)
        return [self._pair(source, targets) for source, targets in pairs]

    def examples(self, inputs: Sequence[Any], targets: Sequence[Any] | None = None) -> list[Pair]:
        """Make examples of texts, and of their answers: a text each, or several right ones."""
        answers = [()] * len(inputs) if targets is None else [_several(item) for item in targets]
        return [self._pair(str(text), given) for text, given in zip(inputs, answers, strict=True)]

    def _pair(self, source: str, targets: tuple[str, ...]) -> Pair:
        tokens = self._source.tokenize(source.lower() if self.config.lowercase else source)
        read = tokens[::-1] if self.config.reverse_source else tokens
        answers = tuple(tuple(self._target.tokenize(target)) for target in targets)
        return Pair(source, tuple(read), answers, targets)

    def text(self, example: Pair) -> str:
        """Return the source."""
        return example.source

    def answer(self, prediction: Written) -> str:
        """Return the text."""
        return prediction.text

    def gold(self, example: Pair) -> Written | None:
        """Return the first right answer, for certain."""
        if not example.answers:
            return None
        return Written(example.targets[0], example.answers[0])

    def fit(self, train: Sequence[Pair]) -> Resources:
        """Fit the vocabularies, and the length of the longest answer.

        Raises:
            UserError: no pairs.
        """
        if not train:
            raise UserError(Problem("found no pairs, wanted at least one", "training split"))
        sources = [pair.tokens for pair in train]
        answers = [answer for pair in train for answer in pair.answers]
        shared = self.config.shared_vocabulary
        target = self._fit([*sources, *answers] if shared else answers)
        source = target if shared else self._fit(sources)
        longest = max(map(len, answers), default=0)
        return {"source": source, "target": target, "longest": longest}

    def _fit(self, texts: Sequence[Sequence[str]]) -> dict[str, Any]:
        return Vocabulary.fit(
            texts,
            minimum_count=self.config.min_count,
            maximum_size=self.config.max_vocabulary,
            specials=(UNKNOWN, END),
        ).to_json()

    def build(self, resources: Resources, *, rng: np.random.Generator) -> Seq2SeqModel:
        """Build the model, in training and after loading alike.

        Raises:
            UserError: a vocabulary without its marks.
        """
        target = Vocabulary.from_json(resources["target"])
        shared = self.config.shared_vocabulary
        source = target if shared else Vocabulary.from_json(resources["source"])
        if source.unknown_id is None or target.end_id is None:
            raise UserError(Problem(f"the marks {UNKNOWN} and {END} are missing", "vocabulary"))
        return Seq2SeqModel(source, target, int(resources["longest"]), self.config, rng=rng)


def _several(given: Any) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(map(str, given))
