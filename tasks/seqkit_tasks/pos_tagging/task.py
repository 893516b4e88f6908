"""The POS-tagging task: reads treebanks and columns, and builds the tagger."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.encoders import start_from_vectors
from seqkit.errors import Problem, UserError, shorten
from seqkit.inputs import tag_lists, texts_or_words
from seqkit.tagging.features import CHARACTER_MARKS, WORD_MARKS, fit_characters, fit_words
from seqkit.tasks import Mistake, Model, Resources, Task
from seqkit.text import Sentence, Vocabulary, create_tokenizer, nfc
from seqkit_tasks.pos_tagging.config import PosTaggingConfig
from seqkit_tasks.pos_tagging.examples import (
    TaggedWords,
    TagPrediction,
    find_problems,
    format_columns,
    format_treebank,
    from_treebank,
    read_gold,
    read_untagged,
    treebank_column,
)
from seqkit_tasks.pos_tagging.model import PosTaggingModel

__all__ = ["PosTaggingTask"]


class PosTaggingTask(Task[PosTaggingConfig, TaggedWords, TagPrediction]):
    """Reads treebanks and columns, and builds the tagger."""

    def __init__(self, config: PosTaggingConfig) -> None:
        super().__init__(config)
        self._tokenizer = create_tokenizer(config.tokenizer)

    @property
    def formats(self) -> Mapping[str, Callable[[TaggedWords, TagPrediction], str]]:
        """``conllu``: the sentence as it was read, with the predicted tags; ``tsv``: word, tag."""
        column = treebank_column(self.config.tag_column) or "upos"
        return {
            "conllu": lambda example, prediction: format_treebank(example, prediction, column),
            "tsv": format_columns,
        }

    def read(self, path: Path) -> list[TaggedWords]:
        """Read CoNLL-U, or columns of words and tags."""
        columns = {"token_column": self.config.token_column, "tag_column": self.config.tag_column}
        return read_gold(path, **columns)

    def read_inputs(self, path: Path) -> list[TaggedWords]:
        """Read what is to be tagged: CoNLL-U with or without tags, or a text a line."""
        return self.examples(read_untagged(path))

    def examples(
        self, inputs: Sequence[Any], targets: Sequence[Any] | None = None
    ) -> list[TaggedWords]:
        """Make examples from texts, which are cut into words, or from lists of words.

        Args:
            inputs: each a text, a list of words, or a :class:`seqkit.text.Sentence`.
            targets: a list of tags for each input.

        Raises:
            UserError: inputs or answers that are none of these; another number of tags than words,
                or a word that is empty or holds a tab or a line end; all of a kind together.
        """
        given = texts_or_words(inputs, beside=(Sentence,))
        answers = [()] * len(given) if targets is None else tag_lists(targets)
        made = [self._example(item, tags) for item, tags in zip(given, answers, strict=True)]
        problems = [
            Problem(message, f"input {number}")
            for number, example in enumerate(made, 1)
            for message in find_problems(example, tagged=targets is not None)
        ]
        if problems:
            raise UserError(shorten(problems))
        return made

    def _example(self, item: str | Sequence[str] | Sentence, tags: tuple[str, ...]) -> TaggedWords:
        if isinstance(item, str):
            words = tuple(self._tokenizer.tokenize(item))
            return TaggedWords(words, tags, running_text=item)
        if isinstance(item, Sentence):
            return from_treebank(item, tags)
        return TaggedWords(tuple(nfc(str(word)) for word in item), tags)

    def text(self, example: TaggedWords) -> str:
        """Return the words with spaces between them."""
        return " ".join(example.words)

    def gold(self, example: TaggedWords) -> TagPrediction:
        """Return the gold tags, for certain."""
        return TagPrediction(example.words, example.tags, (1.0,) * len(example.tags))

    def input(self, example: TaggedWords) -> list[str]:
        """Return the words."""
        return list(example.words)

    def answer(self, prediction: TagPrediction) -> list[str]:
        """Return the tags."""
        return list(prediction.tags)

    def mistakes(self, example: TaggedWords, prediction: TagPrediction) -> list[Mistake]:
        """Return the words with a wrong tag, the most confident first."""
        answers = zip(
            example.words, example.tags, prediction.tags, prediction.probabilities, strict=True
        )
        wrong = [
            Mistake(word, gold, tag, probability)
            for word, gold, tag, probability in answers
            if tag != gold
        ]
        return sorted(wrong, key=lambda mistake: -(mistake.confidence or 0.0))

    def fit(self, train: Sequence[TaggedWords]) -> Resources:
        """Fit the vocabularies of words and characters, and the tags.

        Raises:
            UserError: fewer than two tags.
        """
        tags = Vocabulary.fit((example.tags for example in train), specials=())
        if len(tags) < 2:
            found = f"only the tag {tags.words[0]!r}" if len(tags) else "no tagged words"
            raise UserError(Problem(f"found {found}, wanted at least two tags", "training split"))
        read = [self.config.as_read(example.words) for example in train]
        words = fit_words(self.config, (example.words for example in train))
        left_out = {word for sentence in read for word in sentence} - words.ids.keys()
        return {
            "words": words.to_json(),
            "left_out": sorted(left_out),
            "characters": fit_characters(example.words for example in train).to_json(),
            "tags": tags.to_json(),
        }

    def build(
        self, resources: Resources, *, rng: np.random.Generator
    ) -> Model[TaggedWords, TagPrediction]:
        """Build word and character vectors, encoder and output layer."""
        tags = Vocabulary.from_resources(resources, "tags", specials=())
        if len(tags) < 2:
            raise UserError(Problem(f"wanted two or more, found {tags.words}", "tags"))
        return PosTaggingModel(
            self.config,
            words=Vocabulary.from_resources(resources, "words", specials=WORD_MARKS),
            left_out=frozenset(resources["left_out"]),
            characters=Vocabulary.from_resources(resources, "characters", specials=CHARACTER_MARKS),
            tags=tags,
            rng=rng,
        )

    def warm_start(self, model: Model[TaggedWords, TagPrediction]) -> Sequence[str]:
        """Fill in pretrained vectors of words, where the options name a file."""
        assert isinstance(model, PosTaggingModel)
        features = model.features
        return start_from_vectors(features.embedding, features.words.words, self.config.vectors)
