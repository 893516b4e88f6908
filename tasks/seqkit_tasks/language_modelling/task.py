"""The language modelling task: reads text line by line and builds the model."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from seqkit.errors import Problem, UserError
from seqkit.inputs import texts
from seqkit.layers.embedding import Embedding
from seqkit.layers.softmax import SoftmaxOutput
from seqkit.layers.text_encoder import TextEncoder
from seqkit.plugins import create_encoder
from seqkit.tasks import Mistake, Resources, Task
from seqkit.text.readers import format_tsv, read_plain
from seqkit.text.tokenizers import Tokenizer, create_tokenizer
from seqkit.text.vocabulary import END, UNKNOWN, Vocabulary
from seqkit_tasks.language_modelling.config import LanguageModellingConfig
from seqkit_tasks.language_modelling.lines import Line, ScoredLine, check_marks
from seqkit_tasks.language_modelling.model import LanguageModel

__all__ = ["LanguageModellingTask"]

SURPRISES = 5
"""Tokens of a line that are named as the least probable."""


class LanguageModellingTask(Task[LanguageModellingConfig, Line, ScoredLine]):
    """Reads text line by line and builds the model.

    Attributes:
        tokenizer: cuts lines into tokens, and joins tokens to text.
    """

    splits_shuffled: ClassVar[bool] = False

    def __init__(self, config: LanguageModellingConfig) -> None:
        super().__init__(config)
        self.tokenizer: Tokenizer = create_tokenizer(config.tokenizer)

    @property
    def formats(self) -> Mapping[str, Callable[[Line, ScoredLine], str]]:
        """``tsv``: log-probability, perplexity, text."""
        return {
            "tsv": lambda line, found: format_tsv(
                f"{found.log_probability:.4f}", f"{found.perplexity:.2f}", line.text
            )
        }

    def read(self, path: Path) -> list[Line]:
        """Read plain text, one example a line, blank lines included unless that is turned off."""
        return self._lines(
            [line.text for line in read_plain(path, blank_lines=self.config.blank_lines)]
        )

    def examples(self, inputs: Sequence[Any], targets: Sequence[Any] | None = None) -> list[Line]:
        """Make examples from lines of text, which hold their own answers: no ``targets``.

        Raises:
            UserError: inputs that are no texts; all of them together.
        """
        return self._lines(texts(inputs))

    def _lines(self, lines: Sequence[str]) -> list[Line]:
        # Equal tokens are one object: two million words of WikiText-2 are 33,000 strings.
        shared: dict[str, str] = {}
        return [Line(text, self._tokens(text, shared)) for text in lines]

    def _tokens(self, text: str, shared: dict[str, str]) -> tuple[str, ...]:
        cased = text.lower() if self.config.lowercase else text
        return tuple(shared.setdefault(token, token) for token in self.tokenizer.tokenize(cased))

    def gold(self, example: Line) -> ScoredLine | None:
        """Return certainty: each token of the line, and its end, with probability 1.

        None where words are cut: only the model knows into which pieces, and it scores these.
        """
        if self.config.cuts_words:
            return None
        tokens = (*example.tokens, END)
        return ScoredLine.of(tokens, [0.0] * len(tokens), [])

    def mistakes(self, example: Line, prediction: ScoredLine) -> list[Mistake]:
        """Return the tokens of the line that the model found least probable."""
        values = zip(prediction.tokens, prediction.log_probabilities, strict=True)
        worst = sorted(values, key=lambda pair: pair[1])[:SURPRISES]
        return [Mistake(place=token, gold_probability=math.exp(p)) for token, p in worst]

    def text(self, example: Line) -> str:
        """Return the line."""
        return example.text

    def fit(self, train: Sequence[Line]) -> Resources:
        """Fit the vocabulary.

        Raises:
            UserError: no lines.
        """
        if not train:
            raise UserError(Problem("found no lines, wanted at least one", "training split"))
        texts = ((*line.tokens, END) for line in train)
        vocabulary = self.config.fit_vocabulary(
            texts, specials=(UNKNOWN, END), minimum_count=self._minimum_count(train)
        )
        return {"vocabulary": vocabulary.to_json()}

    def _minimum_count(self, train: Sequence[Line]) -> int:
        """How often a token must come, so that the unknown mark is learnt where it will be met."""
        if self.config.reads_parts or any(UNKNOWN in line.tokens for line in train):
            return 1
        return 2

    def build(self, resources: Resources, *, rng: np.random.Generator) -> LanguageModel:
        """Build embedding, encoder and output layer.

        Raises:
            UserError: a vocabulary without its marks, or an encoder too wide for tied weights.
        """
        config = self.config
        vocabulary = check_marks(Vocabulary.from_json(resources["vocabulary"]))
        embedding = Embedding(
            len(vocabulary),
            config.embedding_width,
            rng=rng,
            word_dropout=config.word_dropout,
            unknown=vocabulary.unknown_id,
        )
        encoder = TextEncoder(
            embedding,
            create_encoder(config, config.embedding_width, rng=rng),
            dropout=config.dropout,
        )
        width = encoder.output_features
        if config.tied and width != config.embedding_width:
            raise UserError(
                Problem(
                    f"the encoder {config.encoder!r} puts out {width} features, the token vectors "
                    f"are {config.embedding_width} wide, and tied weights want them equal",
                    "tied",
                )
            )
        shared = embedding.table if config.tied else None
        output = SoftmaxOutput(width, len(vocabulary), rng=rng, w=shared)
        return LanguageModel(vocabulary=vocabulary, encoder=encoder, output=output, config=config)
