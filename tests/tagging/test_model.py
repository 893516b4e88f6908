"""What every model of tags gets from the core: batches, loss, unknown words, counts."""

import numpy as np

from seqkit.encoders import start_from_vectors
from seqkit.tagging.model import TaggerModel
from tests.tagging.test_network import SENTENCES, TAGS, Config, network

TEXTS = [*SENTENCES, ["Mira", "met", "Unmet", "서울에서"]]


class FirstTag(TaggerModel):
    """Every word of a list has the first tag."""

    def __init__(self, **options):
        super().__init__(network(**options), batch_size=2)

    def words_of(self, example):
        return example

    def gold_ids(self, example):
        return np.zeros(len(example), np.int64)

    def predict(self, examples):
        return [[TAGS[i] for i in ids] for ids, _ in self.network.decode(examples)]

    def score(self, examples, predictions):
        raise NotImplementedError


def test_each_sentence_is_in_one_batch_of_similar_length() -> None:
    batches = FirstTag().batches(TEXTS, rng=None)
    lengths = [sorted(batch.tags.lengths.tolist()) for batch in batches]
    assert sorted(lengths) == [[0, 1], [4, 4]]


def test_the_loss_counts_the_words() -> None:
    model = FirstTag()
    steps = [model.loss(batch) for batch in model.batches(TEXTS, rng=None)]
    assert sum(step.tokens for step in steps) == 9
    assert sum(step.total for step in steps) > 0


def test_words_without_a_vector_are_named_and_counted() -> None:
    model = FirstTag(lowercase=True)
    assert model.unknown_tokens(["MIRA", "met", "Unmet", "부산에서"]) == ["Unmet", "부산에서"]
    assert model.counts(TEXTS) == {"sentences": 4, "words": 9, "unknown words": 1}


def test_only_a_softmax_is_calibrated() -> None:
    assert FirstTag(output="crf").calibrate(TEXTS) == ()
    (notice,) = FirstTag(output="softmax").calibrate(TEXTS)
    assert "fitted on dev" in notice


def test_another_model_may_start_from_its_words_and_encoder() -> None:
    model = FirstTag()
    reading = model.reading()
    assert reading.table is dict(model.parameters())["features.words.table"]
    assert len(reading.words) == len(reading.table.value)
    assert reading.recurrent is model.network.encoder


def test_a_vocabulary_is_as_large_as_the_options_ask_for() -> None:
    texts = [["a", "b"], ["a"], ["가", "가"]]
    assert Config().fit_vocabulary(texts).words == ("<unk>", "a", "가", "b")
    assert Config(min_count=2).fit_vocabulary(texts).words == ("<unk>", "a", "가")
    assert Config(max_vocabulary=2).fit_vocabulary(texts, specials=()).words == ("a", "가")


def test_without_a_file_of_vectors_nothing_changes() -> None:
    embedding = FirstTag().features.embedding
    before = embedding.table.value.copy()
    assert start_from_vectors(embedding, [], None) == ()
    assert np.array_equal(embedding.table.value, before)
