"""The task: reads sentences with tagged entities, and builds the tagger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from seqkit.encoders import start_from_vectors
from seqkit.errors import Problem, UserError
from seqkit.tagging.features import CHARACTER_MARKS, WORD_MARKS, fit_characters
from seqkit.tasks import Model, Resources, Task
from seqkit.text import Vocabulary, create_tokenizer, read_plain

from seqkit_ner.config import NerConfig
from seqkit_ner.model import NerModel, name_of
from seqkit_ner.sentences import (
    NerPrediction,
    Sentence,
    answer,
    cut,
    has_tags,
    joined,
    read_sentences,
    tagged,
)

__all__ = ["NerTask"]


class NerTask(Task[NerConfig, Sentence, NerPrediction]):
    """Formats and options, before any data is known."""

    def __init__(self, config: NerConfig) -> None:
        super().__init__(config)
        self._tokenizer = create_tokenizer(config.tokenizer)
        self._refuse = config.illegal == "refuse"

    @property
    def formats(self) -> Mapping[str, Callable[[Sentence, NerPrediction], str]]:
        """``columns``: a word and its tag a line, in the scheme of the files."""
        return {"columns": _columns}

    def read(self, path: Path) -> list[Sentence]:
        """Read columns of words and tags, with blank lines between sentences."""
        return read_sentences(
            path,
            token_column=self.config.token_column,
            tag_column=self.config.tag_column,
            scheme=self.config.scheme,
            refuse=self._refuse,
        )

    def read_inputs(self, path: Path) -> list[Sentence]:
        """Read what entities are to be found in: a text a line, or columns as for training."""
        if has_tags(path):
            return [
                replace(sentence, entities=None, repaired=False) for sentence in self.read(path)
            ]
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
        sentences = [self._sentence(item) for item in inputs]
        places = [f"input {number}" for number in range(1, len(sentences) + 1)]
        problems = [
            Problem(
                f"found the word {word!r}, wanted some character, and no tab or line end", place
            )
            for sentence, place in zip(sentences, places, strict=True)
            for word in sentence.words
            if not word or any(mark in word for mark in "\t\n\r")
        ]
        if problems:
            raise UserError(problems)
        if targets is None:
            return sentences
        tags = [tuple(map(str, row)) for row in targets]
        scheme = self.config.scheme
        return tagged(sentences, tags, places, scheme=scheme, refuse=self._refuse)

    def _sentence(self, item: str | Sequence[str]) -> Sentence:
        if isinstance(item, str):
            return cut(item, self._tokenizer)
        return joined([str(word) for word in item])

    def text(self, example: Sentence) -> str:
        """Return the running text, which offsets count in."""
        return example.text

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
        certain = [1.0] * len(example.entities)
        return answer(example, example.entities, certain, self.config.scheme)

    def fit(self, train: Sequence[Sentence]) -> Resources:
        """Fit the vocabularies of words and characters, and the types and names of entities.

        Raises:
            UserError: there is no entity.
        """
        types = Vocabulary.fit(
            ([span.type for span in sentence.entities or ()] for sentence in train), specials=()
        )
        if not len(types):
            raise UserError(Problem("found no entity, wanted at least one", "training split"))
        words = Vocabulary.fit(
            [self.config.as_read(sentence.words) for sentence in train],
            minimum_count=self.config.min_count,
            maximum_size=self.config.max_vocabulary,
            specials=WORD_MARKS,
        )
        names = {name_of(sentence, span) for sentence in train for span in sentence.entities or ()}
        return {
            "words": words.to_json(),
            "characters": fit_characters(sentence.words for sentence in train).to_json(),
            "types": types.to_json(),
            "names": sorted(names),
        }

    def build(
        self, resources: Resources, *, rng: np.random.Generator
    ) -> Model[Sentence, NerPrediction]:
        """Build the model, in training and after loading alike."""
        return NerModel(
            self.config,
            words=_vocabulary(resources, "words", WORD_MARKS),
            characters=_vocabulary(resources, "characters", CHARACTER_MARKS),
            types=_vocabulary(resources, "types", ()),
            names=frozenset(resources["names"]),
            rng=rng,
        )

    def warm_start(self, model: Model[Sentence, NerPrediction]) -> Sequence[str]:
        """Fill in pretrained vectors of words, where the options name a file."""
        assert isinstance(model, NerModel)
        if self.config.vectors is None:
            return ()
        features = model.network.features
        return start_from_vectors(features.embedding, features.words.words, self.config.vectors)


def _columns(example: Sentence, prediction: NerPrediction) -> str:
    pairs = zip(example.words, prediction.tags, strict=True)
    return "".join(f"{word}\t{tag}\n" for word, tag in pairs) + "\n"


def _vocabulary(resources: Resources, name: str, marks: tuple[str, ...]) -> Vocabulary:
    """Read a vocabulary, checked: a file may hold anything."""
    vocabulary = Vocabulary.from_json(resources[name])
    if vocabulary.specials != marks:
        raise UserError(Problem(f"wanted the marks {marks}, found {vocabulary.specials}", name))
    return vocabulary
