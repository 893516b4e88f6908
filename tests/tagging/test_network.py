"""The network of a tagger: built of options, learning and choosing."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqkit.encoders import TaggerConfig
from seqkit.layers.crf import TagConstraints
from seqkit.tagging.features import fit_characters, fit_words
from seqkit.tagging.network import TaggingNetwork, create_network
from seqkit.text import TagScheme
from seqkit.training.config import TrainingConfig

SENTENCES = [["Mira", "Hale", "met", "Sam"], [], ["서울에서"]]
SCHEME = TagScheme("iobes")
TAGS = SCHEME.inventory(["PER", "LOC"])


@dataclass(frozen=True, kw_only=True)
class Config(TaggerConfig, TrainingConfig):
    pass


def network(**options: Any) -> TaggingNetwork:
    small = {"embedding": 5, "units": 4, "character_embedding": 4, "character_units": 3}
    config = Config(**{**small, **options})
    return create_network(
        config,
        words=fit_words(config, SENTENCES),
        characters=fit_characters(SENTENCES),
        classes=len(TAGS),
        constraints=TagConstraints.where(TAGS, SCHEME.allows),
        rng=np.random.default_rng(0),
    )


def test_the_options_choose_the_output() -> None:
    names = {
        output: {name for name, _ in network(output=output).parameters() if "head" in name}
        for output in ("softmax", "crf")
    }
    field = {"head.start", "head.transitions", "head.end"}
    assert names == {"softmax": {"head.temperature"}, "crf": field}


def test_answers_keep_the_callers_order_and_the_constraints() -> None:
    made = network(output="crf")
    found = made.decode(SENTENCES)
    assert [len(ids) for ids, _ in found] == [4, 0, 1]
    assert all(SCHEME.is_legal([TAGS[i] for i in ids]) for ids, _ in found)
    (alone,) = made.decode(SENTENCES[:1])
    assert alone[0].tolist() == found[0][0].tolist()


def test_a_bias_makes_a_tag_rarer_or_commoner() -> None:
    bias = np.where(np.array(TAGS) == "O", 50.0, 0.0)
    for output in ("softmax", "crf"):
        made = network(output=output)
        outside = [
            {TAGS[i] for ids, _ in made.decode(SENTENCES, bias=b) for i in ids} == {"O"}
            for b in (bias, -bias)
        ]
        assert outside == [True, False]
