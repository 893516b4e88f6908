"""The model: the tagging network of seqkit, and what its tags mean."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from seqkit.arrays import Array, DTypeLike, IntArray
from seqkit.layers.base import State
from seqkit.layers.crf import TagConstraints
from seqkit.metrics import Scoring, score_entities
from seqkit.parameters import Parameter
from seqkit.plugins import create_encoder
from seqkit.tagging.features import WordFeatures
from seqkit.tagging.network import TaggedBatch, TaggingNetwork, create_head
from seqkit.tasks import Baseline, Batches, Model, Step
from seqkit.text import Span, TagScheme, Vocabulary, length_batches, read_spans

from seqkit_ner.baseline import LongestMatch
from seqkit_ner.config import NerConfig
from seqkit_ner.sentences import NerPrediction, Sentence, answer, require_gold

__all__ = ["NerModel", "name_of"]

READINGS = {"conll": "as the CoNLL script does", "strict": "strictly: only legal tags count"}


def name_of(sentence: Sentence, span: Span) -> str:
    """Return the words of an entity with spaces between them."""
    return " ".join(sentence.words[span.start : span.end])


class NerModel(Model[Sentence, NerPrediction]):
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
        self.config = config
        self.types = types.words
        self._names = names
        self._coding = TagScheme(config.coding)
        self.tags = tuple(self._coding.inventory(self.types))
        self._tag_ids = {tag: i for i, tag in enumerate(self.tags)}
        self._bias = np.array([tag == "O" for tag in self.tags]) * config.outside_bias
        features = WordFeatures(config, words=words, characters=characters, rng=rng, dtype=dtype)
        constraints = TagConstraints.where(self.tags, self._coding.allows)
        self.network = TaggingNetwork(
            features,
            create_encoder(config, features.output_features, rng=rng, dtype=dtype),
            create_head(
                config.output, len(self.tags), constraints=constraints, rng=rng, dtype=dtype
            ),
            classes=len(self.tags),
            dropout=config.dropout,
            rng=rng,
            dtype=dtype,
        )

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of the network."""
        yield from self.network.parameters()

    def describe(self) -> Mapping[str, str]:
        """Say what the network is made of, and how its tags are read."""
        config, features = self.config, self.network.features
        direction = "both directions" if config.bidirectional else "one direction"
        characters = f"{config.character_cell}, {config.character_units}, both directions"
        return {
            "words": f"{len(features.words):,}, {config.embedding} wide",
            "spelling": f"{len(features.characters):,} characters, {characters}",
            "encoder": f"{config.encoder}, {config.layers} x {config.units}, {direction}",
            "output": f"{config.output} over {len(self.tags)} {config.coding.upper()} tags",
            "types": ", ".join(self.types),
        }

    # --- learning --------------------------------------------------------------------------------

    def batches(
        self, examples: Sequence[Sentence], *, rng: np.random.Generator | None
    ) -> Batches[TaggedBatch]:
        """Group sentences of similar length."""
        lengths = [len(example.words) for example in examples]
        groups = length_batches(lengths, batch_size=self.config.batch_size, rng=rng)
        return Batches(len(groups), lambda i: self._encode([examples[j] for j in groups[i]]))

    def _encode(self, examples: Sequence[Sentence]) -> TaggedBatch:
        words = [example.words for example in examples]
        return self.network.encode(words, [self._ids(example) for example in examples])

    def _ids(self, example: Sentence) -> IntArray:
        """Return (T,) ids of the gold tags; -1 where there is none, or its type is unknown."""
        if example.entities is None:
            return np.full(len(example.words), -1)
        tags = self._coding.tags(example.entities, len(example.words))
        return np.array([self._tag_ids.get(tag, -1) for tag in tags], dtype=np.int64)

    def loss(
        self,
        batch: TaggedBatch,
        state: State | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Step:
        """Return the negative log-likelihood of the gold tags."""
        return self.network.loss(batch, train=train, rng=rng)

    # --- using -----------------------------------------------------------------------------------

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
        return answer(example, spans, lowest, self.config.scheme)

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
        return (
            "An entity is right if start, end and type are.",
            f"Gold tags: {config.scheme.upper()}. Predicted: {config.coding.upper()}, read "
            f"{READINGS[config.mode]} (mode {config.mode}).",
        )

    def counts(self, examples: Sequence[Sentence]) -> Mapping[str, int]:
        """Count sentences, words, unknown words, entities, and sentences with illegal tags."""
        words = self.network.features.words
        read = [word for example in examples for word in self.config.as_read(example.words)]
        return {
            "sentences": len(examples),
            "words": len(read),
            "unknown words": sum(word not in words.ids for word in read),
            "entities": sum(len(example.entities or ()) for example in examples),
            "illegal tag sequences, repaired": sum(example.repaired for example in examples),
        }

    def baselines(self, train: Sequence[Sentence]) -> Iterator[Baseline[Sentence, NerPrediction]]:
        """Yield the longest match with the training entities."""
        matcher = LongestMatch.fit(train)

        def predict(examples: Sequence[Sentence]) -> list[NerPrediction]:
            found = [(example, matcher.find(example.words)) for example in examples]
            scheme = self.config.scheme
            return [answer(example, spans, [1.0] * len(spans), scheme) for example, spans in found]

        yield Baseline("longest match with the training entities", predict)
