"""A small tagger and small data for the tests of POS tagging."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.text import Vocabulary
from seqkit_tasks.pos_tagging.config import PosTaggingConfig
from seqkit_tasks.pos_tagging.examples import TaggedWords
from seqkit_tasks.pos_tagging.model import PosTaggingModel
from seqkit_tasks.pos_tagging.task import PosTaggingTask

SENTENCES = [
    ("the old dog sleeps .", "DET ADJ NOUN VERB PUNCT"),
    ("The dogs sleep", "DET NOUN VERB"),
    ("old men sleep well !", "ADJ NOUN VERB ADV PUNCT"),
    ("Stop", "VERB"),
    ("the well is old , the dog is well", "DET NOUN AUX ADJ PUNCT DET NOUN AUX ADJ"),
]

TREEBANK = """\
# sent_id = 1
# text = Don't go.
1-2	Don't	_	_	_	_	_	_	_	_
1	Do	do	AUX	VB	Mood=Imp	3	aux	_	_
2	n't	not	PART	RB	_	3	advmod	_	_
3	go	go	VERB	VB	VerbForm=Inf	0	root	_	SpaceAfter=No
4	.	.	PUNCT	.	_	3	punct	_	_

# text = 나는 간다
1	나는	나	PRON	np+jx	_	2	nsubj	_	_
1.1	집에	집	NOUN	_	_	_	_	_	_
2	간다	가다	VERB	pvg+ef	Mood=Ind	0	root	_	_

"""


def config(**options: Any) -> PosTaggingConfig:
    """Options of a tagger small enough for every test."""
    small = {"embedding": 6, "units": 5, "character_embedding": 4, "character_units": 3}
    return PosTaggingConfig(**{**small, **options})


def task(**options: Any) -> PosTaggingTask:
    return PosTaggingTask(config(**options))


def train_examples() -> list[TaggedWords]:
    return [TaggedWords(tuple(words.split()), tuple(tags.split())) for words, tags in SENTENCES]


def model(*, seed: int = 0, dtype: Any = np.float32, **options: Any) -> PosTaggingModel:
    """An untrained tagger, its resources gone through JSON as in a model file."""
    made = task(**options)
    resources = json.loads(json.dumps(made.fit(train_examples())))
    return PosTaggingModel(
        made.config,
        words=Vocabulary.from_json(resources["words"]),
        left_out=frozenset(resources["left_out"]),
        characters=Vocabulary.from_json(resources["characters"]),
        tags=Vocabulary.from_json(resources["tags"]),
        rng=np.random.default_rng(seed),
        dtype=dtype,
    )


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
