"""What every model that writes a text token by token has in common, whatever it reads."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np

from seqkit.arrays import Array, BoolArray, IntArray
from seqkit.beam_search import Hypothesis
from seqkit.errors import Problem, UserError
from seqkit.layers.base import State
from seqkit.layers.encoder_decoder import EncoderDecoder, Source
from seqkit.metrics.baselines import KneserNey, MajorityClass
from seqkit.metrics.edits import score_sequences
from seqkit.metrics.evaluation import evaluate
from seqkit.metrics.language_modelling import score_lines
from seqkit.metrics.measures import Metric, Scoring, join_scorings
from seqkit.parameters import Parameter
from seqkit.randomness import random_stream
from seqkit.sampling import Sampling, draw
from seqkit.tasks import Baseline, Batches, Json, Model, Step
from seqkit.text.batching import length_batches
from seqkit.text.tokenizers import Tokenizer
from seqkit.text.vocabulary import END, UNKNOWN, Vocabulary

__all__ = [
    "Candidate",
    "NetworkInput",
    "OpenlyWritten",
    "WritingModel",
    "WritingOptions",
    "Written",
    "fit_texts",
]

ExampleT = TypeVar("ExampleT")

READ_AT_ONCE = 4096
"""Steps of the inputs that are answered together."""

UNIT_NAMES = {"words": "word", "characters": "character", "jamo": "jamo", "whitespace": "token"}


class NetworkInput(NamedTuple):
    """What a network reads of N examples.

    Attributes:
        vectors: (M, D) packed, or one vector for each example (N, D).
        backward: takes the gradient of the vectors and adds to those of the parameters.
    """

    vectors: Source
    backward: Callable[[Any], object] = lambda d_vectors: None


class WritingOptions(Protocol):
    """The options that a :class:`WritingModel` looks at."""

    @property
    def batch_size(self) -> int: ...  # noqa: D102
    @property
    def label_smoothing(self) -> float: ...  # noqa: D102
    @property
    def beam(self) -> int: ...  # noqa: D102
    @property
    def n_best(self) -> int: ...  # noqa: D102
    @property
    def length_penalty(self) -> float: ...  # noqa: D102
    @property
    def max_length(self) -> int | None: ...  # noqa: D102
    def sampled_in(self, epoch: int) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class Candidate:
    """One of several answers, with what the model holds of it."""

    text: str
    tokens: tuple[str, ...]
    score: float
    log_probability: float


@dataclass(frozen=True)
class Written:
    """What a model writes for an input.

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


@dataclass(frozen=True)
class OpenlyWritten(Written):
    """What a model writes where an input has many right answers.

    Attributes:
        gold_log_probability: of the gold answer with its end mark, natural logarithm; None where
            there is no gold answer.
        gold_unknown_log_probability: the part of it on tokens outside the vocabulary.
    """

    gold_log_probability: float | None = None
    gold_unknown_log_probability: float | None = None

    @classmethod
    def certain(cls, text: str, tokens: tuple[str, ...]) -> "OpenlyWritten":
        """Return a gold answer, held for certain."""
        return cls(text, tokens, gold_log_probability=0.0, gold_unknown_log_probability=0.0)

    @classmethod
    def of(cls, written: Written, gold: Array | None, unknown: BoolArray) -> "OpenlyWritten":
        """Add what the model held of each token (T,) of the gold answer, and which are unknown."""
        given = {field.name: getattr(written, field.name) for field in fields(Written)}
        if gold is None:
            return cls(**given)
        return cls(
            **given,
            gold_log_probability=float(gold.sum()),
            gold_unknown_log_probability=float(gold[unknown].sum()),
        )


def fit_texts(
    texts: Sequence[Sequence[str]], *, min_count: int = 1, max_size: int | None = None
) -> dict[str, Json]:
    """Fit what a :class:`WritingModel` needs to know of the training answers.

    Args:
        texts: tokens of each.
        min_count: rarer tokens are unknown.
        max_size: keep at most this many tokens, the commonest.

    Returns:
        ``vocabulary`` with the unknown and the end mark, as JSON, and ``longest``, in tokens.
    """
    vocabulary = Vocabulary.fit(
        texts, minimum_count=min_count, maximum_size=max_size, specials=(UNKNOWN, END)
    )
    return {"vocabulary": vocabulary.to_json(), "longest": max(map(len, texts), default=0)}


def _surprise(predictions: Sequence[Written], name: str) -> list[float]:
    """Return -log probabilities by the field's name, NaN where a prediction does not have them."""
    given = [getattr(prediction, name, None) for prediction in predictions]
    return [np.nan if value is None else -value for value in given]


Item: TypeAlias = tuple[ExampleT, Sequence[str]]
"""An example with one of its right answers."""


class WritingModel(Model[ExampleT, Written]):
    """Batches, loss, beam search, sampling and scores; a subclass says what is read.

    Where answers are open, as the names of a kind or the captions of a picture, a gold answer is
    one of many: then the headline is the perplexity of the gold answers, and the baseline an n-gram
    model. Otherwise it is the exact match, and the baseline the commonest answer.

    Args:
        network: reads and writes.
        vocabulary: of what is written, with the unknown and the end mark.
        tokenizer: puts tokens together.
        options: how it is trained and searched.
        longest: tokens of the longest answer of training.
        open_ended: whether an input has many right answers, of which the data know a few.

    Attributes:
        network: as above.
        vocabulary: as above.
        tokenizer: as above.
        open_ended: as above.
        limit: tokens that an answer may have, its end mark among them.

    Raises:
        UserError: a mark is missing from the vocabulary.
    """

    def __init__(
        self,
        network: EncoderDecoder,
        vocabulary: Vocabulary,
        tokenizer: Tokenizer,
        options: WritingOptions,
        *,
        longest: int,
        open_ended: bool = False,
    ) -> None:
        if vocabulary.unknown_id is None or vocabulary.end_id is None:
            raise UserError(f"the marks {UNKNOWN} and {END} are missing from the vocabulary")
        self.network = network
        self.vocabulary = vocabulary
        self.tokenizer = tokenizer
        self.limit = (options.max_length or longest) + 1
        self.open_ended = open_ended
        self._options = options
        self._sampled = 0.0

    @abstractmethod
    def read(self, examples: Sequence[ExampleT]) -> NetworkInput:
        """Return what the network reads of N examples."""

    @abstractmethod
    def length(self, example: ExampleT) -> int:
        """Return the steps that are read of an example; those of similar length share a batch."""

    @abstractmethod
    def answers(self, example: ExampleT) -> Sequence[Sequence[str]]:
        """Return the tokens of each right answer; none where they are not known."""

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield those of the network."""
        return self.network.parameters()

    # --- learning --------------------------------------------------------------------------------

    def begin_epoch(self, epoch: int) -> None:
        """Follow the schedule of scheduled sampling."""
        self._sampled = self._options.sampled_in(epoch)

    def batches(
        self, examples: Sequence[ExampleT], *, rng: np.random.Generator | None
    ) -> Batches[list[Item[ExampleT]]]:
        """Group inputs of similar length; each right answer of an input is an item of its own."""
        items = [(example, answer) for example in examples for answer in self.answers(example)]
        lengths = [self.length(example) + len(answer) for example, answer in items]
        groups = length_batches(lengths, batch_size=self._options.batch_size, rng=rng)
        return Batches(len(groups), lambda i: [items[j] for j in groups[i].tolist()])

    def loss(
        self,
        batch: Sequence[Item[ExampleT]],
        state: State | None = None,
        *,
        train: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Step:
        """Return the cross-entropy of the answers."""
        source = self.read([example for example, _ in batch])
        loss = self.network.loss(
            source.vectors,
            [self.vocabulary.encode(answer) for _, answer in batch],
            sampled=self._sampled if train else 0.0,
            label_smoothing=self._options.label_smoothing,
            train=train,
            rng=rng,
        )
        steps = sum(self.length(example) for example, _ in batch)

        def backward(scale: float) -> None:
            source.backward(loss.backward(scale))

        return Step(loss.total, loss.count, steps + loss.count, backward)

    # --- writing ---------------------------------------------------------------------------------

    def predict(self, examples: Sequence[ExampleT]) -> list[Written]:
        """Write an answer to each input, by beam search."""
        found = self._search(examples, self._options.beam, self._options.n_best)
        if not self.open_ended:
            return found
        held = zip(examples, found, self.gold_log_probabilities(examples), strict=True)
        return [OpenlyWritten.of(w, gold, self._gold_unknown(e)) for e, w, gold in held]

    def gold_log_probabilities(self, examples: Sequence[ExampleT]) -> list[Array | None]:
        """Return the log-probabilities (T,) of each example's first right answer and its end mark.

        None stands where no right answer is known.
        """
        found: list[Array | None] = [None] * len(examples)
        known = [i for i, example in enumerate(examples) if self.answers(example)]
        for some in self._groups([examples[i] for i in known]):
            places = [known[i] for i in some]
            targets = [self.vocabulary.encode(self.answers(examples[i])[0]) for i in places]
            source = self.read([examples[i] for i in places])
            loss = self.network.loss(source.vectors, targets)
            ends = np.cumsum([len(target) + 1 for target in targets])[:-1]
            parts = np.split(loss.log_probabilities.astype(np.float64), ends)
            for place, part in zip(places, parts, strict=True):
                found[place] = part
        return found

    def _gold_ids(self, example: ExampleT) -> IntArray:
        """Return the ids of the first right answer, where one is known, and of the end mark."""
        first = next(iter(self.answers(example)), ())
        return np.append(self.vocabulary.encode(first), self.vocabulary.ids[END])

    def _gold_unknown(self, example: ExampleT) -> BoolArray:
        """Say which tokens of the first right answer and its end mark are unknown."""
        unknown: BoolArray = self._gold_ids(example) == self.vocabulary.unknown_id
        return unknown

    def _groups(self, examples: Sequence[ExampleT]) -> list[list[int]]:
        lengths = [self.length(example) for example in examples]
        return [group.tolist() for group in length_batches(lengths, tokens=READ_AT_ONCE)]

    def _search(self, examples: Sequence[ExampleT], beam: int, n_best: int) -> list[Written]:
        found: list[Written] = [Written("", ())] * len(examples)
        for places in self._groups(examples):
            answers = self.network.search(
                self.read([examples[i] for i in places]).vectors,
                max_length=self.limit,
                width=beam,
                n_best=n_best,
                alpha=self._options.length_penalty,
                banned=[self.vocabulary.ids[UNKNOWN]],
            )
            for place, hypotheses in zip(places, answers, strict=True):
                found[place] = self._written(hypotheses)
        return found

    def _written(self, hypotheses: Sequence[Hypothesis]) -> Written:
        found = [
            Candidate(self.tokenizer.join(tokens), tokens, each.score, each.log_probability)
            for each in hypotheses
            for tokens in [tuple(self.vocabulary.decode(each.tokens))]
        ]
        best, several = found[0], tuple(found) if len(found) > 1 else ()
        ended = hypotheses[0].ended
        return Written(best.text, best.tokens, best.score, best.log_probability, ended, several)

    def sample(
        self,
        example: ExampleT,
        *,
        sampling: Sampling,
        samples: int = 1,
        length: int | None = None,
        seed: int = 0,
    ) -> list[str]:
        """Draw texts for an input; see :meth:`seqkit.tasks.Model.sample`.

        Raises:
            UserError: a length below 1.
        """
        if length is not None and length < 1:
            raise UserError(Problem(f"found {length}, wanted at least 1", "length"))
        encoded = self.network.encode(self.read([example] * samples).vectors)
        streams = [random_stream(seed, "sample", number) for number in range(samples)]
        unknown = self.vocabulary.ids[UNKNOWN]
        drawn = self.network.decoder.sample(
            encoded.memory,
            encoded.state,
            lambda i, log_p: draw(sampling.restrict(log_p, banned=[unknown]), streams[i]),
            max_length=self.limit if length is None else length,
        )
        return [self.tokenizer.join(self.vocabulary.decode(tokens)) for tokens in drawn]

    # --- scoring ---------------------------------------------------------------------------------

    def score(self, examples: Sequence[ExampleT], predictions: Sequence[Written]) -> Scoring:
        """Return exact match and token error rate, after the perplexity where answers are open.

        Raises:
            UserError: an example has no right answer.
        """
        gold = [self.answers(example) for example in examples]
        if not all(gold):
            missing = sum(not given for given in gold)
            raise UserError(f"found {missing} of {len(gold)} inputs without a gold answer")
        unit = UNIT_NAMES.get(self.tokenizer.name, "token")
        edits = score_sequences(gold, [written.tokens for written in predictions], unit=unit)
        if not self.open_ended:
            return edits
        unknown = [self._gold_unknown(example) for example in examples]
        surprise = score_lines(
            _surprise(predictions, "gold_log_probability"),
            [len(marked) for marked in unknown],
            unknown_nll=_surprise(predictions, "gold_unknown_log_probability"),
            unknown_tokens=[int(marked.sum()) for marked in unknown],
            vocabulary=self._basis,
        )
        return join_scorings(surprise, edits)

    @property
    def _basis(self) -> str:
        """What a perplexity of this model is measured on: the tokens and the vocabulary."""
        size, digest = len(self.vocabulary), self.vocabulary.digest
        return f"{self.tokenizer.name}, a vocabulary of {size:,} ({digest})"

    def validate(self, examples: Sequence[ExampleT]) -> Metric:
        """Return the headline; what is written for it is written without a beam."""
        found = self._search(examples, 1, 1) if not self.open_ended else self.predict(examples)
        scoring = self.score(examples, found)
        return evaluate(scoring, resamples=0, rng=np.random.default_rng(0)).headline

    def counts(self, examples: Sequence[ExampleT]) -> Mapping[str, int]:
        """Count inputs, right answers, their tokens, and those that are unknown."""
        answers = [answer for example in examples for answer in self.answers(example)]
        known = self.vocabulary.ids
        return {
            "inputs": len(examples),
            "answers": len(answers),
            "answer tokens": sum(map(len, answers)),
            "unknown answer tokens": sum(t not in known for answer in answers for t in answer),
        }

    def baselines(self, train: Sequence[ExampleT]) -> Iterator[Baseline[ExampleT, Written]]:
        """Yield the commonest answer or, where answers are open, a trigram model of all of them."""
        answers = [tuple(answer) for example in train for answer in self.answers(example)]
        commonest = self.told(MajorityClass.fit(self.tokenizer.join(a) for a in answers).label)
        if not self.open_ended:
            yield Baseline("commonest answer", lambda examples: [commonest] * len(examples))
            return
        end = self.vocabulary.ids[END]
        stream = [np.append(self.vocabulary.encode(answer), end) for answer in answers]
        ngrams = KneserNey.fit(np.concatenate(stream), len(self.vocabulary), order=3)

        def surprise(example: ExampleT) -> Written:
            values = ngrams.log_probabilities(self._gold_ids(example), [end])
            return OpenlyWritten.of(commonest, values, self._gold_unknown(example))

        yield Baseline("Kneser-Ney trigram of all answers", lambda e: [surprise(x) for x in e])

    def told(self, text: str) -> Written:
        """Return a text for certain, as gold answers and baselines give it."""
        return Written(text, tuple(self.tokenizer.tokenize(text)))
