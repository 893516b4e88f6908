"""A small tagger and small data."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from seqkit.text import Vocabulary

from seqkit_ner import NerConfig
from seqkit_ner.model import NerModel
from seqkit_ner.sentences import Sentence
from seqkit_ner.task import NerTask

WORDS = [
    "Mira Hale lives in Port Ellin .",
    "Sam met Mira Hale Sam",
    "서울에서 김하늘 씨를 만났다",
    "Nobody lives here .",
    "Halden",
]
TAGS = [
    "B-PER I-PER O O B-LOC I-LOC O",
    "B-PER O B-PER I-PER B-PER",
    "B-LOC B-PER O O",
    "O O O O",
    "B-LOC",
]


def task(**options: Any) -> NerTask:
    small = {
        "embedding": 6,
        "units": 5,
        "character_embedding": 4,
        "character_units": 3,
        "shape_embedding": 3,
    }
    return NerTask(NerConfig(**{**small, **options}))


def sentences() -> list[Sentence]:
    return task().examples([w.split() for w in WORDS], [t.split() for t in TAGS])


def model(*, dtype: Any = np.float32, **options: Any) -> NerModel:
    """An untrained tagger, its resources gone through JSON as in a model file."""
    made = task(**options)
    resources = json.loads(json.dumps(made.fit(sentences())))
    return NerModel(
        made.config,
        words=Vocabulary.from_json(resources["words"]),
        characters=Vocabulary.from_json(resources["characters"]),
        types=Vocabulary.from_json(resources["types"]),
        names=frozenset(resources["names"]),
        rng=np.random.default_rng(0),
        dtype=dtype,
    )


def write(folder: Path, text: str) -> Path:
    path = folder / "some.tsv"
    path.write_text(text, encoding="utf-8")
    return path
