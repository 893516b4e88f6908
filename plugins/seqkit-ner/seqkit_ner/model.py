"""The model: the tagging network of seqkit, and what its tags mean."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from seqkit.arrays import Array, DTypeLike, IntArray
from seqkit.layers.crf import TagConstraints
from seqkit.metrics import Scoring, score_entities
from seqkit.metrics.baselines import LongestMatch
from seqkit.tagging.model import TaggerModel
from seqkit.tagging.network import create_network
from seqkit.tasks import Baseline
from seqkit.text import Span, TagScheme, Vocabulary, read_spans

from seqkit_ner.config import NerConfig
from seqkit_ner.sentences import NerPrediction, Sentence, place_entities, require_gold

__all__ = ["NerModel", "name_of"]

READINGS = {"conll": "as the CoNLL script does", "strict": "strictly: only legal tags count"}


def name_of(sentence: Sentence, span: Span) -> str:
    """Return the words of an entity with spaces between them."""
    return " ".join(sentence.words[span.start : span.end])


class NerModel(TaggerModel[Sentence, NerPrediction]):
    """Word and character features, encoder, and a random field over the legal tag sequences.

    Args:
        config: the options.
        words: that have a vector.
        characters: the characters.
        types: of entities.
        names: of the entities in the training split.
        rng: draws the weights.
        dtype: of the weights.
    """

    def __init__(
        self,
        config: NerConfig,
        *,
        words: Vocabulary,
        characters: Vocabulary,
        types: Vocabulary,
        names: frozenset[str],
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        coding = TagScheme(config.coding)
        tags = tuple(coding.inventory(types.words))
        network = create_network(
            config,
            words=words,
            characters=characters,
            classes=len(tags),
            constraints=TagConstraints.where(tags, coding.allows),
            rng=rng,
            dtype=dtype,
        )
        super().__init__(network, batch_size=config.batch_size)
        self.config = config
        self.types = types.words
        self.tags = tags
        self._names = names
        self._coding = coding
        self._tag_ids = {tag: i for i, tag in enumerate(tags)}
        self._bias = np.array([tag == "O" for tag in tags]) * config.outside_bias

    def describe(self) -> Mapping[str, str]:
        """Say what the network is made of, and how its tags are read."""
        config = self.config
        return {
            **self.features.describe(),
            "encoder": config.described,
            "output": f"{config.output} over {len(self.tags)} {config.coding.upper()} tags",
            "types": ", ".join(self.types),
        }

    def words_of(self, example: Sentence) -> Sequence[str]:
        """Return the words."""
        return example.words

    def gold_ids(self, example: Sentence) -> IntArray:
        """Return (T,) ids of the gold tags; -1 where there is none, or its type is unknown."""
        if example.entities is None:
            return np.full(len(example.words), -1)
        tags = self._coding.tags(example.entities, len(example.words))
        return np.array([self._tag_ids.get(tag, -1) for tag in tags], dtype=np.int64)

    def unlearnt_labels(self, examples: Sequence[Sentence]) -> list[str]:
        """Return the types of gold entities that training did not have, sorted."""
        found = {span.type for example in examples for span in example.entities or ()}
        return sorted(found - {*self.types})

    def predict(self, examples: Sequence[Sentence]) -> list[NerPrediction]:
        """Return the entities of each sentence."""
        words = [example.words for example in examples]
        found = self.network.decode(words, bias=self._bias if self.config.outside_bias else None)
        return [self._answer(*pair) for pair in zip(examples, found, strict=True)]

    def _answer(self, example: Sentence, found: tuple[IntArray, Array]) -> NerPrediction:
        ids, probabilities = found
        tags = [self.tags[i] for i in ids.tolist()]
        strict = self.config.mode == "strict"
        spans = self._coding.strict_spans(tags) if strict else read_spans(tags)
        lowest = [float(probabilities[span.start : span.end].min()) for span in spans]
        return place_entities(example.placed, spans, self.config.scheme, lowest)

    def score(self, examples: Sequence[Sentence], predictions: Sequence[NerPrediction]) -> Scoring:
        """Return F1, precision and recall over all entities, and by type.

        Raises:
            UserError: a sentence has no gold tags.
        """
        gold = require_gold(examples)
        unseen = [
            [span for span in spans if name_of(example, span) not in self._names]
            for example, spans in zip(examples, gold, strict=True)
        ]
        return score_entities(
            gold,
            [read_spans(prediction.tags) for prediction in predictions],
            unseen=unseen,
            types=self.types,
            notes=self._notes(),
        )

    def _notes(self) -> tuple[str, ...]:
        config = self.config
        bias = f"The score of O was changed by {config.outside_bias:+g} to find more or fewer."
        return (
            "An entity is right if start, end and type are.",
            f"Gold tags: {config.scheme.upper()}. Predicted: {config.coding.upper()}, read "
            f"{READINGS[config.mode]} (mode {config.mode}).",
            *([bias] if config.outside_bias else []),
        )

    def counts(self, examples: Sequence[Sentence]) -> Mapping[str, int]:
        """Count sentences, words, unknown words, entities, and sentences with illegal tags."""
        return {
            **super().counts(examples),
            "entities": sum(len(example.entities or ()) for example in examples),
            "illegal tag sequences, repaired": sum(example.repaired for example in examples),
        }

    def baselines(self, train: Sequence[Sentence]) -> Iterator[Baseline[Sentence, NerPrediction]]:
        """Yield the longest match with the training entities."""
        gold = [sentence.entities or () for sentence in train]
        matcher = LongestMatch.fit([sentence.words for sentence in train], gold)

        def predict(examples: Sequence[Sentence]) -> list[NerPrediction]:
            scheme = self.config.scheme
            return [place_entities(e.placed, matcher.find(e.words), scheme) for e in examples]

        yield Baseline("longest match with the training entities", predict)
