"""The task: reads pairs, cuts them into tokens, and fits the vocabularies."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np
from seqkit.errors import Problem, UserError
from seqkit.inputs import answer_texts, texts
from seqkit.tasks import Json, Resources, Task
from seqkit.text import Vocabulary, create_tokenizer, format_tsv, read_lexicon, read_pairs
from seqkit.writing_model import Written, fit_texts

from seqkit_seq2seq.config import Seq2SeqConfig
from seqkit_seq2seq.model import Pair, Seq2SeqModel

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
            "tsv": lambda pair, written: format_tsv(pair.source, written.text),
            "text": lambda pair, written: written.text,
        }

    def read(self, path: Path) -> list[Pair]:
        """Read pairs, tab-separated or of fixed width, or the CMU dictionary (``*.dict``)."""
        kind = self.config.format
        lexicon = path.name.removesuffix(".gz").endswith(".dict")
        if kind == "cmudict" or (kind == "auto" and lexicon):
            entries = read_lexicon(path, stress=self.config.stress)
            return [self._pair(word, tuple(map(" ".join, said))) for word, said, _ in entries]
        pairs = read_pairs(path, format=None if kind == "auto" else kind)
        return [self._pair(source, (target,)) for source, target, _ in pairs]

    def read_inputs(self, path: Path) -> list[Pair]:
        """Read a source a line; of files of pairs, ``*.tsv`` and ``*.dict``, their sources."""
        pairs = path.name.removesuffix(".gz").endswith((".tsv", ".dict"))
        return self.read(path) if pairs else super().read_inputs(path)

    def examples(self, inputs: Sequence[Any], targets: Sequence[Any] | None = None) -> list[Pair]:
        """Make examples of texts, and of their answers: a text each, or several right ones.

        Numbers among them are made texts.

        Raises:
            UserError: inputs or answers that are neither; all of them together.
        """
        given = texts([str(item) if isinstance(item, Number) else item for item in inputs])
        answers = [()] * len(given) if targets is None else answer_texts(targets)
        return [self._pair(text, right) for text, right in zip(given, answers, strict=True)]

    def _pair(self, source: str, targets: tuple[str, ...]) -> Pair:
        tokens = self._source.tokenize(source.lower() if self.config.lowercase else source)
        read = tokens[::-1] if self.config.reverse_source else tokens
        answers = tuple(tuple(self._target.tokenize(target)) for target in targets)
        return Pair(source, tuple(read), answers, targets)

    def in_order(self, example: Pair) -> tuple[str, ...]:
        """Return the tokens of the source from its beginning."""
        return example.tokens[::-1] if self.config.reverse_source else example.tokens

    def fitting_steps(self, steps: Sequence[str]) -> Sequence[str]:
        """Return the steps without ``seqkit attention`` where there is none to look at."""
        looks = self.config.attention != "none"
        return [step for step in steps if looks or not step.startswith("attention")]

    def text(self, example: Pair) -> str:
        """Return the source."""
        return example.source

    def answer(self, prediction: Written) -> str:
        """Return the text."""
        return prediction.text

    def gold(self, example: Pair) -> Written | None:
        """Return the first right answer, for certain."""
        return Written(example.targets[0], example.answers[0]) if example.answers else None

    def fit(self, train: Sequence[Pair]) -> Resources:
        """Fit the vocabularies, and the length of the longest answer.

        Raises:
            UserError: no pairs.
        """
        if not train:
            raise UserError(Problem("found no pairs, wanted at least one", "training split"))
        texts = [answer for pair in train for answer in pair.answers]
        longest = max(map(len, texts), default=0)
        sources = [pair.tokens for pair in train]
        if self.config.shared_vocabulary:
            texts = sources = [*sources, *texts]
        source, target = (self._vocabulary(part) for part in (sources, texts))
        return {"source": source, "target": target, "longest": longest}

    def _vocabulary(self, texts: Sequence[Sequence[str]]) -> Json:
        config = self.config
        fitted = fit_texts(texts, min_count=config.min_count, max_size=config.max_vocabulary)
        return fitted["vocabulary"]

    def build(self, resources: Resources, *, rng: np.random.Generator) -> Seq2SeqModel:
        """Build the model, in training and after loading alike."""
        target = Vocabulary.from_json(resources["target"])
        shared = self.config.shared_vocabulary
        source = target if shared else Vocabulary.from_json(resources["source"])
        return Seq2SeqModel(source, target, int(resources["longest"]), self.config, rng=rng)
