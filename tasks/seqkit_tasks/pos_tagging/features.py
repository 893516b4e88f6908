"""What the tagger knows of a word: a vector of its own, and one that is read off its spelling.

The spelling is read once for each distinct word, however often the word stands in a batch.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from seqkit.arrays import Array, DTypeLike, IntArray
from seqkit.layers.base import prefixed
from seqkit.layers.characters import CharacterEncoder
from seqkit.layers.dropout import dropped
from seqkit.layers.embedding import Embedding
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence, pack_flat
from seqkit.text import UNKNOWN, Vocabulary, length_batches
from seqkit_tasks.pos_tagging.config import PosTaggingConfig

__all__ = ["WordBatch", "WordFeatures", "fit_characters"]
