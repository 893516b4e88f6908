"""The encoder options that tasks share, and the layers they stand for.

These options are imported whenever seqkit lists its tasks, so the layers are imported where they
are used.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from seqkit.arrays import DTypeLike
from seqkit.errors import Problem
from seqkit.options import option
from seqkit.tokens import TokenConfig, model_tokens

if TYPE_CHECKING:
    from seqkit.layers.base import RecurrentLayer
    from seqkit.layers.embedding import Embedding
    from seqkit.text.vocabulary import Vocabulary

__all__ = [
    "EncoderConfig",
    "TaggerConfig",
    "TextConfig",
    "TextEncoderConfig",
    "WordConfig",
    "build_cell",
    "start_from_vectors",
]


@dataclass(frozen=True, kw_only=True)
class TextConfig(TokenConfig):
    """How text becomes ids and vectors; a task's config derives from it, before
    :class:`~seqkit.training.TrainingConfig`.
    """

    min_count: int = option(1, help="rarer tokens are unknown", group="data", minimum=1)
    embedding: int = option(100, help="width of a token's vector", group="encoder", minimum=1)
    vectors: str | None = option(
        None,
        help="start from pretrained vectors: word2vec, GloVe or fastText text file",
        group="encoder",
    )
    freeze_vectors: bool = option(False, help="keep the token vectors as they are", group="encoder")
    extend_vocabulary: bool = option(
        False,
        help="also know the tokens of vectors or init_from that the training split lacks",
        group="encoder",
    )
    word_dropout: float = option(
        0.0,
        help="share of tokens read as unknown in training",
        group="encoder",
        minimum=0.0,
        maximum=0.95,
    )
    dropout: float = option(
        0.3,
        help="dropout before and after the encoder, one mask a sequence",
        group="encoder",
        minimum=0.0,
        maximum=0.95,
    )

    def _fit(
        self, texts: Iterable[Iterable[str]], minimum: int, marks: Sequence[str]
    ) -> "Vocabulary":
        """Fit it; with ``extend_vocabulary`` the other tokens of the pretrained vectors, or of the
        model to start from, follow in their order there, as having been met 0 times.
        """
        fitted = super()._fit(texts, minimum, marks)
        if not self.extend_vocabulary:
            return fitted
        return fitted.extended(self._pretrained_words(), maximum_size=self.max_vocabulary)

    def _pretrained_words(self) -> Iterator[str]:
        """Yield the tokens of the vectors or of the model that the new one starts from."""
        init_from: str | None = getattr(self, "init_from", None)
        if self.vectors is not None:
            from seqkit.text.vectors import vector_words

            words = vector_words(self.vectors)
            # What stands there in capitals only has no vector in small letters.
            yield from (word for word in words if not self.lowercase or word == word.lower())
        elif init_from is not None:
            there = model_tokens()
            if there is None:
                raise LookupError("fit the task with seqkit.transfer.fit, which loads the model")
            yield from (word.lower() if self.lowercase else word for word in there.words)

    def problems(self) -> Iterator[Problem]:
        """Yield what makes no sense in these options."""
        yield from super().problems()
        init_from = getattr(self, "init_from", None)
        if self.vectors is not None and init_from is not None:
            yield Problem("found beside vectors: both fill the same table", "init_from")
        if self.freeze_vectors and self.vectors is None and init_from is None:
            reason = "vectors as they were drawn would never learn"
            yield Problem(f"found without vectors or init_from: {reason}", "freeze_vectors")
        if self.extend_vocabulary and self.vectors is None and init_from is None:
            yield Problem("found without vectors or init_from to take it from", "extend_vocabulary")
        if self.cuts_words and self.vectors is not None:
            yield Problem("found with subwords: the vectors are of whole words", "vectors")
        if self.cuts_words and self.extend_vocabulary:
            reason = "no text would be cut into pieces that were not learnt from it"
            yield Problem(f"found with subwords: {reason}", "extend_vocabulary")


@dataclass(frozen=True, kw_only=True)
class WordConfig(TextConfig):
    """How words become features for a tagger: a vector of their own, their spelling, their shape; a
    task's config derives from it, before :class:`~seqkit.training.TrainingConfig`.

    :class:`seqkit.tagging.features.WordFeatures` reads these options.
    """

    word_dropout: float = option(
        0.25,
        help="a: a word met n times is read as unknown in a / (a + n) of the training cases",
        group="encoder",
        minimum=0.0,
    )
    character_embedding: int = option(
        25, help="width of a character's vector", group="encoder", minimum=1
    )
    character_units: int = option(
        25, help="units of each direction of the character encoder", group="encoder", minimum=1
    )
    character_cell: Literal["rnn", "lstm", "gru"] = option(
        "lstm", help="what reads the characters of a word", group="encoder"
    )
    shape_embedding: int = option(
        0,
        help="width of a vector for a word's shape: capitals, digits, marks (0: none)",
        group="encoder",
        minimum=0,
    )

    def as_read(self, words: Sequence[str]) -> list[str]:
        """Return the words as the vocabulary knows them."""
        return [word.lower() for word in words] if self.lowercase else list(words)


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """What reads the tokens in time; a task's config derives from it, before
    :class:`~seqkit.training.TrainingConfig`, and may set other defaults.
    """

    encoder: str = option(
        "lstm", help="rnn, lstm, gru, or one that a plugin offers", group="encoder"
    )
    units: int = option(128, help="units of each layer and direction", group="encoder", minimum=1)
    layers: int = option(1, help="layers, one above the other", group="encoder", minimum=1)
    bidirectional: bool = option(True, help="read from both ends", group="encoder")
    connection: Literal["none", "residual", "dense", "highway"] = option(
        "none", help="how layers are joined", group="encoder"
    )
    layer_dropout: float = option(
        0.0,
        help="dropout between layers, one mask a sequence",
        group="encoder",
        minimum=0.0,
        maximum=0.95,
    )
    recurrent_dropout: float = option(
        0.0,
        help="dropout on the recurrent weights, one mask a batch",
        group="encoder",
        minimum=0.0,
        maximum=0.95,
    )

    @property
    def described(self) -> str:
        """The encoder in a few words, for :meth:`seqkit.tasks.Model.describe`."""
        direction = "both directions" if self.bidirectional else "one direction"
        return f"{self.encoder}, {self.layers} x {self.units}, {direction}"


@dataclass(frozen=True, kw_only=True)
class TaggerConfig(WordConfig, EncoderConfig):
    """A tagger: words, an encoder, and how tags are chosen; a task's config derives from it, before
    :class:`~seqkit.training.TrainingConfig`.

    :func:`seqkit.tagging.network.create_network` reads these options.
    """

    output: Literal["softmax", "crf"] = option(
        "softmax", help="choose each tag on its own, or the best sequence of tags", group="head"
    )


@dataclass(frozen=True, kw_only=True)
class TextEncoderConfig(TextConfig, EncoderConfig):
    """Both: what :func:`~seqkit.plugins.create_text_encoder` needs to know."""


def build_cell(
    cell: Literal["rnn", "lstm", "gru"],
    config: EncoderConfig,
    features: int,
    *,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float32,
) -> "RecurrentLayer[Any]":
    """Build a stack of one kind of cell as the options ask for it.

    Args:
        cell: kind of recurrent layer.
        config: the encoder options.
        features: D, width of the inputs.
        rng: draws the weights.
        dtype: of the weights.
    """
    from seqkit.layers.stack import build_recurrent

    return build_recurrent(
        cell,
        features,
        config.units,
        layers=config.layers,
        bidirectional=config.bidirectional,
        connection=config.connection,
        dropout=config.layer_dropout,
        recurrent_dropout=config.recurrent_dropout,
        rng=rng,
        dtype=dtype,
    )


def start_from_vectors(
    embedding: "Embedding", words: Sequence[str], path: str | None
) -> Sequence[str]:
    """Fill in the pretrained vectors of the words that a file has; the others stay as drawn.

    Args:
        embedding: changed in place.
        words: (V,) the word of each row.
        path: a word2vec, GloVe or fastText text file; without one, nothing changes.

    Returns:
        A notice of how many words it covers, where there is a file.

    Raises:
        UserError: the file cannot be read, or its vectors are not as wide as the embedding.
    """
    if path is None:
        return ()
    from seqkit.text.vectors import load_vectors

    vectors = load_vectors(path, words, width=embedding.features)
    embedding.table.value[vectors.found] = vectors.matrix[vectors.found]
    return (f"{path}: {vectors}",)
