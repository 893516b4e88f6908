"""The model: token vectors, the encoder-decoder, what it writes and how that is scored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from seqkit.arrays import Array, IntArray
from seqkit.beam_search import Hypothesis
from seqkit.layers.base import State, prefixed
from seqkit.layers.embedding import Embedding
from seqkit.metrics import Metric, Scoring, evaluate, join_scorings, score_sequences
from seqkit.metrics.baselines import NearestText
from seqkit.parameters import Parameter
from seqkit.sequences import PackedSequence, pack_flat
from seqkit.tasks import Baseline, Batches, Model, Step
from seqkit.text import Tokenizer, Vocabulary, create_tokenizer, length_batches

from seqkit_seq2seq.bleu import score_bleu
from seqkit_seq2seq.config import Seq2SeqConfig
from seqkit_seq2seq.network import build_encoder_decoder
from seqkit_seq2seq.pairs import Pair

__all__ = ["Candidate", "Seq2SeqModel", "Written"]

READ_AT_ONCE = 4096
"""Tokens of the sources that are answered together."""

UNIT_NAMES = {"words": "word", "characters": "character", "jamo": "jamo", "whitespace": "token"}


@dataclass(frozen=True)
class Candidate:
    """One of several answers, with what the model holds of it."""

    text: str
    tokens: tuple[str, ...]
    score: float
    log_probability: float


@dataclass(frozen=True)
class Written:
    """What the model writes for a source.

    Attributes:
        text: the best answer.
        tokens: its tokens.
        score: log-probability over the length penalty, by which answers are ranked.
        log_probability: of the tokens and the end mark, natural logarithm.
        ended: whether the answer came to an end; otherwise it was cut off at the maximum length.
        candidates: the best answers, this one first, where more than one was asked for.
    """

    text: str
    tokens: tuple[str, ...]
    score: float = 0.0
    log_probability: float = 0.0
    ended: bool = True
    candidates: tuple[Candidate, ...] = ()


class Seq2SeqModel(Model[Pair, Written]):
    """Token vectors and an encoder-decoder.

    Args:
        source: vocabulary of what is read.
        target: vocabulary of what is written; the same object where both sides share it.
        longest: tokens of the longest target of training.
        config: the options.
        rng: draws the weights.
    """

    def __init__(
        self,
        source: Vocabulary,
        target: Vocabulary,
        longest: int,
        config: Seq2SeqConfig,
        *,
        rng: np.random.Generator,
    ) -> None:
        self.source = source
        self.target = target
        self.config = config
        self.tokenizer: Tokenizer = create_tokenizer(config.target_units)
        self.limit = (config.max_length or longest) + 1
        self.embedding = Embedding(len(source), config.embedding, rng=rng)
        table = self.embedding.table if source is target else None
        end = target.end_id
        assert end is not None
        self.network = build_encoder_decoder(
            config, config.embedding, len(target), end, table=table, rng=rng
        )
        self._sampled = 0.0

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of ``source.`` and of the network."""
        yield from prefixed("source", self.embedding.parameters())
        yield from self.network.parameters()

    def describe(self) -> Mapping[str, str]:
        """Say what the network is made of."""
        config = self.config
        directions = "both directions" if config.bidirectional else "one direction"
        units = config.decoder_units or config.units
        return {
            "source": f"{len(self.source):,} {config.source_units}, {config.embedding} wide",
            "encoder": f"{config.encoder}, {config.layers} x {config.units}, {directions}",
            "attention": config.attention,
            "decoder": f"{config.decoder}, {config.decoder_layers} x {units}",
            "target": f"{len(self.target):,} {config.target_units}, at most {self.limit - 1}",
        }

    # --- learning --------------------------------------------------------------------------------

    def begin_epoch(self, epoch: int) -> None:
        """Follow the schedule of scheduled sampling."""
        self._sampled = self.config.sampled_in(epoch)

    def batches(self, examples: Sequence[Pair], *, rng: np.random.Generator | None) -> Batches[Any]:
        """Group sources of similar length; each right answer of a source is an item of its own."""
        items = [(pair, answer) for pair in examples for answer in pair.answers]
        lengths = [len(pair.tokens) + len(answer) for pair, answer in items]
        groups = length_batches(lengths, batch_size=self.config.batch_size, rng=rng)
        return Batches(len(groups), lambda i: [items[j] for j in groups[i].tolist()])

    def loss(
        self,
        batch: Sequence[tuple[Pair, tuple[str, ...]]],
        state: State | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Step:
        """Return the cross-entropy of the answers."""
        ids = self._encode([pair for pair, _ in batch])
        vectors, back_embedding = self.embedding.forward(ids.data)
        loss = self.network.loss(
            ids.with_data(vectors),
            [self.target.encode(answer) for _, answer in batch],
            sampled=self._sampled if train else 0.0,
            label_smoothing=self.config.label_smoothing,
            train=train,
            rng=rng,
        )

        def backward(scale: float) -> None:
            back_embedding(loss.backward(scale).data)

        return Step(loss.total, loss.count, ids.tokens + loss.count, backward)

    def _encode(self, pairs: Sequence[Pair]) -> PackedSequence:
        return pack_flat(*self.source.encode_flat([pair.tokens for pair in pairs]))

    def _vectors(self, pairs: Sequence[Pair]) -> PackedSequence:
        ids = self._encode(pairs)
        return ids.with_data(self.embedding.forward(ids.data)[0])

    # --- using -----------------------------------------------------------------------------------

    def predict(self, examples: Sequence[Pair]) -> list[Written]:
        """Write an answer to each source, by beam search."""
        return self._search(examples, self.config.beam, self.config.n_best)

    def _search(self, examples: Sequence[Pair], beam: int, n_best: int) -> list[Written]:
        found: list[Written] = [Written("", ())] * len(examples)
        lengths = [len(pair.tokens) for pair in examples]
        for places in length_batches(lengths, tokens=READ_AT_ONCE):
            answers = self.network.search(
                self._vectors([examples[i] for i in places.tolist()]),
                max_length=self.limit,
                width=beam,
                n_best=n_best,
                alpha=self.config.length_penalty,
            )
            for place, hypotheses in zip(places.tolist(), answers, strict=True):
                found[place] = self._written(hypotheses)
        return found

    def _written(self, hypotheses: Sequence[Hypothesis]) -> Written:
        found = [
            Candidate(self.tokenizer.join(tokens), tokens, each.score, each.log_probability)
            for each in hypotheses
            for tokens in [tuple(self.target.decode(each.tokens))]
        ]
        best, several = found[0], tuple(found) if self.config.n_best > 1 else ()
        ended = hypotheses[0].ended
        return Written(best.text, best.tokens, best.score, best.log_probability, ended, several)

    def attention(self, examples: Sequence[Pair], written: Sequence[Written]) -> list[Array]:
        """Return where each token of an answer, and its end, looked: (T + 1, source tokens).

        Without attention the list is empty. Columns are in the order of the text.
        """
        targets: list[IntArray] = [self.target.encode(answer.tokens) for answer in written]
        weights = self.network.attention(self._vectors(examples), targets)
        return [matrix[:, ::-1] for matrix in weights] if self.config.reverse_source else weights

    # --- scoring ---------------------------------------------------------------------------------

    def score(self, examples: Sequence[Pair], predictions: Sequence[Written]) -> Scoring:
        """Return exact match, token error rate and BLEU, each against the nearest right answer."""
        return join_scorings(
            self._score_edits(examples, predictions),
            score_bleu(
                [pair.targets for pair in examples],
                [written.text for written in predictions],
                self.config.target_units,
            ),
        )

    def _score_edits(self, examples: Sequence[Pair], predictions: Sequence[Written]) -> Scoring:
        gold = [pair.answers for pair in examples]
        unit = UNIT_NAMES[self.config.target_units]
        return score_sequences(gold, [written.tokens for written in predictions], unit=unit)

    def validate(self, examples: Sequence[Pair]) -> Metric:
        """Return the exact match of what is written without a beam."""
        scoring = self._score_edits(examples, self._search(examples, 1, 1))
        return evaluate(scoring, resamples=0, rng=np.random.default_rng(0)).headline

    def counts(self, examples: Sequence[Pair]) -> Mapping[str, int]:
        """Count pairs, tokens of both sides, and those of the source that are unknown."""
        unknown = sum(token not in self.source for pair in examples for token in pair.tokens)
        return {
            "sources": len(examples),
            "answers": sum(len(pair.answers) for pair in examples),
            "source tokens": sum(len(pair.tokens) for pair in examples),
            "target tokens": sum(len(answer) for pair in examples for answer in pair.answers),
            "unknown tokens": unknown,
        }

    def baselines(self, train: Sequence[Pair]) -> Iterator[Baseline[Pair, Written]]:
        """Yield a copy of the source, and the target of the nearest training source."""
        yield Baseline("copy of the source", lambda pairs: [self._copy(pair) for pair in pairs])
        nearest = NearestText.fit([pair.source for pair in train])

        def predict(pairs: Sequence[Pair]) -> list[Written]:
            found = nearest.find([pair.source for pair in pairs]).tolist()
            return [Written(train[i].targets[0], train[i].answers[0]) for i in found]

        yield Baseline("answer to the nearest source", predict)

    def _copy(self, pair: Pair) -> Written:
        return Written(pair.source, tuple(self.tokenizer.tokenize(pair.source)))
