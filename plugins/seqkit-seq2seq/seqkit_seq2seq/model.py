"""The model: what it reads of a text, and how what it writes is scored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from seqkit.arrays import Array
from seqkit.layers.base import prefixed
from seqkit.layers.embedding import Embedding
from seqkit.metrics import Scoring, join_scorings
from seqkit.metrics.baselines import NearestText
from seqkit.parameters import Parameter
from seqkit.sequences import pack_flat
from seqkit.tasks import Baseline
from seqkit.text import END, Vocabulary, create_tokenizer
from seqkit.writing_model import NetworkInput, WritingModel, Written

from seqkit_seq2seq.bleu import score_bleu
from seqkit_seq2seq.config import Seq2SeqConfig
from seqkit_seq2seq.network import build_encoder_decoder

__all__ = ["Pair", "Seq2SeqModel"]


@dataclass(frozen=True)
class Pair:
    """A source, the tokens that the model reads of it, and the right answers, if they are known.

    Attributes:
        source: the text.
        tokens: of the source, in reading order.
        answers: tokens of each right answer, of which the first is the usual one.
        targets: the same as text.
    """

    source: str
    tokens: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...] = ()
    targets: tuple[str, ...] = ()


class Seq2SeqModel(WritingModel[Pair]):
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
        self.config = config
        self.embedding = Embedding(len(source), config.embedding, rng=rng)
        shared = self.embedding.table if source is target else None
        network = build_encoder_decoder(
            config, config.embedding, len(target), target.ids[END], table=shared, rng=rng
        )
        tokenizer = create_tokenizer(config.target_units)
        super().__init__(network, target, tokenizer, config, longest=longest)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of ``source.`` and of the network."""
        yield from prefixed("source", self.embedding.parameters())
        yield from super().parameters()

    def describe(self) -> Mapping[str, str]:
        """Say what the network is made of."""
        config = self.config
        units = config.decoder_units or config.units
        return {
            "source": f"{len(self.source):,} {config.source_units}, {config.embedding} wide",
            "encoder": config.described,
            "attention": config.attention,
            "decoder": f"{config.decoder}, {config.decoder_layers} x {units}",
            "target": f"{len(self.vocabulary):,} {config.target_units}, at most {self.limit - 1}",
        }

    def predict(self, examples: Sequence[Pair]) -> list[Written]:
        """Write an answer to each source, by beam search; nothing for one without a token."""
        written = iter(super().predict([pair for pair in examples if pair.tokens]))
        return [next(written) if pair.tokens else self.told("") for pair in examples]

    def read(self, examples: Sequence[Pair]) -> NetworkInput:
        """Return the vectors of the sources' tokens."""
        ids = pack_flat(*self.source.encode_flat([pair.tokens for pair in examples]))
        vectors, backward = self.embedding.forward(ids.data)
        return NetworkInput(ids.with_data(vectors), lambda d_vectors: backward(d_vectors.data))

    def length(self, example: Pair) -> int:
        """Return the number of the source's tokens."""
        return len(example.tokens)

    def answers(self, example: Pair) -> Sequence[Sequence[str]]:
        """Return the tokens of each right answer."""
        return example.answers

    def attention(self, examples: Sequence[Pair], written: Sequence[Written]) -> list[Array]:
        """Return where each token of an answer, and its end, looked: (T + 1, source tokens).

        Without attention the list is empty. Columns are in the order of the text.
        """
        targets = [self.vocabulary.encode(answer.tokens) for answer in written]
        weights = self.network.attention(self.read(examples).vectors, targets)
        return [matrix[:, ::-1] for matrix in weights] if self.config.reverse_source else weights

    def score(self, examples: Sequence[Pair], predictions: Sequence[Written]) -> Scoring:
        """Return exact match, token error rate and BLEU, each against the nearest right answer."""
        edits = super().score(examples, predictions)
        texts = [written.text for written in predictions]
        gold = [pair.targets for pair in examples]
        return join_scorings(edits, score_bleu(gold, texts, self.config.target_units))

    def unknown_tokens(self, example: Pair) -> list[str]:
        """Return the tokens of the source outside the vocabulary, in the order of the text."""
        unknown = self.source.unknown(example.tokens)
        return unknown[::-1] if self.config.reverse_source else unknown

    def counts(self, examples: Sequence[Pair]) -> Mapping[str, int]:
        """Count sources, answers and their tokens, and the unknown ones."""
        return {
            **super().counts(examples),
            "source tokens": sum(len(pair.tokens) for pair in examples),
            "unknown source tokens": sum(len(self.unknown_tokens(pair)) for pair in examples),
        }

    def baselines(self, train: Sequence[Pair]) -> Iterator[Baseline[Pair, Written]]:
        """Yield a copy of the source, and the target of the nearest training source."""
        yield Baseline("copy of the source", lambda pairs: [self.told(p.source) for p in pairs])
        nearest = NearestText.fit([pair.source for pair in train])

        def predict(pairs: Sequence[Pair]) -> list[Written]:
            found = nearest.find([pair.source for pair in pairs]).tolist()
            return [self.told(train[i].targets[0]) for i in found]

        yield Baseline("answer to the nearest source", predict)
