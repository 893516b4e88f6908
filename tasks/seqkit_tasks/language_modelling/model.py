"""The language model: token vectors, an encoder, and a softmax over the vocabulary."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from seqkit.arrays import Array, BoolArray, IntArray
from seqkit.layers.activation_penalties import ActivationPenalty, penalise_activations
from seqkit.layers.base import State, prefixed
from seqkit.layers.losses import Loss
from seqkit.layers.sampled_softmax import WordSampler
from seqkit.layers.softmax import SoftmaxOutput
from seqkit.layers.text_encoder import TextEncoder
from seqkit.metrics.baselines.kneser_ney import KneserNey
from seqkit.metrics.language_modelling import score_tokens
from seqkit.metrics.measures import Scoring
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence, pack_flat
from seqkit.tasks import Baseline, Batches, Model, Step
from seqkit.text.batching import Window, streams
from seqkit.text.tokenizers import create_tokenizer
from seqkit.text.vocabulary import Vocabulary
from seqkit_tasks.language_modelling.config import LanguageModellingConfig
from seqkit_tasks.language_modelling.lines import (
    Line,
    ScoredLine,
    encode_stream,
    scored_lines,
    what_is_told,
)

__all__ = ["LanguageModel"]

SCORING_WINDOW = 1024
"""Steps that are scored at once; what comes out does not depend on it."""


class LanguageModel(Model[Line, ScoredLine]):
    """Encoder and output layer.

    Args:
        vocabulary: with the unknown and the end mark.
        encoder: reads the tokens from the first to the last.
        output: the softmax over the vocabulary; its ``w`` may be the encoder's table.
        config: the options.
    """

    def __init__(
        self,
        *,
        vocabulary: Vocabulary,
        encoder: TextEncoder,
        output: SoftmaxOutput,
        config: LanguageModellingConfig,
    ) -> None:
        self.vocabulary = vocabulary
        self.encoder = encoder
        self.output = output
        self.config = config
        self.sampler = _word_sampler(vocabulary, config.sampled_words)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of encoder and output layer; a tied table comes under both names."""
        yield from prefixed("encoder", self.encoder.parameters())
        yield from prefixed("output", self.output.parameters())

    def describe(self) -> Mapping[str, str]:
        """Say what the network is made of."""
        config = self.config
        tied = "the weights are the token vectors" if config.tied else "weights of its own"
        return {
            "vocabulary": f"{len(self.vocabulary):,} {config.tokens_described}",
            "embedding": f"{config.embedding_width} wide",
            "encoder": f"{config.encoder}, {config.layers} x {config.units}, one direction",
            "output": f"softmax over {len(self.vocabulary):,}, {tied}{self._sampling}",
            "training": f"{config.batch_size} streams in windows of {config.window} steps",
        }

    @property
    def _sampling(self) -> str:
        return "" if self.sampler is None else f"; learns from {self.sampler.size:,} at a time"

    # --- learning --------------------------------------------------------------------------------

    def batches(
        self, examples: Sequence[Line], *, rng: np.random.Generator | None
    ) -> Batches[Window]:
        """Cut the text into windows: every token, end marks included, is a target once.

        With ``rng`` the text begins at a random line and goes on from its end to its beginning, so
        that streams and windows are cut at other places in every epoch.
        """
        lines = examples
        if rng is not None and len(examples):
            start = int(rng.integers(len(examples)))
            lines = [*examples[start:], *examples[:start]]
        ids, _ = encode_stream(self.vocabulary, lines)
        config = self.config
        windows = streams(ids, streams=config.batch_size, window=config.window)
        return Batches(len(windows), windows.__getitem__)

    def loss(
        self,
        batch: Window,
        state: State | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Step:
        """Return the cross-entropy of the next tokens; no gradient flows into ``state``.

        In training with ``sampled_words`` it is an estimate (:mod:`seqkit.layers.sampled_softmax`),
        and penalties on the outputs are part of it.
        """
        features, final, back_encoder = self.encoder.forward(
            batch.inputs, state, train=train, rng=rng
        )
        loss = self.output_loss(features.data, batch.targets.data, rng if train else None)
        penalty = self._penalty(features) if train else None

        def backward(scale: float) -> None:
            d_features = loss.backward(scale)
            if penalty is not None:
                d_features += scale * loss.count * penalty.gradient
            back_encoder(features.with_data(d_features))

        total = loss.total + (0.0 if penalty is None else loss.count * penalty.value)
        return Step(total, loss.count, batch.inputs.tokens, backward, final)

    def _penalty(self, features: PackedSequence) -> ActivationPenalty | None:
        size, change = self.config.activity_penalty, self.config.slowness_penalty
        return penalise_activations(features, size=size, change=change) if size or change else None

    def output_loss(
        self, features: Array, targets: IntArray, rng: np.random.Generator | None
    ) -> Loss[Array]:
        """Return the loss of targets (M,) after features (M, H).

        With ``rng`` it is what training takes: an estimate where ``sampled_words`` is set.
        """
        if self.sampler is None or rng is None:
            return self.output.loss(features, targets)
        return self.output.sampled_loss(features, targets, self.sampler.draw(rng))

    def initial_state(self, batch: int = 1) -> State:
        """Return the zero state of a number of sequences."""
        nothing = pack_flat(np.empty(0, np.int64), np.zeros(batch, np.int64))
        return self.encoder.forward(nothing)[1]

    # --- using -----------------------------------------------------------------------------------

    def log_probabilities(self, ids: IntArray) -> Array:
        """Return the log-probability of each token of a stream but the first: (1 + M,) to (M,).

        One pass with carried state, in windows so that memory does not grow with the text.
        """
        parts: list[Array] = [np.empty(0)]
        state: State | None = None
        for inputs, targets in streams(ids, streams=1, window=SCORING_WINDOW):
            features, state, _ = self.encoder.forward(inputs, state)
            parts.append(self.output.log_probabilities(features.data, targets.data))
        return np.concatenate(parts, dtype=np.float64)

    def log_distribution(
        self, ids: PackedSequence, state: State | None = None
    ) -> tuple[Array, State]:
        """Read tokens (M,) and return the log-probabilities of what comes next.

        Returns:
            (N, V) after the last token of each sequence, none of which may be empty, in the
            caller's order; and the state, to go on from.
        """
        features, final, _ = self.encoder.forward(ids, state)
        last = features.data[ids.last_rows[ids.inverse_order]]
        return self.output.log_softmax(last), final

    def predict(self, examples: Sequence[Line]) -> list[ScoredLine]:
        """Return the probability of each line after all lines before it.

        The lines are one text, and what stands in front of it is an end mark. For sentences that
        have nothing to do with each other see
        :func:`~seqkit_tasks.language_modelling.scoring.score_sentences`.
        """
        ids, _ = encode_stream(self.vocabulary, examples)
        return self.scored(examples, ids, self.log_probabilities(ids))

    def scored(
        self, examples: Sequence[Line], ids: IntArray, log_probabilities: Array
    ) -> list[ScoredLine]:
        """Cut the log-probabilities (M,) of a stream (1 + M,) into its lines."""
        unknown = self.is_unknown(ids[1:])
        return list(scored_lines(self.vocabulary, examples, log_probabilities, unknown))

    def is_unknown(self, ids: IntArray) -> BoolArray:
        """Say which ids are the unknown mark."""
        marked: BoolArray = ids == self.vocabulary.unknown_id
        return marked

    def score(self, examples: Sequence[Line], predictions: Sequence[ScoredLine]) -> Scoring:
        """Return perplexity, with and without unknown tokens, and bits per character.

        Bits are ranked against those of models that tell as much of the text, whatever their
        vocabulary, where no token is unknown.
        """
        config = self.config
        ids, lengths = encode_stream(self.vocabulary, examples)
        values = chain.from_iterable(line.log_probabilities for line in predictions)
        return score_tokens(
            -np.fromiter(values, np.float64),
            lengths,
            unknown=self.is_unknown(ids[1:]),
            characters=[line.characters for line in examples],
            vocabulary=self._basis,
            text=what_is_told(
                examples, create_tokenizer(config.tokenizer), lowercase=config.lowercase
            ),
            headline="bits per character" if config.reads_parts else "perplexity",
        )

    @property
    def _basis(self) -> str:
        """What a perplexity of this model is measured on: the tokens and the vocabulary."""
        config = self.config
        cased = ", in small letters" if config.lowercase else ""
        size, digest = len(self.vocabulary), self.vocabulary.digest
        return f"{config.tokens_described}{cased}, a vocabulary of {size:,} ({digest})"

    def unknown_tokens(self, example: Line) -> list[str]:
        """Return the tokens outside the vocabulary."""
        return self.vocabulary.unknown(example.tokens)

    def counts(self, examples: Sequence[Line]) -> Mapping[str, int]:
        """Count lines, tokens with their end marks, unknown tokens, and characters."""
        ids, lengths = encode_stream(self.vocabulary, examples)
        return {
            "lines": len(lengths),
            "tokens": int(lengths.sum()),
            "unknown tokens": int(self.is_unknown(ids).sum()),
            "characters": sum(line.characters for line in examples),
        }

    def baselines(self, train: Sequence[Line]) -> Iterator[Baseline[Line, ScoredLine]]:
        """Yield interpolated Kneser-Ney models: a trigram and a 5-gram."""
        ids, _ = encode_stream(self.vocabulary, train)
        for name, order in (("trigram", 3), ("5-gram", 5)):
            yield self._ngrams(f"interpolated Kneser-Ney {name}", ids, order)

    def _ngrams(self, name: str, train: IntArray, order: int) -> Baseline[Line, ScoredLine]:
        ngrams = KneserNey.fit(train, len(self.vocabulary), order=order)

        def predict(examples: Sequence[Line]) -> list[ScoredLine]:
            ids, _ = encode_stream(self.vocabulary, examples)
            return self.scored(examples, ids, ngrams.log_probabilities(ids[1:], ids[:1]))

        return Baseline(name, predict)


def _word_sampler(vocabulary: Vocabulary, size: int | None) -> WordSampler | None:
    """Return what draws the words to learn from, or None where all of them are used."""
    if size is None or size >= len(vocabulary):
        return None
    counts = vocabulary.counts
    # A vocabulary without counts is in the order of frequency all the same: Zipf's law.
    return WordSampler(1e6 / np.arange(1, len(vocabulary) + 1) if counts is None else counts, size)
