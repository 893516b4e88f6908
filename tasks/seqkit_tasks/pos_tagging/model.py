"""The tagger: features of words, an encoder, and a tag for each word."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, DTypeLike, IntArray
from seqkit.layers.base import State, prefixed
from seqkit.layers.crf import CRF
from seqkit.layers.dropout import LockedDropout
from seqkit.layers.linear import Linear
from seqkit.metrics.baselines.tags import CommonestTag
from seqkit.metrics.calibration import score_confidence
from seqkit.metrics.measures import Scoring, join_scorings
from seqkit.metrics.tagging import score_tagging
from seqkit.parameters import Parameter
from seqkit.plugins import create_encoder
from seqkit.sequences import PackedSequence, pack_flat
from seqkit.tasks import Baseline, Batches, Model, Reading, Step
from seqkit.text import Vocabulary, length_batches
from seqkit_tasks.pos_tagging.config import PosTaggingConfig
from seqkit_tasks.pos_tagging.examples import TaggedWords, TagPrediction, require_tags
from seqkit_tasks.pos_tagging.features import Spellings, WordBatch, WordFeatures
from seqkit_tasks.pos_tagging.heads import CRFHead, Head, SoftmaxHead

__all__ = ["PosTaggingModel"]

WORD_BUDGET = 4096
"""Words that are tagged at once."""


class TaggedBatch(NamedTuple):
    """Sentences as the model reads them, and the gold tags, packed alike.

    A tag that training did not have is -1.
    """

    words: WordBatch
    tags: PackedSequence


class PosTaggingModel(Model[TaggedWords, TagPrediction]):
    """Word and character features, dropout, encoder, dropout, and a linear layer over the tags.

    Args:
        config: the options.
        words: the words that have a vector.
        left_out: those of the training split that have none.
        characters: the characters.
        tags: the tags.
        rng: draws the weights.
        dtype: of the weights.
    """

    def __init__(
        self,
        config: PosTaggingConfig,
        *,
        words: Vocabulary,
        left_out: frozenset[str],
        characters: Vocabulary,
        tags: Vocabulary,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.config = config
        self.tags = tags.words
        self._words = words
        self._met = words.ids.keys() | left_out
        self._tag_ids = tags.ids
        self.features = WordFeatures(
            config, words=words, characters=characters, rng=rng, dtype=dtype
        )
        self.dropout = LockedDropout(config.dropout)
        self.encoder = create_encoder(config, self.features.output_features, rng=rng, dtype=dtype)
        self.output = Linear(self.encoder.output_features, len(tags), rng=rng, dtype=dtype)
        self.head: Head = SoftmaxHead()
        if config.output == "crf":
            self.head = CRFHead(CRF(len(tags), rng=rng, dtype=dtype))

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of features, encoder, output layer and random field."""
        yield from prefixed("features", self.features.parameters())
        yield from prefixed("encoder", self.encoder.parameters())
        yield from prefixed("output", self.output.parameters())
        yield from prefixed("head", self.head.parameters())

    def reading(self) -> Reading:
        """Return the words, their vectors, and the encoder, which reads the spelling too."""
        return Reading(self._words.words, self.features.embedding.table, self.encoder)

    def describe(self) -> Mapping[str, str]:
        """Say what the network is made of."""
        config = self.config
        direction = "both directions" if config.bidirectional else "one direction"
        characters = f"{config.character_cell}, {config.character_units}, both directions"
        return {
            "words": f"{len(self._words):,}, {config.embedding} wide",
            "spelling": f"{len(self.features.characters):,} characters, {characters}",
            "encoder": f"{config.encoder}, {config.layers} x {config.units}, {direction}",
            "output": f"{config.output} over {len(self.tags)} tags",
        }

    # --- learning --------------------------------------------------------------------------------

    def batches(
        self, examples: Sequence[TaggedWords], *, rng: np.random.Generator | None
    ) -> Batches[TaggedBatch]:
        """Group sentences of similar length."""
        lengths = [len(example.words) for example in examples]
        groups = length_batches(lengths, batch_size=self.config.batch_size, rng=rng)
        return Batches(len(groups), lambda i: self._encode([examples[j] for j in groups[i]]))

    def _encode(self, examples: Sequence[TaggedWords]) -> TaggedBatch:
        words = self.features.encode([example.words for example in examples])
        tags = np.concatenate([self._ids(example.tags) for example in examples])
        return TaggedBatch(words, pack_flat(tags, words.ids.lengths))

    def _ids(self, tags: Sequence[str]) -> IntArray:
        """Return (T,) ids of tags, -1 for those that training did not have."""
        return np.array([self._tag_ids.get(tag, -1) for tag in tags], dtype=np.int64)

    def loss(
        self,
        batch: TaggedBatch,
        state: State | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Step:
        """Return the negative log-likelihood of the gold tags that training had."""
        scores, back_scores = self._scores(batch, train, rng)
        loss = self.head.loss(scores, batch.tags.data)
        return Step(
            loss.total,
            loss.count,
            batch.tags.tokens,
            lambda scale: back_scores(loss.backward(scale)),
        )

    def _scores(
        self, batch: TaggedBatch, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[PackedSequence, Callable[[PackedSequence], None]]:
        """Return the scores of the tags, packed (M, C)."""
        features, back_features = self.features.forward(batch.words, train=train, rng=rng)
        x, back_before = self.dropout.forward(features, train=train, rng=rng)
        y, _, back_encoder = self.encoder.forward(x, train=train, rng=rng)
        hidden, back_after = self.dropout.forward(y, train=train, rng=rng)
        scores, back_output = self.output.forward(hidden.data)

        def backward(d_scores: PackedSequence) -> None:
            d_hidden = back_output(d_scores.data)
            d_x, _ = back_encoder(back_after(hidden.with_data(d_hidden)))
            back_features(back_before(d_x))

        return hidden.with_data(scores), backward

    def calibrate(self, dev: Sequence[TaggedWords]) -> Sequence[str]:
        """Fit the temperature of a softmax; a random field has none."""
        if not isinstance(self.head, SoftmaxHead):
            return ()
        batches = self.batches(dev, rng=None)
        scores = [self._scores(batch)[0].data for batch in batches]
        tags = np.concatenate([batch.tags.data for batch in batches])
        temperature = self.head.temperature
        before, after = temperature.fit(np.concatenate(scores), tags)
        return (temperature.report(before, after, "word"),)

    # --- using -----------------------------------------------------------------------------------

    def predict(self, examples: Sequence[TaggedWords]) -> list[TagPrediction]:
        """Return the tags of each sentence; each distinct word is spelt out once."""
        spellings = Spellings.of([example.words for example in examples])
        table = self.features.tabulate(spellings.words)
        places = np.split(spellings.places, np.cumsum(spellings.lengths)[:-1])
        found: dict[int, tuple[Array, Array]] = {}
        for group in length_batches(spellings.lengths, tokens=WORD_BUDGET):
            rows = np.concatenate([places[i] for i in group])
            batch = pack_flat(table[rows], spellings.lengths[group])
            chosen, probabilities = self._decode(batch)
            found |= zip(group.tolist(), zip(chosen, probabilities, strict=True), strict=True)
        return [self._prediction(example, *found[i]) for i, example in enumerate(examples)]

    def _decode(self, features: PackedSequence) -> tuple[list[Array], list[Array]]:
        """Return the ids of the best tags of each sentence, and their probabilities."""
        y, _, _ = self.encoder.forward(features)
        scores, _ = self.output.forward(y.data)
        best, probabilities = self.head.decode(y.with_data(scores))
        return y.with_data(best).unpack(), y.with_data(probabilities).unpack()

    def _prediction(self, example: TaggedWords, best: Array, highest: Array) -> TagPrediction:
        tags = tuple(self.tags[i] for i in best.tolist())
        return TagPrediction(example.words, tags, tuple(highest.tolist()))

    def score(
        self, examples: Sequence[TaggedWords], predictions: Sequence[TagPrediction]
    ) -> Scoring:
        """Return the accuracy over all, seen and unseen words and over sentences, and by tag, and
        how far the probabilities can be trusted.

        A word is unseen if training never had it, in capitals or not where the model reads them
        alike. Tags that training lacked are named below the table; they count as wrong.

        Raises:
            UserError: a sentence has no gold tags.
        """
        require_tags(examples)
        gold = [self._ids(example.tags) for example in examples]
        predicted = [self._ids(prediction.tags) for prediction in predictions]
        scoring = join_scorings(
            score_tagging(
                gold,
                predicted,
                self.tags,
                unseen=[self._unseen(example.words) for example in examples],
            ),
            score_confidence(
                [np.array(prediction.probabilities) for prediction in predictions],
                [(a == b) & (a >= 0) for a, b in zip(gold, predicted, strict=True)],
            ),
        )
        lacking = self._unseen_tags(examples)
        if not lacking:
            return scoring
        named = ", ".join(f"{tag} ({count})" for tag, count in lacking.most_common())
        note = f"Tags that training lacked, counted as wrong: {named}."
        first, *others = scoring.tables
        return replace(scoring, tables=(replace(first, notes=(*first.notes, note)), *others))

    def _unseen(self, words: Sequence[str]) -> Array:
        return np.array([word not in self._met for word in self.config.as_read(words)], np.bool_)

    def _unseen_tags(self, examples: Sequence[TaggedWords]) -> Counter[str]:
        tags = Counter(tag for example in examples for tag in example.tags)
        return Counter({tag: count for tag, count in tags.items() if tag not in self._tag_ids})

    def counts(self, examples: Sequence[TaggedWords]) -> Mapping[str, int]:
        """Count sentences, words, those without a vector, tags, and words with an unseen tag."""
        read = [word for example in examples for word in self.config.as_read(example.words)]
        counts = {
            "sentences": len(examples),
            "words": len(read),
            "unknown words": sum(word not in self._words.ids for word in read),
            "tags": len({tag for example in examples for tag in example.tags}),
        }
        if lacking := self._unseen_tags(examples).total():
            counts["words with a tag unseen in train"] = lacking
        return counts

    def baselines(
        self, train: Sequence[TaggedWords]
    ) -> Iterator[Baseline[TaggedWords, TagPrediction]]:
        """Yield each word's commonest tag."""
        commonest = CommonestTag.fit(
            [example.words for example in train], [example.tags for example in train]
        )

        def predict(examples: Sequence[TaggedWords]) -> list[TagPrediction]:
            tagged = commonest.predict(example.words for example in examples)
            pairs = zip(examples, map(tuple, tagged), strict=True)
            return [TagPrediction(x.words, tags, (1.0,) * len(tags)) for x, tags in pairs]

        yield Baseline("each word's commonest tag", predict)
