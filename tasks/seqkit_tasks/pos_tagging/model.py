"""The tagger: features of words, an encoder, and a tag for each word."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from seqkit.arrays import Array, DTypeLike, IntArray
from seqkit.metrics.baselines.tags import CommonestTag
from seqkit.metrics.calibration import score_confidence
from seqkit.metrics.measures import Scoring, join_scorings
from seqkit.metrics.tagging import score_tagging
from seqkit.tagging.model import TaggerModel
from seqkit.tagging.network import create_network
from seqkit.tasks import Baseline
from seqkit.text import Vocabulary
from seqkit_tasks.pos_tagging.config import PosTaggingConfig
from seqkit_tasks.pos_tagging.examples import TaggedWords, TagPrediction, require_tags

__all__ = ["PosTaggingModel"]


class PosTaggingModel(TaggerModel[TaggedWords, TagPrediction]):
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
        network = create_network(
            config, words=words, characters=characters, classes=len(tags), rng=rng, dtype=dtype
        )
        super().__init__(network, batch_size=config.batch_size)
        self.config = config
        self.tags = tags.words
        self._met = _counted(words) | left_out
        self._tag_ids = tags.ids

    def describe(self) -> Mapping[str, str]:
        """Say what the network is made of."""
        return {
            **self.features.describe(),
            "encoder": self.config.described,
            "output": f"{self.config.output} over {len(self.tags)} tags",
        }

    def words_of(self, example: TaggedWords) -> Sequence[str]:
        """Return the words."""
        return example.words

    def gold_ids(self, example: TaggedWords) -> IntArray:
        """Return the ids (T,) of the gold tags; -1 for one that training did not have."""
        return self._ids(example.tags)

    def unlearnt_labels(self, examples: Sequence[TaggedWords]) -> list[str]:
        """Return the gold tags that training did not have, sorted."""
        return sorted({tag for example in examples for tag in example.tags} - {*self.tags})

    def _ids(self, tags: Sequence[str]) -> IntArray:
        return np.array([self._tag_ids.get(tag, -1) for tag in tags], dtype=np.int64)

    def predict(self, examples: Sequence[TaggedWords]) -> list[TagPrediction]:
        """Return the tags of each sentence; each distinct word is spelt out once."""
        found = self.network.decode([example.words for example in examples])
        return [self._prediction(*pair) for pair in zip(examples, found, strict=True)]

    def _prediction(self, example: TaggedWords, found: tuple[IntArray, Array]) -> TagPrediction:
        best, highest = found
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

    def item_losses(
        self, examples: Sequence[TaggedWords], predictions: Sequence[TagPrediction]
    ) -> Array:
        """Return the sum of the probabilities of the wrong tags that were chosen."""
        pairs = zip(examples, predictions, strict=True)
        return np.array([_wrong_mass(example.tags, prediction) for example, prediction in pairs])

    def counts(self, examples: Sequence[TaggedWords]) -> Mapping[str, int]:
        """Count sentences, words, those without a vector, tags, and words with an unseen tag."""
        tags = {"tags": len({tag for example in examples for tag in example.tags})}
        if lacking := self._unseen_tags(examples).total():
            tags["words with a tag unseen in train"] = lacking
        return {**super().counts(examples), **tags}

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


def _counted(words: Vocabulary) -> frozenset[str]:
    """Return the words that training had: those from vectors or another model count 0 times."""
    if words.counts is None:
        return frozenset(words.words)
    pairs = zip(words.words, words.counts, strict=True)
    return frozenset(word for word, count in pairs if count)


def _wrong_mass(gold: Sequence[str], prediction: TagPrediction) -> float:
    answers = zip(gold, prediction.tags, prediction.probabilities, strict=True)
    return sum(probability for right, tag, probability in answers if tag != right)
