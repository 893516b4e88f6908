"""The task: reads sentences with tagged entities, and builds the tagger."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from seqkit.encoders import start_from_vectors
from seqkit.errors import Problem, UserError, shorten
from seqkit.tagging.features import CHARACTER_MARKS, WORD_MARKS, fit_characters, fit_words
from seqkit.tasks import Model, Resources, Task
from seqkit.text import (
    PlacedWords,
    Vocabulary,
    create_tokenizer,
    format_conll,
    read_plain,
    read_tagged,
)

from seqkit_ner.annotations import is_annotated, read_annotated
from seqkit_ner.config import NerConfig
from seqkit_ner.model import NerModel, name_of
from seqkit_ner.sentences import NerPrediction, Sentence, has_tags, place_entities, with_gold

__all__ = ["NerTask"]


class NerTask(Task[NerConfig, Sentence, NerPrediction]):
    """Formats and options, before any data is known."""

    def __init__(self, config: NerConfig) -> None:
        super().__init__(config)
        self._tokenizer = create_tokenizer(config.tokenizer)

    @property
    def formats(self) -> Mapping[str, Callable[[Sentence, NerPrediction], str]]:
        """``columns``: a word and its tag a line, in the scheme of the files."""
        return {"columns": lambda example, answer: format_conll(example.words, answer.tags)}

    def read(self, path: Path) -> list[Sentence]:
        """Read columns of words and tags, with blank lines between sentences; or JSON lines.

        Raises:
            UserError: the file cannot be read, no such column, bad lines or tags, all together.
        """
        if is_annotated(path):
            return read_annotated(path, self._tokenizer)
        columns = {"token_column": self.config.token_column, "tag_column": self.config.tag_column}
        rows = read_tagged(path, **columns)
        words = [PlacedWords.join(row.tokens) for row in rows]
        return self._gold(words, [row.tags for row in rows], [row.where for row in rows])

    def _gold(
        self, words: list[PlacedWords], tags: list[tuple[str, ...]], places: list[str]
    ) -> list[Sentence]:
        refuse = self.config.illegal == "refuse"
        return with_gold(words, tags, places, scheme=self.config.scheme, refuse=refuse)

    def read_inputs(self, path: Path) -> list[Sentence]:
        """Read what entities are to be found in: a text a line, or a file as for training."""
        if is_annotated(path) or has_tags(path):
            return [Sentence(sentence.placed) for sentence in self.read(path)]
        return self.examples([line.text for line in read_plain(path, blank_lines=True)])

    def examples(
        self, inputs: Sequence[Any], targets: Sequence[Any] | None = None
    ) -> list[Sentence]:
        """Make examples of texts, which are cut into words, or of lists of words.

        Args:
            inputs: each a text, or a list of words.
            targets: a list of tags for each input.

        Raises:
            UserError: another number of tags than words, tags that are none, or illegal ones where
                the options refuse them; an empty word, or one with a tab or a line end.
        """
        words = [self._place(item) for item in inputs]
        places = [f"input {number}" for number in range(1, len(words) + 1)]
        problems = [
            Problem(said, place)
            for item, placed, place in zip(inputs, words, places, strict=True)
            if not isinstance(item, str)
            for said in placed.problems()
        ]
        if problems:
            raise UserError(shorten(problems))
        if targets is None:
            return [Sentence(placed) for placed in words]
        return self._gold(words, [tuple(map(str, row)) for row in targets], places)

    def _place(self, item: str | Sequence[str]) -> PlacedWords:
        if isinstance(item, str):
            return PlacedWords.cut(item, self._tokenizer)
        return PlacedWords.join([str(word) for word in item])

    def text(self, example: Sentence) -> str:
        """Return the running text, which offsets count in."""
        return example.placed.text

    def input(self, example: Sentence) -> list[str]:
        """Return the words: cut out of the text once more, they might be others."""
        return list(example.words)

    def answer(self, prediction: NerPrediction) -> list[str]:
        """Return the tags."""
        return list(prediction.tags)

    def gold(self, example: Sentence) -> NerPrediction | None:
        """Return the gold entities, for certain."""
        if example.entities is None:
            return None
        return place_entities(example.placed, example.entities, self.config.scheme)

    def fit(self, train: Sequence[Sentence]) -> Resources:
        """Fit the vocabularies of words and characters, and the types and names of entities.

        Raises:
            UserError: there is no entity.
        """
        found = [(sentence, span) for sentence in train for span in sentence.entities or ()]
        if not found:
            raise UserError(Problem("found no entity, wanted at least one", "training split"))
        words = [sentence.words for sentence in train]
        return {
            "words": fit_words(self.config, words).to_json(),
            "characters": fit_characters(words).to_json(),
            "types": Vocabulary.fit([[span.type for _, span in found]], specials=()).to_json(),
            "names": sorted({name_of(*pair) for pair in found}),
        }

    def build(
        self, resources: Resources, *, rng: np.random.Generator
    ) -> Model[Sentence, NerPrediction]:
        """Build the model, in training and after loading alike."""
        return NerModel(
            self.config,
            words=Vocabulary.from_resources(resources, "words", specials=WORD_MARKS),
            characters=Vocabulary.from_resources(resources, "characters", specials=CHARACTER_MARKS),
            types=Vocabulary.from_resources(resources, "types", specials=()),
            names=frozenset(resources["names"]),
            rng=rng,
        )

    def warm_start(self, model: Model[Sentence, NerPrediction]) -> Sequence[str]:
        """Fill in pretrained vectors of words, where the options name a file."""
        assert isinstance(model, NerModel)
        features = model.features
        return start_from_vectors(features.embedding, features.words.words, self.config.vectors)
